"""Replay presentations: from recorded footage to one client.

Spec: Streaming § Replay; RecordingReplay § Use of RTSP.
"""

from __future__ import annotations

from collections.abc import Mapping

from argus.base.tokens import RecordingToken
from argus.rtsp.outlet import Outlet, SenderReports
from argus.rtsp.payload import can_be_sent
from argus.rtsp.presentation import PresentedTrack
from argus.rtsp.protocol.range import encode_clock_range
from argus.rtsp.protocol.uri import Service
from argus.rtsp.replay_playback import PlayedTrack, ReplayPlayback, ReplaySource


class ReplayPresentation:
    """One recording, with the tracks that hold footage of a codec that can be sent."""

    service = Service.REPLAY

    def __init__(self, token: RecordingToken, source: ReplaySource) -> None:
        self.name = token
        self._token = token
        self._source = source
        recording = source.recordings.recording(token)
        self._track_ids: dict[int, int] = {}
        tracks = []
        for number, track in enumerate(recording.tracks, start=1):
            spans = source.footage.spans(track.track_id)
            found = source.footage.format_at(track.track_id, spans[-1].end_us) if spans else None
            if found is not None and can_be_sent(found):
                self._track_ids[number] = track.track_id
                tracks.append(PresentedTrack(number=number, format=found, token=track.token))
        self.tracks = tuple(tracks)

    @property
    def timeout_s(self) -> int:
        return self._source.session_timeout_s()

    @property
    def range(self) -> str:
        spans = [span for track_id in self._track_ids.values() for span in self._source.footage.spans(track_id)]
        if not spans:
            return "npt=0-"
        growing = any(span.growing for span in spans)
        return encode_clock_range(
            min(span.start_us for span in spans), None if growing else max(span.end_us for span in spans)
        )

    def open(self, outlets: Mapping[int, Outlet]) -> ReplayPlayback:
        played = [
            PlayedTrack(
                number=track.number,
                track_id=self._track_ids[track.number],
                format=track.format,
                outlet=outlets[track.number],
                reports=SenderReports(outlets[track.number], self._source.clock, cname=self.name),
            )
            for track in self.tracks
            if track.number in outlets
        ]
        return ReplayPlayback(self._token, self._source, played)
