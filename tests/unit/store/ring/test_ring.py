import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.store.camera import AUDIO, CONFIG, FRAME_US, METADATA, START_US, VIDEO, Station, new_device

from argus.base.access_unit import AccessUnit
from argus.base.clock import SimulatedClock, SystemClock
from argus.base.errors import InvalidValue, NotFound, Unavailable
from argus.store.ring.ring import Ring, RingConfig, Span

S = 1_000_000


@pytest.fixture
def station() -> Station:
    return Station(new_device())


@pytest.fixture
def rng() -> random.Random:
    return random.Random(7)


async def test_what_was_recorded_is_read_back_exactly(station: Station, rng: random.Random) -> None:
    await station.record(1, 6, rng)
    assert await station.replay(1) == station.sent[1]
    assert await station.rewind(1) == station.sent[1]
    assert station.ring.spans(1) == (Span(start_us=START_US, end_us=START_US + 6 * S - FRAME_US, growing=True),)


async def test_only_durable_units_are_seen(station: Station, rng: random.Random) -> None:
    station.append(1, station.frame(0, rng, 100, key=True))
    assert station.ring.spans(1) == ()
    assert await station.ring.gop_at(1, START_US, forward=True) is None
    station.ring.tick()
    assert len(await station.replay(1)) == 1


async def test_one_tick_costs_one_write_and_one_flush_for_any_number_of_tracks(
    station: Station, rng: random.Random
) -> None:
    await station.record(9, 1, rng, bytes_per_frame=60)
    station.device.log.clear()
    for track_id in range(1, 9):
        station.append(track_id, station.frame(0, rng, 200, key=True))
    station.ring.tick()
    assert [entry is None for entry in station.device.log] == [False, True]


async def test_footage_survives_a_restart(station: Station, rng: random.Random) -> None:
    await station.record(1, 5, rng)
    again = station.reopened()
    assert await again.replay(1) == station.sent[1]
    assert again.ring.spans(1) == (Span(start_us=START_US, end_us=START_US + 5 * S - FRAME_US, growing=False),)
    assert again.ring.format_at(1, START_US + S) == VIDEO


async def test_recording_goes_on_after_a_restart_in_a_new_span(station: Station, rng: random.Random) -> None:
    await station.record(1, 3, rng)
    again = station.reopened()
    again.sent = {1: list(station.sent[1])}
    await again.record(1, 3, rng)
    assert await again.replay(1) == again.sent[1]
    assert [span.growing for span in again.ring.spans(1)] == [False, True]


async def test_restarts_do_not_use_up_segments(station: Station, rng: random.Random) -> None:
    for _ in range(40):
        await station.record(1, 1, rng, bytes_per_frame=60)
        again = station.reopened()
        again.sent = station.sent
        station = again
    assert await station.replay(1) == station.sent[1]


async def test_ring_overwrites_the_oldest_segment_and_tells_before(station: Station, rng: random.Random) -> None:
    await station.record(1, 120, rng)
    kept = await station.replay(1)
    assert kept == station.sent[1][-len(kept) :]
    assert kept[0].key_frame
    assert 500 < len(kept) < 2500
    assert [start for _, start, _ in station.deletions] == [START_US, *(end for _, _, end in station.deletions[:-1])]
    assert station.deletions[-1][2] == kept[0].utc_us == station.ring.spans(1)[0].start_us


async def test_a_gap_begins_a_new_span(station: Station, rng: random.Random) -> None:
    await station.record(1, 2, rng)
    await station.clock.advance(10)
    await station.record(1, 2, rng)
    first, second = station.ring.spans(1)
    assert (first.end_us, second.start_us) == (START_US + 2 * S - FRAME_US, START_US + 12 * S)
    assert not first.growing
    gops = await station.gops(1)
    assert [gop.ends_span for gop in gops] == [False, True, False, False]
    in_gap = START_US + 5 * S
    after = await station.ring.gop_at(1, in_gap, forward=True)
    before = await station.ring.gop_at(1, in_gap, forward=False)
    assert after is not None
    assert after.start_us == START_US + 12 * S
    assert before is not None
    assert before.start_us == START_US + 1 * S
    assert station.ring.format_at(1, in_gap) is None


