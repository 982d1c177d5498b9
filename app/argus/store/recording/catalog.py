"""The recordings and tracks of this device: their rules, their place in the database, their events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Container, Sequence
from dataclasses import replace
from typing import Protocol

from argus.base.access_unit import MediaKind
from argus.base.clock import Clock
from argus.base.database import Database, Statement
from argus.base.errors import LimitReached, NotFound, Unavailable
from argus.base.events import EventBus, Items
from argus.base.tokens import RecordingToken, TrackToken, new_token
from argus.base.units import to_datetime
from argus.store.recording import recording_rows as rows
from argus.store.recording.catalog_restore import restored_recordings
from argus.store.recording.footage import Footage
from argus.store.recording.recording_rules import checked, checked_track
from argus.store.recording.recordings import Recording, RecordingConfiguration, Track, TrackConfiguration
from argus.store.ring.found_track import FoundTrack
from argus.store.ring.label import TrackLabel
from argus.store.ring.track_ids import MAX_DELETED, TrackIds

logger = logging.getLogger(__name__)

MAX_RECORDINGS = 64
# Of each kind, in one recording.
MAX_TRACKS_OF_A_KIND = 8
# Deleted tracks whose late deletion notices from the ring can still be named.
_REMEMBERED_DELETIONS = 1024
_LONGEST_FLUSH_S = 3.0

# "CreateRecording ... shall create the following tracks" -- RecordingControl 19.06 § CreateRecording
IMPLICIT_TRACKS = (
    (TrackToken("VIDEO001"), MediaKind.VIDEO),
    (TrackToken("AUDIO001"), MediaKind.AUDIO),
    (TrackToken("META001"), MediaKind.METADATA),
)

_TOKEN_PREFIXES = {MediaKind.VIDEO: "VIDEO", MediaKind.AUDIO: "AUDIO", MediaKind.METADATA: "META"}


class Dependents(Protocol):
    """What refers to recordings and tracks, and goes or changes with them."""

    def before_recording_deleted(self, recording: RecordingToken) -> list[Statement]:
        """What has to be stored in the same transaction."""

    def recording_deleted(self, recording: RecordingToken) -> None:
        """The rows are gone, the footage and the tracks not yet."""

    def before_track_deleted(self, recording: RecordingToken, track: TrackToken) -> list[Statement]:
        """What has to be stored in the same transaction. Raises Conflict("track") while it is recorded to."""

    def track_deleted(self, recording: RecordingToken, track: TrackToken) -> None:
        """The row is gone, the footage not yet."""


class Catalog:
    """Recordings in memory, every change committed before it is seen or told.

    `changes` is held while a change of recordings or jobs is checked and committed, so that each is checked against
    what the one before left behind.

    Spec: RecordingControl 19.06 § Recording, § Track.
    """

    def __init__(
        self,
        database: Database,
        events: EventBus,
        footage: Footage,
        clock: Clock,
        *,
        max_recordings: int = MAX_RECORDINGS,
    ) -> None:
        """Load what the database holds, and tell `footage` how long each track is kept, and which were deleted."""
        self.max_recordings = max_recordings
        self.changes = asyncio.Lock()
        self._database = database
        self._events = events
        self._footage = footage
        self._clock = clock
        self._dependents: list[Dependents] = []
        self._recordings = {recording.token: recording for recording in rows.load_recordings(database)}
        self._by_track_id: dict[int, tuple[RecordingToken, TrackToken]] = {}
        self._deleted: dict[int, tuple[RecordingToken, TrackToken]] = {}
        self._ids = TrackIds(rows.load_forgotten(database))
        for recording in self._recordings.values():
            self._learn_tracks(recording)
        # The power may have gone before the footage was, and a card may have been out for years.
        for track_id in self._ids.deleted():
            footage.forget(track_id)

    def recordings(self) -> tuple[Recording, ...]:
        """All recordings in order of creation."""
        return tuple(self._recordings.values())

    def recording(self, token: RecordingToken) -> Recording:
        """The recording of that token. Raises NotFound("recording")."""
        recording = self._recordings.get(token)
        if recording is None:
            raise NotFound("recording", token)
        return recording

    def track(self, recording: RecordingToken, token: TrackToken) -> Track:
        """One track of one recording. Raises NotFound("recording") or else NotFound("track")."""
        return self.recording(recording).track(token)

    def has_track(self, track_id: int) -> bool:
        """Whether any recording has a track of that id."""
        return track_id in self._by_track_id

    def spare_tracks(self, token: RecordingToken) -> dict[MediaKind, int]:
        """How many more tracks of each kind the recording can have. Raises NotFound("recording")."""
        kinds = [track.configuration.kind for track in self.recording(token).tracks]
        return {kind: max(0, MAX_TRACKS_OF_A_KIND - kinds.count(kind)) for kind in MediaKind}

    def depend(self, dependents: Dependents) -> None:
        """Ask and tell `dependents` when recordings and tracks are deleted."""
        self._dependents.append(dependents)

    async def create_recording(self, configuration: RecordingConfiguration) -> RecordingToken:
        """Create a recording with one video, one audio and one metadata track.

        Raises:
            InvalidValue("recording configuration"), LimitReached("recordings")

        Spec: RecordingControl 19.06 § CreateRecording
        """
        configuration = checked(configuration)
        async with self.changes:
            if len(self._recordings) >= self.max_recordings:
                raise LimitReached("recordings", self.max_recordings)
            recording = Recording(
                token=RecordingToken(new_token("Recording")),
                configuration=configuration,
                tracks=self._implicit_tracks(()),
                created_us=self._clock.utc_us(),
            )
            await self._database.write(rows.insert_recording(recording), lambda: self._add([recording]))
        return recording.token

    async def restore(self, found: Sequence[FoundTrack]) -> None:
        """Show again what a volume holds and this catalog does not know, as recordings without jobs.

        Deleted tracks stay deleted. Where there are more recordings than there may be, those with the oldest footage
        are left out; nothing of them is deleted.

        Raises:
            Unavailable: it could not be stored.
        """
        async with self.changes:
            recordings = restored_recordings(
                [track for track in found if not self._is_known(track.track_id)],
                taken=self._recordings,
                implicit_tracks=self._implicit_tracks,
                now_us=self._clock.utc_us(),
            )
            room = max(0, self.max_recordings - len(self._recordings))
            if recordings[room:]:
                logger.warning("%d recordings on the volume are too many to be shown", len(recordings[room:]))
            shown = recordings[:room]
            statements = [statement for recording in shown for statement in rows.insert_recording(recording)]
            await self._database.write(statements, lambda: self._add(shown))
        for recording in shown:
            logger.info("restored %s %r from the volume", recording.token, recording.configuration.source.name)

    async def delete_recording(self, token: RecordingToken) -> None:
        """Delete a recording with its jobs, its tracks and all their data. Raises NotFound("recording").

        Spec: RecordingControl 19.06 § DeleteRecording
        """
        async with self.changes:
            recording = self.recording(token)
            statements = [one for dependents in self._dependents for one in dependents.before_recording_deleted(token)]
            statements += rows.delete_recording(recording, MAX_DELETED)
            await self._database.write(statements, lambda: self._remove(recording))

    async def create_track(self, token: RecordingToken, configuration: TrackConfiguration) -> TrackToken:
        """Add a track to a recording.

        Raises:
            NotFound("recording"), LimitReached("tracks")

        Spec: RecordingControl 19.06 § CreateTrack
        """
        async with self.changes:
            recording = self.recording(token)
            if not self.spare_tracks(token)[configuration.kind]:
                raise LimitReached("tracks", MAX_TRACKS_OF_A_KIND)
            track = Track(
                token=TrackToken(new_token(_TOKEN_PREFIXES[configuration.kind])),
                track_id=self._ids.new({*self._by_track_id, *self._footage.tracks()}),
                configuration=checked_track(configuration),
            )
            added = replace(recording, tracks=(*recording.tracks, track))
            await self._database.write([rows.insert_track(token, track)], lambda: self._add_track(added, track))
        return track.token

    async def delete_track(self, recording_token: RecordingToken, token: TrackToken) -> None:
        """Delete a track with its data; jobs lose their lines to it.

        Raises:
            NotFound("recording"), NotFound("track"), Conflict("track"): a job records to it.

        Spec: RecordingControl 19.06 § DeleteTrack
        """
        async with self.changes:
            track = self.track(recording_token, token)
            statements = [
                one
                for dependents in self._dependents
                for one in dependents.before_track_deleted(recording_token, token)
            ]
            statements += rows.delete_track(track, MAX_DELETED)
            await self._database.write(statements, lambda: self._remove_track(recording_token, track))

    async def set_recording_configuration(self, token: RecordingToken, configuration: RecordingConfiguration) -> None:
        """Replace the configuration; a shorter retention counts at once. Equal to the present one, nothing happens.

        Raises:
            NotFound("recording"), InvalidValue("recording configuration")

        Spec: RecordingControl 19.06 § SetRecordingConfiguration
        """
        async with self.changes:
            recording = self.recording(token)
            configuration = checked(configuration)
            if configuration == recording.configuration:
                return
            await self._database.write(
                [rows.update_recording(token, configuration)],
                lambda: self._configure(replace(recording, configuration=configuration)),
            )

    async def set_track_configuration(
        self, recording_token: RecordingToken, track_token: TrackToken, configuration: TrackConfiguration
    ) -> None:
        """Replace the description of a track; the kind asked for is ignored, as the specification wants.

        Raises:
            NotFound("recording"), NotFound("track")

        Spec: RecordingControl 19.06 § SetTrackConfiguration
        """
        async with self.changes:
            track = self.track(recording_token, track_token)
            resulting = checked_track(replace(track.configuration, description=configuration.description))
            if resulting == track.configuration:
                return
            changed = replace(track, configuration=resulting)
            await self._database.write(
                [rows.update_track(changed)], lambda: self._configure_track(recording_token, changed)
            )

    async def mark_recorded(self, token: RecordingToken) -> None:
        """Remember that the recording has held data. Raises Unavailable where that could not be stored."""
        async with self.changes:
            recording = self._recordings.get(token)
            if recording is None or recording.recorded:
                return
            marked = replace(recording, recorded=True)
            await self._database.write([rows.mark_recorded(token)], lambda: self._recordings.update({token: marked}))

    async def close_spans(self) -> None:
        """Return when footage whose recording has stopped is durable and visible to its end.

        Storage that fails, or takes longer than _LONGEST_FLUSH_S, is no reason to keep the caller.
        """
        try:
            async with asyncio.timeout(_LONGEST_FLUSH_S):
                await self._footage.flush()
        except (Unavailable, TimeoutError) as error:
            logger.warning("the end of what was recorded is not durable yet: %s", error or "the storage is slow")

    def announce_deleted(self, track_id: int, start_us: int, end_us: int) -> None:
        """Tell that the ring deleted footage from `start_us` to `end_us`; silent for tracks nobody knows.

        Spec: RecordingControl 19.06 § Track data deletion event
        """
        tokens = self._by_track_id.get(track_id) or self._deleted.get(track_id)
        if tokens is not None:
            start, end = to_datetime(start_us), to_datetime(end_us)
            logger.debug("deleted of %s %s: %s to %s", *tokens, start.isoformat(), end.isoformat())
            times = (("StartTime", start), ("EndTime", end))
            self._events.publish("RecordingConfig/DeleteTrackData", source=_track_items(*tokens), data=times)

    def _is_known(self, track_id: int) -> bool:
        return track_id in self._by_track_id or self._ids.is_deleted(track_id)

    def _implicit_tracks(self, existing: Container[str]) -> tuple[Track, ...]:
        """The tracks that come with every recording, except those with existing tokens."""
        taken = {*self._by_track_id, *self._footage.tracks()}
        tracks = []
        for token, kind in IMPLICIT_TRACKS:
            if token not in existing:
                track_id = self._ids.new(taken)
                taken.add(track_id)
                tracks.append(Track(token=token, track_id=track_id, configuration=TrackConfiguration(kind=kind)))
        return tuple(tracks)

    def _add(self, recordings: Sequence[Recording]) -> None:
        for recording in recordings:
            self._recordings[recording.token] = recording
            self._learn_tracks(recording)
            self._events.publish("RecordingConfig/CreateRecording", source=_recording_items(recording.token))
            for track in recording.tracks:
                self._events.publish("RecordingConfig/CreateTrack", source=_track_items(recording.token, track.token))

    def _add_track(self, recording: Recording, track: Track) -> None:
        self._recordings[recording.token] = recording
        self._learn_tracks(recording)
        self._events.publish("RecordingConfig/CreateTrack", source=_track_items(recording.token, track.token))

    def _remove_track(self, token: RecordingToken, track: Track) -> None:
        for dependents in self._dependents:
            dependents.track_deleted(token, track.token)
        recording = self._recordings[token]
        self._recordings[token] = replace(
            recording, tracks=tuple(one for one in recording.tracks if one.token != track.token)
        )
        self._forget(token, track)

    def _remove(self, recording: Recording) -> None:
        for dependents in self._dependents:
            dependents.recording_deleted(recording.token)
        for track in recording.tracks:
            self._forget(recording.token, track)
        del self._recordings[recording.token]
        self._events.publish("RecordingConfig/DeleteRecording", source=_recording_items(recording.token))

    def _forget(self, recording: RecordingToken, track: Track) -> None:
        # The ring tells of the deleted data now or later; both times the track still has its name.
        self._ids.delete(track.track_id)
        self._footage.forget(track.track_id)
        self._deleted[track.track_id] = self._by_track_id.pop(track.track_id)
        while len(self._deleted) > _REMEMBERED_DELETIONS:
            del self._deleted[next(iter(self._deleted))]
        self._events.publish("RecordingConfig/DeleteTrack", source=_track_items(recording, track.token))

    def _configure(self, recording: Recording) -> None:
        self._recordings[recording.token] = recording
        self._apply(recording)
        self._events.publish(
            "RecordingConfig/RecordingConfiguration",
            source=_recording_items(recording.token),
            data=(("Configuration", recording.configuration),),
        )

    def _configure_track(self, token: RecordingToken, changed: Track) -> None:
        recording = self._recordings[token]
        tracks = tuple(changed if track.token == changed.token else track for track in recording.tracks)
        self._recordings[token] = replace(recording, tracks=tracks)
        self._events.publish(
            "RecordingConfig/TrackConfiguration",
            source=_track_items(token, changed.token),
            data=(("Configuration", changed.configuration),),
        )

    def _learn_tracks(self, recording: Recording) -> None:
        for track in recording.tracks:
            self._by_track_id[track.track_id] = (recording.token, track.token)
        self._apply(recording)

    def _apply(self, recording: Recording) -> None:
        """Bring the footage in line with the configuration."""
        for track in recording.tracks:
            label = TrackLabel(
                recording=recording.token,
                track=track.token,
                kind=track.configuration.kind,
                name=recording.configuration.source.name,
            )
            self._footage.set_label(track.track_id, label)
            self._footage.set_retention(track.track_id, recording.configuration.maximum_retention_us)


def _recording_items(token: RecordingToken) -> Items:
    return (("RecordingToken", token),)


def _track_items(recording: RecordingToken, track: TrackToken) -> Items:
    return (("RecordingToken", recording), ("TrackToken", track))
