"""What a technician reads on a serial console."""

import json
from dataclasses import replace

import pytest
from tests.unit.station.documents import RECEIVER, RECORDING, status

from argus.station import present
from argus.station.discover import FoundDevice
from argus.store.ring.check import Report

DEVICE = FoundDevice(
    endpoint="urn:uuid:1",
    types=(),
    scopes=("onvif://www.onvif.org/name/Pier%204", "onvif://www.onvif.org/hardware/A1"),
    xaddrs=("http://192.0.2.7/a", "http://[2001:db8::7]/a"),
)
REPORT = Report(
    path="volume.ring",
    uuid="u",
    size_bytes=1 << 30,
    segment_bytes=16 << 20,
    segments=60,
    segments_used=2,
    segments_sealed=1,
    batches=7,
    units=1_000,
    verified_bytes=5 << 20,
    tracks=1,
    spans=2,
    oldest_us=0,
    newest_us=None,
    problems=(),
)


def test_the_status_is_sections_of_aligned_columns() -> None:
    assert (
        present.status(status())
        == """\
Station
  state     everything works
  model     Argus Station 1.0
  endpoint  urn:uuid:1
  page      http://192.0.2.7:8080/

Video sources
  Camera 1  running  250 frames

Audio sources
  Microphone 1  running  240 packets

Recordings
  Recording-1   Recording  Gate  2026 to 2027          3.0 MiB, quota 25%
  Recording-22  Initiated  Quay  nothing recorded yet  0 B

Recording jobs
  Job-1   Active  Active  priority 5  Receiver-1 to Recording-1
  Job-22  Active  Idle    priority 5  Receiver-1 to Recording-1  schedule Night

Receivers
  Receiver-1  AutoConnect  Connected  rtsp://192.0.2.9/stream

Schedules
  Night  not active  At night

Storage
  volume        /data/volume.ring b9a1
  used          3.0 GiB of 4.0 GiB
  state         OK
  told clients  no failure
  last durable  2026-01-02
  lost          0 frames
  refused       2 writes
  damaged       0 places
  read back     12 samples, 1 wrong"""
    )


def test_problems_come_first_and_an_empty_store_says_how_to_fill_it() -> None:
    text = present.status(status(problems=["Camera 1: unplugged", "storage: FAILED"], recordings=[]))
    assert text.splitlines()[1].split(maxsplit=1) == ["state", "Camera 1: unplugged; storage: FAILED"]
    assert "none  an ONVIF client creates them" in text


def test_a_receiver_that_fails_tells_since_when_and_why() -> None:
    failing = {**RECEIVER, "state": "NotConnected", "problem": "no route to host", "failing_since": "2026-01-01"}
    assert "rtsp://192.0.2.9/stream  since 2026-01-01: no route to host" in present.status(status(receivers=[failing]))
    assert "NotConnected  no address yet" in present.status(status(receivers=[{**failing, "uri": ""}]))


def test_what_does_not_exist_yet_says_who_makes_it() -> None:
    text = present.status(status(jobs=[], receivers=[], schedules=[]))
    assert "none  `argus-station camera add` or an ONVIF client creates them" in text
    assert text.count("none  an ONVIF client creates them") == 2


def test_a_name_that_a_client_gave_cannot_break_the_table() -> None:
    recording = {**RECORDING, "name": "a\n\x9b2Jb", "problem": "The source does not exist"}
    assert "r  Initiated  a\ufffd\ufffd2Jb  nothing recorded yet  0 B  The source does not exist" in present.status(
        status(recordings=[recording])
    )


def test_a_check_ends_with_its_verdict() -> None:
    assert present.report(REPORT).splitlines()[-1] == "Everything is intact."
    spoilt = replace(REPORT, problems=("segment 3: a checksum is wrong", "segment 4: too"))
    assert present.report(spoilt).splitlines()[-2:] == [
        "PROBLEM  segment 3: a checksum is wrong",
        "PROBLEM  segment 4: too",
    ]
    assert "from      1970-01-01T00:00:00.000Z" in present.report(REPORT)
    assert "until     -" in present.report(REPORT)


def test_found_devices_are_a_table_for_people_and_json_for_programs() -> None:
    assert present.devices([]) == "No ONVIF device answered."
    heading, row = present.devices([DEVICE]).splitlines()
    assert heading.split() == ["NAME", "HARDWARE", "ADDRESS", "ENDPOINT"]
    assert row.startswith("Pier 4  A1        http://192.0.2.7/a http://[2001:db8::7]/a  urn:uuid:1")
    (entry,) = json.loads(present.devices_json([DEVICE]))
    assert (entry["name"], entry["xaddrs"]) == ("Pier 4", ["http://192.0.2.7/a", "http://[2001:db8::7]/a"])
    assert json.loads(present.devices_json([])) == []


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 << 20, "5.0 MiB"), (3 << 40, "3.0 TiB")],
)
def test_a_size_has_the_largest_unit_that_fits(count: int, text: str) -> None:
    assert present.size(count) == text
