"""What a tick tells to who finds the segments without an index: what was given up since the tick before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from argus.store.ring import layout
from argus.store.ring.index import Index
from argus.store.ring.records import Mark
from argus.store.ring.segments import track_bit
from argus.store.ring.span import Deletion


class Reach:
    """Which marks are due.

    How far back each lane counts: a header tells that of its own lane only. And where each track begins: it may have
    lost footage in segments that stay.
    """

    def __init__(self) -> None:
        self._told: dict[int, int] = {}
        self._told_empty: set[int] = set()
        self._cuts: dict[int, int] = {}
        self._forgotten: set[int] = set()

    def undecided(self, index: Index, tracks: Iterable[int]) -> None:
        """The segments with the newest decision about these tracks were given up; older footage may still lie about."""
        for track_id in tracks:
            track = index.tracks.get(track_id)
            if track is not None:
                self._cuts.setdefault(track_id, track.deleted_until_us)
            elif index.segments.with_bit(track_bit(track_id)):
                self._forgotten.add(track_id)

    def lost(self, deletions: Iterable[Deletion]) -> None:
        """Footage was given up."""
        for deletion in deletions:
            self._cuts[deletion.track_id] = max(deletion.end_us, self._cuts.get(deletion.track_id, deletion.end_us))

    def decisions(self, index: Index) -> list[Mark]:
        """Those to repeat. No cut where the clock stepped back: older times were recorded later."""
        forgets = [Mark(kind=layout.MARK_FORGET, track=track_id) for track_id in self._forgotten]
        begins = {track.track_id: track.runs[0].start_us for track in index.known() if track.runs}
        cuts = [
            Mark(kind=layout.MARK_CUT, track=track_id, value=cut_us)
            for track_id, cut_us in self._cuts.items()
            if begins.get(track_id, cut_us) >= cut_us
        ]
        return forgets + cuts

    def marks(self, oldest: Sequence[int], next_seq: int) -> list[Mark]:
        """What to tell; `oldest` is the lowest number in each lane, 0 in an empty one.

        Of a lane that became empty nothing counts that has a number by now, and that is told once.
        """
        due = []
        for lane, seq in enumerate(oldest):
            told = self._told.setdefault(lane, seq)
            reach = seq or (0 if lane in self._told_empty else next_seq)
            if told and reach > told:
                due.append(Mark(kind=layout.MARK_REACH, track=lane, value=reach))
            elif seq and not told:
                self._told[lane] = seq
        return due

    def note(self, mark: Mark, oldest: Sequence[int]) -> None:
        """A mark became durable."""
        if mark.kind == layout.MARK_CUT and self._cuts.get(mark.track) == mark.value:
            del self._cuts[mark.track]
        if mark.kind == layout.MARK_FORGET:
            self._forgotten.discard(mark.track)
        if mark.kind != layout.MARK_REACH:
            return
        lane = mark.track
        self._told[lane] = mark.value
        if oldest[lane]:
            self._told_empty.discard(lane)
        else:
            self._told_empty.add(lane)
