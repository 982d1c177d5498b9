"""System actions: the commands systemd gets, and the twin that touches nothing but itself."""

from pathlib import Path

import pytest

from argus.base.clock import SimulatedClock
from argus.base.errors import Unavailable
from argus.linux.clock import AdjustableClock
from argus.linux.system import SimulatedSystem, SystemdSystem

TIMEDATE = ("busctl", "call", "org.freedesktop.timedate1", "/org/freedesktop/timedate1", "org.freedesktop.timedate1")


class Recorder:
    def __init__(self, output: str = "") -> None:
        self.commands: list[tuple[str, ...]] = []
        self.output = output

    async def __call__(self, *command: str) -> str:
        self.commands.append(command)
        return self.output


async def test_each_action_is_one_call_to_systemd() -> None:
    run = Recorder()
    system = SystemdSystem(run)
    await system.reboot()
    await system.set_clock(1_767_225_600_123_456)
    await system.set_ntp_enabled(False)
    await system.set_hostname("pier-7")
    assert run.commands == [
        ("systemctl", "--no-block", "reboot"),
        (*TIMEDATE, "SetTime", "xbb", "1767225600123456", "false", "false"),
        (*TIMEDATE, "SetNTP", "bb", "false", "false"),
        ("hostnamectl", "set-hostname", "pier-7"),
    ]


@pytest.mark.parametrize(("output", "enabled"), [("yes\n", True), ("no\n", False), ("", False)])
async def test_the_ntp_switch_is_read(output: str, enabled: bool) -> None:
    assert await SystemdSystem(Recorder(output)).ntp_enabled() is enabled


async def test_ntp_servers_of_all_kinds_are_listed_once() -> None:
    shown = "ntp.example\n\n0.pool.example ntp.example\n"
    assert await SystemdSystem(Recorder(shown)).ntp_servers() == ("ntp.example", "0.pool.example")


async def test_the_twin_restarts_by_telling_its_maker() -> None:
    told: list[str] = []
    await SimulatedSystem(AdjustableClock(SimulatedClock()), lambda: told.append("restart")).reboot()
    assert told == ["restart"]


async def test_the_twin_keeps_what_a_board_keeps_over_a_restart(tmp_path: Path) -> None:
    machine = SimulatedClock()
    before = SimulatedSystem(AdjustableClock(machine), lambda: None, state=tmp_path / "board.json")
    await before.set_hostname("pier-7")
    await before.set_clock(machine.utc_us() + 3_600_000_000)
    clock = AdjustableClock(machine)
    after = SimulatedSystem(clock, lambda: None, state=tmp_path / "board.json")
    assert after.hostname() == "pier-7"
    assert clock.utc_us() == machine.utc_us() + 3_600_000_000
    await after.set_ntp_enabled(True)
    assert clock.offset_us == 0
    assert await SimulatedSystem(clock, lambda: None, state=tmp_path / "board.json").ntp_enabled()


async def test_the_twin_is_synchronized_from_switching_ntp_on_until_its_clock_is_set(tmp_path: Path) -> None:
    machine = SimulatedClock()
    system = SimulatedSystem(AdjustableClock(machine), lambda: None, state=tmp_path / "board.json")
    assert not system.time_sync.is_synchronized()
    await system.set_ntp_enabled(True)
    assert system.time_sync.is_synchronized()
    again = SimulatedSystem(AdjustableClock(machine), lambda: None, state=tmp_path / "board.json")
    assert again.time_sync.is_synchronized()
    await again.set_clock(machine.utc_us())
    assert not again.time_sync.is_synchronized()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"hostname": "x"}', '{"hostname": 1, "ntp": 0, "clock_offset_us": "x"}']
)
def test_the_twin_starts_anew_from_an_unreadable_state(tmp_path: Path, text: str) -> None:
    (tmp_path / "board.json").write_text(text)
    clock = AdjustableClock(SimulatedClock())
    assert SimulatedSystem(clock, lambda: None, state=tmp_path / "board.json").hostname() == "argus-simulated"
    assert clock.offset_us == 0


async def test_the_twin_says_when_its_state_cannot_be_kept(tmp_path: Path) -> None:
    system = SimulatedSystem(AdjustableClock(SimulatedClock()), lambda: None, state=tmp_path / "absent" / "board.json")
    with pytest.raises(Unavailable):
        await system.set_hostname("pier-7")
