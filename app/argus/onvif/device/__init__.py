"""The ONVIF device service."""
