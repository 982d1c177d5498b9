"""The ONVIF media service (ver10)."""
