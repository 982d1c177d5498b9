"""When there is footage: what search tells about recordings, straight from the ring's spans."""

from __future__ import annotations

from collections.abc import Sequence

from argus.base.clock import Clock
from argus.base.tokens import RecordingToken
from argus.store.recording.catalog import Catalog
from argus.store.recording.footage import Footage
from argus.store.recording.jobs import Jobs
from argus.store.recording.recordings import (
    MediaAttributes,
    Recording,
    RecordingInformation,
    RecordingStatus,
    RecordingSummary,
    Track,
    TrackAttributes,
    TrackInformation,
)


class Timeline:
    """Answers about what is recorded, as of now.

    Spec: RecordingSearch § GetRecordingInformation, § GetRecordingSummary, § GetMediaAttributes
    """

    def __init__(self, catalog: Catalog, jobs: Jobs, footage: Footage, clock: Clock) -> None:
        self._catalog = catalog
        self._jobs = jobs
        self._footage = footage
        self._clock = clock

    def information(self, token: RecordingToken) -> RecordingInformation:
        """One recording with those of its tracks that hold data. Raises NotFound("recording")."""
        recording = self._catalog.recording(token)
        tracks = self._tracks(recording)
        configuration = recording.configuration
        return RecordingInformation(
            token=recording.token,
            source=configuration.source,
            content=configuration.content,
            status=self._status(recording, tracks),
            earliest_us=min((track.data_from_us for track in tracks), default=None),
            latest_us=max((track.data_to_us for track in tracks), default=None),
            tracks=tracks,
        )

    def summary(self) -> RecordingSummary:
        """From the first to the last data of all recordings."""
        recordings = self._catalog.recordings()
        tracks = [track for recording in recordings for track in self._tracks(recording)]
        now_us = self._clock.utc_us()
        return RecordingSummary(
            data_from_us=min((track.data_from_us for track in tracks), default=now_us),
            data_until_us=max((track.data_to_us for track in tracks), default=now_us),
            recordings=len(recordings),
        )

    def media_attributes(self, tokens: Sequence[RecordingToken], utc_us: int) -> tuple[MediaAttributes, ...]:
        """The formats at `utc_us` of each recording (all, where none is named) that holds data at that time.

        The validity is told for that instant alone, as the specification allows.

        Raises:
            NotFound("recording")
        """
        recordings = [self._catalog.recording(token) for token in tokens] if tokens else self._catalog.recordings()
        found = []
        for recording in recordings:
            attributes = (self._attributes(track, utc_us) for track in recording.tracks)
            tracks = tuple(known for known in attributes if known is not None)
            if tracks:
                found.append(MediaAttributes(recording=recording.token, tracks=tracks, from_us=utc_us, until_us=utc_us))
        return tuple(found)

    def _tracks(self, recording: Recording) -> tuple[TrackInformation, ...]:
        # "The list of tracks shall only contain tracks with data." -- RecordingSearch § Recording information
        known = (self._track(track) for track in recording.tracks)
        return tuple(track for track in known if track is not None)

    def _track(self, track: Track) -> TrackInformation | None:
        spans = self._footage.spans(track.track_id)
        if not spans:
            return None
        return TrackInformation(
            token=track.token,
            kind=track.configuration.kind,
            description=track.configuration.description,
            data_from_us=spans[0].start_us,
            data_to_us=spans[-1].end_us,
        )

    def _attributes(self, track: Track, utc_us: int) -> TrackAttributes | None:
        information = self._track(track)
        covered = any(span.start_us <= utc_us <= span.end_us for span in self._footage.spans(track.track_id))
        if information is None or not covered:
            return None
        known = self._footage.format_at(track.track_id, utc_us)
        return None if known is None else TrackAttributes(track=information, format=known)

    def _status(self, recording: Recording, tracks: tuple[TrackInformation, ...]) -> RecordingStatus:
        if self._jobs.is_recording(recording.token):
            return RecordingStatus.RECORDING
        return RecordingStatus.STOPPED if tracks or recording.recorded else RecordingStatus.INITIATED
