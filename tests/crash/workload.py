"""A recorder's life, drawn at random: stops, gaps, clock steps, retention, deletion, exports, refusals, kills."""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass, field

from tests.crash.ledger import Ledger
from tests.unit.store.memory_device import Entry, MemoryDevice

from argus.base.access_unit import AccessUnit, Codec, StreamFormat
from argus.base.errors import Unavailable
from argus.base.units import US_PER_S
from argus.store.ring.label import TrackLabel
from argus.store.ring.reclaim import Protection
from argus.store.ring.ring import Gop, Ring, RingConfig
from argus.store.ring.volume import Geometry, Volume
from argus.store.ring.volume_file import format_volume

START_US = 1_767_225_600_000_000
CONFIG = RingConfig(size_bytes=768 << 10, segment_bytes=64 << 10)
VIDEO = tuple(
    StreamFormat(codec=Codec.H264, width=width, height=360, frame_rate=5.0, parameter_sets=(b"\x67sps", b"\x68pps"))
    for width in (640, 480)
)
AUDIO = StreamFormat(codec=Codec.PCMU, clock_hz=8000)
METADATA = StreamFormat(codec=Codec.METADATA)
LOST_FOR_GOOD = 100


class Killed(BaseException):
    """The process is gone in the middle of a call to the device."""


class HandClock:
    """A clock that is set by hand and never waits."""

    def __init__(self, utc_us: int, mono_ns: int = 1_000_000_000) -> None:
        self.now_us = utc_us
        self.now_ns = mono_ns

    def utc_us(self) -> int:
        return self.now_us

    def mono_ns(self) -> int:
        return self.now_ns

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing waits here")

    def pass_time(self, seconds: float) -> None:
        self.now_us += int(seconds * US_PER_S)
        self.now_ns += int(seconds * 1e9)


def open_ring(device: MemoryDevice, clock: HandClock, ledger: Ledger) -> Ring:
    return Ring(Volume.open(device), CONFIG, clock, ledger.tell)


def read_all(ring: Ring, track_id: int, *, hidden: bool = False) -> list[Gop]:
    """Every GOP that can be read, forwards; with `hidden` also what is too old to be served.

    Below the coroutines: thousands of states are read.
    """
    if track_id in ring._forgotten:
        return []
    limit_us = -(1 << 62) if hidden else ring._retention.limit_us(track_id)
    gops: list[Gop] = []
    gop = ring._reader.from_time(track_id, -(1 << 62), limit_us)
    while gop is not None:
        gops.append(gop)
        gop = ring._reader.after(gop, limit_us)
    return gops


def read_back(ring: Ring, track_id: int) -> list[AccessUnit]:
    """Every unit that can be read from the end backwards, in order of time."""
    if track_id in ring._forgotten:
        return []
    limit_us = ring._retention.limit_us(track_id)
    gops: list[Gop] = []
    gop = ring._reader.until(track_id, 1 << 62, limit_us)
    while gop is not None:
        gops.append(gop)
        gop = ring._reader.before(gop, limit_us)
    return [unit for gop in reversed(gops) for unit in gop.units]


def is_durable(ring: Ring) -> bool:
    """Whether everything given to the ring is."""
    try:
        ring.flush().send(None)
    except StopIteration:
        return True
    except Unavailable:
        return False
    raise AssertionError("flush waits for a thread that is not running")


@dataclass(slots=True)
class Camera:
    """One track's source."""

    track_id: int
    kind: str
    retention_us: int = 0
    quota_bytes: int = 0
    format: StreamFormat = AUDIO
    next_us: int = 0


