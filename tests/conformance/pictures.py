"""The pictures of our camera as RTP payloads: 160 x 96, one colour, every one a key frame."""

from __future__ import annotations

import base64

PAYLOAD_TYPES = {"H264": 96, "JPEG": 26}
_WIDTH, _HEIGHT = 160, 96

H264_PARAMETER_SETS = ("Z2QQC6y4UbYC1BgYGpQAAAMABAAAAwBSEA==", "aO4yyLA=")
# Two pictures that differ in idr_pic_id, as neighbours have to.
H264_FRAMES = (
    "ZYiEBr/+7oK+BTYSyvwU+3rohRz46oL00N8V1f6b1C5acN6pONQYAa7QEkvWBYgAGvBmD8E=",
    "ZYiCAa/+7oK+BTYSyvwU+3rohRz46oL00N8V1f6b1C5acN6pONQYAa7QEkvWBYgAGvBmD8A=",
)
_JPEG_TABLES = (
    "EAsMDgwKEA4NDhIREBMYKBoYFhYYMSMlHSg6Mz08OTM4N0BIXE5ARFdFNzhQbVFXX2JnaGc+TXF5cGR4XGVnYw==",
    "ERISGBUYLxoaL2NCOEJjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjYw==",
)
# Every block after the first is the same, hence the same 18 bits again and again.
_JPEG_SCAN = "z6KKK9A6gooooAKKKKAC" + "iiigAooooAKKKKAC" * 18 + "iiigAooooAKKKKAP"


def sdp_lines(codec: str) -> list[str]:
    """The media section without its control attribute."""
    number = PAYLOAD_TYPES[codec]
    if codec == "JPEG":
        return [f"m=video 0 RTP/AVP {number}", "a=rtpmap:26 JPEG/90000"]
    profile = base64.b64decode(H264_PARAMETER_SETS[0])[1:4].hex()
    sets = ",".join(H264_PARAMETER_SETS)
    return [
        f"m=video 0 RTP/AVP {number}",
        f"a=rtpmap:{number} H264/90000",
        f"a=fmtp:{number} packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sets}",
    ]


def packets(codec: str, frame: int) -> list[bytes]:
    """The RTP payloads of one picture; the marker goes onto the last.   RFC 6184, RFC 2435"""
    if codec == "H264":
        picture = H264_FRAMES[frame % len(H264_FRAMES)]
        return [base64.b64decode(unit) for unit in (*H264_PARAMETER_SETS, picture)]
    tables = b"".join(base64.b64decode(table) for table in _JPEG_TABLES)
    # Offset 0, type 1 (4:2:0), Q 255: the tables come along.
    main = bytes([0, 0, 0, 0, 1, 255, _WIDTH // 8, _HEIGHT // 8])
    return [main + bytes([0, 0]) + len(tables).to_bytes(2, "big") + tables + base64.b64decode(_JPEG_SCAN)]
