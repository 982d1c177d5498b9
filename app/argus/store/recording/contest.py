"""The contest of recording jobs for tracks: who records what, and the state of every line. In memory, without I/O.

Spec: RecordingControl 19.06 § Recording job configuration (Priority), § GetRecordingJobState.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from argus.base.tokens import RecordingJobToken, RecordingToken
from argus.store.recording.job_state import (
    IDLE_LINE,
    PHASE_RULES,
    Claim,
    LineState,
    Rank,
    Readiness,
    Stream,
    failed_line,
)
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.recordings import JobState, SourceRef

K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A job in the contest."""

    claims: tuple[Claim, ...]
    rank: Rank
    readiness: Readiness


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What `settle` found: whether anything was noted at all, whether any track `stopped` to be recorded by its former
    owner, and the jobs whose state has to be looked at again."""

    noted: bool
    stopped: bool
    affected: frozenset[RecordingJobToken]


class Contest:
    """For each track the claim that records it: of those that contend the highest rank.

    Changes are noted as they come and take effect together in `settle`, which looks only at the tracks they touch.
    """

    def __init__(self) -> None:
        self._entries: dict[RecordingJobToken, Entry] = {}
        self._by_track: dict[int, set[Claim]] = {}
        self._by_stream: dict[Stream, set[Claim]] = {}
        self._by_source: dict[SourceRef, set[Claim]] = {}
        self._phases: dict[Stream, tuple[SourcePhase, str]] = {}
        self._owners: dict[int, Claim] = {}
        self._recorded: dict[RecordingToken, set[Claim]] = {}
        self._errors: dict[Claim, str] = {}
        self._touched_tracks: set[int] = set()
        self._touched_jobs: set[RecordingJobToken] = set()

    def enter(self, job: RecordingJobToken, entry: Entry) -> None:
        """Put a job into the contest, or in the place of what it was there."""
        self.leave(job)
        self._entries[job] = entry
        self._touched_jobs.add(job)
        for claim in entry.claims:
            self._by_track.setdefault(claim.track_id, set()).add(claim)
            self._by_stream.setdefault(claim.stream, set()).add(claim)
            self._by_source.setdefault(claim.stream.source, set()).add(claim)
            self._touched_tracks.add(claim.track_id)

    def leave(self, job: RecordingJobToken) -> None:
        """Take a job out; nothing happens where it is not in."""
        entry = self._entries.pop(job, None)
        if entry is None:
            return
        self._touched_jobs.add(job)
        for claim in entry.claims:
            self._touched_tracks.add(claim.track_id)
            _discard(self._by_track, claim.track_id, claim)
            _discard(self._by_source, claim.stream.source, claim)
            if _discard(self._by_stream, claim.stream, claim):
                self._phases.pop(claim.stream, None)

    def entry(self, job: RecordingJobToken) -> Entry:
        return self._entries[job]

    def streams(self) -> tuple[Stream, ...]:
        """Every stream that a job names."""
        return tuple(self._by_stream)

    def note_phase(self, stream: Stream, phase: SourcePhase, failure: str = "") -> None:
        """Take note of what a stream in `streams()` is up to; `failure` tells people why it FAILED."""
        if self._phases.get(stream) != (phase, failure):
            self._phases[stream] = (phase, failure)
            for claim in self._by_stream[stream]:
                self._touched_tracks.add(claim.track_id)
                self._touched_jobs.add(claim.job)

    def note_error(self, claim: Claim, error: str) -> None:
        """Take note of what keeps an owner from recording; "" where nothing does. Others have nothing to report."""
        if self._owners.get(claim.track_id) == claim and self._errors.get(claim, "") != error:
            self._touched_jobs.add(claim.job)
            if error:
                self._errors[claim] = error
            else:
                del self._errors[claim]

    def settle(self) -> Outcome:
        """Find the owners of the touched tracks anew."""
        affected, stopped = self._touched_jobs, False
        noted = bool(self._touched_tracks or self._touched_jobs)
        for track_id in self._touched_tracks:
            before, after = self._owners.get(track_id), self._winner(self._by_track.get(track_id, ()))
            if before != after:
                stopped = stopped or before is not None
                affected |= {claim.job for claim in (before, after) if claim is not None}
                self._pass_on(track_id, before, after)
        self._touched_tracks, self._touched_jobs = set(), set()
        return Outcome(noted=noted, stopped=stopped, affected=frozenset(affected & self._entries.keys()))

    def owners(self) -> frozenset[Claim]:
        """The claims that own their track."""
        return frozenset(self._owners.values())

    def owner(self, track_id: int) -> Claim | None:
        return self._owners.get(track_id)

    def is_recorded(self, recording: RecordingToken) -> bool:
        """Whether something is being written to the recording."""
        return any(claim not in self._errors for claim in self._recorded.get(recording, ()))

    def demands(self, source: SourceRef) -> bool:
        """Whether a job wants media of the source now, or may want it when its event comes."""
        claims = self._by_source.get(source, ())
        return any(self._entries[claim.job].readiness is not Readiness.OFF for claim in claims)

    def waiting(self) -> frozenset[Claim]:
        """The claims of jobs that wait for an event while their stream delivers."""
        return frozenset(
            claim
            for entry in self._entries.values()
            if entry.readiness is Readiness.WAITING
            for claim in entry.claims
            if self._phase(claim.stream)[0] is SourcePhase.DELIVERING
        )

    def lines(self, job: RecordingJobToken) -> dict[tuple[int, int], LineState]:
        """The states of the job's lines, as far as they are not idle."""
        entry = self._entries[job]
        if entry.readiness is not Readiness.READY:
            return {}
        states = {claim.line: self._line(claim) for claim in entry.claims}
        return {line: state for line, state in states.items() if state is not IDLE_LINE}

    def _line(self, claim: Claim) -> LineState:
        phase, failure = self._phase(claim.stream)
        rule = PHASE_RULES[phase]
        if not rule.contends:
            return failed_line(failure) if failure and rule.line.state is JobState.ERROR else rule.line
        if self._owners.get(claim.track_id) != claim:
            return IDLE_LINE
        error = self._errors.get(claim, "")
        return failed_line(error) if error else rule.line

    def _winner(self, rivals: Iterable[Claim]) -> Claim | None:
        contenders = (claim for claim in rivals if self._contends(claim))
        return max(contenders, key=lambda claim: self._entries[claim.job].rank, default=None)

    def _contends(self, claim: Claim) -> bool:
        ready = self._entries[claim.job].readiness is Readiness.READY
        return ready and PHASE_RULES[self._phase(claim.stream)[0]].contends

    def _phase(self, stream: Stream) -> tuple[SourcePhase, str]:
        return self._phases.get(stream, (SourcePhase.CONNECTING, ""))

    def _pass_on(self, track_id: int, before: Claim | None, after: Claim | None) -> None:
        if before is not None:
            del self._owners[track_id]
            self._errors.pop(before, None)
            _discard(self._recorded, before.recording, before)
        if after is not None:
            self._owners[track_id] = after
            self._recorded.setdefault(after.recording, set()).add(after)


def _discard(index: dict[K, set[Claim]], key: K, claim: Claim) -> bool:
    """Take a claim out of an index; tells whether it was the last one there."""
    claims = index[key]
    claims.discard(claim)
    if not claims:
        del index[key]
    return not claims
