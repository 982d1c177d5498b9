"""A running station whose volume lies on a rig, and what a client then sees of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.harness.pictures import Stamp, stamps_of_h264
from tests.harness.recorder import Recorder
from tests.harness.soap import SoapClient
from tests.harness.station import StationProcess, run_command, wait_for, write_board
from tests.power.rig import Rig
from tests.power.trial import VOLUME, Design

from argus.base.clock import SystemClock
from argus.store.ring.volume import FileDevice, Geometry
from argus.store.ring.volume_file import create, format_volume

PICTURE = (320, 176)
VOLUME_BYTES, SEGMENT_BYTES, DEVICE_BYTES = 32 << 20, 1 << 20, 48 << 20
SECOND_US = 1_000_000


@dataclass(slots=True)
class Subject:
    """A station that records, on a medium that can be made to fail."""

    rig: Rig
    station: StationProcess
    volume: Path
    recorder: Recorder
    recording: str
    job: str
    states: list[str] = field(default_factory=list)

    def storage(self) -> dict[str, object]:
        """What the station tells of its storage; each new state is noted in `states`."""
        status = self.station.status()
        assert status, "the station does not answer"
        storage: dict[str, object] = status["storage"]
        if self.states[-1:] != [storage["state"]]:
            self.states.append(str(storage["state"]))
        return storage

    def wait_for_storage(self, what: str, accept: Callable[[dict[str, object]], bool], timeout_s: float) -> float:
        """Wait until the storage is so; the seconds it took."""
        began = time.monotonic()
        wait_for(what, lambda: accept(self.storage()), timeout_s)
        return time.monotonic() - began

    def wait_for_state(self, state: str, timeout_s: float) -> float:
        return self.wait_for_storage(f"storage is {state}", lambda storage: storage["state"] == state, timeout_s)

    def latest_us(self) -> int:
        """The time of the newest frame that is durable."""
        return self.recorder.information(self.recording).latest_us or 0

    def replayed(self) -> list[Stamp]:
        """The strip burnt into each recorded picture."""
        with self.recorder.replay(self.recording) as client:
            client.play(Rate_Control="no")
            units = client.units(quiet_s=1)
        found = stamps_of_h264(b"".join(unit.annexb for unit in units), PICTURE)
        assert len(found) == len(units)
        return found

    def assert_nothing_is_missing(self, until_us: int) -> None:
        """Replay has every frame from the first on, at least to this time."""
        found = self.replayed()
        holes = [
            (before.number, after.number) for before, after in pairwise(found) if after.number != before.number + 1
        ]
        assert holes == []
        assert found[-1].utc_us >= until_us - SECOND_US // 25

    def assert_sound(self) -> None:
        """The volume passes the check once the station has stopped."""
        self.recorder.set_mode(self.job, "Idle")
        assert self.station.stop() == 0, self.station.log.read_text()[-3000:]
        outcome = run_command("check", self.volume)
        assert outcome.returncode == 0, outcome.stdout


@contextmanager
def recording_station(folder: Path, design: Design, seconds: float = 1.5) -> Iterator[Subject]:
    """A station that has recorded so much on a rig of this design."""
    with Rig(folder / "rig", DEVICE_BYTES, keep_data=False) as rig:
        volume = _prepare(rig, design)
        board = write_board(folder, size=PICTURE, storage=f"{VOLUME_BYTES >> 20} MiB", volume=volume)
        station = StationProcess(folder / "data", board=board, prefix=rig.inside)
        try:
            station.start()
            recorder = Recorder(SoapClient(station.url))
            recording, job = recorder.record(seconds)
            seen = volume if design is Design.RAW else rig.seen(volume)
            yield Subject(rig, station, seen, recorder, recording, job)
        finally:
            # A process that hangs in a medium that answers nothing cannot be ended.
            rig.heal()
            if station.process is not None and station.process.poll() is None:
                station.kill()


def _prepare(rig: Rig, design: Design) -> Path:
    """A new volume, and where the station is told that it lies."""
    if design is Design.EXT4:
        volume = rig.mount_ext4() / VOLUME
        create(rig.seen(volume), VOLUME_BYTES, SEGMENT_BYTES, SystemClock()).close()
        return volume
    device = FileDevice.open(rig.device, writable=True)
    format_volume(device, Geometry.of(VOLUME_BYTES, SEGMENT_BYTES), SystemClock().utc_us())
    device.close()
    return rig.device
