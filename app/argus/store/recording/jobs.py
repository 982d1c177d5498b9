"""Recording jobs: what clients want recorded, which job records which track, and what clients are told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from argus.base.database import Database
from argus.base.errors import InvalidValue, LimitReached, NotFound
from argus.base.events import EventBus, Items
from argus.base.tokens import RecordingJobToken, RecordingToken, new_token
from argus.store.recording import job_rows as rows
from argus.store.recording.catalog import Catalog
from argus.store.recording.job_rows import StoredJob
from argus.store.recording.job_rules import configuration_in_use
from argus.store.recording.job_state import (
    ACTIVE_LINE,
    NO_SUCH_SOURCE,
    Claim,
    LineState,
    Rank,
    claims_of,
    failed_line,
    information,
    owners,
    wants_to_record,
)
from argus.store.recording.recording_rows import load_counter, set_counter
from argus.store.recording.recordings import (
    Job,
    JobConfiguration,
    JobMode,
    JobState,
    JobStateInformation,
    RecordingOptions,
    job_mode,
)
from argus.store.recording.sources import MediaSources

MAX_RECORDING_JOBS = 128
_STATE_TOPIC = "RecordingConfig/JobState"


class Jobs:
    """Recording jobs, in memory and in the database, and the owner of each track.

    The mode of a job is the client's and never changes by itself; its state follows from all jobs, the sources and
    what the recorder reports.

    Spec: RecordingControl 19.06 § Recording jobs
    """

    def __init__(
        self,
        catalog: Catalog,
        sources: MediaSources,
        database: Database,
        events: EventBus,
        *,
        max_jobs: int = MAX_RECORDING_JOBS,
    ) -> None:
        """Load the jobs; the active ones claim their tracks at once. `database` is the catalog's."""
        self.max_jobs = max_jobs
        self._catalog = catalog
        self._sources = sources
        self._database = database
        self._events = events
        self._jobs = {stored.job.token: stored for stored in rows.load_jobs(database)}
        self._claims = {token: self._claims_of(stored.job) for token, stored in self._jobs.items()}
        self._last_activation = load_counter(database, "activation")
        self._owners: dict[int, Claim] = {}
        self._errors: dict[Claim, str] = {}
        self._states: dict[RecordingJobToken, JobStateInformation] = {}
        self._observers: list[Callable[[], None]] = []
        self._stopped = False
        catalog.observe_deletion(self._drop_jobs_of)
        self.refresh()

    def jobs(self) -> tuple[Job, ...]:
        """All jobs in order of creation, each with the configuration in use."""
        return tuple(stored.job for stored in self._jobs.values())

    def job(self, token: RecordingJobToken) -> Job:
        """The job of that token. Raises NotFound("recording job")."""
        return self._stored(token).job

    def state(self, token: RecordingJobToken) -> JobStateInformation:
        """What the job does now. Raises NotFound("recording job").

        Spec: RecordingControl 19.06 § GetRecordingJobState
        """
        self._stored(token)
        return self._states[token]

    def options(self, recording: RecordingToken) -> RecordingOptions:
        """What can be created for a recording now. Raises NotFound("recording").

        Spec: RecordingControl 19.06 § GetRecordingOptions
        """
        self._catalog.recording(recording)
        spare = max(0, self.max_jobs - len(self._jobs))
        return RecordingOptions(spare_jobs=spare, compatible_sources=self._sources.tokens())

    async def create(self, wanted: JobConfiguration) -> Job:
        """Create a job; where it is Active it counts as activated the latest.

        Raises:
            NotFound("recording"), InvalidValue("job configuration"), LimitReached("recording jobs")

        Spec: RecordingControl 19.06 § CreateRecordingJob
        """
        async with self._catalog.changes:
            configuration = configuration_in_use(self._catalog.recording(wanted.recording), self._sources, wanted)
            if len(self._jobs) >= self.max_jobs:
                raise LimitReached("recording jobs", self.max_jobs)
            job = Job(token=RecordingJobToken(new_token("RecordingJob")), configuration=configuration)
            stored = StoredJob(job=job, activation=self._activation(None, configuration.mode))
            statements = [set_counter("activation", self._last_activation), *rows.insert_job(stored)]
            await self._database.write(statements, lambda: self._put(stored))
        return job

    async def delete(self, token: RecordingJobToken) -> None:
        """Delete a job; what it recorded stays, and the next job in rank takes its tracks.

        Raises:
            NotFound("recording job")

        Spec: RecordingControl 19.06 § DeleteRecordingJob
        """
        async with self._catalog.changes:
            self._stored(token)
            await self._database.write([rows.delete_job(token)], lambda: self._drop([token]))
        await self._close_spans()

    async def set_configuration(self, token: RecordingJobToken, wanted: JobConfiguration) -> JobConfiguration:
        """Replace the configuration of a job and return the one in use; the recording cannot be changed.

        Raises:
            NotFound("recording job"), InvalidValue("job configuration")

        Spec: RecordingControl 19.06 § SetRecordingJobConfiguration
        """
        async with self._catalog.changes:
            stored = self._stored(token)
            if wanted.recording != stored.job.configuration.recording:
                raise InvalidValue("job configuration", "a job cannot be moved to another recording")
            recording = self._catalog.recording(wanted.recording)
            configuration = configuration_in_use(recording, self._sources, wanted)
            await self._reconfigure(stored, configuration)
        await self._close_spans()
        return configuration

    async def set_mode(self, token: RecordingJobToken, mode: str) -> None:
        """Set the mode of a job. Going from Idle to Active counts as activated the latest.

        Raises:
            NotFound("recording job"), InvalidValue("job mode")

        Spec: RecordingControl 19.06 § SetRecordingJobMode
        """
        async with self._catalog.changes:
            stored = self._stored(token)
            wanted = job_mode(mode, "job mode")
            await self._reconfigure(stored, replace(stored.job.configuration, mode=wanted))
        await self._close_spans()

    def observe(self, observer: Callable[[], None]) -> None:
        """Call `observer` in the same turn whenever tracks got other owners."""
        self._observers.append(observer)

    def recorded_claims(self) -> frozenset[Claim]:
        """The claims that own their track: what the recorder has to record."""
        return frozenset(self._owners.values())

    def is_recording(self, recording: RecordingToken) -> bool:
        """Whether a job is writing to the recording."""
        return any(claim.recording == recording and claim not in self._errors for claim in self._owners.values())

    def report(self, claim: Claim, error: str) -> None:
        """Take the recorder's word on a claim: `error` tells people why nothing is recorded, "" that all is well."""
        if self._owners.get(claim.track_id) != claim or self._errors.get(claim, "") == error:
            return
        if error:
            self._errors[claim] = error
        else:
            del self._errors[claim]
        self._tell_state(self._jobs[claim.job].job)

    def refresh(self) -> None:
        """Take note that the media sources are others now: tracks may get other owners, jobs other states."""
        self._settle(self._jobs)

    def _stored(self, token: RecordingJobToken) -> StoredJob:
        stored = self._jobs.get(token)
        if stored is None:
            raise NotFound("recording job", token)
        return stored

    async def _reconfigure(self, stored: StoredJob, configuration: JobConfiguration) -> None:
        if configuration == stored.job.configuration:
            return
        job = replace(stored.job, configuration=configuration)
        changed = StoredJob(job=job, activation=self._activation(stored, configuration.mode))
        statements = [set_counter("activation", self._last_activation), *rows.update_job(changed)]
        await self._database.write(statements, lambda: self._replace(changed))

    async def _close_spans(self) -> None:
        """Where recording stopped, return with its end visible: a client that asks next finds the final times."""
        if self._stopped:
            self._stopped = False
            await self._catalog.close_spans()

    def _activation(self, before: StoredJob | None, mode: JobMode) -> int:
        """The activation number of a job that now has `mode`: a new one only when it becomes Active."""
        was_active = before is not None and before.job.configuration.mode is JobMode.ACTIVE
        if mode is JobMode.ACTIVE and not was_active:
            self._last_activation += 1
            return self._last_activation
        return before.activation if before is not None else 0

    def _settle(self, touched: Iterable[RecordingJobToken]) -> None:
        """Find the owner of every track anew; tell the state of the jobs that were touched or won or lost a track."""
        before = frozenset(self._owners.values())
        self._owners = owners(
            (claim, Rank(priority=stored.job.configuration.priority, activation=stored.activation))
            for token, stored in self._jobs.items()
            if wants_to_record(stored.job.configuration)
            for claim in self._claims[token]
            if claim.kind in self._sources.kinds(claim.source)
        )
        after = frozenset(self._owners.values())
        for claim in before - after:
            self._errors.pop(claim, None)
            self._stopped = True
        if before != after:
            for observer in self._observers:
                observer()
        affected = {claim.job for claim in before ^ after}.union(touched)
        for stored in [stored for token, stored in self._jobs.items() if token in affected]:
            self._tell_state(stored.job)

    def _put(self, stored: StoredJob) -> None:
        self._jobs[stored.job.token] = stored
        self._claims[stored.job.token] = self._claims_of(stored.job)
        self._settle([stored.job.token])

    def _replace(self, changed: StoredJob) -> None:
        self._jobs[changed.job.token] = changed
        self._claims[changed.job.token] = self._claims_of(changed.job)
        self._events.publish(
            "RecordingConfig/RecordingJobConfiguration",
            source=_items(changed.job.token),
            data=(("Configuration", changed.job.configuration),),
        )
        self._settle([changed.job.token])

    def _drop(self, tokens: list[RecordingJobToken]) -> None:
        for token in tokens:
            del self._jobs[token], self._claims[token], self._states[token]
        # Its tracks pass on before it is told of: whoever hears of the deletion finds the new owner recording.
        self._settle([])
        for token in tokens:
            self._events.delete_property(_STATE_TOPIC, source=_items(token))

    def _drop_jobs_of(self, recording: RecordingToken) -> None:
        self._drop([token for token, stored in self._jobs.items() if stored.job.configuration.recording == recording])

    def _claims_of(self, job: Job) -> tuple[Claim, ...]:
        return claims_of(job, self._catalog.recording(job.configuration.recording))

    def _lines(self, job: Job) -> dict[tuple[int, int], LineState]:
        if not wants_to_record(job.configuration):
            return {}
        lines = {}
        for claim in self._claims[job.token]:
            if not self._sources.exists(claim.source):
                lines[claim.line] = failed_line(NO_SUCH_SOURCE)
            elif claim in self._errors:
                lines[claim.line] = failed_line(self._errors[claim])
            elif self._owners.get(claim.track_id) == claim:
                lines[claim.line] = ACTIVE_LINE
        return lines

    def _tell_state(self, job: Job) -> None:
        told = information(job, self._lines(job))
        self._states[job.token] = told
        state: JobState = told.state
        self._events.set_property(
            _STATE_TOPIC, source=_items(job.token), data=(("State", state.value), ("Information", told))
        )


def _items(token: RecordingJobToken) -> Items:
    return (("RecordingJobToken", token),)
