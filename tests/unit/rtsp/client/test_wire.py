"""Connections to devices as the event loop sees them."""

from __future__ import annotations

import asyncio

from argus.rtsp.client.wire import LARGE_READ_BYTES, TcpWire


class Heard:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.size_bytes = 0

    def receive(self, data: bytes) -> None:
        self.size_bytes += len(data)

    def ended(self, why: str) -> None:
        raise AssertionError(why)


class MemoryTransport(asyncio.Transport):
    """Remembers whether it may be read."""

    reading = True

    def pause_reading(self) -> None:
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.reading
        self.reading = True

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass


def connected() -> tuple[TcpWire, MemoryTransport, Heard]:
    heard, transport = Heard(), MemoryTransport()
    wire = TcpWire(heard)
    wire.connection_made(transport)
    return wire, transport, heard


async def test_whoever_sends_without_end_leaves_a_turn_to_all_others() -> None:
    wire, transport, heard = connected()
    for _ in range(3):
        wire.data_received(bytes(LARGE_READ_BYTES))
        assert not transport.reading
        await asyncio.sleep(0)
        assert transport.reading
    assert heard.size_bytes == 3 * LARGE_READ_BYTES


async def test_usual_reads_do_not_pause() -> None:
    wire, transport, _ = connected()
    wire.data_received(bytes(1_500))
    assert transport.reading


async def test_nothing_is_heard_after_the_end() -> None:
    wire, transport, heard = connected()
    wire.close()
    wire.data_received(bytes(LARGE_READ_BYTES))
    assert (heard.size_bytes, transport.reading) == (0, True)
