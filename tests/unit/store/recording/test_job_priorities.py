"""Any history of everything that jobs depend on, compared with a model of the rules that fits on two pages."""

import asyncio
import tempfile
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.store.house import House, waiting_for
from tests.unit.store.job_model import Model, Place, Row

from argus.base.access_unit import MediaKind
from argus.base.errors import Conflict, LimitReached
from argus.base.events import Change, Event
from argus.base.tokens import ReceiverToken, RecordingJobToken, RecordingToken, TrackToken
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.receivers import ReceiverConfiguration
from argus.store.recording.recordings import (
    PROFILE_SOURCE,
    RECEIVER_SOURCE,
    JobConfiguration,
    JobMode,
    JobSource,
    JobState,
    JobStateInformation,
    JobTrack,
    TrackConfiguration,
)

PROFILES = ("main", "sub")
MAX_RECEIVERS = 3
ALARM = "Alarm"


@dataclass
class Told:
    """What a step told of jobs, by job."""

    states: dict[str, list[Event]]
    configurations: dict[str, list[object]]


class Pair:
    """The house and the model, taking the same steps."""

    def __init__(self, directory: Path) -> None:
        self.house = House(directory / "store.sqlite", max_jobs=50, max_receivers=MAX_RECEIVERS)
        self.model = Model(phases=dict.fromkeys(PROFILES, SourcePhase.DELIVERING))
        for profile in PROFILES:
            self.house.sources.put(profile, SourcePhase.DELIVERING)
        self.before: dict[str, JobStateInformation] = {}
        self.connect()

    def connect(self) -> None:
        """Cameras that come as soon as somebody wants them: phases change while the jobs are being settled."""
        self.house.jobs.observe(self.house.receivers.demand_changed)
        self.house.receivers.observe(self.follow_demand)

    def follow_demand(self) -> None:
        for token in self.house.cameras.known:
            if token in self.model.phases and self.model.phases[token] is None:
                demanded = self.house.receivers.demanded(ReceiverToken(token))
                phase = SourcePhase.DELIVERING if demanded else SourcePhase.CONNECTING
                if self.house.cameras.phases[token] is not phase:
                    self.house.cameras.put(token, phase)

    def recording(self, number: int) -> RecordingToken | None:
        known = list(self.model.tracks)
        return known[number % len(known)] if known else None

    def place(self, number: int) -> Place | None:
        known = [(recording, track) for recording, tracks in self.model.tracks.items() for track in tracks]
        return known[number % len(known)] if known else None

    def row(self, number: int) -> Row | None:
        return self.model.rows[number % len(self.model.rows)] if self.model.rows else None

    def learn(self, configuration: JobConfiguration) -> None:
        """Receivers that came with a job are there, with nothing configured."""
        for source in configuration.sources:
            if source.type == RECEIVER_SOURCE and source.token not in self.model.receivers:
                assert self.house.receivers.receiver(ReceiverToken(source.token)).auto_created
                self.model.receivers[source.token] = True
                self.model.phases[source.token] = SourcePhase.UNCONFIGURED

    def track_id(self, place: Place) -> int:
        return self.house.catalog.track(place[0], TrackToken(place[1])).track_id

    def compare(self, changed: set[str]) -> None:
        """`changed`: the jobs whose configuration the step changed."""
        self.model.tidy()
        self.compare_states()
        self.compare_owners()
        jobs, told = self.house.jobs, self.take_told()
        assert jobs.jobs() == tuple(map(self.as_job, self.model.rows))
        assert told.configurations.keys() == changed
        for token, configurations in told.configurations.items():
            assert configurations == [jobs.job(RecordingJobToken(token)).configuration]
        after = {known.token: jobs.state(known.token) for known in jobs.jobs()}
        for token in self.before.keys() | after.keys():
            assert_told(told.states.get(token, []), self.before.get(token), after.get(RecordingJobToken(token)))
        assert {event.source[0][1] for event in self.house.events.properties() if event.topic != ALARM} == after.keys()
        self.before = dict(after)

    def as_job(self, row: Row) -> object:
        known = self.house.jobs.job(RecordingJobToken(row.token))
        return replace(known, configuration=row.configuration)

    def compare_states(self) -> None:
        for row in self.model.rows:
            found = self.house.jobs.state(RecordingJobToken(row.token))
            sources = [(source.state.value, [line.state.value for line in source.tracks]) for source in found.sources]
            assert (found.state.value, sources) == self.model.states(row)
            for line in (line for source in found.sources for line in source.tracks):
                assert bool(line.error) == (line.state is JobState.ERROR)

    def compare_owners(self) -> None:
        model, jobs = self.model, self.house.jobs
        places = [(recording, track) for recording, tracks in model.tracks.items() for track in tracks]
        owners = {place: line for place in places if (line := model.owner_line(place)) is not None}
        found = {claim.track_id: (claim.job, claim.stream.source.token) for claim in jobs.recorded_claims()}
        assert found == {self.track_id(place): (row.token, source) for place, (row, source) in owners.items()}
        waits = [row for row in model.rows if model.wanted(row) and not model.ready(row)]
        held = {
            (row.token, self.track_id(place)): row.configuration.event_filter.before_us
            for row in waits
            for place in model.delivered(row)
            if row.configuration.event_filter is not None and row.configuration.event_filter.before_us
        }
        assert {(claim.job, claim.track_id): us for claim, us in jobs.waiting_claims().items()} == held
        for recording in model.tracks:
            written = any(place[0] == recording and place not in model.errors for place in owners)
            assert jobs.is_recording(recording) == written
        assert {one.token: one.auto_created for one in self.house.receivers.all()} == model.receivers
        for token in model.receivers:
            assert self.house.receivers.demanded(ReceiverToken(token)) == model.demanded(token)

    def take_told(self) -> Told:
        told = Told(states={}, configurations={})
        for event in self.house.told:
            if event.topic == "RecordingConfig/JobState":
                told.states.setdefault(str(event.source[0][1]), []).append(event)
            if event.topic == "RecordingConfig/RecordingJobConfiguration":
                token = str(event.source[0][1])
                assert token not in told.states, "what was asked for is told before what follows from it"
                told.configurations.setdefault(token, []).append(event.data[0][1])
        self.house.told.clear()
        return told


