"""SOAP 1.2 without I/O: message codec, envelope, faults, operations, security, addressing, discovery."""