@dataclass(slots=True)
class Workload:
    """A device, the ring on it, and the ledger of what was asked and promised."""

    seed: int
    ticks: int
    device: MemoryDevice = field(init=False)
    ledger: Ledger = field(init=False)
    start: bytes = b""
    cameras: list[Camera] = field(default_factory=list)
    rng: random.Random = field(init=False)
    clock: HandClock = field(init=False)
    ring: Ring = field(init=False)
    names: int = 0
    keeper: random.Random = field(init=False)
    protections: list[Protection] = field(default_factory=list)

    def run(self) -> Workload:
        """Live it; the log and the ledger tell the story."""
        self.rng = random.Random(self.seed)
        self.keeper = random.Random(f"keeper {self.seed}")
        self.clock = HandClock(START_US)
        self.device = self._used_device()
        self.start = bytes(self.device.image)
        self.ledger = Ledger(self.device.log)
        self.ledger.promise(self.clock.now_us)
        self.ring = open_ring(self.device, self.clock, self.ledger)
        for kind in ("video", "video", "audio", "metadata"):
            self._add_camera(kind)
        for _ in range(self.ticks):
            self._live_one_tick()
        return self

    @property
    def log(self) -> list[Entry]:
        return self.device.log

    def _used_device(self) -> MemoryDevice:
        """Freshly formatted, on a medium that an earlier volume of the same cut has filled."""
        geometry = Geometry.of(CONFIG.size_bytes, CONFIG.segment_bytes)
        device = MemoryDevice(bytes(geometry.size_bytes))
        format_volume(device, geometry, START_US)
        ring = Ring(Volume.open(device), CONFIG, self.clock, lambda *_: None)
        for number in range(40):
            data = self.rng.randbytes(20_000)
            time_us = START_US + number * US_PER_S
            ring.append(1, AccessUnit(format=VIDEO[0], data=data, key_frame=True, utc_us=time_us, mono_ns=number))
            ring.tick()
        format_volume(device, geometry, START_US)
        return MemoryDevice(device.image)

    def _add_camera(self, kind: str) -> None:
        self.names += 1
        camera = Camera(self.names, kind)
        camera.format = {"video": VIDEO[0], "audio": AUDIO, "metadata": METADATA}[kind]
        self.cameras.append(camera)
        if self.rng.random() < 0.5:
            self._set_retention(camera)
        if self.rng.random() < 0.5:
            self._set_quota(camera)

    def _live_one_tick(self) -> None:
        self._something_happens()
        if self.seed % 3 == 2:
            self._protect_something()
            # Its recording comes into a lane of its own, or out of it, while it goes on.
            if self.keeper.random() < 0.15:
                self._set_quota(self.keeper.choice(self.cameras))
        for _ in range(self.rng.choice((1, 1, 1, 1, 2, 5))):
            for camera in self.cameras:
                if self.rng.random() < 0.9:
                    self._film(camera)
            self.clock.pass_time(1)
        if self.rng.random() < 0.3:
            self.ring.apply_retention()
        self._tick()

    def _tick(self) -> None:
        """A tick; in a few of them the device refuses, or the process dies on the way."""
        chance = self.rng.random()
        if chance < 0.04:
            self.device.refusals = self.rng.choice((1, 1, 2))
            # The flush refuses rather than the write before it.
            if self.rng.random() < 0.7:
                self._refuse_from(self.rng.randrange(1, 4))
        elif chance < 0.08:
            self._kill_at(self.rng.randrange(4))
        try:
            self.ring.tick()
        except Killed:
            self._restart()
            return
        finally:
            self.device.before = None
        while not is_durable(self.ring):
            self.clock.pass_time(3)
        self.ledger.promise(self.clock.now_us)

    def _refuse_from(self, call: int) -> None:
        refusals, self.device.refusals = self.device.refusals, 0
        left = [call]

        def before() -> None:
            left[0] -= 1
            if left[0] == 0:
                self.device.refusals = refusals

        self.device.before = before

    def _kill_at(self, call: int) -> None:
        left = [call]

        def before() -> None:
            if left[0] == 0:
                raise Killed
            left[0] -= 1

        self.device.before = before

    def _restart(self) -> None:
        """Another process opens the device; the page cache still holds what the first one wrote."""
        self.device.before = None
        self.device.refusals = 0
        if self.rng.random() < 0.3:
            self.clock.pass_time(self.rng.choice((1, 20)))
        if self.rng.random() < 0.3:
            with contextlib.suppress(Killed):
                self._kill_at(self.rng.randrange(3))
                open_ring(self.device, self.clock, self.ledger).tick()
            self.device.before = None
        self.protections.clear()
        self.ring = open_ring(self.device, self.clock, self.ledger)
        self.ledger.restart(
            lambda track_id: (unit for gop in read_all(self.ring, track_id, hidden=True) for unit in gop.units)
        )
        for camera in self.cameras:
            self.ring.set_retention(camera.track_id, camera.retention_us)
            if camera.quota_bytes:
                self.ring.set_quota(f"R{camera.track_id}", camera.quota_bytes)
        # A deletion that was asked for is asked for again, as whoever keeps the configuration does.
        for track_id, track in self.ledger.tracks.items():
            if track.forgotten:
                self.ring.forget(track_id)

    def _something_happens(self) -> None:
        rng = self.rng
        chance = rng.random()
        camera = rng.choice(self.cameras)
        if chance < 0.08:
            self.ring.end_span(camera.track_id)
            self.ledger.track(camera.track_id).ended = True
        elif chance < 0.14:
            self.clock.pass_time(rng.choice((3, 8)))
        elif chance < 0.17:
            self.clock.now_us += rng.choice((-9, -3, -1, 4)) * US_PER_S
        elif chance < 0.23:
            self._set_retention(camera)
        elif chance < 0.25 and camera.kind == "video":
            camera.format = VIDEO[1 - VIDEO.index(camera.format)]
            self.ledger.track(camera.track_id).spans += 0
            camera.next_us = -1
        elif chance < 0.28:
            self.ring.forget(camera.track_id)
            self.ledger.track(camera.track_id).forgotten = True
            self.cameras.remove(camera)
            self._add_camera(camera.kind)
        elif chance < 0.31:
            self.ring.close()
            if is_durable(self.ring):
                self.ledger.promise(self.clock.now_us)
            self._restart()
        elif chance < 0.33:
            self._restart()

    def _protect_something(self) -> None:
        """Somebody exports footage for a while: what is given up meanwhile is not simply the oldest."""
        for protection in self.protections:
            if self.keeper.random() < 0.3:
                protection.release()
        if self.keeper.random() < 0.3:
            some = [camera.track_id for camera in self.cameras if self.keeper.random() < 0.5]
            start_us = self.clock.now_us - self.keeper.randrange(30) * US_PER_S
            # More than half of the volume cannot be kept.
            with contextlib.suppress(Unavailable):
                self.protections.append(self.ring.protect(some, start_us, start_us + 8 * US_PER_S))
                self.ledger.scattered = True

    def _set_retention(self, camera: Camera) -> None:
        camera.retention_us = self.rng.choice((0, 4, 8, 8, 15, 15, 30)) * US_PER_S
        self.ring.set_retention(camera.track_id, camera.retention_us)
        self.ledger.retention_us[camera.track_id] = camera.retention_us

    def _set_quota(self, camera: Camera) -> None:
        """Far from reached by most: a quota means a lane of its own."""
        label = TrackLabel(recording=f"R{camera.track_id}", track="T", kind=camera.format.codec.kind)
        self.ring.set_label(camera.track_id, label)
        camera.quota_bytes = self.rng.choice((130, 200, 4000)) << 10
        self.ring.set_quota(label.recording, camera.quota_bytes)

    def _film(self, camera: Camera) -> None:
        rng, track = self.rng, self.ledger.track(camera.track_id)
        count = {"video": 5, "audio": 4, "metadata": 1}[camera.kind]
        for number in range(count):
            offset_us = number * US_PER_S // count
            if camera.kind == "video" and number and rng.random() < 0.03:
                offset_us -= US_PER_S // count
            utc_us = self.clock.now_us + offset_us
            last = track.sent[-1].unit.utc_us if track.sent else None
            gap = track.ended or last is None or not 0 <= utc_us - last <= 2 * US_PER_S
            key = camera.kind != "video" or gap or camera.next_us < 0 or (number == 0 and rng.random() < 0.8)
            camera.next_us = 0
            size = rng.choice((300, 900, 3000)) if camera.kind == "video" else rng.choice((90, 700))
            if camera.kind == "video" and key:
                size = rng.choice((2_000, 6_000, 25_000)) if rng.random() < 0.3 else size
            unit = AccessUnit(
                format=camera.format,
                data=rng.randbytes(rng.randint(30, size)),
                key_frame=key,
                utc_us=utc_us,
                mono_ns=self.clock.now_ns + offset_us * 1000 + rng.randint(-500, 500),
            )
            if camera.kind != "video" and last is not None and utc_us == last:
                continue
            self.ring.append(camera.track_id, unit)
            track.send(unit, self.ledger.life)
