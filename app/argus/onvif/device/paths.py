"""Where the device service lives. Every client tries this path first: it is the only one the standard fixes."""

DEVICE_PATH = "/onvif/device_service"
DEVICE_VERSION = (26, 6)
