"""What a recording job's configuration may say, and what the device makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from argus.base.access_unit import MediaKind
from argus.base.errors import InvalidValue
from argus.base.tokens import MAX_TOKEN_LENGTH, TrackToken
from argus.store.recording.recordings import PROFILE_SOURCE, JobConfiguration, JobSource, JobTrack, Recording
from argus.store.recording.sources import MediaSources

MAX_PRIORITY = 2**31 - 1  # xs:int
MAX_SOURCES = 16
MAX_SOURCE_TAG_LENGTH = 256


def configuration_in_use(recording: Recording, sources: MediaSources, wanted: JobConfiguration) -> JobConfiguration:
    """The configuration the device will work with: the wanted one, with tracks chosen where none were named.

    Raises:
        InvalidValue("job configuration"): it breaks a rule.

    Spec: RecordingControl 19.06 § CreateRecordingJob, § Recording job configuration
    """
    if not 0 <= wanted.priority <= MAX_PRIORITY:
        _refuse(f"priority {wanted.priority} is negative or too large")
    if len(wanted.sources) > MAX_SOURCES:
        _refuse(f"a job has at most {MAX_SOURCES} sources, this one {len(wanted.sources)}")
    if wanted.schedule_token is not None and len(wanted.schedule_token) > MAX_TOKEN_LENGTH:
        _refuse(f"a schedule token has at most {MAX_TOKEN_LENGTH} characters")
    for source in wanted.sources:
        _check_source(source, sources)
    taken = _check_destinations(recording, wanted)
    used = tuple(
        replace(source, auto_create_receiver=False, tracks=source.tracks or _choose(recording, source, sources, taken))
        for source in wanted.sources
    )
    return replace(wanted, sources=used, schedule_token=wanted.schedule_token or None)


def _check_source(source: JobSource, sources: MediaSources) -> None:
    if source.type != PROFILE_SOURCE:
        _refuse(f"a source of type {source.type!r} cannot be recorded, only a media profile ({PROFILE_SOURCE})")
    # A token beside AutoCreateReceiver is used as it is: only "if TRUE and if SourceToken omitted" is one created.
    if not source.token:
        _refuse("a source names no media profile")
    if not sources.exists(source.token):
        _refuse(f"there is no media profile {source.token!r}")


def _check_destinations(recording: Recording, wanted: JobConfiguration) -> set[TrackToken]:
    """The destinations named, each once and each a track of the recording."""
    tracks = {track.token for track in recording.tracks}
    named: set[TrackToken] = set()
    for line in (line for source in wanted.sources for line in source.tracks):
        if line.destination not in tracks:
            _refuse(f"{line.destination!r} is no track of recording {recording.token!r}")
        if line.destination in named:
            _refuse(f"track {line.destination!r} is the destination of two mappings")
        if len(line.source_tag) > MAX_SOURCE_TAG_LENGTH:
            _refuse(f"a source tag has at most {MAX_SOURCE_TAG_LENGTH} characters")
        named.add(line.destination)
    return named


def _choose(
    recording: Recording, source: JobSource, sources: MediaSources, taken: set[TrackToken]
) -> tuple[JobTrack, ...]:
    """For each kind the source delivers the first free track of that kind; `taken` grows by them."""
    kinds = sources.kinds(source.token)
    chosen = []
    for kind in (kind for kind in MediaKind if kind in kinds):
        free = (t for t in recording.tracks if t.configuration.kind is kind and t.token not in taken)
        track = next(free, None)
        if track is not None:
            taken.add(track.token)
            chosen.append(JobTrack(destination=track.token))
    if not chosen:
        _refuse(f"recording {recording.token!r} has no free track for source {source.token!r}")
    return tuple(chosen)


def _refuse(reason: str) -> NoReturn:
    raise InvalidValue("job configuration", reason)
