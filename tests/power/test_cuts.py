"""A slice of `make test-power`, and the rig itself."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.harness.station import wait_for
from tests.power.rig import Rig
from tests.power.trial import Design, Trial, record_all

from argus.store.ring.ring import RingConfig

DEVICE_BYTES = 24 << 20
CONFIG = RingConfig(size_bytes=16 << 20, segment_bytes=512 << 10)

pytestmark = pytest.mark.usefixtures("possible")


async def test_a_power_cut_costs_a_second_and_damages_nothing(tmp_path: Path) -> None:
    rigs = [Rig(tmp_path / design.name, DEVICE_BYTES) for design in Design]
    with rigs[0], rigs[1]:
        trials = [Trial(design, rig, CONFIG).prepare() for design, rig in zip(Design, rigs, strict=True)]
        await record_all(trials, 4)
        for trial in trials:
            trial.finish()
            verdicts = [verdict async for verdict in trial.cut(8, random.Random(1))]
            assert [verdict.damage + verdict.broken for verdict in verdicts] == [[]] * 8
            # The goal is 1.1 s; a machine that does other work at the same time gets half a second more.
            assert max(verdict.loss_s for verdict in verdicts) < 1.6
            assert sum(verdict.frames for verdict in verdicts) > 0


def test_every_write_and_flush_is_logged_with_its_bytes(tmp_path: Path) -> None:
    with Rig(tmp_path / "rig", 1 << 20) as rig:
        descriptor = os.open(rig.device, os.O_RDWR)
        for number in (1, 2):
            os.pwrite(descriptor, bytes([number]) * 4096, number * 8192)
            os.fsync(descriptor)
        os.close(descriptor)
        log = rig.log()
        told = [(entry.offset, log.data(entry)[:1]) if not entry.is_flush else "flush" for entry in log.entries]
        log.close()
    # The first flush is that of the loop device when it is set up.
    assert told[1:5] == [(8192, b"\1"), "flush", (16384, b"\2"), "flush"]


def test_a_medium_refuses_stalls_and_forgets_as_told(tmp_path: Path) -> None:
    with Rig(tmp_path / "rig", 1 << 20) as rig:
        descriptor = os.open(rig.device, os.O_RDWR | os.O_SYNC)
        rig.refuse(count=1)
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            os.pwrite(descriptor, bytes(4096), 0)
        rig.stall(0.3)
        began = time.monotonic()
        os.pwrite(descriptor, b"\1" * 4096, 0)
        assert time.monotonic() - began > 0.25
        rig.drop()
        os.pwrite(descriptor, b"\2" * 4096, 0)
        assert rig.counts()["dropped"] == 4096
        os.close(descriptor)
        assert (rig.folder / "backing").read_bytes()[:1] == b"\1"


def test_nothing_stays_behind_when_the_process_that_made_a_rig_is_killed(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys, time; from tests.power.rig import Rig; "
        f"rig = Rig(pathlib.Path({str(tmp_path / 'rig')!r}), 8 << 20).__enter__(); rig.mount_ext4(); "
        "print(rig.device.name, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    loop = process.stdout.readline().strip()
    backing = Path(f"/sys/block/{loop}/loop/backing_file")
    assert str(tmp_path) in backing.read_text()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    wait_for("the loop device is free", lambda: not backing.exists() or str(tmp_path) not in backing.read_text(), 10)
    assert str(tmp_path) not in Path("/proc/mounts").read_text()
