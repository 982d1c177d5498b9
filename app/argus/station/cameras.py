"""Other cameras as their owner sees them: one request makes, or undoes, all that recording one takes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, TypedDict
from urllib.parse import urlsplit

from argus.base.errors import ArgusError, Conflict, InvalidValue, NotFound
from argus.base.tokens import ReceiverToken, RecordingToken
from argus.station.control import field
from argus.store.recording.catalog import Catalog
from argus.store.recording.job_receivers import used_receivers
from argus.store.recording.jobs import Jobs
from argus.store.recording.receiver import ReceiverConfiguration
from argus.store.recording.receiver_rules import without_credentials
from argus.store.recording.receivers import Receivers
from argus.store.recording.recordings import (
    RECEIVER_SOURCE,
    Job,
    JobConfiguration,
    JobMode,
    JobSource,
    Recording,
    RecordingConfiguration,
    SourceInformation,
)

# By the names people know: what each is called in tt:TransportProtocol.
TRANSPORTS = {"tcp": "RTSP", "udp": "UDP", "http": "HTTP"}
_PRIORITY = 1


class CameraParts(TypedDict):
    """What was made or removed; tokens are empty where there was nothing."""

    name: str
    recording: str
    job: str
    receiver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCamera:
    """A camera to record: its URI, perhaps with credentials, and how. A retention of 0 is unlimited."""

    uri: str
    name: str
    retention_us: int
    protocol: str

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> Self:
        """Raises InvalidValue for fields that no command sends."""
        uri, transport, retention = field(fields, "uri"), field(fields, "transport"), field(fields, "retention_us")
        if transport not in TRANSPORTS:
            raise InvalidValue("request", f"a transport is one of {', '.join(TRANSPORTS)}")
        if not (retention.isascii() and retention.isdecimal() and len(retention) < 20):
            raise InvalidValue("request", "a retention is a number of microseconds")
        name = field(fields, "name") or _host(uri)
        return cls(uri=uri, name=name, retention_us=int(retention), protocol=TRANSPORTS[transport])


class Cameras:
    """Adds and removes cameras as an ONVIF client would, by a recording with a job and a receiver of its own."""

    def __init__(self, catalog: Catalog, jobs: Jobs, receivers: Receivers) -> None:
        self._catalog = catalog
        self._jobs = jobs
        self._receivers = receivers

    async def add(self, wanted: NewCamera) -> CameraParts:
        """Record a camera from now on; where something is refused, nothing is left behind.

        Raises:
            InvalidValue: the URI, the name or the retention breaks a rule. LimitReached: there are too many.
            Conflict("camera"): a recording has that name already.
        """
        configuration = ReceiverConfiguration(media_uri=wanted.uri, protocol=wanted.protocol)
        self._receivers.check(configuration)
        if any(one.configuration.source.name == wanted.name for one in self._catalog.recordings()):
            raise Conflict("camera", f"there is a recording called {wanted.name!r} already: choose another name")
        source = SourceInformation(name=wanted.name, address=without_credentials(wanted.uri))
        recording = await self._catalog.create_recording(
            RecordingConfiguration(source=source, maximum_retention_us=wanted.retention_us)
        )
        try:
            job = await self._jobs.create(_job_of(recording))
            receiver = ReceiverToken(job.configuration.sources[0].token)
            await self._receivers.configure(receiver, configuration)
        except (ArgusError, asyncio.CancelledError):
            # Its job goes with it, and the receiver with that.
            await self._catalog.delete_recording(recording)
            raise
        return CameraParts(name=wanted.name, recording=recording, job=job.token, receiver=receiver)

    async def remove(self, called: str, *, footage: bool) -> CameraParts:
        """Record a camera no more, called by name or by the token of its recording; with `footage` that goes, too.

        Raises:
            NotFound("camera"), Conflict("camera"): the name is not the only one, or other media are recorded with it.
        """
        recording = self._recording(called)
        jobs = [job for job in self._jobs.jobs() if job.configuration.recording == recording.token]
        cameras = [job for job in jobs if used_receivers(job.configuration)]
        if not cameras:
            raise NotFound("camera", called)
        if not all(_receives_only(job) for job in (jobs if footage else cameras)):
            raise Conflict("camera", f"media of this station itself are recorded to {called!r}, too")
        if footage:
            await self._catalog.delete_recording(recording.token)
        else:
            for job in cameras:
                await self._jobs.delete(job.token)
        return CameraParts(
            name=recording.configuration.source.name,
            recording=recording.token,
            job=", ".join(job.token for job in cameras),
            receiver=", ".join(sorted(token for token in _receivers_of(cameras) if not self._receivers.exists(token))),
        )

    def _recording(self, called: str) -> Recording:
        everything = self._catalog.recordings()
        found = [one for one in everything if one.token == called]
        found = found or [one for one in everything if one.configuration.source.name == called]
        if not found:
            raise NotFound("camera", called)
        if len(found) > 1:
            tokens = ", ".join(one.token for one in found)
            raise Conflict("camera", f"several recordings are called {called!r}: say which of {tokens}")
        return found[0]


def _job_of(recording: RecordingToken) -> JobConfiguration:
    source = JobSource(type=RECEIVER_SOURCE, auto_create_receiver=True)
    return JobConfiguration(recording=recording, mode=JobMode.ACTIVE, priority=_PRIORITY, sources=(source,))


def _receives_only(job: Job) -> bool:
    return all(source.type == RECEIVER_SOURCE for source in job.configuration.sources)


def _receivers_of(jobs: list[Job]) -> set[ReceiverToken]:
    return {token for job in jobs for token in used_receivers(job.configuration)}


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or "camera"
    except ValueError:
        return "camera"
