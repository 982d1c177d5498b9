"""A few minutes of the day that `make test-day` lives whole, with everything that happens on it."""

from tests.day.run import Day, DayConfig


async def test_a_short_day_keeps_every_time_to_the_microsecond_and_tells_every_deletion() -> None:
    day = Day(DayConfig(hours=0.15, volume_bytes=1 << 20, segment_bytes=64 << 10, checkpoints=9, seeks=2, seed=3))
    await day.run()
    assert day.mistakes == []
    assert day.figures[-1].laps > 3
    assert day.figures[-1].seeks > 200
    assert day.figures[-1].deletions > 100
