"""The ONVIF event service: pull points."""
