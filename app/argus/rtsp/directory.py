"""Everything that can be played, by address."""

from __future__ import annotations

from argus.base.clock import Clock
from argus.base.tokens import ProfileToken, RecordingToken
from argus.rtsp.live import LivePresentation, LiveStreams
from argus.rtsp.presentation import Presentation
from argus.rtsp.protocol.uri import MediaUri, Service
from argus.rtsp.replay import ReplayPresentation
from argus.rtsp.replay_playback import ReplaySource


class Directory:
    """Live profiles and recordings."""

    def __init__(self, live: LiveStreams, replay: ReplaySource, clock: Clock) -> None:
        self._live = live
        self._replay = replay
        self._clock = clock

    def find(self, uri: MediaUri) -> Presentation:
        """The presentation of that address. Raises NotFound, or Unavailable while it has no format yet."""
        if uri.service is Service.REPLAY:
            return ReplayPresentation(RecordingToken(uri.token), self._replay)
        token = ProfileToken(uri.token)
        return LivePresentation(token, self._live.hubs(token), self._clock)
