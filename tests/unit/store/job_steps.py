"""What can happen to recording jobs: each step is taken by the house and by the model."""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, replace

import pytest
from tests.unit.store.house import waiting_for
from tests.unit.store.job_model import Row
from tests.unit.store.job_pair import ALARM, MAX_RECEIVERS, PROFILES, Pair

from argus.base.access_unit import MediaKind
from argus.base.errors import Conflict, LimitReached
from argus.base.tokens import ReceiverToken, RecordingJobToken, RecordingToken, TrackToken
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.receiver import ReceiverConfiguration
from argus.store.recording.recordings import (
    PROFILE_SOURCE,
    RECEIVER_SOURCE,
    JobConfiguration,
    JobMode,
    JobSource,
    JobTrack,
    TrackConfiguration,
)


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
