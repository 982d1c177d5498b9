"""The archive: a volume as one reads it who must not change it, while a station may be writing to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from argus.base.access_unit import StreamFormat
from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.linux.os_error import reason
from argus.store.ring.clock_trust import ClockTrust
from argus.store.ring.directories import Directories
from argus.store.ring.index import Track
from argus.store.ring.label import TrackLabel
from argus.store.ring.reader import Reader
from argus.store.ring.recovery import recover
from argus.store.ring.rows import Rows
from argus.store.ring.run import EARLIEST_US
from argus.store.ring.span import Gop, Span
from argus.store.ring.volume import FileDevice, Volume

# A running station deletes and overwrites; as often as it applies retention, the index is read anew.
REFRESH_NS = 10_000_000_000
# What is being written at the moment looks torn, and is whole when one looks again.
_LOOKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """How full a volume is, and what was passed over when its index was read."""

    generation: int
    written_us: int
    used_segments: int
    used_bytes: int
    problems: tuple[str, ...]


class Archive:
    """Footage of a volume, clamped to the retention at the moment of each call. Everything may raise Unavailable."""

    def __init__(self, volume: Volume, clock: Clock) -> None:
        self.volume = volume
        self._clock = clock
        self.refresh()

    @classmethod
    @contextmanager
    def open(cls, path: Path, clock: Clock) -> Iterator[Archive]:
        """The volume in a file or on a block device, opened for reading only.

        Raises:
            Unavailable: it cannot be read, or is not a volume of this program.
        """
        device = FileDevice.open(path, writable=False)
        try:
            with _reading():
                archive = cls(Volume.open(device), clock)
        except Unavailable as error:
            device.close()
            raise Unavailable(error.subject, f"{path}: {error}") from error
        try:
            yield archive
        finally:
            device.close()

    def refresh(self) -> None:
        """Read the index anew, as far as the volume was written by now."""
        with _reading():
            recovered = recover(self.volume)
            for _ in range(_LOOKS - 1):
                if not recovered.problems:
                    break
                recovered = recover(self.volume)
        self._recovered = recovered
        self._trust = ClockTrust(self._clock, recovered.written_us, lambda: False)
        self._index = recovered.index
        directories = Directories(self.volume, self._index)
        self._reader = Reader(self.volume, self._index, directories, Rows(self._index, directories))
        self._read_ns = self._clock.mono_ns()

    def contents(self) -> Contents:
        """The state of the volume as a whole."""
        segments = self._index.segments
        return Contents(
            generation=self._recovered.generation,
            written_us=self._recovered.written_us,
            used_segments=len(segments),
            used_bytes=segments.used_bytes(),
            problems=tuple(self._recovered.problems),
        )

    def track_ids(self) -> tuple[int, ...]:
        """Every track the volume knows, with visible footage or without."""
        return tuple(sorted(self._index.tracks))

    def retention_us(self, track_id: int) -> int:
        """How old footage of the track may get; 0 is unlimited."""
        track = self._track(track_id)
        return track.retention_us if track is not None else 0

    def limit_us(self, track_id: int) -> int:
        """The oldest time of the track that may be shown now, whatever the clock of this machine says."""
        retention_us = self.retention_us(track_id)
        return self._trust.now_us() - retention_us if retention_us > 0 else EARLIEST_US

    def spans(self, track_id: int) -> tuple[Span, ...]:
        """Visible footage in order of time."""
        return self._reader.spans(track_id, self.limit_us(track_id))

    def formats(self, track_id: int, from_us: int, until_us: int) -> tuple[StreamFormat, ...]:
        """The formats that footage between two times has, in the order of their first use."""
        track = self._track(track_id)
        if track is None:
            return ()
        epochs: dict[int, None] = {}
        for run in self._index.runs(track_id):
            if run.end_us < from_us or run.start_us > until_us:
                continue
            ends_us = [*(begin_us for begin_us, _ in run.changes[1:]), run.end_us + 1]
            for (begin_us, epoch), end_us in zip(run.changes, ends_us, strict=True):
                if begin_us <= until_us and end_us > from_us:
                    epochs[epoch] = None
        return tuple(track.formats[epoch] for epoch in epochs if epoch in track.formats)

    def gops(self, track_id: int, from_us: int, until_us: int) -> Iterator[Gop]:
        """Groups of pictures from the one with `from_us` in it on, to the one with `until_us` in it.

        What cannot be read any more is passed over: the group before it `ends_span`.
        """
        gop = self._reader.at(track_id, from_us, self.limit_us(track_id), forward=True)
        while gop is not None and gop.start_us <= until_us:
            yield gop
            if self._clock.mono_ns() - self._read_ns >= REFRESH_NS:
                self.refresh()
            gop = self._reader.after(gop, self.limit_us(track_id))

    def used_bytes(self) -> dict[int, int]:
        """Bytes of footage by track; estimated where a range was deleted in part."""
        return {track.track_id: track.size_bytes for track in self._index.known()}

    def labels(self) -> dict[int, TrackLabel]:
        """What the volume tells of its tracks."""
        return {track.track_id: track.label for track in self._index.known() if track.label is not None}

    def _track(self, track_id: int) -> Track | None:
        return self._index.tracks.get(track_id)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("storage", f"the volume cannot be read: {reason(error)}") from error
