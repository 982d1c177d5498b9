"""Who records which track, step by step."""

import pytest

from argus.base.access_unit import MediaKind
from argus.base.tokens import RecordingJobToken, RecordingToken
from argus.store.recording.contest import Contest, Entry
from argus.store.recording.job_state import PHASE_RULES, Claim, Rank, Readiness, Stream
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.recordings import JobState, SourceRef

TRACK = 7


def claim(job: str, track_id: int = TRACK, source: str = "main") -> Claim:
    return Claim(
        job=RecordingJobToken(job),
        line=(0, 0),
        recording=RecordingToken("r"),
        track_id=track_id,
        stream=Stream(SourceRef(token=source), MediaKind.VIDEO, ""),
    )


class Ring(Contest):
    """A contest with short words for the tests."""

    def join(self, one: Claim, priority: int = 0, activation: int = 0, readiness: Readiness = Readiness.READY) -> None:
        rank = Rank(priority=priority, activation=activation)
        self.enter(one.job, Entry(claims=(one,), rank=rank, readiness=readiness))
        self.note_phase(one.stream, SourcePhase.DELIVERING)

    def state(self, one: Claim) -> tuple[JobState, str]:
        line = self.lines(one.job).get(one.line)
        return (JobState.IDLE, "") if line is None else (line.state, line.error)


def test_the_highest_priority_owns_a_track_and_among_equals_the_latest_activation() -> None:
    ring = Ring()
    low, first, second = claim("low"), claim("first"), claim("second")
    ring.join(second, priority=2, activation=5)
    ring.join(low, priority=1, activation=9)
    ring.join(first, priority=2, activation=4)
    ring.settle()
    assert ring.owners() == {second}
    ring.leave(second.job)
    assert ring.settle().affected == {first.job}
    assert ring.owners() == {first}
    assert [ring.state(one)[0] for one in (first, low)] == [JobState.ACTIVE, JobState.IDLE]


def test_a_source_that_fails_makes_room_for_the_job_below_and_takes_it_back() -> None:
    ring = Ring()
    high, low = claim("high", source="far"), claim("low")
    ring.join(high, priority=1)
    ring.join(low)
    ring.settle()
    ring.note_phase(high.stream, SourcePhase.FAILED, "It is gone")
    outcome = ring.settle()
    assert (outcome.noted, outcome.stopped, outcome.affected) == (True, True, {high.job, low.job})
    assert (ring.state(high), ring.state(low)) == ((JobState.ERROR, "It is gone"), (JobState.ACTIVE, ""))
    ring.note_phase(high.stream, SourcePhase.DELIVERING)
    ring.settle()
    assert ring.owners() == {high}


@pytest.mark.parametrize("phase", SourcePhase)
def test_every_phase_has_a_rule_and_only_one_that_delivers_contends(phase: SourcePhase) -> None:
    ring, one = Ring(), claim("j")
    ring.join(one)
    ring.note_phase(one.stream, phase)
    ring.settle()
    assert ring.state(one)[0] is PHASE_RULES[phase].line.state
    assert (ring.owners() == {one}) == (phase is SourcePhase.DELIVERING)
    assert ring.is_recorded(one.recording) == (phase is SourcePhase.DELIVERING)


def test_a_job_that_is_not_ready_owns_nothing_and_one_that_waits_is_told_apart() -> None:
    ring, off, waits = Ring(), claim("off"), claim("waits", track_id=8, source="other")
    ring.join(off, readiness=Readiness.OFF)
    ring.join(waits, readiness=Readiness.WAITING)
    ring.settle()
    assert ring.owners() == frozenset()
    assert ring.waiting() == {waits}
    assert [ring.demands(one.stream.source) for one in (off, waits)] == [False, True]
    ring.note_phase(waits.stream, SourcePhase.CONNECTING)
    assert ring.waiting() == frozenset()


def test_only_the_owner_has_something_to_report_and_a_new_owner_starts_clean() -> None:
    ring, high, low = Ring(), claim("high"), claim("low")
    ring.join(high, priority=1)
    ring.join(low)
    ring.settle()
    ring.note_error(low, "nonsense")
    assert not ring.settle().affected
    ring.note_error(high, "The card is full")
    assert ring.settle().affected == {high.job}
    assert ring.state(high) == (JobState.ERROR, "The card is full")
    assert not ring.is_recorded(high.recording)
    ring.leave(high.job)
    ring.settle()
    assert ring.state(low) == (JobState.ACTIVE, "")
    ring.join(high, priority=1)
    ring.settle()
    assert ring.state(high) == (JobState.ACTIVE, "")


def test_entering_again_with_the_same_lines_interrupts_nothing() -> None:
    ring, one = Ring(), claim("j")
    ring.join(one, priority=1)
    ring.settle()
    ring.join(one, priority=5)
    outcome = ring.settle()
    assert (outcome.stopped, outcome.affected, ring.owners()) == (False, {one.job}, {one})


def test_nothing_remains_of_jobs_that_left() -> None:
    ring, one = Ring(), claim("j")
    ring.join(one)
    ring.settle()
    ring.leave(one.job)
    ring.leave(one.job)
    assert ring.settle().stopped
    assert not ring.settle().noted
    assert (ring.streams(), ring.owners(), ring.demands(one.stream.source)) == ((), frozenset(), False)
