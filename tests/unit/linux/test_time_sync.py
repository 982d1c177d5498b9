import ctypes
import errno
import uuid
from pathlib import Path

import pytest

from argus.base.errors import Unavailable
from argus.linux.time_sync import STA_UNSYNC, TIME_ERROR, KernelTimeSync, SimulatedTimeSync, Timex, read_boot_id

BOOT = uuid.UUID("6e9cc3f4-2a66-4bd6-8005-f84bb5ad8fc6")
# STA_PLL | STA_NANO, as timesyncd and chrony leave them
SYNCHRONIZED = 0x2001


@pytest.mark.parametrize(
    ("state", "status", "synchronized"),
    [
        (0, SYNCHRONIZED, True),
        (1, SYNCHRONIZED, True),  # TIME_INS: a leap second is due
        (TIME_ERROR, SYNCHRONIZED, False),
        (0, SYNCHRONIZED | STA_UNSYNC, False),
        (TIME_ERROR, STA_UNSYNC, False),
    ],
)
def test_the_clock_is_synchronized_when_state_and_status_say_so(state: int, status: int, synchronized: bool) -> None:
    def adjtimex(timex: Timex) -> int:
        assert timex.modes == 0
        timex.status = status
        return state

    assert KernelTimeSync(BOOT, adjtimex).is_synchronized() is synchronized


def test_a_kernel_that_may_not_be_asked_counts_as_not_synchronized_and_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def adjtimex(timex: Timex) -> int:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    sync = KernelTimeSync(BOOT, adjtimex)
    assert not sync.is_synchronized()
    assert not sync.is_synchronized()
    assert caplog.messages == ["whether the clock is synchronized is not known: Operation not permitted"]


def test_this_machine_answers_a_question_that_changes_nothing() -> None:
    sync = KernelTimeSync(read_boot_id())
    assert sync.is_synchronized() in (True, False)


def test_the_status_lies_where_the_kernel_puts_it() -> None:
    long_bytes = ctypes.sizeof(ctypes.c_long)
    assert Timex.offset.offset == long_bytes
    assert Timex.status.offset == 5 * long_bytes
    # struct timex has 208 bytes with longs of 64 bits, and with 64-bit time everywhere.
    assert ctypes.sizeof(Timex) >= 208


def test_a_boot_has_one_id() -> None:
    assert read_boot_id() == read_boot_id()


@pytest.mark.parametrize("text", [None, "", "no id", "\xff"])
def test_a_boot_id_that_cannot_be_read_is_told(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "boot_id"
    if text is not None:
        path.write_text(text, encoding="latin-1")
    with pytest.raises(Unavailable):
        read_boot_id(path)


def test_the_twin_says_what_it_was_told() -> None:
    sync = SimulatedTimeSync(boot_id=BOOT)
    assert not sync.is_synchronized()
    sync.synchronized = True
    assert sync.is_synchronized()
    assert sync.boot_id == BOOT
    assert SimulatedTimeSync().boot_id != SimulatedTimeSync().boot_id
