"""Recordings and their tracks as rows."""

from __future__ import annotations

from collections.abc import Iterable

from argus.base.access_unit import MediaKind
from argus.base.database import Database, Row, Statement
from argus.base.tokens import RecordingToken, TrackToken
from argus.store.recording.recordings import (
    Recording,
    RecordingConfiguration,
    SourceInformation,
    Track,
    TrackConfiguration,
)


def load_recordings(database: Database) -> list[Recording]:
    """Every recording in order of creation, each with its tracks in order of creation."""
    tracks: dict[str, list[Track]] = {}
    for track_id, recording, token, kind, description in database.read(
        "SELECT track_id, recording, token, kind, description FROM track ORDER BY position"
    ):
        configuration = TrackConfiguration(kind=MediaKind(str(kind)), description=str(description))
        track = Track(token=TrackToken(str(token)), track_id=_number(track_id), configuration=configuration)
        tracks.setdefault(str(recording), []).append(track)
    rows = database.read(
        "SELECT token, source_id, name, location, description, address, content, maximum_retention_us, created_us,"
        " recorded FROM recording ORDER BY rowid"
    )
    return [_recording(row, tuple(tracks.get(str(row[0]), ()))) for row in rows]


def load_counter(database: Database, name: str) -> int:
    """The highest number handed out so far."""
    return _number(database.read("SELECT value FROM counter WHERE name = ?", (name,))[0][0])


def set_counter(name: str, value: int) -> Statement:
    return "UPDATE counter SET value = ? WHERE name = ?", (value, name)


def insert_recording(recording: Recording) -> list[Statement]:
    statement: Statement = (
        "INSERT INTO recording (source_id, name, location, description, address, content, maximum_retention_us,"
        " token, created_us, recorded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*_columns(recording.configuration), recording.token, recording.created_us, int(recording.recorded)),
    )
    return [statement, *(_insert_track_at(recording.token, *placed) for placed in enumerate(recording.tracks))]


def _insert_track_at(recording: RecordingToken, position: int, track: Track) -> Statement:
    configuration = track.configuration
    return (
        "INSERT INTO track (track_id, recording, token, kind, description, position) VALUES (?, ?, ?, ?, ?, ?)",
        (track.track_id, recording, track.token, configuration.kind, configuration.description, position),
    )


def update_recording(token: RecordingToken, configuration: RecordingConfiguration) -> Statement:
    return (
        "UPDATE recording SET source_id = ?, name = ?, location = ?, description = ?, address = ?, content = ?,"
        " maximum_retention_us = ? WHERE token = ?",
        (*_columns(configuration), token),
    )


def mark_recorded(token: RecordingToken) -> Statement:
    return "UPDATE recording SET recorded = 1 WHERE token = ?", (token,)


def update_track(track: Track) -> Statement:
    return "UPDATE track SET description = ? WHERE track_id = ?", (track.configuration.description, track.track_id)


def insert_track(recording: RecordingToken, track: Track) -> Statement:
    """One more track, behind those there are."""
    configuration = track.configuration
    return (
        "INSERT INTO track (track_id, recording, token, kind, description, position) VALUES (?, ?, ?, ?, ?,"
        " (SELECT coalesce(max(position), 0) + 1 FROM track WHERE recording = ?))",
        (track.track_id, recording, track.token, configuration.kind, configuration.description, recording),
    )


def delete_track(track: Track, most_forgotten: int) -> list[Statement]:
    """Its id is noted among the newest `most_forgotten`."""
    return [*_forget([track], most_forgotten), ("DELETE FROM track WHERE track_id = ?", (track.track_id,))]


def delete_recording(recording: Recording, most_forgotten: int) -> list[Statement]:
    """Its tracks and jobs go with it; its track ids are noted, the newest `most_forgotten` of all."""
    return [
        *_forget(recording.tracks, most_forgotten),
        ("DELETE FROM recording WHERE token = ?", (recording.token,)),
    ]


def load_forgotten(database: Database) -> list[int]:
    """Ids of deleted tracks in order of deletion."""
    return [_number(row[0]) for row in database.read("SELECT track_id FROM forgotten ORDER BY number")]


def _forget(tracks: Iterable[Track], most_forgotten: int) -> list[Statement]:
    forget = (
        "INSERT OR IGNORE INTO forgotten (track_id, number)"
        " VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM forgotten))"
    )
    return [
        *((forget, (track.track_id,)) for track in tracks),
        ("DELETE FROM forgotten WHERE number <= (SELECT max(number) FROM forgotten) - ?", (most_forgotten,)),
    ]


def _columns(configuration: RecordingConfiguration) -> tuple[str | int, ...]:
    source = configuration.source
    return (
        source.source_id,
        source.name,
        source.location,
        source.description,
        source.address,
        configuration.content,
        configuration.maximum_retention_us,
    )


def _recording(row: Row, tracks: tuple[Track, ...]) -> Recording:
    token, source_id, name, location, description, address, content, retention_us, created_us, recorded = row
    source = SourceInformation(
        source_id=str(source_id),
        name=str(name),
        location=str(location),
        description=str(description),
        address=str(address),
    )
    return Recording(
        token=RecordingToken(str(token)),
        configuration=RecordingConfiguration(
            source=source, content=str(content), maximum_retention_us=_number(retention_us)
        ),
        tracks=tracks,
        created_us=_number(created_us),
        recorded=bool(recorded),
    )


def _number(value: object) -> int:
    assert isinstance(value, int)  # the schema's type
    return value
