"""Recording jobs as rows, with the order in which they were activated."""

from __future__ import annotations

from dataclasses import dataclass

from argus.base.database import Database, Statement
from argus.base.tokens import RecordingJobToken, RecordingToken, TrackToken
from argus.store.recording.recordings import Job, JobConfiguration, JobMode, JobSource, JobTrack


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJob:
    """A job and when it was activated: a higher `activation` came later, 0 is never."""

    job: Job
    activation: int


def load_jobs(database: Database) -> list[StoredJob]:
    """Every job in order of creation."""
    tracks = _load_tracks(database)
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
    return [statement, *_insert_sources(job)]


def update_job(stored: StoredJob) -> list[Statement]:
    job, configuration = stored.job, stored.job.configuration
    statement: Statement = (
        "UPDATE job SET mode = ?, priority = ?, schedule_token = ?, activation = ? WHERE token = ?",
        (configuration.mode, configuration.priority, configuration.schedule_token, stored.activation, job.token),
    )
    return [statement, ("DELETE FROM job_source WHERE job = ?", (job.token,)), *_insert_sources(job)]


def delete_job(token: RecordingJobToken) -> Statement:
    """Its sources and tracks go with it."""
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


def _load_tracks(database: Database) -> dict[tuple[str, object], list[JobTrack]]:
    tracks: dict[tuple[str, object], list[JobTrack]] = {}
    for job, source, source_tag, destination in database.read(
        "SELECT job, source, source_tag, destination FROM job_track ORDER BY job, source, position"
    ):
        track = JobTrack(source_tag=str(source_tag), destination=TrackToken(str(destination)))
        tracks.setdefault((str(job), source), []).append(track)
    return tracks
