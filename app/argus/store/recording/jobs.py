"""Recording jobs: what clients want recorded, which job records which track, and what clients are told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from argus.base.database import Database, Statement
from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound
from argus.base.events import EventBus, Items
from argus.base.tokens import ReceiverToken, RecordingJobToken, RecordingToken, TrackToken, new_token
from argus.store.recording import job_rows as rows
from argus.store.recording.catalog import Catalog
from argus.store.recording.conditions import Conditions
from argus.store.recording.contest import Contest, Entry
from argus.store.recording.job_receivers import JobReceivers
from argus.store.recording.job_rows import StoredJob
from argus.store.recording.job_rules import configuration_in_use, without_destination
from argus.store.recording.job_state import Claim, Rank, Stream, claims_of, information
from argus.store.recording.media_source import MediaSources, SourcePhase
from argus.store.recording.receivers import Receivers
from argus.store.recording.recording_rows import load_counter, set_counter
from argus.store.recording.recordings import (
    RECEIVER_SOURCE,
    Job,
    JobConfiguration,
    JobMode,
    JobStateInformation,
    RecordingOptions,
    SourceRef,
    job_mode,
)

MAX_RECORDING_JOBS = 128
_STATE_TOPIC = "RecordingConfig/JobState"


class Jobs:
    """Recording jobs, in memory and in the database, and the owner of each track.

    The mode of a job is the client's and never changes by itself; its state follows from all jobs, their schedules and
    events, the sources, and what the recorder reports.

    Spec: RecordingControl 19.06 § Recording jobs
    """

    def __init__(
        self,
        catalog: Catalog,
        sources: MediaSources,
        receivers: Receivers,
        conditions: Conditions,
        database: Database,
        events: EventBus,
        *,
        max_jobs: int = MAX_RECORDING_JOBS,
    ) -> None:
        """Load the jobs; those that are ready claim their tracks at once. `database` is the catalog's."""
        self.max_jobs = max_jobs
        self._catalog = catalog
        self._sources = sources
        self._conditions = conditions
        self._database = database
        self._events = events
        self._jobs = {stored.job.token: stored for stored in rows.load_jobs(database)}
        self._receivers = JobReceivers(receivers, self.jobs)
        self._last_activation = load_counter(database, "activation")
        self._contest = Contest()
        self._observers: list[Callable[[], None]] = []
        self._stopped = False
        catalog.depend(self)
        receivers.used_by, receivers.demanded = self._receivers.is_used, self._is_demanded
        for stored in self._jobs.values():
            self._enter(stored)
        self._settle()
        sources.observe(self.refresh)
        conditions.observe(self._reconsider)

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
        return information(self._stored(token).job, self._contest.lines(token))

    def options(self, recording: RecordingToken) -> RecordingOptions:
        """What can be created for a recording now. Raises NotFound("recording").

        Spec: RecordingControl 19.06 § GetRecordingOptions
        """
        return RecordingOptions(
            spare_jobs=max(0, self.max_jobs - len(self._jobs)),
            compatible_sources=self._sources.compatible(),
            spare_tracks=self._catalog.spare_tracks(recording),
        )

    async def create(self, wanted: JobConfiguration) -> Job:
        """Create a job, with the receivers it asks for; where it is Active it counts as activated the latest.

        Raises:
            NotFound("recording"), InvalidValue("job configuration"), LimitReached("recording jobs"),
            LimitReached("receivers")

        Spec: RecordingControl 19.06 § CreateRecordingJob
        """
        async with self._catalog.changes:
            checked = self._checked(wanted, present=None)
            if len(self._jobs) >= self.max_jobs:
                raise LimitReached("recording jobs", self.max_jobs)
            change = self._receivers.plan(checked, before=None)
            job = Job(token=RecordingJobToken(new_token("RecordingJob")), configuration=change.configuration)
            stored = StoredJob(job=job, activation=self._activation(None, job.configuration.mode))
            statements = [*self._activated(), *change.inserts(), *rows.insert_job(stored)]

            def put() -> None:
                change.added()
                self._jobs[job.token] = stored
                self._enter(stored)
                self._settle()

            await self._database.write(statements, put)
        return job

    async def delete(self, token: RecordingJobToken) -> None:
        """Delete a job; what it recorded stays, and the next job in rank takes its tracks.

        Raises:
            NotFound("recording job")

        Spec: RecordingControl 19.06 § DeleteRecordingJob
        """
        async with self._catalog.changes:
            self._stored(token)
            orphans = self._receivers.orphaned_by([token])
            statements = [*self._receivers.removals(orphans), rows.delete_job(token)]
            await self._database.write(statements, lambda: self._drop([token], orphans))
        await self._close_spans()

    async def set_configuration(self, token: RecordingJobToken, wanted: JobConfiguration) -> JobConfiguration:
        """Replace the configuration of a job and return the one in use; the recording cannot be changed.

        Raises:
            NotFound("recording job"), InvalidValue("job configuration"), LimitReached("receivers")

        Spec: RecordingControl 19.06 § SetRecordingJobConfiguration
        """
        async with self._catalog.changes:
            stored = self._stored(token)
            if wanted.recording != stored.job.configuration.recording:
                raise InvalidValue("job configuration", "a job cannot be moved to another recording")
            used = await self._reconfigure(stored, self._checked(wanted, stored.job.configuration))
        await self._close_spans()
        return used

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
        """Call `observer` in the same turn whenever other media is wanted, or tracks got other owners."""
        self._observers.append(observer)

    def recorded_claims(self) -> frozenset[Claim]:
        """The claims that own their track: what the recorder has to record."""
        return self._contest.owners()

    def waiting_claims(self) -> dict[Claim, int]:
        """The claims that may soon record what came before an event, and how much of it, in microseconds."""
        waiting = {}
        for claim in self._contest.waiting():
            event_filter = self._jobs[claim.job].job.configuration.event_filter
            if event_filter is not None and event_filter.before_us > 0:
                waiting[claim] = event_filter.before_us
        return waiting

    def is_recording(self, recording: RecordingToken) -> bool:
        """Whether a job is writing to the recording."""
        return self._contest.is_recorded(recording)

    def follows_schedule(self, token: str) -> bool:
        """Whether any job refers to the schedule."""
        return any(stored.job.configuration.schedule_token == token for stored in self._jobs.values())

    def report(self, claim: Claim, error: str) -> None:
        """Take the recorder's word on a claim: `error` tells people why nothing is recorded, "" that all is well."""
        self._contest.note_error(claim, error)
        self._settle()

    def refresh(self) -> None:
        """Take note that the media sources are others now: tracks may get other owners, jobs other states."""
        self._note_phases(self._contest.streams())
        self._settle()

    def look(self) -> None:
        """Take note of the time; called about once a second."""
        self._conditions.look()
        self.refresh()

    # What `Catalog` asks before and after recordings and tracks are deleted.

    def before_recording_deleted(self, recording: RecordingToken) -> list[Statement]:
        return self._receivers.removals(self._receivers.orphaned_by(self._jobs_of(recording)))

    def recording_deleted(self, recording: RecordingToken) -> None:
        tokens = self._jobs_of(recording)
        self._drop(tokens, self._receivers.orphaned_by(tokens))

    def before_track_deleted(self, recording: RecordingToken, track: TrackToken) -> list[Statement]:
        if self._contest.owner(self._catalog.track(recording, track).track_id) is not None:
            raise Conflict("track", f"a job records to track {track!r} of recording {recording!r}")
        changed = self._without_track(recording, track)
        return [statement for stored in changed for statement in rows.update_job(stored)]

    def track_deleted(self, recording: RecordingToken, track: TrackToken) -> None:
        for stored in self._without_track(recording, track):
            self._put(stored)
        self._settle()

    def _checked(self, wanted: JobConfiguration, present: JobConfiguration | None) -> JobConfiguration:
        used = configuration_in_use(self._catalog.recording(wanted.recording), self._sources, wanted, present)
        self._conditions.check(used)
        return used

    def _stored(self, token: RecordingJobToken) -> StoredJob:
        stored = self._jobs.get(token)
        if stored is None:
            raise NotFound("recording job", token)
        return stored

    def _jobs_of(self, recording: RecordingToken) -> list[RecordingJobToken]:
        return [token for token, stored in self._jobs.items() if stored.job.configuration.recording == recording]

    def _without_track(self, recording: RecordingToken, track: TrackToken) -> list[StoredJob]:
        """The jobs of a recording that have lines to this track, as they are without."""
        jobs = [(stored, stored.job) for stored in (self._jobs[token] for token in self._jobs_of(recording))]
        changed = [(stored, job, without_destination(job.configuration, track)) for stored, job in jobs]
        return [
            replace(stored, job=replace(job, configuration=configuration))
            for stored, job, configuration in changed
            if configuration != job.configuration
        ]

    async def _reconfigure(self, stored: StoredJob, wanted: JobConfiguration) -> JobConfiguration:
        change = self._receivers.plan(wanted, before=stored.job)
        if change.configuration == stored.job.configuration:
            return change.configuration
        job = replace(stored.job, configuration=change.configuration)
        changed = StoredJob(job=job, activation=self._activation(stored, job.configuration.mode))
        statements = [*self._activated(), *change.inserts(), *rows.update_job(changed), *change.removals()]

        def put() -> None:
            change.added()
            self._put(changed)
            self._stopped |= self._settle()
            change.removed()

        await self._database.write(statements, put)
        return change.configuration

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

    def _activated(self) -> list[Statement]:
        return [set_counter("activation", self._last_activation)]

    def _put(self, changed: StoredJob) -> None:
        """Put a job in the place of what it was; `_settle` tells what becomes of it."""
        self._jobs[changed.job.token] = changed
        self._enter(changed)
        configuration = (("Configuration", changed.job.configuration),)
        source = _items(changed.job.token)
        self._events.publish("RecordingConfig/RecordingJobConfiguration", source=source, data=configuration)

    def _drop(self, tokens: list[RecordingJobToken], orphans: list[ReceiverToken]) -> None:
        for token in tokens:
            self._contest.leave(token)
            self._conditions.unfollow(token)
            del self._jobs[token]
        # Its tracks pass on before it is told of: whoever hears of the deletion finds the new owner recording.
        self._stopped |= self._settle()
        for token in tokens:
            self._events.delete_property(_STATE_TOPIC, source=_items(token))
        self._receivers.removed(orphans)

    def _enter(self, stored: StoredJob) -> None:
        """Put a job into the contest, or what it is now in the place of what it was."""
        job = stored.job
        self._conditions.follow(job)
        claims = claims_of(job, self._catalog.recording(job.configuration.recording))
        rank = Rank(priority=job.configuration.priority, activation=stored.activation)
        entry = Entry(claims=claims, rank=rank, readiness=self._conditions.readiness(job))
        self._contest.enter(job.token, entry)
        self._note_phases(claim.stream for claim in claims)

    def _reconsider(self, tokens: Iterable[RecordingJobToken] | None) -> None:
        """Look again at how ready jobs are."""
        for token in self._jobs if tokens is None else tokens:
            entry = self._contest.entry(token)
            readiness = self._conditions.readiness(self._jobs[token].job)
            if readiness is not entry.readiness:
                self._contest.enter(token, replace(entry, readiness=readiness))
                self._note_phases(claim.stream for claim in entry.claims)
        self._settle()

    def _note_phases(self, streams: Iterable[Stream]) -> None:
        for stream in streams:
            phase = self._sources.phase(stream.source, stream.kind, stream.tag)
            failure = self._sources.failure(stream.source) if phase is SourcePhase.FAILED else ""
            self._contest.note_phase(stream, phase, failure)

    def _settle(self) -> bool:
        """Let what was noted take effect, and tell of it; whether any track stopped to be recorded by its owner."""
        outcome = self._contest.settle()
        if outcome.noted:
            for observer in self._observers:
                observer()
        for token in [token for token in self._jobs if token in outcome.affected]:
            self._tell_state(token)
        return outcome.stopped

    def _is_demanded(self, receiver: ReceiverToken) -> bool:
        return self._contest.demands(SourceRef(type=RECEIVER_SOURCE, token=receiver))

    def _tell_state(self, token: RecordingJobToken) -> None:
        told = self.state(token)
        data = (("State", told.state.value), ("Information", told))
        self._events.set_property(_STATE_TOPIC, source=_items(token), data=data)


def _items(token: RecordingJobToken) -> Items:
    return (("RecordingJobToken", token),)
