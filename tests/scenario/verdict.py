"""Holds what was seen against the table; every difference is a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from tests.harness.recorder import Recorder
from tests.scenario.observer import Observer, Sight
from tests.scenario.table import Stretch, Table, Turn

# A connection that stays away is told once, and again each minute.
FAILURES_PER_MINUTE = 1


class Verdict:
    """Collects mistakes, and how long after its action each change was seen."""

    def __init__(self, table: Table, observer: Observer, began_us: int) -> None:
        self.table = table
        self.mistakes: list[str] = list(observer.errors)
        self.delays: list[tuple[str, float, str, float]] = []
        self._observer = observer
        self._stage = observer.stage
        self._began_us = began_us

    def judge_jobs(self) -> None:
        """The state of every job, as events told it and as it was when asked for."""
        for name, turns in self.table.jobs.items():
            events = self._observer.of("JobState", "RecordingJobToken", self._stage.job_tokens[name])
            told = [
                Sight(event.utc_us, "Deleted" if event.operation == "Deleted" else event.data["State"])
                for event in events
            ]
            self._follow(f"job {name}", turns, told, "job")
            self._look(name, turns)

    def judge_receivers(self, failing: Sequence[str]) -> None:
        """Connections came and went as the table says, and only those failed that had to."""
        minutes = self.table.duration_s / 60
        for name, turns in self.table.receivers.items():
            token = self._stage.receiver_tokens[name]
            events = self._observer.of("Receiver/ChangeState", "ReceiverToken", token)
            # A receiver begins not connected, and nothing tells so; attempts are told too.
            told = [Sight(0, "NotConnected"), *(Sight(event.utc_us, event.data["NewState"]) for event in events)]
            settled = [sight for sight in told if sight.state != "Connecting"]
            self._follow(f"receiver {name}", turns, settled, "receiver")
            failures = len(self._observer.of("Receiver/ConnectionFailed", "ReceiverToken", token))
            if (failures > 0) != (name in failing) or failures > 1 + minutes * FAILURES_PER_MINUTE:
                self.mistakes.append(f"receiver {name}: {failures} times ConnectionFailed")

    def judge_footage(self, recorder: Recorder) -> None:
        """Each track has footage when the table says so, and at no other time; no other track has any."""
        for recording, token in self._stage.recording_tokens.items():
            spans: dict[str, list[list[float]]] = {}
            history = recorder.history(token, self._began_us - 600_000_000, topic="tns1:RecordingHistory/Track/State")
            for event in history:
                found = spans.setdefault(event.notification.source["Track"], [])
                at_s = self._seconds(event.time_us)
                if event.notification.data["IsDataPresent"] == "true":
                    found.append([at_s, self.table.duration_s])
                elif found:
                    found[-1][1] = at_s
            for track in {track for track in spans if (recording, track) not in self.table.tracks}:
                self.mistakes.append(f"{recording} {track}: footage nobody expects: {spans[track]}")
            for (name, track), stretches in self.table.tracks.items():
                if name == recording:
                    self._cover(f"{recording} {track}", stretches, spans.get(track, []))
            self._inform(recording, recorder, spans)

    def judge_answers(self, recorder: Recorder) -> None:
        """Nothing records in the end, and what jobs are there is what was not deleted."""
        deleted = {name for name, turns in self.table.jobs.items() if turns[-1].state == "Deleted"}
        if deleted != self._stage.deleted:
            self.mistakes.append(f"deleted are {self._stage.deleted}, not {deleted}")
        for recording, token in self._stage.recording_tokens.items():
            status = recorder.information(token).status
            if status != "Stopped":
                self.mistakes.append(f"recording {recording} is {status} in the end")

    def _seconds(self, utc_us: int) -> float:
        return (utc_us - self._began_us) / 1e6

    def _follow(self, what: str, turns: Sequence[Turn], told: Iterable[Sight], window: str) -> None:
        """The changes after the beginning are those of the row, in order and each in its time."""
        before = [sight.state for sight in told if self._seconds(sight.utc_us) < 0]
        if not before or before[-1] != _word(turns[0].state):
            self.mistakes.append(f"{what}: begins as {before[-1:] or 'nothing'}, not as {turns[0].state}")
        changes = [(self._seconds(sight.utc_us), sight.state) for sight in told if self._seconds(sight.utc_us) >= 0]
        left, last = list(turns[1:]), _word(turns[0].state)
        for at_s, state in changes:
            turn = left[0] if left else None
            if turn is not None and state == _word(turn.state):
                assert turn.action is not None
                self._time(what, turn, at_s - turn.action.at_s, window)
                last = state
                left.pop(0)
            elif state != last and not _on_the_way(turn, at_s, state, window):
                self.mistakes.append(f"{what}: {state} at {at_s:.1f} s; all that came: {_rounded(changes)}")
                return
        if left:
            self.mistakes.append(f"{what}: never became {left[0].state}; all that came: {_rounded(changes)}")

    def _time(self, what: str, turn: Turn, delay_s: float, window: str) -> None:
        assert turn.action is not None
        self.delays.append((what, turn.action.at_s, turn.state, delay_s))
        if not getattr(turn.action.windows, window).holds(delay_s):
            self.mistakes.append(
                f"{what}: {turn.state} {delay_s:.1f} s after {turn.action.verb} at {turn.action.at_s:.0f}"
            )

    def _look(self, name: str, turns: Sequence[Turn]) -> None:
        """What was answered at any time is a state that the row allows at that time."""
        looks = self._observer.looks.get(name, [])
        if not looks:
            self.mistakes.append(f"job {name}: nobody looked")
        for look in looks:
            at_s = self._seconds(look.utc_us)
            possible = _possible(turns, at_s)
            allowed = [turn.state for turn in possible]
            passing = any(_on_the_way(turn, at_s, look.state, "job") for turn in possible)
            if at_s >= 0 and not passing and not any(_same(look.state, state) for state in allowed):
                self.mistakes.append(f"job {name}: is {look.state} at {at_s:.1f} s, not {' or '.join(allowed)}")

    def _cover(self, what: str, stretches: Sequence[Stretch], spans: list[list[float]]) -> None:
        for stretch in stretches:
            begin_s = stretch.begin.at_s + stretch.begin.windows.job.late_s if stretch.begin else 0.0
            end_s = stretch.end.at_s + stretch.end.windows.end.early_s
            if not any(first <= begin_s and end_s <= last for first, last in spans):
                self.mistakes.append(f"{what}: no footage from {begin_s:.1f} to {end_s:.1f} s without a gap in {spans}")
        allowed = [
            (
                stretch.begin.at_s + min(stretch.begin.windows.job.early_s, 0) - 1 if stretch.begin else -600.0,
                stretch.end.at_s + stretch.end.windows.end.late_s,
            )
            for stretch in stretches
        ]
        for first, last in spans:
            reach = _reach(allowed, first)
            if reach is None or last > reach:
                self.mistakes.append(f"{what}: footage from {first:.1f} to {last:.1f} s, allowed is {allowed}")
        if len(spans) > len(stretches):
            self.mistakes.append(f"{what}: in {len(spans)} pieces: {spans}")

    def _inform(self, recording: str, recorder: Recorder, spans: dict[str, list[list[float]]]) -> None:
        """GetRecordingInformation names the same tracks, first and last pictures as the timeline."""
        told = recorder.information(self._stage.recording_tokens[recording]).tracks
        ends = {
            track: (round(self._seconds(first), 3), round(self._seconds(last), 3))
            for track, (first, last) in told.items()
        }
        seen = {track: (round(found[0][0], 3), round(found[-1][1], 3)) for track, found in spans.items()}
        if ends != seen:
            self.mistakes.append(f"recording {recording}: information {ends}, timeline {seen}")


def _on_the_way(turn: Turn | None, at_s: float, state: str, window: str) -> bool:
    """Whether a job may be in this state before it is in the one it is to be in."""
    if turn is None or turn.action is None:
        return False
    kind = turn.action.windows
    return state in kind.by_way_of and getattr(kind, window).holds(at_s - turn.action.at_s)


def _rounded(changes: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
    return [(round(at_s, 1), state) for at_s, state in changes]


def _word(state: str) -> str:
    """A state without the text in brackets."""
    return state.partition(" ")[0]


def _same(seen: str, expected: str) -> bool:
    return seen == expected or ("(" not in expected and _word(seen) == expected)


def _possible(turns: Sequence[Turn], at_s: float) -> list[Turn]:
    """The turns that may hold at a time, given how exactly each has to be met."""
    found = []
    for turn, follower in [*pairwise(turns), (turns[-1], None)]:
        begins = turn.action is None or turn.action.at_s + turn.action.windows.job.early_s <= at_s
        action = follower.action if follower is not None else None
        if begins and (action is None or at_s <= action.at_s + action.windows.job.late_s):
            found.append(turn)
    return found


def _reach(allowed: Sequence[tuple[float, float]], first: float) -> float | None:
    """How far footage may go that begins then; None where none may."""
    reach = max((end for begin, end in allowed if begin <= first <= end), default=None)
    for begin, end in allowed:
        # The next camera may follow without a gap.
        if reach is not None and begin <= reach <= end:
            reach = end
    return reach
