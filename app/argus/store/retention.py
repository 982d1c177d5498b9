"""Retention: what is too old is invisible at once, and a little later deleted for good."""

from __future__ import annotations

from argus.base.clock import Clock
from argus.store import layout
from argus.store.directories import Directories
from argus.store.index import Index
from argus.store.reader import Reader
from argus.store.records import Mark
from argus.store.run import EARLIEST_US

# A wall clock that runs ahead of monotonic time by more than this was stepped; it must hold before anything is erased.
JUMP_US = 3_600_000_000
# Longer than from one step of retention to the next.
AHEAD_US = 30_000_000
CONFIRM_NS = 600_000_000_000


class ClockTrust:
    """Whether the wall clock may erase footage: a jump forwards is believed once it has held for ten minutes."""

    def __init__(self, clock: Clock, last_known_us: int) -> None:
        """`last_known_us`: a time that had certainly come when the volume was written last; 0 if there is none."""
        self._clock = clock
        self._offset_us = (last_known_us or clock.utc_us()) - clock.mono_ns() // 1000
        self._doubt: tuple[int, int] | None = None

    def holds(self) -> bool:
        """Look at the clock. Call it every few seconds."""
        mono_ns = self._clock.mono_ns()
        offset_us = self._clock.utc_us() - mono_ns // 1000
        if offset_us - self._offset_us <= JUMP_US:
            self._offset_us, self._doubt = offset_us, None
            return True
        if self._doubt is None or abs(offset_us - self._doubt[0]) > JUMP_US:
            self._doubt = offset_us, mono_ns
        if mono_ns - self._doubt[1] < CONFIRM_NS:
            return False
        self._offset_us, self._doubt = offset_us, None
        return True


class Retention:
    """The limits of all tracks."""

    def __init__(
        self, index: Index, reader: Reader, directories: Directories, clock: Clock, last_known_us: int
    ) -> None:
        self._index = index
        self._reader = reader
        self._directories = directories
        self._clock = clock
        self._trust = ClockTrust(clock, last_known_us)

    def limit_us(self, track_id: int) -> int:
        """The oldest time of the track that may be served now."""
        track = self._index.tracks.get(track_id)
        if track is None or track.retention_us <= 0:
            return EARLIEST_US
        return self._clock.utc_us() - track.retention_us

    def hold_edges(self) -> None:
        """Have at hand what tells the first visible clean point of every track; reads directories."""
        edges = (self._reader.edge(track_id, self.limit_us(track_id), AHEAD_US) for track_id in self._limited())
        self._directories.hold({seq for seqs in edges for seq in seqs})

    def due(self) -> list[Mark]:
        """Cuts that make durable what is invisible already; reads directories. None while the clock is in doubt."""
        self.hold_edges()
        if not self._trust.holds():
            return []
        cuts = ((track_id, self._cut_us(track_id)) for track_id in self._limited())
        return [Mark(layout.MARK_CUT, track_id, 0, 1, cut_us) for track_id, cut_us in cuts if cut_us is not None]

    def _limited(self) -> list[int]:
        with self._index.lock:
            return [track.track_id for track in self._index.tracks.values() if track.retention_us > 0]

    def _cut_us(self, track_id: int) -> int | None:
        """The clean point the track begins with after everything too old is gone, or None if nothing is."""
        limit_us = self.limit_us(track_id)
        oldest = self._index.run_from(track_id, EARLIEST_US)
        if oldest is None or oldest.start_us >= limit_us:
            return None
        run, end_us = self._index.run_from(track_id, limit_us), limit_us
        while run is not None:
            first_us = self._reader.first_visible(run, limit_us)
            if first_us is not None:
                return first_us
            end_us = run.end_us + 1
            run = self._index.run_from(track_id, end_us)
        newest = self._index.run_until(track_id, end_us)
        return newest.end_us + 1 if newest is not None else None
