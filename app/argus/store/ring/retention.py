"""Retention: what is too old is invisible at once, and a little later deleted for good."""

from __future__ import annotations

from collections.abc import Mapping

from argus.store.ring import layout
from argus.store.ring.clock_trust import ClockTrust
from argus.store.ring.directories import Directories
from argus.store.ring.index import Index
from argus.store.ring.reader import Reader
from argus.store.ring.records import Mark
from argus.store.ring.run import EARLIEST_US

# Longer than from one step of retention to the next.
AHEAD_US = 30_000_000


class Retention:
    """The limits of all tracks."""

    def __init__(self, index: Index, reader: Reader, directories: Directories, trust: ClockTrust) -> None:
        self._index = index
        self._reader = reader
        self._directories = directories
        self._trust = trust

    def limit_us(self, track_id: int) -> int:
        """The oldest time of the track that may be served now."""
        track = self._index.tracks.get(track_id)
        if track is None or track.retention_us <= 0:
            return EARLIEST_US
        return self._trust.now_us() - track.retention_us

    def hold_edges(self) -> None:
        """Have at hand what tells the first visible clean point of every track; reads directories."""
        edges = (self._reader.edge(track_id, self.limit_us(track_id), AHEAD_US) for track_id in self._limited())
        self._directories.hold({seq for seqs in edges for seq in seqs})

    def due(self) -> list[Mark]:
        """Cuts that make durable what is invisible already; reads directories. None while the clock is in doubt."""
        self.hold_edges()
        if not self._trust.holds():
            return []
        return self.cuts_at({track_id: self.limit_us(track_id) for track_id in self._limited()})

    def cuts_at(self, limits_us: Mapping[int, int]) -> list[Mark]:
        """Cuts that leave tracks nothing before these times; reads directories."""
        cuts = ((track_id, self._cut_us(track_id, limit_us)) for track_id, limit_us in limits_us.items())
        return [Mark(kind=layout.MARK_CUT, track=track, value=cut_us) for track, cut_us in cuts if cut_us is not None]

    def _limited(self) -> list[int]:
        return [track.track_id for track in self._index.known() if track.retention_us > 0]

    def _cut_us(self, track_id: int, limit_us: int) -> int | None:
        """The clean point the track begins with after everything too old is gone, or None if nothing is."""
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
