"""What a recording job's configuration may say, and what the device makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from argus.base.access_unit import MediaKind
from argus.base.errors import InvalidValue
from argus.base.tokens import MAX_TOKEN_LENGTH, TrackToken
from argus.base.units import US_PER_S
from argus.store.recording.media_source import MediaSources, SourceMedia
from argus.store.recording.recordings import (
    PROFILE_SOURCE,
    RECEIVER_SOURCE,
    EventFilter,
    JobConfiguration,
    JobSource,
    JobTrack,
    Recording,
)

MAX_PRIORITY = 2**31 - 1  # xs:int
MAX_SOURCES = 16
MAX_SOURCE_TAG_LENGTH = 256
MAX_CONDITIONS = 16
# What comes before an event is kept in memory until then.
BEFORE_EVENT_LIMIT_US = 30 * US_PER_S
AFTER_EVENT_LIMIT_US = 3_600 * US_PER_S
# What a source may deliver that nobody has seen yet.
_ANY_MEDIA = tuple(SourceMedia(kind=kind) for kind in MediaKind)


def configuration_in_use(
    recording: Recording, sources: MediaSources, wanted: JobConfiguration, present: JobConfiguration | None = None
) -> JobConfiguration:
    """The configuration the device will work with: the wanted one, with tracks chosen where none were named.

    A source that lost its last track, and has none in the `present` configuration, stays without.
    A source that asks for a receiver of its own has an empty token and keeps `auto_create_receiver`; no other does.

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
    if wanted.event_filter is not None:
        _check_event_filter(wanted.event_filter)
    for source in wanted.sources:
        _check_source(source, sources)
    taken = _check_destinations(recording, wanted)
    trackless = {source.ref for source in present.sources if not source.tracks} if present is not None else set()
    used = tuple(
        replace(
            source,
            # "If TRUE and if SourceToken omitted" -- a token beside it is used as it is.
            auto_create_receiver=not source.token,
            tracks=source.tracks or (() if source.ref in trackless else _choose(recording, source, sources, taken)),
        )
        for source in wanted.sources
    )
    return replace(wanted, sources=used, schedule_token=wanted.schedule_token or None)


def without_destination(configuration: JobConfiguration, track: TrackToken) -> JobConfiguration:
    """The configuration without its lines to a track."""
    sources = tuple(
        replace(source, tracks=tuple(line for line in source.tracks if line.destination != track))
        for source in configuration.sources
    )
    return replace(configuration, sources=sources)


def _check_source(source: JobSource, sources: MediaSources) -> None:
    if source.type not in (PROFILE_SOURCE, RECEIVER_SOURCE):
        _refuse(f"a source of type {source.type!r} cannot be recorded, only {PROFILE_SOURCE} and {RECEIVER_SOURCE}")
    if not source.token and not (source.auto_create_receiver and source.type == RECEIVER_SOURCE):
        _refuse("a source names neither a media profile nor a receiver, and asks for no receiver either")
    if source.token and not sources.exists(source.ref):
        _refuse(f"there is no source {source.token!r} of type {source.type}")


def _check_event_filter(event_filter: EventFilter) -> None:
    if not 1 <= len(event_filter.conditions) <= MAX_CONDITIONS:
        _refuse(f"an event filter has 1 to {MAX_CONDITIONS} conditions, this one {len(event_filter.conditions)}")
    for name, duration_us, longest_us in (
        ("Before", event_filter.before_us, BEFORE_EVENT_LIMIT_US),
        ("After", event_filter.after_us, AFTER_EVENT_LIMIT_US),
    ):
        if not 0 <= duration_us <= longest_us:
            _refuse(
                f"{name} of an event filter is 0 to {longest_us // US_PER_S} s, this one {duration_us / US_PER_S:g} s"
            )


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
    """For each stream of the source the first free track of its kind; `taken` grows by them."""
    known = sources.media(source.ref) if source.token else ()
    chosen: list[JobTrack] = []
    kinds: set[MediaKind] = set()
    for media in known or _ANY_MEDIA:
        free = (t for t in recording.tracks if t.configuration.kind is media.kind and t.token not in taken)
        track = next(free, None)
        if track is not None:
            taken.add(track.token)
            # Without a tag the first stream of its kind is meant, whatever it is called after the next restart.
            chosen.append(JobTrack(source_tag=media.tag if media.kind in kinds else "", destination=track.token))
            kinds.add(media.kind)
    if not chosen:
        _refuse(f"recording {recording.token!r} has no free track for source {source.token!r}")
    return tuple(chosen)


def _refuse(reason: str) -> NoReturn:
    raise InvalidValue("job configuration", reason)
