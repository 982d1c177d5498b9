"""RTSP and SDP as values: bytes in, values out, no I/O."""
