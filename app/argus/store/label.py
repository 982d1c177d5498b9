"""What a track is called, kept on the volume, so that a card explains itself to a station that does not know it."""

from __future__ import annotations

from dataclasses import dataclass

from argus.base.access_unit import MediaKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackLabel:
    """The recording and the track by their tokens, the kind of the track, and the recording's name for people."""

    recording: str
    track: str
    kind: MediaKind
    name: str = ""