async def test_end_of_recording_closes_the_span(station: Station, rng: random.Random) -> None:
    await station.record(1, 1, rng)
    station.ring.end_span(1)
    station.ring.tick()
    assert not station.ring.spans(1)[0].growing
    (gop,) = await station.gops(1)
    assert gop.complete
    assert gop.ends_span
    await station.record(1, 1, rng)
    assert len(station.ring.spans(1)) == 2


async def test_a_growing_gop_yields_what_is_durable(station: Station, rng: random.Random) -> None:
    for number in range(10):
        station.append(1, station.frame(number, rng, 100, key=number == 0))
    station.ring.tick()
    gop = await station.ring.gop_at(1, START_US, forward=True)
    assert gop is not None
    assert not gop.complete
    assert not gop.ends_span
    assert await station.ring.gop_after(gop) is None
    for number in range(10, 20):
        station.append(1, station.frame(number, rng, 100, key=False))
    station.ring.tick()
    again = await station.ring.gop_at(1, gop.start_us, forward=True)
    assert again is not None
    assert list(again.units) == station.sent[1]


async def test_the_clock_stepping_back_starts_a_span_that_hides_the_older(station: Station, rng: random.Random) -> None:
    await station.record(1, 10, rng)
    station.clock.step(-4)
    await station.record(1, 2, rng)
    times = [unit.utc_us for unit in await station.replay(1)]
    assert times == sorted(set(times))
    assert [(s.start_us - START_US, s.end_us - START_US) for s in station.ring.spans(1)] == [
        (0, 6 * S - 1),
        (6 * S, 8 * S - FRAME_US),
        (8 * S, 10 * S - FRAME_US),
    ]
    again = station.reopened()
    assert [unit.utc_us for unit in await again.replay(1)] == times


async def test_audio_is_cut_to_the_unit(station: Station, rng: random.Random) -> None:
    for number in range(100):
        unit = AccessUnit(
            format=AUDIO,
            data=rng.randbytes(160),
            key_frame=True,
            utc_us=START_US + number * 20_000,
            mono_ns=number * 20_000_000,
        )
        station.append(2, unit)
        if number % 50 == 49:
            station.ring.tick()
    assert await station.replay(2) == station.sent[2]
    assert await station.rewind(2) == station.sent[2]
    gop = await station.ring.gop_at(2, START_US + 510_000, forward=True)
    assert gop is not None
    assert gop.start_us == START_US + 500_000
    assert len(gop.units) == 25
    earlier = await station.ring.gop_before(gop)
    assert earlier is not None
    assert len(earlier.units) == 25


async def test_silent_metadata_makes_no_gap(station: Station) -> None:
    for second in (0, 1, 30, 90):
        unit = AccessUnit(
            format=METADATA, data=b"<doc/>", key_frame=True, utc_us=START_US + second * S, mono_ns=second * 1000 * S
        )
        station.append(3, unit)
        station.ring.tick()
    assert len(station.ring.spans(3)) == 1
    assert await station.replay(3) == station.sent[3]


async def test_a_changed_format_is_remembered_for_its_time(station: Station, rng: random.Random) -> None:
    await station.record(1, 2, rng)
    other = AccessUnit(
        format=AUDIO, data=b"x", key_frame=True, utc_us=station.clock.utc_us(), mono_ns=station.clock.mono_ns()
    )
    station.append(1, other)
    station.ring.tick()
    for ring in (station.ring, station.reopened().ring):
        assert ring.format_at(1, START_US + S) == VIDEO
        assert ring.format_at(1, other.utc_us) == AUDIO


