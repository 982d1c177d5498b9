"""The ONVIF replay service."""
