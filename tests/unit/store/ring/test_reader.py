"""Reading where the footage is not as it was written: damaged, trimmed, overtaken."""

import random

from tests.unit.store.camera import AUDIO, START_US, Station, new_device

from argus.base.access_unit import AccessUnit

S = 1_000_000


def talk(station: Station, track_id: int, seconds: int, rng: random.Random) -> None:
    """Audio, twenty units a second, a tick each second."""
    for _ in range(seconds):
        for number in range(20):
            unit = AccessUnit(
                format=AUDIO,
                data=rng.randbytes(160),
                key_frame=True,
                utc_us=station.clock.utc_us() + number * 50_000,
                mono_ns=station.clock.mono_ns(),
            )
            station.append(track_id, unit)
        station.clock.step(1)
        station.ring.tick()


async def test_damaged_audio_is_passed_over() -> None:
    station = Station(new_device())
    talk(station, 2, 5, random.Random(1))
    victim = station.sent[2][50]
    station.device.image[station.device.image.index(victim.data)] ^= 1
    assert await station.replay(2) == station.sent[2][:40] + station.sent[2][60:]
    assert await station.rewind(2) == station.sent[2][:40] + station.sent[2][60:]


async def test_audio_is_read_on_where_the_clock_stepped_back_into_it() -> None:
    station = Station(new_device())
    talk(station, 2, 5, random.Random(1))
    station.clock.step(-2.5)
    talk(station, 2, 1, random.Random(2))
    times = [unit.utc_us - START_US for unit in await station.replay(2)]
    assert times == [number * 50_000 for number in range(100)]
    assert [unit.utc_us - START_US for unit in await station.rewind(2)] == times
