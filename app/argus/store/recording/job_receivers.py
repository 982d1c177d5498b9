"""The receivers that come and go with recording jobs.

Spec: RecordingControl 19.06 § Recording job configuration (AutoCreateReceiver), § DeleteRecordingJob.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from argus.base.database import Statement
from argus.base.tokens import ReceiverToken, RecordingJobToken
from argus.store.recording import receiver_rows as rows
from argus.store.recording.receiver import Receiver
from argus.store.recording.receivers import Receivers
from argus.store.recording.recordings import RECEIVER_SOURCE, Job, JobConfiguration


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverChange:
    """What a new configuration makes of the receivers: `configuration` names those it uses."""

    pool: Receivers
    configuration: JobConfiguration
    created: tuple[Receiver, ...]
    orphans: tuple[ReceiverToken, ...]

    def inserts(self) -> list[Statement]:
        return [rows.insert_receiver(receiver) for receiver in self.created]

    def removals(self) -> list[Statement]:
        return [rows.delete_receiver(token) for token in self.orphans]

    def added(self) -> None:
        if self.created:
            self.pool.added(self.created)

    def removed(self) -> None:
        if self.orphans:
            self.pool.removed(self.orphans)


class JobReceivers:
    """Knows which job uses which receiver. What was created for a job goes with the last job that uses it."""

    def __init__(self, pool: Receivers, jobs: Callable[[], Sequence[Job]]) -> None:
        self._pool = pool
        self._jobs = jobs

    def is_used(self, receiver: ReceiverToken) -> bool:
        return any(receiver in used_receivers(job.configuration) for job in self._jobs())

    def plan(self, wanted: JobConfiguration, *, before: Job | None) -> ReceiverChange:
        """Receivers for the sources that ask for one, and what becomes of those no longer used.

        Raises:
            LimitReached("receivers")
        """
        asking = [position for position, source in enumerate(wanted.sources) if source.auto_create_receiver]
        created = dict(zip(asking, self._pool.new_auto_created(len(asking)) if asking else (), strict=True))
        sources = tuple(
            replace(source, token=created[position].token, auto_create_receiver=False)
            if position in created
            else source
            for position, source in enumerate(wanted.sources)
        )
        configuration = replace(wanted, sources=sources)
        dropped = used_receivers(before.configuration) - used_receivers(configuration) if before is not None else set()
        orphans = self._orphans(dropped, without=() if before is None else (before.token,))
        return ReceiverChange(
            pool=self._pool, configuration=configuration, created=tuple(created.values()), orphans=tuple(orphans)
        )

    def orphaned_by(self, deleted: Collection[RecordingJobToken]) -> list[ReceiverToken]:
        """Receivers created for jobs that nobody uses once these jobs are gone."""
        jobs = [job for job in self._jobs() if job.token in deleted]
        return self._orphans({token for job in jobs for token in used_receivers(job.configuration)}, without=deleted)

    def removals(self, tokens: Sequence[ReceiverToken]) -> list[Statement]:
        return [rows.delete_receiver(token) for token in tokens]

    def removed(self, tokens: Sequence[ReceiverToken]) -> None:
        if tokens:
            self._pool.removed(tokens)

    def _orphans(self, dropped: set[ReceiverToken], *, without: Collection[RecordingJobToken]) -> list[ReceiverToken]:
        if not dropped:
            return []
        others = (job for job in self._jobs() if job.token not in without)
        still_used = {token for job in others for token in used_receivers(job.configuration)}
        made = [receiver.token for receiver in self._pool.all() if receiver.auto_created]
        return [token for token in made if token in dropped - still_used]


def used_receivers(configuration: JobConfiguration) -> set[ReceiverToken]:
    """The receivers that a configuration names."""
    return {ReceiverToken(source.token) for source in configuration.sources if source.type == RECEIVER_SOURCE}
