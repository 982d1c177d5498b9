"""Programs are run without a shell and never outlive their limit."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from argus.base.errors import Unavailable
from argus.linux import command
from argus.linux.command import run_command


async def test_arguments_reach_the_program_untouched() -> None:
    code = "import sys; print(sys.argv[1])"
    assert await run_command(sys.executable, "-c", code, "$(reboot); `x` *") == "$(reboot); `x` *\n"


async def test_a_failure_quotes_the_program() -> None:
    with pytest.raises(Unavailable, match="status 3: no such luck"):
        await run_command(sys.executable, "-c", "import sys; print('no such luck', file=sys.stderr); sys.exit(3)")


async def test_a_missing_program_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be run"):
        await run_command("/nonexistent/program")


async def test_a_program_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "TIMEOUT_S", 0.05)
    with pytest.raises(Unavailable, match="did not end"):
        await run_command(sys.executable, "-c", "import signal; signal.pause()")


async def test_a_cancelled_call_kills_its_program(tmp_path: Path) -> None:
    code = "import os, signal, sys; os.symlink(str(os.getpid()), sys.argv[1]); signal.pause()"
    pid_link = tmp_path / "pid"
    task = asyncio.ensure_future(run_command(sys.executable, "-c", code, str(pid_link)))
    while not pid_link.is_symlink():
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_link.readlink().name), 0)
