"""ONVIF metadata in RTP: a document in pieces.   Spec: Streaming § Metadata stream"""

from __future__ import annotations

from argus.rtsp.rtp import Payload


def packetize(data: bytes, max_payload_bytes: int) -> list[Payload]:
    """The RTP payloads of one document; the marker of the last tells that it is complete."""
    view = memoryview(data)
    return [(b"", view[start : start + max_payload_bytes]) for start in range(0, len(view), max_payload_bytes)]
