"""Recordings out of what a volume tells of its tracks, for a catalog that was lost or never knew them."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable

from argus.base.tokens import MAX_TOKEN_LENGTH, RecordingToken, TrackToken, new_token
from argus.store.recording.recordings import (
    Recording,
    RecordingConfiguration,
    SourceInformation,
    Track,
    TrackConfiguration,
)
from argus.store.ring.found_track import FoundTrack

# A volume is written by others, too: what it tells is bounded here.
MAX_TRACKS = 16
MAX_NAME_LENGTH = 64
_MAX_RETENTION_US = 1 << 62
_TOKEN = re.compile(rf"[A-Za-z0-9_.:-]{{1,{MAX_TOKEN_LENGTH}}}")


def restored_recordings(
    found: Iterable[FoundTrack],
    *,
    taken: Iterable[str],
    implicit_tracks: Callable[[Container[str]], tuple[Track, ...]],
    now_us: int,
) -> list[Recording]:
    """One recording for each that the labels name, the one with the newest footage first.

    Tokens are kept where they are no other's: `taken` are those of the recordings that exist. `implicit_tracks` makes
    the tracks every recording has, except those with the tokens it is given. Of several retentions the shortest
    counts, for no client may see what was too old already.
    """
    groups = sorted(_groups(found), key=lambda group: max(track.newest_us or 0 for track in group.values()))
    used, recordings = set(taken), []
    for group in reversed(groups):
        recordings.append(_recording(group, used, implicit_tracks, now_us))
        used.add(recordings[-1].token)
    return recordings


def _groups(found: Iterable[FoundTrack]) -> list[dict[str, FoundTrack]]:
    """The tracks by recording, each with a token of its own; where two claim one, they are of two recordings."""
    groups: dict[str, list[dict[str, FoundTrack]]] = {}
    for track in sorted(found, key=lambda track: track.track_id):
        of_one_name = groups.setdefault(track.label.recording, [{}])
        if track.label.track in of_one_name[-1] or len(of_one_name[-1]) >= MAX_TRACKS:
            of_one_name.append({})
        of_one_name[-1][track.label.track] = track
    return [group for of_one_name in groups.values() for group in of_one_name]


def _recording(
    group: dict[str, FoundTrack],
    taken: Container[str],
    implicit_tracks: Callable[[Container[str]], tuple[Track, ...]],
    now_us: int,
) -> Recording:
    first = next(iter(group.values()))
    tracks = tuple(
        Track(
            token=TrackToken(token if _TOKEN.fullmatch(token) else new_token("Track")),
            track_id=found.track_id,
            configuration=TrackConfiguration(kind=found.label.kind),
        )
        for token, found in sorted(group.items())
    )
    retentions = [track.retention_us for track in group.values() if 0 < track.retention_us < _MAX_RETENTION_US]
    name = "".join(filter(str.isprintable, first.label.name))[:MAX_NAME_LENGTH]
    return Recording(
        token=_free_token(first.label.recording, taken),
        configuration=RecordingConfiguration(
            source=SourceInformation(name=name), maximum_retention_us=min(retentions, default=0)
        ),
        tracks=tracks + implicit_tracks({track.token for track in tracks}),
        created_us=now_us,
        recorded=True,
    )


def _free_token(wanted: str, taken: Container[str]) -> RecordingToken:
    usable = _TOKEN.fullmatch(wanted) and wanted not in taken
    return RecordingToken(wanted if usable else new_token("Recording"))
