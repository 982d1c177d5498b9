"""Any history of jobs, compared with a model of the priority rules that fits on a page."""

import asyncio
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.store.house import House, job

from argus.base.tokens import RecordingJobToken
from argus.store.recording.recordings import JobMode


@dataclass
class Row:
    """A job of the model."""

    mode: str
    priority: int
    tracks: list[str]


@dataclass
class Model:
    """Jobs as rows, the order of activation as a list of rows."""

    rows: list[Row] = field(default_factory=list)
    activated: list[Row] = field(default_factory=list)

    def set_mode(self, row: Row, mode: str) -> None:
        if mode == "Active" and row.mode == "Idle":
            self.activated = [known for known in self.activated if known is not row] + [row]
        row.mode = mode

    def owner(self, track: str) -> Row | None:
        rivals = [row for row in self.activated if row.mode == "Active" and track in row.tracks]
        return max(reversed(rivals), key=lambda row: row.priority, default=None)

    def states(self) -> list[dict[str, str]]:
        return [{track: "Active" if self.owner(track) is row else "Idle" for track in row.tracks} for row in self.rows]


class Pair:
    """The house and the model, taking the same steps."""

    def __init__(self, directory: Path) -> None:
        self.house = House(directory / "store.sqlite", max_jobs=50)
        self.model = Model()

    def pick(self, number: int) -> tuple[RecordingJobToken, Row]:
        position = number % len(self.model.rows)
        return self.house.jobs.jobs()[position].token, self.model.rows[position]

    def compare(self) -> None:
        jobs = self.house.jobs
        found = [jobs.state(known.token).sources[0].tracks for known in jobs.jobs()]
        assert [{line.destination: line.state.value for line in lines} for lines in found] == self.model.states()
        assert [known.configuration.mode.value for known in jobs.jobs()] == [row.mode for row in self.model.rows]
        told = {event.source[0][1]: event.data[1][1] for event in self.house.events.properties()}
        assert told == {known.token: jobs.state(known.token) for known in jobs.jobs()}


@dataclass(frozen=True)
class Create:
    mode: str
    priority: int
    tracks: frozenset[str]

    async def take(self, pair: Pair) -> None:
        (recording,) = pair.house.catalog.recordings()
        row = Row("Idle", self.priority, sorted(self.tracks))
        pair.model.rows.append(row)
        pair.model.set_mode(row, self.mode)
        await pair.house.jobs.create(
            job(
                recording.token,
                mode=JobMode(self.mode),
                priority=self.priority,
                source="sound",
                tracks=tuple(row.tracks),
            )
        )


@dataclass(frozen=True)
class Delete:
    number: int

    async def take(self, pair: Pair) -> None:
        if pair.model.rows:
            token, row = pair.pick(self.number)
            pair.model.rows = [known for known in pair.model.rows if known is not row]
            pair.model.activated = [known for known in pair.model.activated if known is not row]
            await pair.house.jobs.delete(token)


@dataclass(frozen=True)
class SetMode:
    number: int
    mode: str

    async def take(self, pair: Pair) -> None:
        if pair.model.rows:
            token, row = pair.pick(self.number)
            pair.model.set_mode(row, self.mode)
            await pair.house.jobs.set_mode(token, self.mode)


@dataclass(frozen=True)
class SetPriority:
    number: int
    priority: int

    async def take(self, pair: Pair) -> None:
        if pair.model.rows:
            token, row = pair.pick(self.number)
            row.priority = self.priority
            configuration = pair.house.jobs.job(token).configuration
            await pair.house.jobs.set_configuration(token, replace(configuration, priority=self.priority))


@dataclass(frozen=True)
class Restart:
    async def take(self, pair: Pair) -> None:
        pair.house.reopen()


Step = Create | Delete | SetMode | SetPriority | Restart
modes, priorities, numbers = st.sampled_from(["Idle", "Active"]), st.integers(0, 2), st.integers(0, 9)
tracks = st.frozensets(st.sampled_from(["VIDEO001", "AUDIO001", "META001"]), min_size=1)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(Create, modes, priorities, tracks),
    st.builds(Delete, numbers),
    st.builds(SetMode, numbers, modes),
    st.builds(SetPriority, numbers, priorities),
    st.builds(Restart),
)


async def take_all(directory: Path, history: list[Step]) -> None:
    pair = Pair(directory)
    await pair.house.recording()
    for step in history:
        await step.take(pair)
        pair.compare()
    pair.house.close()


@settings(max_examples=40, deadline=None)
@given(history=st.lists(steps, max_size=14))
def test_any_history_of_jobs_ends_as_the_model_says(history: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(take_all(Path(directory), history))
