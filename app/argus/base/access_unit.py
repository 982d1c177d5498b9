"""The unit every room passes on: one coded picture, audio frame or metadata document with its times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class MediaKind(StrEnum):
    """tt:TrackType."""

    VIDEO = "Video"
    AUDIO = "Audio"
    METADATA = "Metadata"


class Codec(StrEnum):
    """Encodings. The value is the name ONVIF prints, but for PCMA: both laws of G.711 have one name there."""

    H264 = "H264"
    H265 = "H265"
    JPEG = "JPEG"
    PCMU = "G711"
    PCMA = "PCMA"
    AAC = "AAC"
    METADATA = "Metadata"

    @property
    def kind(self) -> MediaKind:
        return _KINDS.get(self, MediaKind.VIDEO)

    @property
    def onvif_name(self) -> str:
        """The name in ONVIF messages."""
        return Codec.PCMU.value if self is Codec.PCMA else self.value

    @property
    def length_prefixed(self) -> bool:
        """Whether `AccessUnit.data` is a run of NAL units, each behind a 4-byte big-endian length."""
        return self in (Codec.H264, Codec.H265)


_KINDS = {
    Codec.PCMU: MediaKind.AUDIO,
    Codec.PCMA: MediaKind.AUDIO,
    Codec.AAC: MediaKind.AUDIO,
    Codec.METADATA: MediaKind.METADATA,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFormat:
    """What a decoder must know before the first access unit.

    `parameter_sets` are NAL units without length or start code: (SPS, PPS) for H.264, (VPS, SPS, PPS) for H.265; of
    AAC the one AudioSpecificConfig. `clock_hz` of audio is its sampling rate.
    """

    codec: Codec
    clock_hz: int = 90_000
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    parameter_sets: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessUnit:
    """One coded picture (or audio frame, or metadata document).

    `data` of H.264/H.265: NAL units, each behind a 4-byte big-endian length, without access unit delimiters; a key
    frame begins with its parameter sets, so that decoding can start there. `data` of JPEG is one JFIF picture, of
    metadata one complete tt:MetadataStream document, of audio the samples of one packet (AAC: one raw_data_block).

    Key frames are where reading can start. Every JPEG picture and metadata document is one. Audio could start at any
    frame; whoever makes audio units marks the first of each second, so that an index of them stays small.

    `utc_us` is the capture time on the wall clock, `mono_ns` the same instant on CLOCK_MONOTONIC.
    """

    format: StreamFormat
    data: bytes
    key_frame: bool
    utc_us: int
    mono_ns: int

    def nal_units(self) -> Iterator[memoryview]:
        """The NAL units without their lengths. Raises ValueError where a length passes the end."""
        return split_nal_units(self.data)


def split_nal_units(data: bytes | memoryview) -> Iterator[memoryview]:
    """The NAL units of a length-prefixed access unit, without copying.

    Raises:
        ValueError: a length is zero or passes the end of `data`.
    """
    view = memoryview(data)
    position, end = 0, len(view)
    while position < end:
        size = int.from_bytes(view[position : position + 4], "big")
        start, position = position + 4, position + 4 + size
        if size == 0 or position > end:
            raise ValueError(f"NAL unit of {size} bytes at {start} in an access unit of {end} bytes")
        yield view[start:position]


def join_nal_units(nal_units: list[bytes]) -> bytes:
    """One length-prefixed access unit of these NAL units."""
    return b"".join(part for nal in nal_units for part in (len(nal).to_bytes(4, "big"), nal))
