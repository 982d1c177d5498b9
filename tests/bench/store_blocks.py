"""What the ring does to a medium, at its block layer, beside ffmpeg's segment muxer in the same minute.

Each candidate has a device of its own that logs every write and flush; the logs feed models of flash cards. A ring is
full when it is measured: it makes room as it goes. Needs root, FUSE and loop devices.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.figures import Figure, show
from tests.power.cameras import Camera, fill
from tests.power.card import PAGE_BYTES
from tests.power.rig import Rig, missing
from tests.power.trace import MIB, Region, Trace, analyse, explain, extents, inside_file
from tests.power.trial import VOLUME, Design, Trial

from argus.store.ring.ring import RingConfig, layout
from argus.store.ring.volume import FileDevice, Geometry, Volume

DEFAULT_SECONDS = 60
ONE_CARD = "4 MiB AU, 1 open"


@dataclass(slots=True, kw_only=True)
class Candidate:
    """A ring, full and then measured."""

    name: str
    design: Design
    streams: int
    bitrate_bps: int
    ring_mib: int
    segment_mib: int
    goal: str
    wear_goal: str = ""
    trial: Trial = field(init=False)
    before_bytes: int = 0

    def prepare(self, folder: Path) -> Rig:
        size_bytes = self.ring_mib * MIB
        config = RingConfig(size_bytes=size_bytes, segment_bytes=self.segment_mib * MIB)
        cameras = tuple(Camera(number + 1, self.bitrate_bps) for number in range(self.streams))
        extra = 0 if self.design is Design.RAW else max(32 * MIB, size_bytes // 8)
        rig = Rig(folder, size_bytes + extra, keep_data=False)
        self.trial = Trial(self.design, rig, config, cameras)
        return rig

    def fill(self) -> None:
        self.trial.prepare()
        fill(self.trial.ring, self.trial.ledger, self.trial.config.size_bytes * 5 // 4)
        self.before_bytes = self.trial.ledger.video_bytes

    def trace(self) -> Trace:
        ledger = self.trial.ledger
        log = self.trial.rig.log()
        log.close()
        window = (ledger.began_ns, ledger.ended_ns)
        video_bytes = ledger.video_bytes - self.before_bytes
        return analyse(log.entries, window, video_bytes, self.trial.rig.size_bytes, self._region())

    def _region(self) -> Region:
        if self.design is Design.RAW:
            return ring_region(_geometry(self.trial.rig.device))
        path = self.trial.rig.seen(self.trial.rig.folder / "mounted" / VOLUME)
        return inside_file(extents(path), ring_region(_geometry(path)))


def _geometry(path: Path) -> Geometry:
    device = FileDevice.open(path, writable=False)
    try:
        return Volume.open(device).geometry
    finally:
        device.close()


def ring_region(geometry: Geometry) -> Region:
    """Superblock, snapshot or footage, by the offset in a volume."""

    def of(offset: int) -> str:
        if offset >= geometry.data_offset:
            return "footage"
        return "snapshot" if offset >= layout.SNAPSHOTS_OFFSET else "superblock"

    return of


CANDIDATES = (
    ("raw, 16 x 2 Mbit/s", Design.RAW, 16, 2_000_000, 4096, 16, "1.01", "1.10"),
    ("raw, 16 x 2 Mbit/s", Design.RAW, 16, 2_000_000, 1024, 16, "1.01", "1.10"),
    ("ext4, 16 x 2 Mbit/s", Design.EXT4, 16, 2_000_000, 1024, 16, "1.01", ""),
    ("raw, 1 x 1 Mbit/s", Design.RAW, 1, 1_000_000, 128, 4, "1.03", "1.5"),
    ("ext4, 1 x 1 Mbit/s", Design.EXT4, 1, 1_000_000, 128, 4, "1.03", ""),
)


def main(seconds: float = DEFAULT_SECONDS) -> None:
    reason = missing()
    if reason:
        print(f"\nStore at the block layer: not possible here, {reason}")
        return
    with tempfile.TemporaryDirectory(prefix="blocks") as folder, ExitStack() as stack:
        candidates = []
        for number, given in enumerate(CANDIDATES):
            keys = ("name", "design", "streams", "bitrate_bps", "ring_mib", "segment_mib", "goal", "wear_goal")
            candidate = Candidate(**dict(zip(keys, given, strict=True)))
            stack.enter_context(candidate.prepare(Path(folder) / str(number)))
            candidate.fill()
            candidates.append(candidate)
        muxer = Muxer(stack.enter_context(Rig(Path(folder) / "ffmpeg", 1024 * MIB, keep_data=False)))
        muxer.prepare()
        asyncio.run(_measure(candidates, muxer, seconds))
        for candidate in candidates:
            _print(candidate)
        muxer.print()


async def _measure(candidates: list[Candidate], muxer: Muxer, seconds: float) -> None:
    muxer.start(seconds)
    async with asyncio.TaskGroup() as group:
        for candidate in candidates:
            group.create_task(candidate.trial.record(seconds))
    muxer.wait()


def _print(candidate: Candidate) -> None:
    trace = candidate.trace()
    geometry = f"ring of {candidate.ring_mib} MiB, segments of {candidate.segment_mib} MiB"
    found = figures(trace, candidate.goal, candidate.wear_goal)
    if candidate.design is Design.RAW:
        found.append(_on_a_large_card(candidate, trace))
    show(f"Ring, {candidate.name} ({geometry})", found)
    for line in explain(trace, ONE_CARD):
        print(f"    {line}")
    candidate.trial.finish()


def _on_a_large_card(candidate: Candidate, trace: Trace) -> Figure:
    """Copies come with snapshots, one a lot; a lot of 64 GB in segments of 16 MiB is a GiB."""
    geometry = _geometry(candidate.trial.rig.device)
    copied = trace.copied[ONE_CARD].total() * PAGE_BYTES / trace.video_bytes
    large = Geometry.of(64 << 30, 16 * MIB)
    share = geometry.lot * geometry.segment_bytes / (large.lot * large.segment_bytes)
    wear = trace.wear[ONE_CARD] - copied * (1 - share)
    return Figure(name="the same with the lots of a card of 64 GB", value=wear, unit="", beside=f"{ONE_CARD}, computed")


def figures(trace: Trace, goal: str = "", wear_goal: str = "") -> list[Figure]:
    found = [
        Figure(name="bytes written by byte of video", value=trace.amplification, unit="", beside=_goal(goal)),
        Figure(name="flushes", value=trace.flush_rate, unit="/s", beside=_goal("1.1" if goal else "")),
        Figure(name="writes", value=trace.writes / trace.seconds, unit="/s"),
        Figure(name="mean size of a write", value=trace.mean_write_kib, unit="KiB"),
    ]
    for card, wear in trace.wear.items():
        beside = _goal(wear_goal if card == ONE_CARD else "")
        found.append(Figure(name=f"programmed by byte of video, {card}", value=wear, unit="", beside=beside))
    return found


def _goal(text: str) -> str:
    return f"goal {text}" if text else ""


class Muxer:
    """16 processes of ffmpeg's segment muxer, copying 2 Mbit/s in real time into ten-second files on an ext4."""

    PROCESSES = 16

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._running: list[subprocess.Popen[bytes]] = []
        self._began_ns = self._ended_ns = 0

    def prepare(self) -> None:
        self._clip = self._rig.folder / "clip.mp4"
        picture = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25,noise=alls=20:allf=t", "-t", "10"]
        coded = [
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-g",
            "25",
            "-b:v",
            "2M",
            "-maxrate",
            "2M",
            "-bufsize",
            "2M",
        ]
        subprocess.run(["ffmpeg", "-v", "error", "-y", *picture, *coded, str(self._clip)], check=True)
        self._folder = self._rig.mount_ext4()

    def start(self, seconds: float) -> None:
        self._began_ns = time.monotonic_ns()
        split = ["-c", "copy", "-f", "segment", "-segment_time", "10", "-reset_timestamps", "1"]
        for number in range(self.PROCESSES):
            source = ["-re", "-stream_loop", "-1", "-i", str(self._clip), "-t", str(seconds)]
            command = ["ffmpeg", "-v", "error", "-nostdin", *source, *split, str(self._folder / f"{number}-%03d.mp4")]
            self._running.append(subprocess.Popen([*self._rig.inside, *command]))

    def wait(self) -> None:
        """Until all have ended and what they wrote is on the medium."""
        for process in self._running:
            process.wait()
        files = list(self._rig.seen(self._folder).glob("*.mp4"))
        self._video_bytes = sum(file.stat().st_size for file in files)
        self._rig.unmount()
        self._ended_ns = time.monotonic_ns()

    def print(self) -> None:
        log = self._rig.log()
        log.close()
        window = (self._began_ns, self._ended_ns)
        trace = analyse(log.entries, window, self._video_bytes, self._rig.size_bytes, lambda _: "file system")
        show("ffmpeg's segment muxer, 16 x 2 Mbit/s, files of 10 s on ext4, no flush of its own", figures(trace))
