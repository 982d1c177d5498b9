"""How much one device may send."""

from __future__ import annotations

from dataclasses import replace

import pytest

from argus.base.clock import SimulatedClock
from argus.rtsp.client.allowance import BURST_S, Allowance, Amount

LIMIT = Amount(packets=100, size_bytes=1_000, units=10, unit_bytes=1_000, messages=5)
NOTHING = Amount(packets=0, size_bytes=0, units=0, unit_bytes=0, messages=0)


class Device:
    """Sends what the test says."""

    def __init__(self) -> None:
        self.sent = NOTHING
        self.clock = SimulatedClock()
        self.allowance = Allowance(self.clock, lambda: self.sent, LIMIT)

    async def send(self, name: str, amount: int) -> str:
        """What there is too much of after a second in which the device sent so much more."""
        self.sent = replace(self.sent, **{name: getattr(self.sent, name) + amount})
        await self.clock.advance(1)
        return self.allowance.excess()


@pytest.mark.parametrize("name", ["packets", "size_bytes", "units", "unit_bytes", "messages"])
async def test_the_rate_is_kept_for_ever_and_more_is_too_much_soon(name: str) -> None:
    device, rate = Device(), getattr(LIMIT, name)
    assert not any([await device.send(name, rate) for _ in range(100)])
    told = [await device.send(name, 2 * rate) for _ in range(6)]
    assert not any(told[: int(BURST_S)])
    assert all("too" in words for words in told[int(BURST_S) :])


async def test_a_burst_is_allowed_and_another_after_a_rest() -> None:
    device = Device()
    burst = int(LIMIT.units * (BURST_S + 1))
    assert not await device.send("units", burst)
    assert await device.send("units", burst)
    for _ in range(10):
        await device.send("units", 0)
    assert not await device.send("units", burst)
