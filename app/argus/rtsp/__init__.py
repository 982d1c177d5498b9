"""RTSP and RTP: server, sessions, live and replay, packetizers."""
