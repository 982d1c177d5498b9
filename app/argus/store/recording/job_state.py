"""The lines of recording jobs and the states that follow from them: values and pure functions.

Spec: RecordingControl 19.06 § Recording jobs, § GetRecordingJobState.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from argus.base.access_unit import MediaKind
from argus.base.tokens import RecordingJobToken, RecordingToken
from argus.store.recording.media_source import SourcePhase
from argus.store.recording.recordings import (
    Job,
    JobState,
    JobStateInformation,
    JobStateSource,
    JobStateTrack,
    JobTrack,
    Recording,
    SourceRef,
)

NO_SUCH_SOURCE = "The source does not exist"
NO_MEDIA_URI = "No media URI is configured"
SOURCE_UNAVAILABLE = "The source is not available"
INCOMPATIBLE_STREAM = "Incompatible Stream"  # the one text the specification predefines

# "Aggregated state" -- RecordingControl 19.06 § GetRecordingJobState. Which word dominates is not printed: an error
# anywhere is what a client must not overlook.
_AGGREGATES: Mapping[frozenset[JobState], JobState] = {
    frozenset(): JobState.IDLE,
    frozenset({JobState.IDLE}): JobState.IDLE,
    frozenset({JobState.ACTIVE}): JobState.ACTIVE,
}


class Readiness(StrEnum):
    """Whether a job records, as far as client, schedule and events decide it."""

    OFF = "off"  # its mode is Idle, or its schedule is not active
    WAITING = "waiting"  # for the event that its filter names
    READY = "ready"


class Stream(NamedTuple):
    """One stream of a source: what a line takes its media from. An empty `tag` is the first of its kind."""

    source: SourceRef
    kind: MediaKind
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One line of a job's configuration: this stream goes to that track.

    `line` is its place in the configuration: (source position, track position). A line that moves to another place
    is the same claim, so that nothing recorded is interrupted.
    """

    job: RecordingJobToken
    line: tuple[int, int] = field(compare=False)
    recording: RecordingToken
    track_id: int
    stream: Stream


def claims_of(job: Job, recording: Recording) -> tuple[Claim, ...]:
    """The lines of a job's configuration, all of whose destinations are tracks of its recording."""
    return tuple(
        Claim(
            job=job.token,
            line=(position, line),
            recording=recording.token,
            track_id=track.track_id,
            stream=Stream(source.ref, track.configuration.kind, mapping.source_tag),
        )
        for position, source in enumerate(job.configuration.sources)
        for line, mapping in enumerate(source.tracks)
        for track in (recording.track(mapping.destination),)
    )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Rank:
    """A job's standing among those that want the same track: priority, then the latest activation."""

    priority: int
    activation: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRule:
    """What a phase of its stream means for a line of a job that is ready.

    Only a line that `contends` can own its track, and keep jobs of lower rank from it. `line` is the state of one that
    does not contend, or that owns its track; a line that contends and loses is idle.
    """

    contends: bool
    line: LineState


# The state machine of a line: from what its source is up to, to what the client is told. Idle is for what nobody needs
# to look after: a receiver switched off, a camera without a microphone, a connection under way.
PHASE_RULES: Mapping[SourcePhase, PhaseRule] = {
    SourcePhase.ABSENT: PhaseRule(contends=False, line=failed_line(NO_SUCH_SOURCE)),
    SourcePhase.OFF: PhaseRule(contends=False, line=IDLE_LINE),
    SourcePhase.UNCONFIGURED: PhaseRule(contends=False, line=failed_line(NO_MEDIA_URI)),
    SourcePhase.CONNECTING: PhaseRule(contends=False, line=IDLE_LINE),
    SourcePhase.DELIVERING: PhaseRule(contends=True, line=ACTIVE_LINE),
    SourcePhase.LACKING: PhaseRule(contends=False, line=IDLE_LINE),
    SourcePhase.FAILED: PhaseRule(contends=False, line=failed_line(SOURCE_UNAVAILABLE)),
}


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
