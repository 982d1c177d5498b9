"""An MP4 file of recorded footage: one fragment per group of pictures, at its true time.

Times in the file count from where its time line begins; gaps of the footage are gaps of the time line. The start in
UTC stands in `mvhd` (whole seconds), in `udta` (milliseconds) and exactly in the `prft` before each fragment.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import BinaryIO

from argus.base.access_unit import AccessUnit, Codec, StreamFormat, join_nal_units, split_nal_units
from argus.base.errors import NotSupported
from argus.base.units import US_PER_S
from argus.store.export import mp4_boxes
from argus.store.export.mp4_boxes import Sample, TrackDescription

_CODECS = frozenset({Codec.H264, Codec.H265, Codec.JPEG, Codec.PCMU, Codec.PCMA, Codec.AAC})
_USUAL_UNIT_US = 40_000
# Outside bytes may say anything; below this a picture would last longer than an hour.
_LOWEST_FRAME_RATE = 1 / 3600
# Durations have 32 bits.
_LONGEST_UNIT_US = (1 << 32) - 1


class Mp4Writer:
    """Writes one file, groups of pictures in order of time. The formats of every track are known from the start.

    Everything raises OSError where the file system refuses. Without `finish` the file plays, but tells no duration.
    """

    def __init__(self, file: BinaryIO, tracks: Mapping[int, Sequence[StreamFormat]], start_us: int) -> None:
        """`tracks`: by track id the formats its units have; `start_us`: where the time line begins.

        Raises:
            NotSupported("format"): a format has no place in an MP4 file.
        """
        self._file = file
        self._tracks = {
            track_id: TrackDescription(number=number, formats=tuple(formats))
            for number, (track_id, formats) in enumerate(tracks.items(), start=1)
        }
        self._start_us = start_us
        self._places: dict[int, list[tuple[int, int]]] = {track.number: [] for track in self._tracks.values()}
        self._fragments = 0
        self.duration_us = 0
        self.end_us = start_us
        self.units = 0
        self._file.write(self._head())

    def write(self, track_id: int, units: Sequence[AccessUnit], next_us: int | None, *, gap: bool = False) -> None:
        """Append a group of pictures of one track.

        `next_us` is the time of the track's next unit, None where there is none; `gap` tells that units are missing
        before it.

        Raises:
            NotSupported("format"): a unit has a format that was not announced.
        """
        track = self._tracks[track_id]
        for begin, end in _runs(units):
            last = end == len(units)
            durations = _durations(units[begin:end], next_us if last else units[end].utc_us, gap=gap and last)
            self._write_fragment(track, units[begin:end], durations)

    def finish(self) -> None:
        """Write what is known only now: the table of the fragments, and the duration."""
        self._file.write(mp4_boxes.random_access(self._places))
        self._file.seek(0)
        self._file.write(self._head())
        self._file.seek(0, os.SEEK_END)

    def _head(self) -> bytes:
        return mp4_boxes.head(tuple(self._tracks.values()), self._start_us, self.duration_us)

    def _write_fragment(self, track: TrackDescription, units: Sequence[AccessUnit], durations: list[int]) -> None:
        stream_format = units[0].format
        if stream_format not in track.formats:
            raise NotSupported("format", f"footage of an unknown {stream_format.codec} format")
        payloads = [unit.data if track.in_band else _without_parameter_sets(unit) for unit in units]
        samples = [
            Sample(duration, len(payload), unit.key_frame)
            for unit, payload, duration in zip(units, payloads, durations, strict=True)
        ]
        time = units[0].utc_us - self._start_us
        entry = track.formats.index(stream_format)
        self._fragments += 1
        self._places[track.number].append((time, self._file.tell()))
        self._file.write(
            mp4_boxes.fragment(self._fragments, track.number, entry, time, units[0].utc_us, samples),
        )
        self._file.writelines(payloads)
        self.duration_us = max(self.duration_us, time + sum(durations))
        self.end_us = max(self.end_us, units[-1].utc_us)
        self.units += len(units)


def _runs(units: Sequence[AccessUnit]) -> Iterator[tuple[int, int]]:
    """Where units of one format begin and end."""
    changes = [number for number, (one, other) in enumerate(pairwise(units), start=1) if one.format != other.format]
    return pairwise((0, *changes, len(units)))


def _durations(units: Sequence[AccessUnit], next_us: int | None, *, gap: bool) -> list[int]:
    """From each unit to the next; before a gap or the end the last lasts as long as the one before it."""
    durations = [after.utc_us - before.utc_us for before, after in pairwise(units)]
    if next_us is not None and not gap:
        last = next_us - units[-1].utc_us
    else:
        frame_rate = units[0].format.frame_rate
        usual = round(US_PER_S / frame_rate) if frame_rate > _LOWEST_FRAME_RATE else _USUAL_UNIT_US
        last = durations[-1] if durations else usual
        last = last if next_us is None else min(last, next_us - units[-1].utc_us)
    return [min(max(duration, 0), _LONGEST_UNIT_US) for duration in (*durations, last)]


def _without_parameter_sets(unit: AccessUnit) -> bytes:
    """The unit as a sample of a track whose only format stands in the head of the file.

    Spec: ISO/IEC 14496-15 § 5.3.2 (avc1), § 8.3.2 (hvc1)
    """
    if not unit.key_frame or not unit.format.codec.length_prefixed:
        return unit.data
    try:
        nals = [bytes(nal) for nal in split_nal_units(unit.data)]
    except ValueError:
        return unit.data
    return join_nal_units([nal for nal in nals if nal not in unit.format.parameter_sets])


def has_place(stream_format: StreamFormat) -> bool:
    """Whether an MP4 file takes the format."""
    return stream_format.codec in _CODECS