def assert_told(events: list[Event], before: JobStateInformation | None, after: JobStateInformation | None) -> None:
    """One event for a state that changed, none for one that did not."""
    if after is None:
        assert [event.change for event in events] == [Change.DELETED]
    elif before is None:
        assert [(event.change, event.data[1][1]) for event in events] == [(Change.INITIALIZED, after)]
    else:
        changed = [(Change.CHANGED, after)] if before != after else []
        assert [(event.change, event.data[1][1]) for event in events] == changed
    assert after is None or all(event.data[0][1] == after.state.value for event in events)


@dataclass(frozen=True)
class Wish:
    """A job configuration as a client may want it, in numbers that mean what there is then."""

    mode: str
    priority: int
    schedule: str | None
    event_filter: tuple[int, int] | None
    sources: tuple[tuple[int, tuple[int, ...]], ...]

    def configuration(self, pair: Pair, recording: RecordingToken) -> JobConfiguration:
        free, sources = list(pair.model.tracks[recording]), []
        for kind, numbers in self.sources:
            picked = [free.pop(number % len(free)) for number in numbers if free]
            if picked:
                lines = tuple(JobTrack(destination=TrackToken(track)) for track in picked)
                sources.append(self.source(pair, kind, lines))
        before_after = self.event_filter
        return JobConfiguration(
            recording=recording,
            mode=JobMode(self.mode),
            priority=self.priority,
            sources=tuple(sources),
            schedule_token=self.schedule,
            event_filter=None
            if before_after is None
            else waiting_for(ALARM, before_s=before_after[0], after_s=before_after[1]),
        )

    def source(self, pair: Pair, kind: int, lines: tuple[JobTrack, ...]) -> JobSource:
        receivers = sorted(pair.model.receivers)
        if kind < len(PROFILES):
            return JobSource(token=PROFILES[kind], type=PROFILE_SOURCE, tracks=lines)
        if kind == len(PROFILES) or not receivers:
            return JobSource(token="", type=RECEIVER_SOURCE, auto_create_receiver=True, tracks=lines)
        return JobSource(token=receivers[kind % len(receivers)], type=RECEIVER_SOURCE, tracks=lines)


