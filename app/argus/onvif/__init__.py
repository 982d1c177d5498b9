"""One sub-package per ONVIF service, and the endpoint that serves them."""
