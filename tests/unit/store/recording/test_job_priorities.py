"""Any history of everything that jobs depend on, compared with a model of the rules that fits on two pages."""

import asyncio
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.store.job_pair import Pair
from tests.unit.store.job_steps import (
    Alarm,
    Create,
    CreateReceiver,
    CreateRecording,
    CreateTrack,
    Delete,
    DeleteReceiver,
    DeleteRecording,
    DeleteTrack,
    Pass,
    Phase,
    Report,
    Restart,
    Schedule,
    SetConfiguration,
    SetMode,
    SetPriority,
    Wish,
)

from argus.store.recording.media_source import SourcePhase

Step = (
    Create | SetConfiguration | SetMode | SetPriority | Delete | CreateRecording | DeleteRecording | CreateTrack
    | DeleteTrack | CreateReceiver | DeleteReceiver | Phase | Schedule | Alarm | Pass | Report | Restart
)  # fmt: skip
# Few of everything, so that jobs meet.
numbers, priorities = st.integers(0, 5), st.sampled_from([1, 1, 0, 2])
modes = st.sampled_from(["Active", "Active", "Active", "Idle"])
schedules = st.sampled_from(["night", "noon"])
times = st.tuples(st.sampled_from([5, 0]), st.sampled_from([3, 0]))
lines = st.lists(st.integers(0, 2), min_size=1, max_size=2).map(tuple)
phases = st.one_of(st.none(), st.just(SourcePhase.DELIVERING), st.sampled_from(SourcePhase))
wishes = st.builds(
    Wish,
    mode=modes,
    priority=priorities,
    schedule=st.sampled_from([None, None, None, None, "night", "noon"]),
    event_filter=st.one_of(st.none(), times, times),
    sources=st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 1, 2, 3]), lines), min_size=1, max_size=2).map(tuple),
)
often: list[st.SearchStrategy[Step]] = [
    st.builds(Create, numbers, wishes),
    st.builds(Phase, numbers, phases),
    st.builds(Alarm, st.sampled_from(["on", "on", "off", "deleted", "bell"])),
    st.builds(Schedule, schedules, st.sampled_from([True, False, None])),
    st.builds(Report, numbers, st.sampled_from(["The card is full", "Incompatible Stream", ""])),
    st.builds(SetMode, numbers, modes),
    st.builds(SetPriority, numbers, priorities),
    st.builds(Pass, st.integers(0, 4)),
]
seldom: list[st.SearchStrategy[Step]] = [
    st.builds(SetConfiguration, numbers, wishes),
    st.builds(Delete, numbers),
    st.builds(CreateRecording),
    st.builds(DeleteRecording, numbers),
    st.builds(CreateTrack, numbers),
    st.builds(DeleteTrack, numbers),
    st.builds(CreateReceiver),
    st.builds(DeleteReceiver, numbers),
    st.builds(Restart),
]
steps = st.one_of(*often, *often, *seldom)
histories = st.tuples(
    st.lists(st.builds(Create, numbers, wishes), min_size=2, max_size=4), st.lists(steps, min_size=12, max_size=25)
).map(lambda parts: [CreateRecording(), *parts[0], *parts[1]])


# What chance finds seldom: events that end, while jobs are configured, and rivals of equal rank.
WAITING = Wish("Active", 1, None, (5, 3), ((0, (0,)),))
PLAIN = replace(WAITING, event_filter=None)
ALARMS: list[Step] = [
    CreateRecording(),
    Create(0, PLAIN),
    Create(0, replace(WAITING, priority=2)),
    Create(0, replace(WAITING, event_filter=(5, 0))),
    *(Alarm("on"), SetPriority(2, 0), Alarm("off"), SetPriority(1, 1), Pass(2), Pass(1)),
    *(Alarm("bell"), SetPriority(1, 2), Pass(3), Alarm("on"), Alarm("deleted"), Restart(), Pass(3)),
]
EQUALS: list[Step] = [
    CreateRecording(),
    *(Create(0, PLAIN), Create(0, PLAIN), Report(0, "The card is full"), SetMode(0, "Active")),
    *(SetPriority(0, 2), SetPriority(0, 1), SetMode(1, "Idle"), SetMode(1, "Active"), Report(0, ""), Restart()),
]


async def take_all(directory: Path, history: Iterable[Step]) -> None:
    pair = Pair(directory)
    for step in history:
        pair.compare(await step.take(pair))
    pair.house.close()


@settings(max_examples=50, deadline=None)
@given(history=histories)
@example(history=ALARMS)
@example(history=EQUALS)
def test_any_history_of_jobs_ends_as_the_model_says(history: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(take_all(Path(directory), history))
