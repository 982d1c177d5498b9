"""Recording jobs as rows, with the order in which they were activated."""

from __future__ import annotations

from dataclasses import dataclass

from argus.base.database import Database, Statement
from argus.base.tokens import RecordingJobToken, RecordingToken, TrackToken
from argus.store.recording.recordings import (
    EventCondition,
    EventFilter,
    Job,
    JobConfiguration,
    JobMode,
    JobSource,
    JobTrack,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJob:
    """A job and when it was activated: a higher `activation` came later, 0 is never."""

    job: Job
    activation: int


def load_jobs(database: Database) -> list[StoredJob]:
    """Every job in order of creation."""
    tracks, filters = _load_tracks(database), _load_event_filters(database)
    sources: dict[str, list[JobSource]] = {}
    for job, position, token, type_ in database.read(
        "SELECT job, position, token, type FROM job_source ORDER BY job, position"
    ):
        source = JobSource(token=str(token), type=str(type_), tracks=tuple(tracks.get((str(job), position), ())))
        sources.setdefault(str(job), []).append(source)
    rows = database.read("SELECT token, recording, mode, priority, schedule_token, activation FROM job ORDER BY rowid")
    return [
        StoredJob(
            job=Job(
                token=RecordingJobToken(str(token)),
                configuration=JobConfiguration(
                    recording=RecordingToken(str(recording)),
                    mode=JobMode(str(mode)),
                    priority=int(priority or 0),
                    sources=tuple(sources.get(str(token), ())),
                    schedule_token=None if schedule is None else str(schedule),
                    event_filter=filters.get(str(token)),
                ),
            ),
            activation=int(activation or 0),
        )
        for token, recording, mode, priority, schedule, activation in rows
    ]


def insert_job(stored: StoredJob) -> list[Statement]:
    job, configuration = stored.job, stored.job.configuration
    statement: Statement = (
        "INSERT INTO job (token, recording, mode, priority, schedule_token, activation) VALUES (?, ?, ?, ?, ?, ?)",
        (
            job.token,
            configuration.recording,
            configuration.mode,
            configuration.priority,
            configuration.schedule_token,
            stored.activation,
        ),
    )
    return [statement, *_insert_sources(job), *_insert_event_filter(job)]


def update_job(stored: StoredJob) -> list[Statement]:
    job, configuration = stored.job, stored.job.configuration
    statement: Statement = (
        "UPDATE job SET mode = ?, priority = ?, schedule_token = ?, activation = ? WHERE token = ?",
        (configuration.mode, configuration.priority, configuration.schedule_token, stored.activation, job.token),
    )
    deletions: list[Statement] = [
        ("DELETE FROM job_source WHERE job = ?", (job.token,)),
        ("DELETE FROM job_event_filter WHERE job = ?", (job.token,)),
    ]
    return [statement, *deletions, *_insert_sources(job), *_insert_event_filter(job)]


def delete_job(token: RecordingJobToken) -> Statement:
    """Its sources, tracks and event filter go with it."""
    return "DELETE FROM job WHERE token = ?", (token,)


def _insert_sources(job: Job) -> list[Statement]:
    statements: list[Statement] = []
    for position, source in enumerate(job.configuration.sources):
        statements.append(
            (
                "INSERT INTO job_source (job, position, token, type) VALUES (?, ?, ?, ?)",
                (job.token, position, source.token, source.type),
            )
        )
        statements += [
            (
                "INSERT INTO job_track (job, source, position, source_tag, destination) VALUES (?, ?, ?, ?, ?)",
                (job.token, position, line, track.source_tag, track.destination),
            )
            for line, track in enumerate(source.tracks)
        ]
    return statements


def _insert_event_filter(job: Job) -> list[Statement]:
    event_filter = job.configuration.event_filter
    if event_filter is None:
        return []
    statement: Statement = (
        "INSERT INTO job_event_filter (job, before_us, after_us) VALUES (?, ?, ?)",
        (job.token, event_filter.before_us, event_filter.after_us),
    )
    conditions: list[Statement] = [
        (
            "INSERT INTO job_event_condition (job, position, topic, source) VALUES (?, ?, ?, ?)",
            (job.token, position, condition.topic, condition.source),
        )
        for position, condition in enumerate(event_filter.conditions)
    ]
    return [statement, *conditions]


def _load_event_filters(database: Database) -> dict[str, EventFilter]:
    conditions: dict[str, list[EventCondition]] = {}
    for job, topic, source in database.read(
        "SELECT job, topic, source FROM job_event_condition ORDER BY job, position"
    ):
        conditions.setdefault(str(job), []).append(EventCondition(topic=str(topic), source=str(source)))
    return {
        str(job): EventFilter(
            conditions=tuple(conditions.get(str(job), ())), before_us=int(before_us or 0), after_us=int(after_us or 0)
        )
        for job, before_us, after_us in database.read("SELECT job, before_us, after_us FROM job_event_filter")
    }


def _load_tracks(database: Database) -> dict[tuple[str, object], list[JobTrack]]:
    tracks: dict[tuple[str, object], list[JobTrack]] = {}
    for job, source, source_tag, destination in database.read(
        "SELECT job, source, source_tag, destination FROM job_track ORDER BY job, source, position"
    ):
        track = JobTrack(source_tag=str(source_tag), destination=TrackToken(str(destination)))
        tracks.setdefault((str(job), source), []).append(track)
    return tracks