def no_room(pair: Pair, configuration: JobConfiguration) -> bool:
    """Whether the receivers asked for would be too many."""
    asked = sum(source.auto_create_receiver for source in configuration.sources)
    return asked > 0 and len(pair.model.receivers) + asked > MAX_RECEIVERS


async def refused(change: Awaitable[object], error: type[Exception]) -> set[str]:
    with pytest.raises(error):
        await change
    return set()


@dataclass(frozen=True)
class Create:
    number: int
    wish: Wish

    async def take(self, pair: Pair) -> set[str]:
        recording = pair.recording(self.number)
        if recording is None:
            return set()
        wanted = self.wish.configuration(pair, recording)
        if no_room(pair, wanted):
            return await refused(pair.house.jobs.create(wanted), LimitReached)
        created = await pair.house.jobs.create(wanted)
        pair.learn(created.configuration)
        pair.model.put(Row(created.token, created.configuration), created.configuration)
        return set()


@dataclass(frozen=True)
class SetConfiguration:
    number: int
    wish: Wish

    async def take(self, pair: Pair) -> set[str]:
        row = pair.row(self.number)
        if row is None:
            return set()
        wanted = self.wish.configuration(pair, row.configuration.recording)
        change = pair.house.jobs.set_configuration(RecordingJobToken(row.token), wanted)
        if no_room(pair, wanted):
            return await refused(change, LimitReached)
        return put(pair, row, await change)


@dataclass(frozen=True)
class SetMode:
    number: int
    mode: str

    async def take(self, pair: Pair) -> set[str]:
        row = pair.row(self.number)
        if row is None:
            return set()
        await pair.house.jobs.set_mode(RecordingJobToken(row.token), self.mode)
        return put(pair, row, replace(row.configuration, mode=JobMode(self.mode)))


@dataclass(frozen=True)
class SetPriority:
    number: int
    priority: int

    async def take(self, pair: Pair) -> set[str]:
        row = pair.row(self.number)
        if row is None:
            return set()
        wanted = replace(row.configuration, priority=self.priority)
        return put(pair, row, await pair.house.jobs.set_configuration(RecordingJobToken(row.token), wanted))


def put(pair: Pair, row: Row, used: JobConfiguration) -> set[str]:
    changed = {row.token} if used != row.configuration else set()
    pair.learn(used)
    pair.model.put(row, used)
    return changed


@dataclass(frozen=True)
class Delete:
    number: int

    async def take(self, pair: Pair) -> set[str]:
        row = pair.row(self.number)
        if row is not None:
            pair.model.remove([row])
            await pair.house.jobs.delete(RecordingJobToken(row.token))
        return set()


@dataclass(frozen=True)
class CreateRecording:
    async def take(self, pair: Pair) -> set[str]:
        if len(pair.model.tracks) < pair.house.max_recordings:
            token = await pair.house.recording()
            pair.model.tracks[token] = ["VIDEO001", "AUDIO001", "META001"]
        return set()


@dataclass(frozen=True)
class DeleteRecording:
    number: int

    async def take(self, pair: Pair) -> set[str]:
        recording = pair.recording(self.number)
        if recording is not None:
            pair.model.remove([row for row in pair.model.rows if row.configuration.recording == recording])
            del pair.model.tracks[recording]
            await pair.house.catalog.delete_recording(recording)
        return set()


@dataclass(frozen=True)
class CreateTrack:
    number: int

    async def take(self, pair: Pair) -> set[str]:
        recording = pair.recording(self.number)
        if recording is not None and len(pair.model.tracks[recording]) < 5:
            kind = TrackConfiguration(kind=MediaKind.VIDEO)
            pair.model.tracks[recording].append(await pair.house.catalog.create_track(recording, kind))
        return set()


@dataclass(frozen=True)
class DeleteTrack:
    number: int

    async def take(self, pair: Pair) -> set[str]:
        place = pair.place(self.number)
        if place is None:
            return set()
        change = pair.house.catalog.delete_track(place[0], TrackToken(place[1]))
        if pair.model.owner(place) is not None:
            return await refused(change, Conflict)
        losing = [row for row in pair.model.rows if place in [line for line, _ in row.lines()]]
        for row in losing:
            row.configuration = without(row.configuration, place[1])
        pair.model.tracks[place[0]].remove(place[1])
        await change
        return {row.token for row in losing}