async def test_retention_hides_at_once_and_deletes_soon_after(station: Station, rng: random.Random) -> None:
    await station.record(1, 20, rng)
    station.ring.set_retention(1, 5_500_000)
    assert station.ring.spans(1)[0].start_us == START_US + 15 * S
    assert (await station.replay(1))[0].utc_us == START_US + 15 * S
    assert station.deletions == []
    station.ring.apply_retention()
    station.ring.tick()
    assert station.deletions == [(1, START_US, START_US + 15 * S)]
    station.ring.set_retention(1, 0)
    assert (await station.reopened().replay(1))[0].utc_us == START_US + 15 * S
    await station.clock.advance(20)
    station.ring.set_retention(1, S)
    station.ring.apply_retention()
    station.ring.tick()
    assert station.ring.spans(1) == ()
    assert station.deletions[-1][:2] == (1, START_US + 15 * S)
    station.ring.end_span(1)


async def test_footage_that_waited_while_all_before_it_was_cut_is_served(station: Station, rng: random.Random) -> None:
    station.ring.set_retention(1, 4 * S)
    await station.record(1, 1, rng)
    await station.clock.advance(5)
    for _ in range(6):
        for number in range(25):
            station.append(1, station.frame(number, rng, 100, key=number == 0))
        await station.clock.advance(1)
    station.ring.apply_retention()
    station.ring.tick()
    assert station.ring.spans(1)[0].start_us == START_US + 8 * S
    assert await station.replay(1) == station.sent[1][25 * 3 :]
    assert await station.reopened().replay(1) == station.sent[1][25 * 3 :]


async def test_spans_begin_with_what_can_be_read_right_after_a_restart(station: Station, rng: random.Random) -> None:
    for _ in range(40):
        await station.record(1, 1, rng)
        station.ring.set_retention(1, 30 * S)
    station.ring.tick()
    again = station.reopened()
    for _ in range(10):
        spans = again.ring.spans(1)
        assert spans[0].start_us == (await station.replay(1))[0].utc_us
        await again.clock.advance(1.3)


async def test_a_wrong_clock_hides_but_does_not_erase(station: Station, rng: random.Random) -> None:
    await station.record(1, 5, rng)
    station.ring.set_retention(1, 60 * S)
    station.clock.step(86_400)
    station.ring.apply_retention()
    station.ring.tick()
    assert station.ring.spans(1) == ()
    assert station.deletions == []
    station.clock.step(-86_400)
    assert len(await station.replay(1)) == 125
    station.clock.step(86_400)
    station.ring.apply_retention()
    await station.clock.advance(601)
    station.ring.apply_retention()
    station.ring.tick()
    assert len(station.deletions) == 1


async def test_a_forgotten_track_is_never_readable_again(station: Station, rng: random.Random) -> None:
    await station.record(1, 3, rng)
    gop = await station.ring.gop_at(1, START_US, forward=True)
    assert gop is not None
    station.ring.forget(1)
    assert station.ring.spans(1) == ()
    assert await station.ring.gop_after(gop) is None
    assert station.ring.tracks() == ()
    with pytest.raises(NotFound):
        station.append(1, station.frame(0, rng, 100, key=True))
    await station.ring.flush()
    assert station.deletions == [(1, START_US, START_US + 3 * S - FRAME_US + 1)]
    assert station.reopened().ring.spans(1) == ()


async def test_a_full_queue_refuses_and_the_track_goes_on_with_a_key_frame(rng: random.Random) -> None:
    config = RingConfig(size_bytes=768 << 10, segment_bytes=64 << 10, queue_bytes=1000)
    station = Station(new_device(), config=config)
    station.append(1, station.frame(0, rng, 100, key=True))
    big = station.frame(1, rng, 100, key=False)
    while len(big.data) < 1000:
        big = replace(big, data=big.data * 2)
    with pytest.raises(Unavailable):
        station.append(1, big)
    station.ring.tick()
    with pytest.raises(Unavailable):
        station.append(1, station.frame(2, rng, 100, key=False))
    station.append(1, station.frame(3, rng, 100, key=True))
    station.ring.tick()
    assert len(station.ring.spans(1)) == 2
    assert station.ring.health().units == 2


