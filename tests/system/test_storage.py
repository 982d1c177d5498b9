"""A card that is pulled while the station records, and one that belongs to somebody else."""

from __future__ import annotations

import os
import stat
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.harness.recorder import Recorder, configuration
from tests.harness.rtsp import RtspClient
from tests.harness.soap import SoapClient, texts
from tests.harness.station import StationProcess, run_command, wait_for, write_board

from argus.base.clock import SystemClock
from argus.store.ring.volume import FileDevice, InUse, Volume
from argus.store.ring.volume_file import create

VOLUME_BYTES, SEGMENT_BYTES = 16 << 20, 1 << 20
FRAME_US = 40_000


class Slot:
    """A place for a card: a file that a test pulls out and pushes in under the station's feet."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.card, self.pocket = folder / "card", folder / "pocket"

    def insert_new(self) -> None:
        create(self.card, VOLUME_BYTES, SEGMENT_BYTES, SystemClock()).close()

    def pull(self) -> None:
        self.card.rename(self.pocket)

    def push(self) -> None:
        self.pocket.rename(self.card)

    def give_to(self, station: uuid.UUID, path: Path) -> None:
        """Once nobody writes it any more."""

        def device() -> FileDevice | None:
            try:
                return FileDevice.open(path, writable=True)
            except InUse:
                return None

        opened = wait_for("the card is let go", device)
        assert opened is not None
        Volume.open(opened).adopt(station)
        opened.close()


@pytest.fixture
def slot(tmp_path: Path) -> Slot:
    return Slot(tmp_path / "slot")


@contextmanager
def running(tmp_path: Path, volume: Path, name: str = "data") -> Iterator[StationProcess]:
    board = write_board(tmp_path, storage="16 MiB", volume=volume)
    station = StationProcess(tmp_path / name, board=board)
    try:
        yield station.start()
        assert station.stop() == 0
        assert "Traceback" not in station.log.read_text(), station.log.read_text()[-4000:]
    finally:
        if station.process is not None and station.process.poll() is None:
            station.kill()


def wait_for_state(station: StationProcess, state: str) -> None:
    wait_for(f"storage is {state}", lambda: station.status()["storage"]["state"] == state)


def assert_live(recorder: Recorder) -> None:
    with RtspClient(recorder.stream_uri()).open() as viewer:
        viewer.play()
        assert len(viewer.units(10, limit_s=5)) == 10


def assert_replays(recorder: Recorder, recording: str) -> None:
    """All of what search tells of, to the newest frame or the one before."""
    told = recorder.information(recording)
    with recorder.replay(recording) as client:
        client.play(Rate_Control="no")
        units = client.units(quiet_s=1)
    assert units[0].utc_us == told.earliest_us
    assert units[-1].utc_us >= (told.latest_us or 0) - FRAME_US


def test_a_card_is_missed_and_taken_back_and_played_but_not_written_while_it_is_another_stations(
    tmp_path: Path, slot: Slot
) -> None:
    slot.insert_new()
    with running(tmp_path, slot.card) as station:
        ours = uuid.UUID(station.status()["device"]["endpoint"].removeprefix("urn:uuid:"))
        recorder = Recorder(SoapClient(station.url))
        recording, job = recorder.record(1.5)
        with RtspClient(recorder.stream_uri()).open() as viewer:
            viewer.play()
            assert len(viewer.units(10, limit_s=5)) == 10
            slot.pull()
            wait_for_state(station, "ABSENT")
            wait_for("the job is in error", lambda: recorder.job_state(job) == "Error")
            assert recorder.information(recording).tracks == {}
            assert "the card is not inserted" in str(station.status()["problems"])
            assert len(viewer.units(10, limit_s=5)) == 10
            assert not slot.card.exists()
            slot.push()
            wait_for_state(station, "OK")
            wait_for("the job is active again", lambda: recorder.job_state(job) == "Active")
            assert len(viewer.units(10, limit_s=5)) == 10
        found = recorder.wait_for_footage(recording, 4)
        history = recorder.history(recording, found.earliest_us or 0)
        states = [list(event.notification.data.values()) for event in history]
        assert states[:6] == [["true"], ["true"], ["false"], ["false"], ["true"], ["true"]]
        assert_replays(recorder, recording)

        slot.pull()
        wait_for_state(station, "ABSENT")
        slot.give_to(uuid.UUID(int=7), slot.pocket)
        image = slot.pocket.read_bytes()
        slot.push()
        wait_for_state(station, "FOREIGN")
        wait_for("the job is in error", lambda: recorder.job_state(job) == "Error")
        assert_replays(recorder, recording)
        assert slot.card.read_bytes() == image
        slot.give_to(ours, slot.card)
        wait_for_state(station, "OK")
        before = recorder.information(recording).latest_us or 0
        wait_for("it records again", lambda: (recorder.information(recording).latest_us or 0) > before)
        assert recorder.job_state(job) == "Active"
    assert run_command("check", slot.card).returncode == 0


def test_a_deletion_holds_for_a_card_that_was_out_and_nothing_is_formatted_in_its_place(
    tmp_path: Path, slot: Slot
) -> None:
    slot.insert_new()
    with running(tmp_path, slot.card) as station:
        recorder = Recorder(SoapClient(station.url))
        kept, job = recorder.record(1, "Kept")
        deleted, _ = recorder.record(1, "Deleted")
        recorder.set_mode(job, "Idle")
        slot.pull()
        wait_for_state(station, "ABSENT")
        recorder.delete_recording(deleted)
    slot.card.write_bytes(bytes(1 << 20))
    with running(tmp_path, slot.card) as station:
        recorder = Recorder(SoapClient(station.url))
        storage = station.status()["storage"]
        assert (storage["state"], storage["used_bytes"]) == ("FAILED", 0)
        assert "not a volume of this program" in storage["detail"]
        assert_live(recorder)
        assert recorder.information(kept).tracks == {}
        assert slot.card.read_bytes() == bytes(1 << 20)
        slot.push()
        wait_for_state(station, "OK")
        wait_for("what is kept is found", lambda: recorder.information(kept).tracks)
        assert recorder.recordings() == [kept]
        wait_for("one track is left", lambda: '"tracks": 1' in run_command("check", slot.card, "--json").stdout)


def test_recordings_come_back_from_the_card_when_the_catalog_is_lost(tmp_path: Path, slot: Slot) -> None:
    slot.insert_new()
    with running(tmp_path, slot.card) as station:
        recorder = Recorder(SoapClient(station.url))
        recording, job = recorder.record(1, "Gate")
        recorder.set_configuration(recording, configuration("Gate", "PT1H"))
        recorder.set_mode(job, "Idle")
        before = recorder.information(recording)
    for file in station.data.glob("catalog.sqlite*"):
        file.unlink()
    with running(tmp_path, slot.card) as station:
        soap = SoapClient(station.url)
        recorder = Recorder(soap)
        wait_for("it is back", lambda: recorder.recordings() == [recording])
        assert recorder.information(recording) == before
        assert_replays(recorder, recording)
        listed = soap.call("<trc:GetRecordings/>")
        assert texts(listed, ".//tt:Name") == ["Gate"]
        assert texts(listed, ".//tt:MaximumRetentionTime") == ["PT1H"]
        recorder.create_job(recording)
        wait_for("it goes on", lambda: (recorder.information(recording).latest_us or 0) > (before.latest_us or 0))


class LoopDevice:
    """A block device of its own, with a node that comes and goes as that of a card does."""

    def __init__(self, image: Path, node: Path) -> None:
        self._image, self._node = image, node
        self._device = ""

    def plug(self) -> None:
        found = subprocess.run(["losetup", "-f", "--show", self._image], capture_output=True, text=True, check=True)
        self._device = found.stdout.strip()
        os.mknod(self._node, 0o600 | stat.S_IFBLK, Path(self._device).stat().st_rdev)

    def unplug(self) -> None:
        self._node.unlink()
        subprocess.run(["losetup", "-d", self._device], check=True)

    def is_gone(self) -> bool:
        """The kernel keeps a loop device as long as anybody has it open."""
        return not Path("/sys/block", Path(self._device).name, "loop/backing_file").exists()


@pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/dev/loop-control").exists(), reason="needs root and loop devices to make a card of"
)
def test_a_block_device_that_is_unplugged_is_let_go_and_taken_back(tmp_path: Path, slot: Slot) -> None:
    slot.insert_new()
    slot.pull()
    device = LoopDevice(slot.pocket, slot.card)
    device.plug()
    try:
        with running(tmp_path, slot.card) as station:
            recorder = Recorder(SoapClient(station.url))
            recording, job = recorder.record(1)
            with pytest.raises(InUse):
                FileDevice.open(slot.card, writable=True)
            device.unplug()
            wait_for_state(station, "ABSENT")
            wait_for("every descriptor is closed", device.is_gone)
            wait_for("the job is in error", lambda: recorder.job_state(job) == "Error")
            device.plug()
            wait_for_state(station, "OK")
            wait_for("the job is active again", lambda: recorder.job_state(job) == "Active")
            recorder.wait_for_footage(recording, 2)
    finally:
        device.unplug()
    assert run_command("check", slot.pocket).returncode == 0
