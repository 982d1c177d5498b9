"""Boxes of fragmented MP4 files: bytes out of numbers.

All times count in `TIMESCALE`, microseconds, so that capture times are kept exactly.
Spec: ISO/IEC 14496-12 (boxes), 14496-14 (esds), 14496-15 (avc1, avc3, hvc1, hev1); QuickTime File Format (jpeg,
ulaw, alaw, ©day).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from argus.base.access_unit import Codec, MediaKind, StreamFormat
from argus.base.errors import NotSupported
from argus.base.units import US_PER_S, to_iso, utc_us_to_ntp
from argus.store.export.mp4_parameter_sets import configuration_record

TIMESCALE = US_PER_S
# Seconds from 1904-01-01, where MP4 begins to count, to 1970-01-01.
_EPOCH_OFFSET_S = 2_082_844_800
_MATRIX = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_UNDETERMINED = 0x55C4
_SYNC, _DEPENDENT = 0x02000000, 0x01010000
_FRAME_ENTRY = struct.Struct(">III")
_RANDOM_ACCESS = struct.Struct(">QQBBB")


@dataclass(frozen=True, slots=True)
class Sample:
    """One access unit of a fragment."""

    duration: int
    size: int
    key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackDescription:
    """A track of the file; its samples name their format by its place in `formats`."""

    number: int
    formats: tuple[StreamFormat, ...]

    @property
    def kind(self) -> MediaKind:
        return self.formats[0].codec.kind

    @property
    def in_band(self) -> bool:
        """Whether key frames carry their parameter sets: players overlook that a fragment changes the format."""
        return len(self.formats) > 1


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box: its size, its four letters, its content."""
    size = 8 + sum(map(len, parts))
    return b"".join((size.to_bytes(4, "big"), kind, *parts))


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box that begins with version and flags."""
    return box(kind, (version << 24 | flags).to_bytes(4, "big"), *parts)


def head(tracks: Sequence[TrackDescription], start_us: int, duration: int) -> bytes:
    """Everything before the first fragment. As long for one duration as for another, so that it can be renewed.

    Raises:
        NotSupported("format"): a format has no place in an MP4 file.
    """
    kind = box(b"ftyp", b"iso6", bytes(4), b"iso6", b"iso5", b"mp41")
    created = start_us // US_PER_S + _EPOCH_OFFSET_S
    extends = [full_box(b"trex", 0, 0, struct.pack(">5I", track.number, 1, 0, 0, 0)) for track in tracks]
    day = to_iso(start_us).encode()
    movie = box(
        b"moov",
        _movie_header(created, len(tracks) + 1),
        *(_track(track, created) for track in tracks),
        box(b"mvex", full_box(b"mehd", 1, 0, struct.pack(">Q", duration)), *extends),
        box(b"udta", box(b"\xa9day", struct.pack(">HH", len(day), _UNDETERMINED), day)),
    )
    return kind + movie


def fragment(number: int, track: int, entry: int, time: int, start_us: int, samples: Sequence[Sample]) -> bytes:
    """The boxes in front of the samples' bytes. `entry` counts the track's formats from 0, `start_us` is `time` in UTC.

    The header of `mdat` is included.
    """
    reference = full_box(b"prft", 1, 0, struct.pack(">IQQ", track, utc_us_to_ntp(start_us), time))
    # default-base-is-moof, sample-description-index-present
    header = full_box(b"tfhd", 0, 0x020002, struct.pack(">II", track, entry + 1))
    decode_time = full_box(b"tfdt", 1, 0, struct.pack(">Q", time))
    rows = b"".join(
        _FRAME_ENTRY.pack(sample.duration, sample.size, _SYNC if sample.key else _DEPENDENT) for sample in samples
    )
    sequence = full_box(b"mfhd", 0, 0, struct.pack(">I", number))

    def movie(data_offset: int) -> bytes:
        # data-offset-present, and of each sample duration, size and flags
        run = full_box(b"trun", 0, 0x000701, struct.pack(">Ii", len(samples), data_offset), rows)
        return box(b"moof", sequence, box(b"traf", header, decode_time, run))

    size = 8 + sum(sample.size for sample in samples)
    return reference + movie(len(movie(0)) + 8) + size.to_bytes(4, "big") + b"mdat"


def random_access(places: dict[int, list[tuple[int, int]]]) -> bytes:
    """The table at the end of the file: for each track the times of its fragments and where they begin."""
    tables = [
        full_box(
            b"tfra",
            1,
            0,
            struct.pack(">III", track, 0, len(rows)),
            b"".join(_RANDOM_ACCESS.pack(time, offset, 1, 1, 1) for time, offset in rows),
        )
        for track, rows in places.items()
    ]
    length = 8 + sum(map(len, tables)) + 16
    return box(b"mfra", *tables, full_box(b"mfro", 0, 0, length.to_bytes(4, "big")))


def _movie_header(created: int, next_track: int) -> bytes:
    times = struct.pack(">QQIQ", created, created, TIMESCALE, 0)
    rate_and_volume = struct.pack(">IH10x", 1 << 16, 1 << 8)
    return full_box(b"mvhd", 1, 0, times, rate_and_volume, _MATRIX, bytes(24), next_track.to_bytes(4, "big"))


def _track(track: TrackDescription, created: int) -> bytes:
    video = track.kind is MediaKind.VIDEO
    times = struct.pack(">QQI4xQ", created, created, track.number, 0)
    placing = struct.pack(">8xHHHH", 0, 0, 0 if video else 1 << 8, 0)
    size = struct.pack(">II", *(side << 16 for side in _size(track.formats[0])))
    header = full_box(b"tkhd", 1, 3, times, placing, _MATRIX, size)
    media = full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", created, created, TIMESCALE, 0, _UNDETERMINED, 0))
    handler = full_box(b"hdlr", 0, 0, struct.pack(">4x4s12x", b"vide" if video else b"soun"), b"Argus\x00")
    kind_header = full_box(b"vmhd", 0, 1, bytes(8)) if video else full_box(b"smhd", 0, 0, bytes(4))
    here = full_box(b"dref", 0, 0, (1).to_bytes(4, "big"), full_box(b"url ", 0, 1))
    entries = [_sample_entry(stream_format, in_band=track.in_band) for stream_format in track.formats]
    table = box(
        b"stbl",
        full_box(b"stsd", 0, 0, len(entries).to_bytes(4, "big"), *entries),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    return box(b"trak", header, box(b"mdia", media, handler, box(b"minf", kind_header, box(b"dinf", here), table)))


def _size(stream_format: StreamFormat) -> tuple[int, int]:
    return min(stream_format.width, 0xFFFF), min(stream_format.height, 0xFFFF)


def _sample_entry(stream_format: StreamFormat, *, in_band: bool) -> bytes:
    match stream_format.codec:
        case Codec.H264:
            configuration = box(b"avcC", configuration_record(stream_format))
            return _video_entry(b"avc3" if in_band else b"avc1", stream_format, configuration)
        case Codec.H265:
            configuration = box(b"hvcC", configuration_record(stream_format))
            return _video_entry(b"hev1" if in_band else b"hvc1", stream_format, configuration)
        case Codec.JPEG:
            return _video_entry(b"jpeg", stream_format)
        case Codec.PCMU | Codec.PCMA:
            law = b"ulaw" if stream_format.codec is Codec.PCMU else b"alaw"
            return _audio_entry(law, 1, stream_format.clock_hz)
        case Codec.AAC if stream_format.parameter_sets:
            return _audio_entry(b"mp4a", 2, stream_format.clock_hz, _esds(stream_format.parameter_sets[0]))
        case _:
            raise NotSupported("format", f"{stream_format.codec} has no place in an MP4 file")


def _video_entry(kind: bytes, stream_format: StreamFormat, configuration: bytes = b"") -> bytes:
    place = struct.pack(">6xH16x", 1)
    picture = struct.pack(">HHII4xH32xHh", *_size(stream_format), 72 << 16, 72 << 16, 1, 24, -1)
    return box(kind, place, picture, configuration)


def _audio_entry(kind: bytes, channels: int, clock_hz: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">6xH8xHH4xI", 1, channels, 16, (clock_hz & 0xFFFF) << 16), *parts)


def _esds(audio_specific_config: bytes) -> bytes:
    def descriptor(tag: int, *parts: bytes) -> bytes:
        content = b"".join(parts)
        return bytes((tag, len(content))) + content

    specific = descriptor(5, audio_specific_config)
    decoder = descriptor(4, bytes((0x40, 0x15)), bytes(11), specific)
    return full_box(b"esds", 0, 0, descriptor(3, bytes(3), decoder, descriptor(6, b"\x02")))
