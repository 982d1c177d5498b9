"""Databases of earlier releases are brought up to date with everything in them."""

from pathlib import Path

import pytest
from tests.unit.store.house import House, from_receiver, job, waiting_for

from argus.base.access_unit import Codec, StreamFormat
from argus.base.database import Database
from argus.store.recording import schema
from argus.store.recording.recordings import PROFILE_SOURCE, JobMode

# What a station held after so many steps of the schema.
FIRST = (
    "INSERT INTO recording VALUES ('R1', 'id', 'Door', 'Hall', 'd', 'a', 'c', 3600000000, 1767225600000000, 1)",
    "INSERT INTO forgotten (track_id) VALUES (7)",
    "INSERT INTO job VALUES ('J1', 'R1', 'Active', 3, 'night', 5), ('J2', 'R1', 'Idle', 0, NULL, 4)",
    "INSERT INTO job_source VALUES ('J1', 0, 'main', 'http://www.onvif.org/ver10/schema/Profile')",
    "INSERT INTO job_track VALUES ('J1', 0, 0, 'tag', 'VIDEO001')",
    "UPDATE counter SET value = 5 WHERE name = 'activation'",
)
AT_FIRST = ("INSERT INTO track VALUES (11, 'R1', 'VIDEO001', 'Video', 'front'), (12, 'R1', 'AUDIO001', 'Audio', '')",)
LATER = (
    "INSERT INTO track VALUES (11, 'R1', 'VIDEO001', 'Video', 'front', 0), (12, 'R1', 'AUDIO001', 'Audio', '', 1)",
)
QUOTA = ("INSERT INTO quota VALUES ('R1', 40, 0)",)
RECEIVER = ("INSERT INTO receiver VALUES ('V1', 'AutoConnect', 'rtsp://camera/', 'RTP-Unicast', 'UDP', 0)",)
EVENTS = (
    "INSERT INTO job_event_filter VALUES ('J2', 5000000, 3000000)",
    "INSERT INTO job_event_condition VALUES ('J2', 0, 'Alarm', '')",
)
HELD = {
    1: (*FIRST, *AT_FIRST),
    2: (*FIRST, *LATER),
    3: (*FIRST, *LATER, *QUOTA),
    4: (*FIRST, *LATER, *QUOTA, *RECEIVER),
    5: (*FIRST, *LATER, *QUOTA, *RECEIVER, *EVENTS),
}


def written_by(path: Path, version: int) -> None:
    """The file as the release with that schema left it."""
    database = Database.open(path, schema.MIGRATIONS[:version])
    database.write_now([(statement, ()) for statement in HELD[version]])
    database.close()


def test_every_release_is_among_those_tried() -> None:
    assert set(HELD) == set(range(1, len(schema.MIGRATIONS) + 1))


@pytest.mark.parametrize("version", sorted(HELD))
async def test_what_an_earlier_release_stored_is_there_and_works(tmp_path: Path, version: int) -> None:
    written_by(tmp_path / "store.sqlite", version)
    house = House(tmp_path / "store.sqlite")
    (recording,) = house.catalog.recordings()
    assert (recording.token, recording.configuration.source.name, recording.recorded) == ("R1", "Door", True)
    assert recording.configuration.maximum_retention_us == 3_600_000_000
    assert [(track.token, track.track_id, track.configuration.description) for track in recording.tracks] == [
        ("VIDEO001", 11, "front"),
        ("AUDIO001", 12, ""),
    ]
    first, second = house.jobs.jobs()
    assert (first.configuration.mode, first.configuration.priority) == (JobMode.ACTIVE, 3)
    assert (first.configuration.schedule_token, first.configuration.event_filter) == ("night", None)
    (source,) = first.configuration.sources
    assert (source.token, source.type, source.tracks[0].source_tag) == ("main", PROFILE_SOURCE, "tag")
    assert (second.configuration.mode, second.configuration.sources) == (JobMode.IDLE, ())
    waits = waiting_for(before_s=5, after_s=3) if version >= 5 else None
    assert second.configuration.event_filter == waits
    assert [receiver.token for receiver in house.receivers.all()] == (["V1"] if version >= 4 else [])
    # Everything that came since can be stored beside it.
    created = await house.jobs.create(
        from_receiver(job(recording.token, tracks=("AUDIO001",), event_filter=waiting_for(before_s=2, after_s=3)))
    )
    house.footage.add(7, 1, 2, StreamFormat(codec=Codec.H264))
    house.reopen()
    assert house.jobs.job(created.token) == created
    assert house.jobs.state(first.token).state.value == "Idle"
    assert house.footage.tracks() == (), "what was deleted then stays deleted"
    house.close()
