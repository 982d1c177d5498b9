"""A ring against a model that is nothing but lists, over any order of whatever can happen to a recorder.

Through the public API alone. Nothing older than its retention is served, nothing that was promised is lost unless its
deletion was told, times, bytes and order are those that were sent, and the deletions of a track tile.
"""

from __future__ import annotations

import errno
import random
from typing import Any

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.crash.workload import AUDIO, METADATA, START_US, VIDEO, HandClock
from tests.unit.store.bench_ring import BenchRing
from tests.unit.store.memory_device import FATES, FLUSH, Write
from tests.unit.store.plain_model import Limits, PlainTrack

from argus.base.access_unit import AccessUnit
from argus.base.errors import NotFound, Unavailable
from argus.base.units import US_PER_S
from argus.store.ring.label import TrackLabel
from argus.store.ring.ring import RingConfig
from argus.store.ring.volume import Geometry

# A queue that a busy minute without a tick fills.
CONFIG = RingConfig(size_bytes=768 << 10, segment_bytes=64 << 10, queue_units=150, queue_bytes=160 << 10)
FORMATS = {1: VIDEO[0], 2: VIDEO[0], 3: VIDEO[1], 4: AUDIO, 5: METADATA}
RECORDINGS = {1: "A", 2: "B", 3: "B", 4: "B", 5: "C"}
TRACKS = st.sampled_from(sorted(FORMATS))
SEEDS = st.integers(0, 1 << 32)
HOUR_S = 3600
# Labels, quotas and protection are promised by rings that have them.


