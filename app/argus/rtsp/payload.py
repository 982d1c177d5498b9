"""How each codec travels in RTP: its payload type, its line in the session description, its packetizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from argus.base.access_unit import Codec, StreamFormat
from argus.base.errors import NotSupported
from argus.rtsp import h264
from argus.rtsp.protocol.sdp import h264_fmtp
from argus.rtsp.rtp import Payload

# The payloads of one access unit, each of at most so many bytes.
Packetize = Callable[[bytes, int], list[Payload]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadFormat:
    """`fmtp` is derived from the parameter sets of the stream."""

    payload_type: int
    rtpmap: str
    fmtp: Callable[[tuple[bytes, ...]], str]
    packetize: Packetize


_FORMATS = {
    Codec.H264: PayloadFormat(payload_type=96, rtpmap="H264/90000", fmtp=h264_fmtp, packetize=h264.packetize),
}


def payload_format(stream_format: StreamFormat) -> PayloadFormat:
    """The way of this codec in RTP.

    Raises:
        NotSupported: subject "codec".
    """
    known = _FORMATS.get(stream_format.codec)
    if known is None:
        raise NotSupported("codec", f"{stream_format.codec} cannot be sent over RTP")
    return known


def can_be_sent(stream_format: StreamFormat) -> bool:
    return stream_format.codec in _FORMATS
