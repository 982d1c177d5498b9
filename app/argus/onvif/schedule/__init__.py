"""The ONVIF schedule service."""
