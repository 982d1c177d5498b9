"""The ring store: bytes and flushes at the volume, CPU, opening after a crash, seeks, timelines, memory.

Counted at the volume's device, beside the goals and beside ffmpeg's segment muxer copying the same bit rate.
"""

from __future__ import annotations

import asyncio
import random
import resource
import subprocess
import tempfile
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure, figure, show
from tests.crash.workload import HandClock

from argus.base.access_unit import AccessUnit, Codec, StreamFormat
from argus.store.ring.batch import BatchBuilder
from argus.store.ring.index import Index
from argus.store.ring.records import BytesLike, ChunkRow, FormatRecord, Stamp
from argus.store.ring.ring import Ring, RingConfig, snapshot
from argus.store.ring.segment import OpenSegment, Pending
from argus.store.ring.segments import Segment
from argus.store.ring.volume import FileDevice, Geometry, Volume

START_US = 1_767_225_600_000_000
S = 1_000_000
FPS = 25
VIDEO = StreamFormat(codec=Codec.H264, width=1280, height=720, frame_rate=FPS, parameter_sets=(b"\x67", b"\x68"))
CARD_BYTES = 64 << 30
SEGMENT_BYTES = 16 << 20


class CountingDevice:
    """A sparse file as a device, counting what goes through."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        with path.open("ab") as file:
            file.truncate(size_bytes)
        self._device = FileDevice.open(path, writable=True)
        self.size_bytes = size_bytes
        self.reset()

    def reset(self) -> None:
        self.reads = self.read_bytes = self.writes = self.written_bytes = self.flushes = 0

    def read(self, offset: int, size: int) -> bytes:
        self.reads += 1
        self.read_bytes += size
        return self._device.read(offset, size)

    def write(self, offset: int, data: BytesLike) -> None:
        self.writes += 1
        self.written_bytes += len(data)
        self._device.write(offset, data)

    def sync(self) -> None:
        self.flushes += 1
        self._device.sync()

    def close(self) -> None:
        self._device.close()


@dataclass
class Bench:
    """A ring on a counting device, fed by cameras at simulated times."""

    device: CountingDevice
    clock: HandClock

    def open(self) -> Ring:
        config = RingConfig(size_bytes=CARD_BYTES, segment_bytes=SEGMENT_BYTES)
        ring = Ring(Volume.open(self.device), config, self.clock, lambda *_: None)
        ring.tick()
        return ring

    def record(self, ring: Ring, streams: int, bitrate_bps: int, seconds: int) -> tuple[int, float]:
        """Bytes of video, and CPU seconds the ring took for them."""
        rng = random.Random(1)
        mean = bitrate_bps // 8 // FPS
        # A key frame of four times the mean size each second.
        key, other = rng.randbytes(4 * mean), rng.randbytes(mean * (FPS - 4) // (FPS - 1))
        total, cpu_s = 0, 0.0
        for _ in range(seconds):
            units = [
                AccessUnit(
                    format=VIDEO,
                    data=other if number else key,
                    key_frame=number == 0,
                    utc_us=self.clock.now_us + number * S // FPS,
                    mono_ns=self.clock.now_ns + number * S // FPS * 1000,
                )
                for number in range(FPS)
            ]
            began = time.process_time()
            for unit in units:
                for track_id in range(1, streams + 1):
                    ring.append(track_id, unit)
            self.clock.pass_time(1)
            ring.tick()
            cpu_s += time.process_time() - began
            total += streams * sum(len(unit.data) for unit in units)
        return total, cpu_s


def used_card(path: Path, tracks: int, spans: int = 1) -> Bench:
    """A 64 GB card that has been full for long: every segment used by every track, `spans` spans on the first."""
    geometry = Geometry.of(CARD_BYTES, SEGMENT_BYTES)
    device = CountingDevice(path, geometry.size_bytes)
    volume = Volume.format(device, geometry, START_US)
    state = snapshot.State(generation=1, tick=1, next_seq=geometry.data_segments + 1, written_us=START_US)
    step_us = 4 * S
    fill(state.index, geometry.data_segments - geometry.lot, tracks, spans, step_us, volume)
    state.intents = list(range(geometry.data_segments - geometry.lot, geometry.data_segments))
    state.next_span = tracks + spans + 1
    data = snapshot.encode(state, volume.salt)
    assert len(data) <= geometry.snapshot_bytes, f"{len(data)} bytes of snapshot, room for {geometry.snapshot_bytes}"
    volume.write_snapshot(1, data)
    volume.sync()
    device.reset()
    return Bench(device, HandClock(START_US + (geometry.data_segments + 10) * step_us))


def fill(index: Index, segments: int, tracks: int, spans: int, step_us: int, volume: Volume | None = None) -> None:
    """Segments with a chunk of every track in each, and their directories on the volume; or many short spans."""
    for seq in range(1, segments + 1):
        begin_us = START_US + seq * step_us
        first = 2 if spans > 1 else 1
        rows = [_row(track_id, track_id, seq, begin_us, begin_us + step_us) for track_id in range(first, tracks + 1)]
        if spans > 1 and seq <= spans:
            rows += _short_spans(seq, segments, tracks, spans, step_us)
        used_bytes = SEGMENT_BYTES - 8192
        if volume is not None:
            used_bytes -= _seal(volume, seq, rows)
        index.grow(seq, Segment(seq - 1, used_bytes, True, 0, tick=seq), rows)
        for row in rows:
            index.add(seq, 0, row, growing=False)
    for track in index.tracks.values():
        track.formats[0], track.next_epoch = VIDEO, 1


def _short_spans(seq: int, segments: int, tracks: int, spans: int, step_us: int) -> list[ChunkRow]:
    """The spans of the first track that begin in a segment."""
    every_us = segments * step_us // spans
    numbers = range((seq - 1) * spans // segments, seq * spans // segments)
    return [
        _row(1, tracks + number, 0, START_US + number * every_us, START_US + number * every_us + every_us // 2)
        for number in numbers
    ]


def _seal(volume: Volume, seq: int, rows: list[ChunkRow]) -> int:
    """Write the footer of a segment that is nothing else; how much longer than 8 KiB it is."""
    stamp = Stamp(volume.salt, seq, 0, (1, 1, 1, 1))
    segment = OpenSegment(seq=seq, slot=seq - 1)
    segment.directory.add(rows, (), [FormatRecord(track_id, 0, VIDEO) for track_id in {row.track for row in rows}])
    segment.learn_formats()
    need = 128 + len(rows) * 64 + len(segment.format_bytes)
    segment.position = SEGMENT_BYTES - max(8192, -(-need // 4096) * 4096)
    data = segment.encode_footer(SEGMENT_BYTES, stamp, 0, BatchBuilder(0), Pending())
    volume.write(seq - 1, segment.position, data)
    return SEGMENT_BYTES - 8192 - segment.position


def _row(track: int, span: int, ordinal: int, t0_us: int, t1_us: int) -> ChunkRow:
    return ChunkRow(track, span, ordinal, 0, 25, 4096, 1000, 0, 0, 1, t0_us, t1_us, 0)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        figures = _write(Path(folder) / "16", 16, 2_000_000, 60, "1.01", 0.03)
        figures += _write(Path(folder) / "1", 1, 1_000_000, 240, "1.03", None)
        figures += _write(Path(folder) / "64", 64, 2_000_000, 15, "1.01", 0.016)
        figures += _ffmpeg(Path(folder))
        show("Store, recording on a full 64 GB card (counted at the volume)", figures)
        show("Store, reading", _open_and_seek(Path(folder) / "open"))
        show("Store, index", _timeline(Path(folder) / "spans") + _memory())


def _write(path: Path, streams: int, bitrate_bps: int, seconds: int, goal: str, cpu: float | None) -> list[Figure]:
    bench = used_card(path, streams)
    ring = bench.open()
    bench.device.reset()
    video_bytes, cpu_s = bench.record(ring, streams, bitrate_bps, seconds)
    geometry = Volume.open(bench.device).geometry
    # One snapshot per lot, written far less often than this run lasts.
    state_bytes = len(snapshot.encode(snapshot.State(index=ring._index), 0))
    written = bench.device.written_bytes + video_bytes * state_bytes / (geometry.lot * SEGMENT_BYTES)
    name = f"{streams} x {bitrate_bps / 1e6:.0f} Mbit/s"
    path.unlink()
    beside = f"goal {cpu}" if cpu else ""
    return [
        Figure(
            name=f"{name}: bytes written by byte of video", value=written / video_bytes, unit="", beside=f"goal {goal}"
        ),
        Figure(name=f"{name}: flushes", value=bench.device.flushes / seconds, unit="/s", beside="goal 1.1"),
        Figure(name=f"{name}: CPU by stream", value=100 * cpu_s / seconds / streams, unit="% of a core", beside=beside),
    ]


def _ffmpeg(folder: Path) -> list[Figure]:
    """The segment muxer on 60 s of 2 Mbit/s, ten seconds a file; it never flushes."""
    clip = folder / "clip.mp4"
    make = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25,noise=alls=20:allf=t", "-t", "20"]
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "2M"]
    _run([*make, *encode, str(clip)])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    split = ["-c", "copy", "-f", "segment", "-segment_time", "10", "-reset_timestamps", "1"]
    _run(["-stream_loop", "2", "-i", str(clip), *split, str(folder / "part%03d.mp4")])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    written = sum(part.stat().st_size for part in folder.glob("part*.mp4"))
    video = folder / "video.h264"
    _run(["-i", str(clip), "-c", "copy", str(video)])
    return [
        Figure(
            name="ffmpeg segment muxer: bytes in files by byte of video",
            value=written / 3 / video.stat().st_size,
            unit="",
        ),
        Figure(name="ffmpeg segment muxer: CPU by stream", value=100 * cpu_s / 60, unit="% of a core"),
    ]


def _run(arguments: list[str]) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True)


def _open_and_seek(path: Path) -> list[Figure]:
    bench = used_card(path, 16)
    ring = bench.open()
    begun_us = bench.clock.now_us
    bench.record(ring, 16, 2_000_000, 120)
    bench.device.reset()
    began, cpu = time.monotonic(), time.process_time()
    ring = bench.open()
    opened_s, cpu_s = time.monotonic() - began, time.process_time() - cpu
    reads, megabytes = bench.device.reads, bench.device.read_bytes / 1e6
    counts, times = asyncio.run(_seek(bench, ring, begun_us, bench.clock.now_us))
    path.unlink()
    return [
        Figure(name="open after a crash, half a lot written: reads", value=reads, unit="", beside="goal 200"),
        Figure(name="open after a crash: read", value=megabytes, unit="MB"),
        Figure(name="open after a crash: time", value=opened_s, unit="s", beside="goal 0.5"),
        Figure(name="open after a crash: CPU", value=cpu_s, unit="s"),
        Figure(
            name="seek to a random time, nothing cached: reads",
            value=sum(counts) / len(counts),
            unit="",
            beside="goal 3",
        ),
        Figure(name="seek: median", value=1000 * median(times), unit="ms"),
        Figure(name="seek: 99 %", value=1000 * sorted(times)[len(times) * 99 // 100], unit="ms", beside="goal 20"),
    ]


async def _seek(bench: Bench, ring: Ring, begin_us: int, end_us: int) -> tuple[list[int], list[float]]:
    rng = random.Random(1)
    counts, times = [], []
    for _ in range(300):
        ring._reader._directories._kept.clear()
        bench.device.reset()
        began = time.monotonic()
        gop = await ring.gop_at(rng.randint(1, 16), rng.randrange(begin_us, end_us), forward=True)
        times.append(time.monotonic() - began)
        assert gop is not None
        counts.append(bench.device.reads)
    return counts, times


def _timeline(path: Path) -> list[Figure]:
    bench = used_card(path, 4, spans=48_000)
    ring = bench.open()
    times = []
    for _ in range(15):
        began = time.monotonic()
        spans = ring.spans(1)
        times.append(1000 * (time.monotonic() - began))
    assert len(spans) == 48_000
    began = time.monotonic()
    size = len(snapshot.encode(snapshot.State(index=ring._index), 0))
    encoded_s = time.monotonic() - began
    room = Volume.open(bench.device).geometry.snapshot_bytes
    path.unlink()
    return [
        Figure(name="48,000 spans: first answer", value=times[0], unit="ms"),
        figure("48,000 spans: again", times[1:], "ms", "goal 15"),
        Figure(name="48,000 spans: snapshot", value=size / 1e6, unit="MB", beside=f"room {room / 1e6:.1f}"),
        Figure(name="48,000 spans: building the snapshot", value=1000 * encoded_s, unit="ms"),
    ]


def _memory() -> list[Figure]:
    figures = []
    for tracks in (1, 16):
        tracemalloc.start()
        index = Index()
        fill(index, 4000, tracks, 1, 4 * S)
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        figures.append(Figure(name=f"index memory by segment, {tracks} tracks", value=taken / 4000, unit="B"))
    return figures