async def test_a_read_overtaken_by_the_writer_never_serves_the_newer_bytes(
    station: Station, rng: random.Random
) -> None:
    await station.record(1, 12, rng)
    oldest = station.ring.spans(1)[0].start_us
    plain_read, overtaken = station.device.read, []

    def read_late(offset: int, size: int) -> bytes:
        """The card answers only after a whole lap."""
        if not overtaken:
            overtaken.append(offset)
            for second in range(120):
                for number in range(25):
                    station.append(1, station.frame(second * 25 + number, rng, 300, key=number == 0))
                station.ring.tick()
        return plain_read(offset, size)

    station.device.read = read_late  # type: ignore[method-assign] - a slow card
    gop = await station.ring.gop_at(1, oldest, forward=True)
    assert overtaken
    assert gop is not None
    assert gop.start_us > oldest
    assert set(gop.units) <= set(station.sent[1])
    assert station.ring.health().damaged == 0


async def test_run_writes_by_itself(tmp_path: Path, rng: random.Random) -> None:
    config = RingConfig(size_bytes=2 << 20, segment_bytes=64 << 10, tick_s=0.01)
    ring = Ring.open(tmp_path / "volume", config, SystemClock(), lambda *_: None)
    running = asyncio.ensure_future(ring.run())
    try:
        await asyncio.sleep(0)
        beats = ring.heartbeat.beats
        ring.append(1, AccessUnit(format=VIDEO, data=b"key", key_frame=True, utc_us=START_US, mono_ns=0))
        await ring.flush()
        assert ring.spans(1) == (Span(start_us=START_US, end_us=START_US, growing=True),)
        assert ring.heartbeat.beats > beats
        ring.append(1, AccessUnit(format=VIDEO, data=b"next", key_frame=False, utc_us=START_US + 1, mono_ns=1000))
    finally:
        running.cancel()
        await asyncio.wait([running])
        ring.close()
    again = Ring.open(tmp_path / "volume", config, SystemClock(), lambda *_: None)
    assert again.spans(1)[0].end_us == START_US + 1
    again.close()


def test_two_writers_cannot_open_one_volume(tmp_path: Path) -> None:
    ring = Ring.open(tmp_path / "volume", CONFIG, SimulatedClock(), lambda *_: None)
    with pytest.raises(Unavailable, match="in use"):
        Ring.open(tmp_path / "volume", CONFIG, SimulatedClock(), lambda *_: None)
    ring.close()
    Ring.open(tmp_path / "volume", CONFIG, SimulatedClock(), lambda *_: None).close()


def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "volume"
    path.write_bytes(b"someone's holiday" * 5000)
    with pytest.raises(Unavailable, match="not a volume"):
        Ring.open(path, CONFIG, SimulatedClock(), lambda *_: None)
    assert path.read_bytes() == b"someone's holiday" * 5000


def test_an_existing_volume_keeps_its_geometry(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "volume"
    Ring.open(path, CONFIG, SimulatedClock(), lambda *_: None).close()
    size = path.stat().st_size
    other = RingConfig(size_bytes=4 << 20, segment_bytes=128 << 10)
    Ring.open(path, other, SimulatedClock(), lambda *_: None).close()
    assert path.stat().st_size == size
    assert "keeps its size" in caplog.text


def test_lack_of_space_is_told_clearly(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no room"):
        Ring.open(
            tmp_path / "volume",
            RingConfig(size_bytes=1 << 50, segment_bytes=1 << 30),
            SimulatedClock(),
            lambda *_: None,
        )
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InvalidValue, match="too small"):
        Ring.open(tmp_path / "volume", RingConfig(size_bytes=1 << 20), SimulatedClock(), lambda *_: None)
