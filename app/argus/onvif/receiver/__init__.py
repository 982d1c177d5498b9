"""The ONVIF receiver service."""
