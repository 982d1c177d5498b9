"""GStreamer: the only folder that knows it.

There is no GLib main loop: the bus is a file descriptor of the asyncio loop, media arrive on GStreamer's own threads.
Every pipeline runs on CLOCK_MONOTONIC with base time 0, so a running time *is* the `mono_ns` of a capture.
"""
