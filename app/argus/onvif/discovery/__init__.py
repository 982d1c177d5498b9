"""WS-Discovery: the device makes itself known on the LAN."""
