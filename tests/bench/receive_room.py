"""What is measured: STREAMS times the RTSP client, into a ring on a file: `... receive_room URI STREAMS FOLDER`.

For each line on standard input it says how many access units came so far, how many packets were lost, and how many
bytes the ring took.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import uvloop

from argus.base.access_unit import AccessUnit
from argus.base.clock import SystemClock
from argus.rtsp.client import ClientTransport, ReceivedMedia, RtspClient, TargetPolicy
from argus.store.ring.ring import Ring, RingConfig

VOLUME_BYTES, SEGMENT_BYTES = 2 << 30, 16 << 20


class Track:
    """The sink of one client: everything goes to one track of the ring."""

    def __init__(self, ring: Ring, track_id: int) -> None:
        self._ring = ring
        self._track_id = track_id
        self.stored_bytes = 0

    def opened(self, media: tuple[ReceivedMedia, ...]) -> None:
        """The camera has one medium."""

    def take(self, _media: ReceivedMedia, unit: AccessUnit) -> None:
        self._ring.append(self._track_id, unit)
        self.stored_bytes += len(unit.data)


async def receive(uri: str, streams: int, folder: Path) -> None:
    clock = SystemClock()
    config = RingConfig(size_bytes=VOLUME_BYTES, segment_bytes=SEGMENT_BYTES)
    ring = Ring.open(folder / "volume.ring", config, clock, lambda *_: None)
    tracks = [Track(ring, number + 1) for number in range(streams)]
    policy = TargetPolicy(allow_loopback=True)
    clients = [RtspClient(uri, ClientTransport.TCP, clock, track, policy=policy) for track in tracks]
    threading.Thread(target=_answer, args=(clients, tracks), daemon=True).start()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ring.run())
        for client in clients:
            tasks.create_task(client.run())


def _answer(clients: list[RtspClient], tracks: list[Track]) -> None:
    for _ in sys.stdin:
        units = sum(client.counters.units for client in clients)
        lost = sum(client.counters.lost + client.counters.discarded for client in clients)
        print(units, lost, sum(track.stored_bytes for track in tracks), flush=True)


if __name__ == "__main__":
    uri, streams, folder = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(receive(uri, int(streams), Path(folder)))
