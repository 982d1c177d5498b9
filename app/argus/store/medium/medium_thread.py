"""One thread for all that may wait for the medium: a card that hangs holds up nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class MediumThread:
    """Does one thing after the other. What was begun is finished, whoever waits for it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-medium")

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Begin; for use before the event loop runs."""
        return self._thread.submit(work)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises; a cancellation follows once it is done."""
        return await self.result(self._thread.submit(work), lambda _: None)

    async def result(self, begun: Future[T], unwanted: Callable[[T], None]) -> T:
        """The same for work that was begun earlier. `unwanted` gets a result that nobody waits for any more."""
        running = asyncio.wrap_future(begun)
        cancelled: asyncio.CancelledError | None = None
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is None:
            return running.result()
        if running.exception() is None:
            unwanted(running.result())
        raise cancelled

    def close(self) -> None:
        """Return when everything is done."""
        self._thread.shutdown(wait=True)
