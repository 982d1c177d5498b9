"""JPEG in RTP: the scan in fragments, and what the picture's headers said in a few bytes.

Spec: RFC 2435 § JPEG Header, § Restart Marker header, § Quantization Table header
"""

from __future__ import annotations

from argus.rtsp.jpeg_file import TABLE_BYTES, decode_jfif
from argus.rtsp.rtp import Payload

# Width and height travel in eighths, in one byte each.
MAX_SIDE = 255 * 8
HEADER_BYTES = 8
# Type 1 is 4:2:0, type 0 is 4:2:2; those with restart markers are 64 more.
HALVED_ROWS, RESTARTS = 1, 64
# Tables come with each picture, and may differ from one to the next.
QUALITY_IN_BAND = 255
# The whole picture is one run of restart intervals: first, last, and count of all ones.
_WHOLE = 0xFFFF
_MAX_OFFSET = (1 << 24) - 1


def packetize(data: bytes, max_payload_bytes: int) -> list[Payload]:
    """The RTP payloads of one JFIF picture, without copying its scan.

    Raises:
        ValueError: it is no picture that RTP can carry.
    """
    picture = decode_jfif(data)
    if not 0 < picture.width <= MAX_SIDE or not 0 < picture.height <= MAX_SIDE:
        raise ValueError(f"a JPEG picture of {picture.width} by {picture.height} does not fit RTP")
    if not 0 < len(picture.scan) <= _MAX_OFFSET:
        raise ValueError(f"a JPEG scan of {len(picture.scan)} bytes")
    restart = b""
    kind = HALVED_ROWS if picture.halved_rows else 0
    if picture.restart_interval:
        kind |= RESTARTS
        restart = picture.restart_interval.to_bytes(2, "big") + _WHOLE.to_bytes(2, "big")
    tail = bytes((kind, QUALITY_IN_BAND, (picture.width + 7) // 8, (picture.height + 7) // 8)) + restart
    precision = sum((len(table) > TABLE_BYTES) << number for number, table in enumerate(picture.tables))
    tables = b"".join(picture.tables)
    head = tail + bytes((0, precision)) + len(tables).to_bytes(2, "big") + tables
    if max_payload_bytes <= 4 + len(head):
        raise ValueError(f"the headers of a JPEG picture do not fit {max_payload_bytes} bytes")
    payloads: list[Payload] = []
    offset = 0
    while offset < len(picture.scan):
        prefix = offset.to_bytes(4, "big") + (tail if offset else head)
        body = picture.scan[offset : offset + max_payload_bytes - len(prefix)]
        payloads.append((prefix, body))
        offset += len(body)
    return payloads
