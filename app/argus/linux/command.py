"""Runs other programs: an argument list, no shell, a time limit, and an error that quotes what they said."""

from __future__ import annotations

import asyncio
from typing import Protocol

from argus.base.errors import Unavailable

TIMEOUT_S = 30.0
_QUOTED_CHARACTERS = 300


class Runner(Protocol):
    """How a program is run; tests hand in one that only notes the command."""

    async def __call__(self, *command: str) -> str: ...


async def run_command(*command: str) -> str:
    """What the program wrote to its standard output. It is killed where it takes too long or we are cancelled.

    Raises:
        Unavailable: `system`; the program is missing, failed, or did not end in time.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise Unavailable("system", f"{command[0]} cannot be run: {error.strerror}") from error
    try:
        async with asyncio.timeout(TIMEOUT_S):
            output, complaint = await process.communicate()
    except TimeoutError as error:
        raise Unavailable("system", f"{command[0]} did not end within {TIMEOUT_S:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        said = complaint.decode("utf-8", "replace").strip()[:_QUOTED_CHARACTERS]
        raise Unavailable("system", f"{command[0]} failed with status {process.returncode}: {said}")
    return output.decode("utf-8", "replace")