class Recorder(RuleBasedStateMachine):
    """Tracks 1 to 3 are video, 4 is audio, 5 metadata."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = HandClock(START_US)
        self.tracks = {track_id: PlainTrack() for track_id in FORMATS}
        self.retention_us = dict.fromkeys(FORMATS, 0)
        # How far the wall clock ever was ahead of monotonic time.
        self.ahead_us = self._ahead_us()
        self.protected: list[tuple[int, int, int, Any]] = []
        self.quota_bytes: dict[str, int] = {}
        self.bench = BenchRing(CONFIG, self.clock, START_US, self._deleted)

    @property
    def ring(self):
        return self.bench.ring

    def teardown(self) -> None:
        self.bench.loop.close()

    @initialize(seconds=st.tuples(*[st.sampled_from([0, 0, 3, 10, 40, 120])] * len(FORMATS)))
    def configure(self, seconds: tuple[int, ...]) -> None:
        self._set_labels()
        for track_id, retention_s in zip(FORMATS, seconds, strict=True):
            self.set_retention(track_id, retention_s)

    # -- what a recorder does -----------------------------------------------------------------------------------

    @rule(track_id=TRACKS, seconds=st.integers(1, 6), large=st.booleans(), ticks=st.booleans(), seed=SEEDS)
    def film(self, track_id: int, seconds: int, large: bool, ticks: bool, seed: int) -> None:
        rng = random.Random(seed)
        for _ in range(seconds):
            for number in range(4):
                self._send(track_id, number, 9_000 if large and number == 0 else rng.randint(40, 900), rng)
            self._pass_time(1)
            if ticks:
                self.tick()

    @rule(seconds=st.integers(2, 20), large=st.booleans(), seed=SEEDS)
    def film_all(self, seconds: int, large: bool, seed: int) -> None:
        """As a recorder does: everything at once, a tick each second, retention now and then."""
        rng = random.Random(seed)
        for second in range(seconds):
            for number in range(4):
                for track_id in FORMATS:
                    if number == 0 or track_id != 5:
                        self._send(track_id, number, 4_000 if large and number == 0 else rng.randint(40, 900), rng)
            self._pass_time(1)
            if second % 5 == 0:
                self.ring.apply_retention()
            self.tick()

    @rule(track_id=st.integers(1, 3), seed=SEEDS)
    def film_too_much(self, track_id: int, seed: int) -> None:
        """The queue is bounded: what it refuses is lost, and the track goes on with a clean point."""
        rng = random.Random(seed)
        for _ in range(45):
            for number in range(4):
                self._send(track_id, number, 900, rng)
            self._pass_time(1)

    @rule()
    def tick(self) -> None:
        self.ring.tick()
        self._promise()

    @rule()
    def retain(self) -> None:
        self.ring.apply_retention()
        self.tick()

    @rule(track_id=TRACKS)
    def end_span(self, track_id: int) -> None:
        self.ring.end_span(track_id)
        self.tracks[track_id].ended = True

    @rule(track_id=st.sampled_from([1, 5]))
    def forget(self, track_id: int) -> None:
        self.ring.forget(track_id)
        self.tracks[track_id].forgotten = True

    @rule(track_id=TRACKS, seconds=st.sampled_from([0, 3, 10, 40, 120]))
    def set_retention(self, track_id: int, seconds: int) -> None:
        self.ring.set_retention(track_id, seconds * US_PER_S)
        self.retention_us[track_id] = seconds * US_PER_S

    # -- what happens to it -------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 4, 30, 700]))
    def nothing_is_filmed(self, seconds: int) -> None:
        self._pass_time(seconds)

    @rule(seconds=st.sampled_from([-20, -3, -1.5, 0.3, 3, 20]))
    def step_clock(self, seconds: float) -> None:
        self.clock.now_us += int(seconds * US_PER_S)
        self.ahead_us = max(self.ahead_us, self._ahead_us())

    @rule(hours=st.sampled_from([-30, -2, 2, 30, 24 * 400]), waits=st.booleans())
    def clock_is_far_off(self, hours: int, waits: bool) -> None:
        """And comes back, in time or not."""
        self.step_clock(hours * HOUR_S)
        self.retain()
        if waits:
            self._pass_time(700)
            self.retain()
        self.step_clock(-hours * HOUR_S)

    @rule()
    def restart(self) -> None:
        self.tick()
        self.ring.close()
        self._open()

    @rule()
    def kill(self) -> None:
        """What was written is still in the page cache."""
        self._open()

    @rule(fate=st.sampled_from(FATES), seed=SEEDS, call=st.integers(0, 6))
    def cut_power(self, fate: str, seed: int, call: int) -> None:
        """In the middle of a tick, if it gets that far."""
        if not self.bench.tick_until(call):
            self._promise()
        self.bench.card = self.bench.card.after_power_cut(fate, random.Random(seed))
        self._open()

    @rule(fate=st.sampled_from(FATES), seed=SEEDS, call=st.integers(0, 4), seconds=st.integers(0, 5))
    def pull_card(self, fate: str, seed: int, call: int, seconds: int) -> None:
        """It is pulled while it is written, missed for a while, and put in again: a ring is opened on it anew."""
        left = [call]

        def before() -> None:
            left[0] -= 1
            if left[0] < 0:
                self.bench.card.gone = True
                raise OSError(errno.ENODEV, "No such device")

        self.bench.card.before = before
        self.ring.tick()
        if not self.bench.card.gone:
            self._promise()
        self.bench.card.gone = True
        for _ in range(seconds):
            for number in range(4):
                self._send(2, number, 500, random.Random(seed + number))
            self._pass_time(2)
            self.ring.apply_retention()
            self.ring.tick()
            self.ring.spans(2)
        self.ring.close()
        self.bench.card = self.bench.card.after_power_cut(fate, random.Random(seed))
        self._open()

    @rule(refusals=st.integers(1, 7), call=st.integers(1, 3), seed=SEEDS)
    def refuse(self, refusals: int, call: int, seed: int) -> None:
        """The card refuses a few writes or flushes; in the end everything is there all the same."""
        left = [call]

        def before() -> None:
            left[0] -= 1
            if left[0] == 0:
                self.bench.card.refusals = refusals

        self.bench.card.before = before
        for number in range(4):
            self._send(3, number, 500, random.Random(seed + number))
        self._pass_time(1)
        for _ in range(12):
            self.ring.tick()
            self._pass_time(3)
        self.bench.card.before = None
        self.bench.card.refusals = 0
        self._pass_time(6)
        self.tick()

    # -- what must hold -----------------------------------------------------------------------------------------

    @invariant()
    def the_ring_holds_what_was_promised(self) -> None:
        for track_id, track in self.tracks.items():
            gops = self.bench.forwards(track_id)
            try:
                track.judge(gops, self.bench.backwards(track_id), self.ring.spans(track_id), self._limits(track_id))
                self._judge_seeks(track_id, gops)
            except AssertionError:
                note(f"track {track_id}")
                raise

    @rule(track_id=TRACKS, place=st.floats(0, 1))
    def protect(self, track_id: int, place: float) -> None:
        """Footage from somewhere to the newest is not given up, neither for space nor for a quota."""
        gops = self.bench.forwards(track_id)
        if not gops:
            return
        start_us, end_us = gops[int(place * (len(gops) - 1))].start_us, gops[-1].units[-1].utc_us
        try:
            protection = self.ring.protect([track_id], start_us, end_us)
        except Unavailable:
            # More than half of the volume. What is protected already stays so.
            return
        self.protected.append((track_id, start_us, end_us, protection))
        self._scatter()

    @precondition(lambda self: self.protected)
    @rule()
    def release(self) -> None:
        *_, protection = self.protected.pop()
        protection.release()

    @rule(recording=st.sampled_from("ABC"), limit_bytes=st.sampled_from([0, 0, 100_000, 250_000]))
    def set_quota(self, recording: str, limit_bytes: int) -> None:
        self.ring.set_quota(recording, limit_bytes)
        self.quota_bytes[recording] = limit_bytes
        self._scatter()

    # -- parts --------------------------------------------------------------------------------------------------

    def _send(self, track_id: int, number: int, size_bytes: int, rng: random.Random) -> None:
        """One of four units of a second. Video mostly has a clean point each second."""
        track = self.tracks[track_id]
        utc_us = self.clock.now_us + number * US_PER_S // 4
        unit = AccessUnit(
            format=FORMATS[track_id],
            data=rng.randbytes(size_bytes),
            key_frame=True,
            utc_us=utc_us,
            mono_ns=self.clock.now_ns + number * 250_000_000 + rng.randint(-500, 500),
        )
        if track_id <= 3 and not track.begins_span(unit) and (number or rng.random() < 0.2):
            unit = AccessUnit(format=unit.format, data=unit.data, key_frame=False, utc_us=utc_us, mono_ns=unit.mono_ns)
        if track.sent and track.sent[-1].unit.utc_us == utc_us:
            return
        try:
            self.ring.append(track_id, unit)
        except NotFound:
            assert track.forgotten
        except Unavailable:
            track.ended = True
        else:
            assert not track.forgotten
            track.send(unit)

    def _promise(self) -> None:
        """Everything sent is durable now."""
        assert self.bench.is_durable()
        for track in self.tracks.values():
            track.durable = len(track.sent)

    def _open(self) -> None:
        """Another life. What the configuration says is asked for again; protection ends with the life."""
        self.protected.clear()
        self.bench.open()
        for track_id, track in self.tracks.items():
            track.crash([unit for gop in self.bench.forwards(track_id) for unit in gop.units])
        for track_id, track in self.tracks.items():
            self.ring.set_retention(track_id, self.retention_us[track_id])
            if track.forgotten:
                self.ring.forget(track_id)
        self._set_labels()
        for recording, limit_bytes in self.quota_bytes.items():
            self.ring.set_quota(recording, limit_bytes)
        self.tick()

    def _set_labels(self) -> None:
        for track_id, recording in RECORDINGS.items():
            kind = FORMATS[track_id].codec.kind
            self.ring.set_label(track_id, TrackLabel(recording=recording, track=str(track_id), kind=kind))

    def _scatter(self) -> None:
        """A segment holds footage of many tracks, and a quota moves recordings from one open segment to another."""
        for track in self.tracks.values():
            track.scattered = True

    def _deleted(self, track_id: int, start_us: int, end_us: int) -> None:
        self.tracks[track_id].tell(start_us, end_us)
        for protected_id, first_us, last_us, _ in self.protected:
            if protected_id == track_id and start_us <= last_us and end_us > first_us:
                expired = max(start_us, first_us) < self._limits(track_id).perhaps_us
                assert expired or self.tracks[track_id].forgotten, f"{start_us} to {end_us} was protected"

    def _pass_time(self, seconds: float) -> None:
        self.clock.pass_time(seconds)

    def _ahead_us(self) -> int:
        return self.clock.now_us - self.clock.now_ns // 1000

    def _limits(self, track_id: int) -> Limits:
        if not self.retention_us[track_id]:
            return Limits(-(1 << 62), -(1 << 62))
        latest_us = self.ahead_us + self.clock.now_ns // 1000
        return Limits(self.clock.now_us - self.retention_us[track_id], latest_us - self.retention_us[track_id])

    def _judge_seeks(self, track_id: int, gops: list) -> None:
        """A seek finds the GOP with the time in it, else the next in the direction asked for."""
        if track_id > 3 or not gops:
            return
        rng = random.Random(len(gops))
        for _ in range(3):
            gop = rng.choice(gops)
            wanted_us = rng.randint(gop.start_us, gop.units[-1].utc_us)
            for forward in (True, False):
                found = self.bench.run(self.ring.gop_at(track_id, wanted_us, forward=forward))
                assert found == gop, f"sought {wanted_us}, found {found and found.start_us} instead of {gop.start_us}"


class DamagedRecorder(Recorder):
    """Once something is damaged footage may be missing, but nothing else may be wrong."""

    @precondition(lambda self: any(track.durable for track in self.tracks.values()))
    @rule(place=st.floats(0, 1), size=st.integers(1, 6000), seed=SEEDS)
    def damage(self, place: float, size: int, seed: int) -> None:
        """Anything behind the head of the volume, mostly where something was written: slots are taken in order."""
        card, geometry = self.bench.card, Geometry.of(CONFIG.size_bytes, CONFIG.segment_bytes)
        ends = [entry.offset + len(entry.data) for entry in card.log if isinstance(entry, Write)]
        used = max([geometry.data_offset + geometry.segment_bytes, *ends]) - geometry.data_offset
        offset = geometry.data_offset + int(place * (used - size))
        data = random.Random(seed).randbytes(size)
        # It is on the medium at once, whatever is flushed later.
        card.image[offset : offset + size] = data
        card.log.append(Write(offset, data))
        card.log.append(FLUSH)
        for track in self.tracks.values():
            track.damaged = True


_SETTINGS = settings(max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
TestRecorder = Recorder.TestCase
TestRecorder.settings = _SETTINGS
TestDamagedRecorder = DamagedRecorder.TestCase
TestDamagedRecorder.settings = _SETTINGS
