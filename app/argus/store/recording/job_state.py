"""Which job records which track, and the states that follow: pure functions over values.

Spec: RecordingControl 19.06 § Recording jobs, § GetRecordingJobState.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from argus.base.access_unit import MediaKind
from argus.base.tokens import RecordingJobToken, RecordingToken
from argus.store.recording.recordings import (
    Job,
    JobConfiguration,
    JobMode,
    JobState,
    JobStateInformation,
    JobStateSource,
    JobStateTrack,
    JobTrack,
    Recording,
)

NO_SUCH_SOURCE = "The source does not exist"
INCOMPATIBLE_STREAM = "Incompatible Stream"  # the one text the specification predefines

# "Aggregated state" -- RecordingControl 19.06 § GetRecordingJobState. Which word dominates is not printed: an error
# anywhere is what a client must not overlook.
_AGGREGATES: Mapping[frozenset[JobState], JobState] = {
    frozenset(): JobState.IDLE,
    frozenset({JobState.IDLE}): JobState.IDLE,
    frozenset({JobState.ACTIVE}): JobState.ACTIVE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One line of a job's configuration: this source's media of this kind goes to that track.

    `line` is its place in the configuration: (source position, track position).
    """

    job: RecordingJobToken
    line: tuple[int, int]
    recording: RecordingToken
    track_id: int
    source: str
    source_tag: str
    kind: MediaKind


def claims_of(job: Job, recording: Recording) -> tuple[Claim, ...]:
    """The lines of a job's configuration, all of whose destinations are tracks of its recording."""
    return tuple(
        Claim(
            job=job.token,
            line=(position, line),
            recording=recording.token,
            track_id=track.track_id,
            source=source.token,
            source_tag=mapping.source_tag,
            kind=track.configuration.kind,
        )
        for position, source in enumerate(job.configuration.sources)
        for line, mapping in enumerate(source.tracks)
        for track in (recording.track(mapping.destination),)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """A job's standing among those that want the same track: priority, then the latest activation."""

    priority: int
    activation: int

    def above(self, other: Rank) -> bool:
        return (self.priority, self.activation) > (other.priority, other.activation)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """The state of one line, with a text where it is ERROR."""

    state: JobState
    error: str = ""

    def of(self, track: JobTrack) -> JobStateTrack:
        return JobStateTrack(
            source_tag=track.source_tag, destination=track.destination, state=self.state, error=self.error
        )


IDLE_LINE = LineState(state=JobState.IDLE)
ACTIVE_LINE = LineState(state=JobState.ACTIVE)


def failed_line(error: str) -> LineState:
    return LineState(state=JobState.ERROR, error=error)


def wants_to_record(configuration: JobConfiguration) -> bool:
    """Whether the job competes for its tracks now.

    "If a schedule token is provided, the job shall only record if the schedule exists and is active." This device
    has no schedules, so that such a job waits.
    """
    return configuration.mode is JobMode.ACTIVE and configuration.schedule_token is None


def owners(claims: Iterable[tuple[Claim, Rank]]) -> dict[int, Claim]:
    """For each track id the claim that records it: highest priority, and among equals the job activated latest."""
    best: dict[int, tuple[Claim, Rank]] = {}
    for claim, rank in claims:
        known = best.get(claim.track_id)
        if known is None or rank.above(known[1]):
            best[claim.track_id] = (claim, rank)
    return {track_id: claim for track_id, (claim, _) in best.items()}


def aggregate(states: Iterable[JobState]) -> JobState:
    """The state of a node from those of its sub-nodes; without any it is Idle."""
    found = frozenset(states)
    if JobState.ERROR in found:
        return JobState.ERROR
    return _AGGREGATES.get(found, JobState.PARTIALLY_ACTIVE)


def information(job: Job, lines: Mapping[tuple[int, int], LineState]) -> JobStateInformation:
    """The state tree of a job. `lines` tells of those (source position, track position) that are not idle."""
    sources = []
    for position, source in enumerate(job.configuration.sources):
        tracks = tuple(lines.get((position, line), IDLE_LINE).of(track) for line, track in enumerate(source.tracks))
        state = aggregate(track.state for track in tracks)
        sources.append(JobStateSource(token=source.token, type=source.type, state=state, tracks=tracks))
    return JobStateInformation(
        recording=job.configuration.recording,
        state=aggregate(source.state for source in sources),
        sources=tuple(sources),
    )
