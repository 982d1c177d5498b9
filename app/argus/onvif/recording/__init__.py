"""The ONVIF recording control service."""
