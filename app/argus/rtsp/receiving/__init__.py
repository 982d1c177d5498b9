"""Receivers at work: one RTSP connection each, and the streams that come of it."""
