"""What recording jobs have to do, said a second time and in another way: on two pages, and without any index."""

from dataclasses import dataclass, field

from argus.base.tokens import RecordingToken
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.recordings import RECEIVER_SOURCE, JobConfiguration, JobMode

Place = tuple[RecordingToken, str]  # a track
Line = tuple[Place, str]  # a track and the source it is recorded from
IN_ERROR = (SourcePhase.ABSENT, SourcePhase.UNCONFIGURED, SourcePhase.FAILED)


@dataclass(eq=False)
class Row:
    """A job: what the client said of it, and until when an event that is over keeps it recording."""

    token: str
    configuration: JobConfiguration
    open_until_s: float | None = None

    @property
    def active(self) -> bool:
        return self.configuration.mode is JobMode.ACTIVE

    @property
    def after_s(self) -> float | None:
        event_filter = self.configuration.event_filter
        return None if event_filter is None else event_filter.after_us / 1e6

    def lines(self) -> list[Line]:
        """Every line, source by source."""
        recording, sources = self.configuration.recording, self.configuration.sources
        return [((recording, line.destination), source.token) for source in sources for line in source.tracks]

    def receivers(self) -> set[str]:
        return {source.token for source in self.configuration.sources if source.type == RECEIVER_SOURCE}


@dataclass
class Model:
    """Everything that decides what jobs do. `activated` has the rows in order of their last activation."""

    rows: list[Row] = field(default_factory=list)
    activated: list[Row] = field(default_factory=list)
    tracks: dict[RecordingToken, list[str]] = field(default_factory=dict)
    receivers: dict[str, bool] = field(default_factory=dict)  # whether it came with a job
    phases: dict[str, SourcePhase | None] = field(default_factory=dict)  # None: it delivers when it is demanded
    schedules: dict[str, bool] = field(default_factory=dict)
    errors: dict[Place, tuple[Row, str]] = field(default_factory=dict)  # whom the recorder complained of
    alarm: bool = False
    now_s: float = 0.0

    # What happens

    def put(self, row: Row, configuration: JobConfiguration) -> None:
        """A job is what it was not, or not so."""
        was_active = row.active and row in self.rows
        if configuration.event_filter != row.configuration.event_filter:
            row.open_until_s = None
        row.configuration = configuration
        if row not in self.rows:
            self.rows.append(row)
        if row.active and not was_active:
            self.activated = [known for known in self.activated if known is not row] + [row]

    def remove(self, gone: list[Row]) -> None:
        self.rows = [row for row in self.rows if row not in gone]
        self.activated = [row for row in self.activated if row not in gone]

    def event(self, *, lasted: bool = False) -> None:
        """Something happened that is over at once, or something that lasted is over now."""
        for row in self.rows:
            if row.after_s is not None and (row.after_s or not lasted):
                row.open_until_s = max(row.open_until_s or 0, self.now_s + row.after_s)

    def end_alarm(self) -> None:
        if self.alarm:
            self.event(lasted=True)
        self.alarm = False

    def pass_time(self, seconds: float) -> None:
        self.now_s += seconds
        for row in self.rows:
            if row.open_until_s is not None and row.open_until_s <= self.now_s:
                row.open_until_s = None

    def restart(self) -> None:
        self.alarm, self.errors = False, {}
        for row in self.rows:
            row.open_until_s = None

    def tidy(self) -> None:
        """What follows: receivers of jobs go with the last job, complaints with whom they were about."""
        used = {token for row in self.rows for token in row.receivers()}
        self.receivers = {token: auto for token, auto in self.receivers.items() if token in used or not auto}
        self.errors = {place: line for place, line in self.errors.items() if self.owner_line(place) == line}

    # What follows from it

    def wanted(self, row: Row) -> bool:
        """Whether a job records now or when its event comes."""
        schedule = row.configuration.schedule_token
        return row.active and (schedule is None or self.schedules.get(schedule, False))

    def ready(self, row: Row) -> bool:
        return self.wanted(row) and (row.after_s is None or self.alarm or row.open_until_s is not None)

    def demanded(self, source: str) -> bool:
        return any(self.wanted(row) and source in [token for _, token in row.lines()] for row in self.rows)

    def phase(self, source: str) -> SourcePhase:
        phase = self.phases[source]
        eager = SourcePhase.DELIVERING if self.demanded(source) else SourcePhase.CONNECTING
        return eager if phase is None else phase

    def owner(self, place: Place) -> Row | None:
        """The highest priority, and of several the one activated last."""
        rivals = [row for row in self.activated if self.ready(row) and place in self.delivered(row)]
        return max(reversed(rivals), key=lambda row: row.configuration.priority, default=None)

    def owner_line(self, place: Place) -> tuple[Row, str] | None:
        owner = self.owner(place)
        return None if owner is None else (owner, self.delivered(owner)[place])

    def delivered(self, row: Row) -> dict[Place, str]:
        return {place: source for place, source in row.lines() if self.phase(source) is SourcePhase.DELIVERING}

    def state(self, row: Row, place: Place, source: str) -> str:
        """The state of one line."""
        if not self.ready(row):
            return "Idle"
        if self.phase(source) in IN_ERROR:
            return "Error"
        if self.phase(source) is not SourcePhase.DELIVERING or self.owner(place) is not row:
            return "Idle"
        return "Error" if place in self.errors else "Active"

    def states(self, row: Row) -> tuple[str, list[tuple[str, list[str]]]]:
        """The state of a job, of each of its sources, and of their lines."""
        sources = []
        for source in row.configuration.sources:
            places = [(row.configuration.recording, line.destination) for line in source.tracks]
            lines = [self.state(row, place, source.token) for place in places]
            sources.append((summary(lines), lines))
        return summary([state for state, _ in sources]), sources


def summary(states: list[str]) -> str:
    """The table of GetRecordingJobState."""
    if "Error" in states:
        return "Error"
    if all(state == "Idle" for state in states):
        return "Idle"
    return "Active" if all(state == "Active" for state in states) else "PartiallyActive"
