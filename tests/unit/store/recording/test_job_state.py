"""Aggregated states, as a table."""

import pytest

from argus.base.tokens import RecordingJobToken, RecordingToken, TrackToken
from argus.store.recording.job_state import ACTIVE_LINE, aggregate, failed_line, information
from argus.store.recording.recordings import Job, JobConfiguration, JobMode, JobSource, JobState, JobTrack

IDLE, ACTIVE, PARTIAL, ERROR = JobState.IDLE, JobState.ACTIVE, JobState.PARTIALLY_ACTIVE, JobState.ERROR


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], IDLE),
        ([IDLE], IDLE),
        ([IDLE, IDLE], IDLE),
        ([ACTIVE], ACTIVE),
        ([ACTIVE, ACTIVE], ACTIVE),
        ([ACTIVE, IDLE], PARTIAL),
        ([PARTIAL], PARTIAL),
        ([PARTIAL, ACTIVE], PARTIAL),
        ([PARTIAL, IDLE], PARTIAL),
        ([ERROR], ERROR),
        ([ACTIVE, ERROR], ERROR),
        ([PARTIAL, IDLE, ERROR], ERROR),
    ],
)
def test_states_aggregate_as_the_table_of_the_specification(states: list[JobState], expected: JobState) -> None:
    assert aggregate(states) is expected


def test_the_state_tree_mirrors_the_configuration() -> None:
    lines = tuple(JobTrack(source_tag=tag, destination=TrackToken(tag * 2)) for tag in ("a", "b"))
    sources = (JobSource(token="one", tracks=lines), JobSource(token="two", tracks=lines[:1]))
    configuration = JobConfiguration(recording=RecordingToken("r"), mode=JobMode.ACTIVE, priority=0, sources=sources)
    job = Job(token=RecordingJobToken("j"), configuration=configuration)
    told = information(job, {(0, 0): ACTIVE_LINE, (1, 0): failed_line("broken")})
    assert [(source.token, source.state) for source in told.sources] == [("one", PARTIAL), ("two", ERROR)]
    assert [(t.source_tag, t.destination, t.state, t.error) for s in told.sources for t in s.tracks] == [
        ("a", "aa", ACTIVE, ""),
        ("b", "bb", IDLE, ""),
        ("a", "aa", ERROR, "broken"),
    ]
    assert told.state is ERROR
