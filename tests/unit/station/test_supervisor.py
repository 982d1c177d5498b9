"""The supervisor starts, supervises and stops subsystems, and feeds the watchdog with progress only."""

import asyncio

import pytest

from argus.base.clock import SimulatedClock
from argus.station.supervisor import Supervisor


class Manager:
    def __init__(self) -> None:
        self.told: list[str] = []

    def ready(self) -> None:
        self.told.append("READY")

    def status(self, text: str) -> None:
        self.told.append(text)

    def watchdog(self) -> None:
        self.told.append("WATCHDOG")

    def stopping(self) -> None:
        self.told.append("STOPPING")


class Part:
    def __init__(self, name: str, log: list[str], failure: Exception | None = None) -> None:
        self.name, self.log, self.failure = name, log, failure

    async def run(self) -> None:
        self.log.append(f"{self.name} starts")
        if self.failure:
            raise self.failure
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append(f"{self.name} ends")


class Camera:
    name = "camera"
    reason: str | None = None

    def stuck(self) -> str | None:
        return self.reason


async def ready() -> None:
    return


async def test_subsystems_start_in_order_and_stop_in_reverse() -> None:
    log: list[str] = []
    clock, manager, stop = SimulatedClock(), Manager(), asyncio.Event()
    supervisor = Supervisor(clock=clock, service_manager=manager, vitals=[])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(supervisor.run([Part("store", log), Part("http", log)], ready=ready, stop=stop))
        await clock.advance(1)
        stop.set()
    assert log == ["store starts", "http starts", "http ends", "store ends"]
    assert [word for word in manager.told if word != "WATCHDOG"] == ["READY", "STOPPING"]


async def test_a_failing_subsystem_stops_the_station() -> None:
    log: list[str] = []
    supervisor = Supervisor(clock=SimulatedClock(), service_manager=Manager(), vitals=[])
    parts = [Part("store", log), Part("http", log, ValueError("broken"))]
    with pytest.raises(ExceptionGroup) as caught:
        await supervisor.run(parts, ready=ready, stop=asyncio.Event())
    assert caught.group_contains(ValueError)
    assert "store ends" in log


async def test_the_watchdog_is_fed_only_while_nothing_vital_is_stuck() -> None:
    clock, manager, camera, stop = SimulatedClock(), Manager(), Camera(), asyncio.Event()
    supervisor = Supervisor(clock=clock, service_manager=manager, vitals=[camera])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(supervisor.run([], ready=ready, stop=stop))
        await clock.advance(2)
        fed = manager.told.count("WATCHDOG")
        camera.reason = "no frame for 12 s"
        await clock.advance(5)
        assert manager.told.count("WATCHDOG") == fed
        assert "camera: no frame for 12 s" in manager.told
        camera.reason = None
        await clock.advance(1)
        assert manager.told.count("WATCHDOG") > fed
        stop.set()
    assert manager.told[-1] == "STOPPING"
