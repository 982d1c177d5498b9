"""How each codec travels in RTP: its payload type, its line in the session description, its packetizer.

Spec: RFC 3551 § Payload Type Definitions; RFC 2435, 3640, 6184, 7798 § payload format parameters; Streaming §
Metadata stream.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from argus.base.access_unit import Codec, StreamFormat
from argus.base.errors import NotSupported
from argus.rtsp import aac, g711, h264, h265, jpeg, metadata
from argus.rtsp.protocol.sdp import aac_fmtp, h264_fmtp, h265_fmtp
from argus.rtsp.rtp import Payload

# The payloads of one access unit, each of at most so many bytes.
Packetize = Callable[[bytes, int], list[Payload]]

_G711_HZ = 8_000
# Payload types of G.711 at another rate than the one their own numbers stand for.
_OTHER_RATE = {Codec.PCMU: 99, Codec.PCMA: 100}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadFormat:
    """`marked`: the last packet of each unit carries the marker, which of G.711 would mean that a silence ended."""

    payload_type: int
    rtpmap: str
    fmtp: str = ""
    packetize: Packetize
    marked: bool = True


def payload_format(stream_format: StreamFormat) -> PayloadFormat:
    """The way of this stream in RTP.

    Raises:
        NotSupported: subject "codec".
    """
    known = _find(stream_format)
    if known is None:
        raise NotSupported("codec", f"this {stream_format.codec} stream cannot be sent over RTP")
    return known


def can_be_sent(stream_format: StreamFormat) -> bool:
    return _find(stream_format) is not None


def _find(stream: StreamFormat) -> PayloadFormat | None:
    sets, clock_hz = stream.parameter_sets, stream.clock_hz
    match stream.codec:
        case Codec.H264:
            return PayloadFormat(
                payload_type=96, rtpmap=f"H264/{clock_hz}", fmtp=h264_fmtp(sets), packetize=h264.packetize
            )
        case Codec.H265:
            return PayloadFormat(
                payload_type=98, rtpmap=f"H265/{clock_hz}", fmtp=h265_fmtp(sets), packetize=h265.packetize
            )
        case Codec.JPEG if max(stream.width, stream.height) <= jpeg.MAX_SIDE:
            return PayloadFormat(payload_type=26, rtpmap=f"JPEG/{clock_hz}", packetize=jpeg.packetize)
        case Codec.PCMU | Codec.PCMA:
            return _g711(stream)
        case Codec.AAC:
            return _aac(stream)
        case Codec.METADATA:
            return PayloadFormat(
                payload_type=107, rtpmap=f"vnd.onvif.metadata/{clock_hz}", packetize=metadata.packetize
            )
    return None


def _g711(stream: StreamFormat) -> PayloadFormat:
    name, usual = ("PCMA", 8) if stream.codec is Codec.PCMA else ("PCMU", 0)
    return PayloadFormat(
        payload_type=usual if stream.clock_hz == _G711_HZ else _OTHER_RATE[stream.codec],
        rtpmap=f"{name}/{stream.clock_hz}",
        packetize=g711.packetize,
        marked=False,
    )


def _aac(stream: StreamFormat) -> PayloadFormat | None:
    """None without a configuration that tells a receiver how to decode."""
    try:
        channels = aac.decode_audio_config(stream.parameter_sets[0]).channels
    except (ValueError, IndexError):
        return None
    return PayloadFormat(
        payload_type=97,
        rtpmap=f"mpeg4-generic/{stream.clock_hz}/{channels or 1}",
        fmtp=aac_fmtp(stream.parameter_sets[0]),
        packetize=aac.packetize,
    )
