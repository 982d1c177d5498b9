"""G.711 in RTP: the samples of a unit are one payload.   Spec: RFC 3551 § PCMA and PCMU"""

from __future__ import annotations

from argus.rtsp.rtp import Payload

# RTP counts the samples in one byte: a payload cannot be larger than its 16-bit length inside TCP, nor a datagram.
MAX_SAMPLES = 60_000


def packetize(data: bytes, max_payload_bytes: int) -> list[Payload]:
    """The one RTP payload of a unit: in two, the second would need a time of its own.

    Raises:
        ValueError: there are more samples than a packet holds.
    """
    if len(data) > MAX_SAMPLES:
        raise ValueError(f"{len(data)} samples in one unit")
    return [(b"", memoryview(data))] if data else []
