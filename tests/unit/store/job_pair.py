"""The house and the model of the rules side by side, and what is compared after each step."""

from dataclasses import dataclass, replace
from pathlib import Path

from tests.unit.store.house import House
from tests.unit.store.job_model import Model, Place, Row

from argus.base.events import Change, Event
from argus.base.tokens import ReceiverToken, RecordingJobToken, RecordingToken, TrackToken
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.recordings import (
    RECEIVER_SOURCE,
    JobConfiguration,
    JobState,
    JobStateInformation,
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