def without(configuration: JobConfiguration, track: str) -> JobConfiguration:
    def kept(lines: Iterable[JobTrack]) -> tuple[JobTrack, ...]:
        return tuple(line for line in lines if line.destination != track)

    return replace(
        configuration, sources=tuple(replace(source, tracks=kept(source.tracks)) for source in configuration.sources)
    )


@dataclass(frozen=True)
class CreateReceiver:
    async def take(self, pair: Pair) -> set[str]:
        change = pair.house.receivers.create(ReceiverConfiguration())
        if len(pair.model.receivers) >= MAX_RECEIVERS:
            return await refused(change, LimitReached)
        token = (await change).token
        pair.model.receivers[token], pair.model.phases[token] = False, SourcePhase.UNCONFIGURED
        return set()


@dataclass(frozen=True)
class DeleteReceiver:
    number: int

    async def take(self, pair: Pair) -> set[str]:
        known = sorted(pair.model.receivers)
        if not known:
            return set()
        token = known[self.number % len(known)]
        change = pair.house.receivers.delete(ReceiverToken(token))
        if any(token in row.receivers() for row in pair.model.rows):
            return await refused(change, Conflict)
        await change
        del pair.model.receivers[token]
        return set()


@dataclass(frozen=True)
class Phase:
    """A source does something else now; None: a receiver delivers as soon as, and as long as, it is demanded."""

    number: int
    phase: SourcePhase | None

    async def take(self, pair: Pair) -> set[str]:
        sources = [*PROFILES, *sorted(pair.model.receivers)]
        source = sources[self.number % len(sources)]
        if source in PROFILES:
            pair.model.phases[source] = self.phase or SourcePhase.DELIVERING
            pair.house.sources.put(source, self.phase or SourcePhase.DELIVERING)
        else:
            pair.model.phases[source] = self.phase
            pair.house.cameras.put(source, pair.model.phase(source))
        return set()


@dataclass(frozen=True)
class Schedule:
    name: str
    active: bool | None

    async def take(self, pair: Pair) -> set[str]:
        pair.model.schedules.pop(self.name, None)
        if self.active is not None:
            pair.model.schedules[self.name] = self.active
        pair.house.schedules.put(self.name, self.active)
        return set()


@dataclass(frozen=True)
class Alarm:
    """A property is true, false or deleted; "bell" is an event without duration."""

    what: str

    async def take(self, pair: Pair) -> set[str]:
        events, source = pair.house.events, (("Source", "door"),)
        if self.what == "on":
            pair.model.alarm = True
            events.set_property(ALARM, source=source, data=(("State", True),))
        elif self.what == "bell":
            pair.model.event()
            events.publish(ALARM, source=source)
        else:
            pair.model.end_alarm()
            if self.what == "off":
                events.set_property(ALARM, source=source, data=(("State", False),))
            else:
                events.delete_property(ALARM, source=source)
        return set()


@dataclass(frozen=True)
class Pass:
    seconds: int

    async def take(self, pair: Pair) -> set[str]:
        pair.model.pass_time(self.seconds)
        await pair.house.clock.advance(self.seconds)
        pair.house.jobs.look()
        return set()


@dataclass(frozen=True)
class Report:
    """The recorder complains of a track, or no longer."""

    number: int
    error: str

    async def take(self, pair: Pair) -> set[str]:
        places = [(recording, track) for recording, tracks in pair.model.tracks.items() for track in tracks]
        owned = {place: line for place in places if (line := pair.model.owner_line(place)) is not None}
        if not owned:
            return set()
        place, line = list(owned.items())[self.number % len(owned)]
        (claim,) = [one for one in pair.house.jobs.recorded_claims() if one.track_id == pair.track_id(place)]
        pair.model.errors.pop(place, None)
        if self.error:
            pair.model.errors[place] = line
        pair.house.jobs.report(claim, self.error)
        return set()


@dataclass(frozen=True)
class Restart:
    async def take(self, pair: Pair) -> set[str]:
        pair.model.restart()
        pair.house.reopen()
        pair.before = {}
        pair.connect()
        return set()


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
