"""What the tracks of a volume are called, told by the catalog of the station that records on it."""

from __future__ import annotations

from pathlib import Path

from argus.base.access_unit import MediaKind
from argus.base.database_view import read_only
from argus.store.ring.label import TrackLabel

CATALOG_DATABASE = "catalog.sqlite"


def read_labels(data: Path) -> dict[int, TrackLabel]:
    """The tracks of the station that keeps its data there, by track id; the station may run.

    Raises:
        Unavailable: there is no catalog, or it cannot be read.
    """
    rows = read_only(
        data / CATALOG_DATABASE,
        "SELECT track_id, recording.token, track.token, kind, name"
        " FROM track JOIN recording ON recording.token = track.recording",
    )
    return {
        int(str(track_id)): TrackLabel(
            recording=str(recording), track=str(track), kind=MediaKind(str(kind)), name=str(name)
        )
        for track_id, recording, track, kind, name in rows
    }
