"""A ring against a model that is nothing but lists, over any order of whatever can happen to a recorder."""

import random
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.crash.ledger import Ledger
from tests.crash.oracle import Case, Opened, Verdict
from tests.crash.workload import AUDIO, CONFIG, START_US, VIDEO, HandClock, is_durable, open_ring, read_all
from tests.unit.store.memory_device import FATES, MemoryDevice, Write, survive

from argus.base.access_unit import AccessUnit
from argus.base.units import US_PER_S
from argus.store.volume import Geometry
from argus.store.volume_file import format_volume

TRACKS = st.integers(1, 4)
SEEDS = st.integers(0, 1 << 32)


class Recorder(RuleBasedStateMachine):
    """Tracks 1 to 3 are video, 4 is audio. After every rule the ring must hold what the ledger says."""

    def __init__(self) -> None:
        super().__init__()
        geometry = Geometry.of(CONFIG.size_bytes, CONFIG.segment_bytes)
        self.device = MemoryDevice(bytes(geometry.size_bytes))
        format_volume(self.device, geometry, START_US)
        self.durable = bytearray(self.device.image)
        self.device.log.clear()
        self.clock = HandClock(START_US)
        self.ledger = Ledger(lambda: len(self.device.log))
        self.ledger.promise(self.clock.now_us)
        self.ring = open_ring(self.device, self.clock, self.ledger)
        self.damaged = False

    # -- what a recorder does -----------------------------------------------------------------------------------

    @rule(track_id=TRACKS, seconds=st.integers(1, 6), large=st.booleans(), ticks=st.booleans(), seed=SEEDS)
    def film(self, track_id: int, seconds: int, large: bool, ticks: bool, seed: int) -> None:
        rng, track = random.Random(seed), self.ledger.track(track_id)
        if track.forgotten:
            return
        for _ in range(seconds):
            for number in range(4):
                utc_us = self.clock.now_us + number * US_PER_S // 4
                last = track.sent[-1].unit.utc_us if track.sent else None
                gap = track.ended or last is None or not 0 <= utc_us - last <= 2 * US_PER_S
                unit = AccessUnit(
                    format=AUDIO if track_id == 4 else VIDEO[0],
                    data=rng.randbytes(9_000 if large and number == 0 else rng.randint(40, 900)),
                    key_frame=track_id == 4 or gap or (number == 0 and rng.random() < 0.8),
                    utc_us=utc_us,
                    mono_ns=self.clock.now_ns,
                )
                if utc_us != last:
                    self.ring.append(track_id, unit)
                    track.send(unit, self.ledger.life)
            self.clock.pass_time(1)
            if ticks:
                self.tick()

    @rule()
    def tick(self) -> None:
        self.ring.tick()
        assert is_durable(self.ring)
        self.ledger.promise(self.clock.now_us)

    @rule()
    def retain(self) -> None:
        self.ring.apply_retention()
        self.tick()

    @rule(track_id=TRACKS)
    def end_span(self, track_id: int) -> None:
        self.ring.end_span(track_id)
        self.ledger.track(track_id).ended = True

    @rule(track_id=st.just(1))
    def forget(self, track_id: int) -> None:
        self.ring.forget(track_id)
        self.ledger.track(track_id).forgotten = True

    @rule(track_id=TRACKS, seconds=st.sampled_from([0, 3, 10, 40]))
    def set_retention(self, track_id: int, seconds: int) -> None:
        self.ring.set_retention(track_id, seconds * US_PER_S)
        self.ledger.retention_us[track_id] = seconds * US_PER_S

    # -- what happens to it -------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 4, 30]))
    def nothing_is_filmed(self, seconds: int) -> None:
        self.clock.pass_time(seconds)

    @rule(seconds=st.sampled_from([-20, -3, -1.5, 3, 20]))
    def step_clock(self, seconds: float) -> None:
        self.clock.now_us += int(seconds * US_PER_S)

    @rule()
    def restart(self) -> None:
        self.tick()
        self.ring.close()
        self._open()

    @rule()
    def kill(self) -> None:
        self._open()

    @rule(fate=st.sampled_from(FATES), seed=SEEDS, call=st.integers(0, 4))
    def cut_power(self, fate: str, seed: int, call: int) -> None:
        """In the middle of a tick, if it gets that far."""
        left = [call]

        def before() -> None:
            left[0] -= 1
            if left[0] < 0:
                raise PowerCut

        self.device.before = before
        try:
            self.ring.tick()
            self.ledger.promise(self.clock.now_us)
        except PowerCut:
            pass
        volatile: list[Write] = []
        for entry in self.device.log:
            if isinstance(entry, Write):
                volatile.append(entry)
            else:
                survive(self.durable, volatile, "all", random.Random(seed))
                volatile.clear()
        survive(self.durable, volatile, fate, random.Random(seed))
        log = self.device.log
        self.device = MemoryDevice(self.durable)
        self.device.log = log
        log.clear()
        self._open()

    def _open(self) -> None:
        self.device.before = None
        self.ring = open_ring(self.device, self.clock, self.ledger)
        self.ledger.restart(lambda track_id: (unit for gop in read_all(self.ring, track_id) for unit in gop.units))
        for track_id, retention_us in self.ledger.retention_us.items():
            self.ring.set_retention(track_id, retention_us)
        for track_id, track in self.ledger.tracks.items():
            if track.forgotten:
                self.ring.forget(track_id)
        self.ring.tick()
        self.ledger.promise(self.clock.now_us)

    # -- what must hold -----------------------------------------------------------------------------------------

    @invariant()
    def the_ring_holds_what_was_promised(self) -> None:
        for track in self.ledger.tracks.values():
            track.times_of.clear()
            track.gone_after.clear()
        forgotten = frozenset(track_id for track_id, track in self.ledger.tracks.items() if track.forgotten)
        promised = self.ledger.promises[-1]
        told = {track_id: len(track.deleted) for track_id, track in self.ledger.tracks.items()}
        known = replace(
            promised,
            now_us=self.clock.now_us,
            told=told,
            forgotten=forgotten,
            retention_us=dict(self.ledger.retention_us),
        )
        if self.damaged:
            known = replace(known, promised={})
        case = Case(self.ledger, known, known, self.device.image, rotten=self.damaged)
        verdict = Verdict()
        opened = Opened(self.device, self.clock)
        opened.ring = self.ring
        case._judge_tracks(opened, verdict, backwards=not self.damaged)
        if self.damaged:
            # Where a chunk is damaged its span cannot be told from outside.
            del verdict.wrong["spans"]
        assert not verdict.wrong, verdict.example
        for track_id, count in verdict.survived.items():
            assert self.damaged or count <= promised.promised.get(track_id, 0), "not durable, but served"


class DamagedRecorder(Recorder):
    """Once something is damaged footage may be missing, but nothing else may be wrong."""

    @precondition(lambda self: self.ledger.promises[-1].promised)
    @rule(place=st.floats(0, 1), size=st.integers(1, 6000), seed=SEEDS)
    def damage(self, place: float, size: int, seed: int) -> None:
        """Anything behind the head of the volume; from then on footage may be missing."""
        geometry = Geometry.of(CONFIG.size_bytes, CONFIG.segment_bytes)
        first = geometry.data_offset
        # Where something was written, mostly: the slots are taken in order.
        used = max(1, min(geometry.data_segments, max(self.ring._index.segments, default=1))) * geometry.segment_bytes
        offset = first + int(place * (used - size))
        data = random.Random(seed).randbytes(size)
        self.device.image[offset : offset + size] = data
        self.durable[offset : offset + size] = data
        self.damaged = True


class PowerCut(BaseException):
    """No more of this process."""


_SETTINGS = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
TestRecorder = Recorder.TestCase
TestRecorder.settings = _SETTINGS
TestDamagedRecorder = DamagedRecorder.TestCase
TestDamagedRecorder.settings = _SETTINGS
