"""The running station on a medium that stalls, refuses, turns read-only and forgets."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.harness.recorder import now_us
from tests.harness.rtsp import RtspClient
from tests.power.station_rig import Subject, recording_station
from tests.power.trial import Design

pytestmark = pytest.mark.usefixtures("possible")


def assert_live_goes_on(subject: Subject) -> None:
    with RtspClient(subject.recorder.stream_uri()).open() as client:
        client.play()
        assert len(client.units(25, limit_s=5)) == 25


def test_a_stall_of_five_seconds_loses_no_frame(tmp_path: Path) -> None:
    with recording_station(tmp_path, Design.EXT4) as subject:
        subject.rig.stall(5)
        subject.wait_for_state("STALLED", 5)
        subject.wait_for_state("OK", 6)
        over_us = now_us()
        subject.wait_for_storage("durable again", lambda _: subject.latest_us() >= over_us, 5)
        assert subject.storage()["dropped_frames"] == 0
        subject.assert_nothing_is_missing(over_us)
        assert subject.states == ["OK", "STALLED", "OK"] or subject.states == ["STALLED", "OK"]


@pytest.mark.usefixtures("on_demand")
@pytest.mark.parametrize("design", Design)
def test_a_stall_of_twelve_seconds_is_a_failure_that_passes(tmp_path: Path, design: Design) -> None:
    with recording_station(tmp_path, design) as subject:
        subject.rig.stall(12)
        subject.wait_for_state("FAILED", 12)
        assert_live_goes_on(subject)
        subject.wait_for_state("OK", 20)
        over_us = now_us()
        subject.wait_for_storage("durable again", lambda _: subject.latest_us() >= over_us, 5)
        subject.assert_nothing_is_missing(over_us)
        subject.assert_sound()


@pytest.mark.usefixtures("on_demand")
def test_refused_writes_cost_a_segment_and_no_frame(tmp_path: Path) -> None:
    with recording_station(tmp_path, Design.RAW) as subject:
        for count in (1, 2, 1):
            subject.rig.refuse(count=count)
            time.sleep(4)
        over_us = now_us()
        subject.wait_for_storage("durable", lambda _: subject.latest_us() >= over_us, 10)
        assert subject.rig.counts()["refused"] == 4
        assert subject.storage()["state"] == "OK"
        assert subject.storage()["dropped_frames"] == 0
        subject.assert_nothing_is_missing(over_us)
        subject.assert_sound()


@pytest.mark.usefixtures("on_demand")
def test_errors_for_long_fail_the_storage_and_lose_nothing_that_was_durable(tmp_path: Path) -> None:
    with recording_station(tmp_path, Design.RAW) as subject:
        durable_us = subject.latest_us()
        subject.rig.refuse(seconds=6)
        subject.wait_for_state("FAILED", 8)
        assert_live_goes_on(subject)
        subject.wait_for_state("OK", 20)
        over_us = now_us()
        subject.wait_for_storage("durable again", lambda _: subject.latest_us() >= over_us, 5)
        found = subject.replayed()
        before = [stamp.number for stamp in found if stamp.utc_us <= durable_us]
        assert before == list(range(before[0], before[0] + len(before)))
        assert any(abs(stamp.utc_us - durable_us) < 40_000 for stamp in found)
        assert [stamp.number for stamp in found] == sorted({stamp.number for stamp in found})
        subject.assert_sound()


@pytest.mark.usefixtures("on_demand")
@pytest.mark.parametrize("design", Design)
def test_a_card_that_turns_read_only_fails_and_still_replays(tmp_path: Path, design: Design) -> None:
    with recording_station(tmp_path, design) as subject:
        durable_us = subject.latest_us()
        subject.rig.make_read_only()
        subject.wait_for_storage("refused", lambda storage: storage["state"] in ("FAILED", "READ_ONLY"), 15)
        assert_live_goes_on(subject)
        found = subject.replayed()
        assert found[-1].utc_us >= durable_us - 40_000


@pytest.mark.usefixtures("on_demand")
@pytest.mark.parametrize("design", Design)
def test_a_card_that_forgets_what_it_acknowledged_is_found_within_a_minute(tmp_path: Path, design: Design) -> None:
    with recording_station(tmp_path, design) as subject:
        subject.rig.drop()
        took_s = subject.wait_for_storage("doubted", lambda storage: storage["state"] != "OK", 65)
        assert took_s <= 60
        assert "loses" in str(subject.storage()["detail"])
        assert subject.rig.counts()["dropped"] > 0
        assert_live_goes_on(subject)
