"""The ONVIF recording search service."""
