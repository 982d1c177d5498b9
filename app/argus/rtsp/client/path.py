"""How the media of a session reach it: each inlet with its transport.

Spec: RFC 2326 § SETUP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from argus.base.access_unit import MediaKind
from argus.base.clock import Clock
from argus.rtsp.client.datagrams import DatagramInlet
from argus.rtsp.client.demultiplexer import Demultiplexer
from argus.rtsp.client.inlet import Inlet
from argus.rtsp.client.media import ClientCounters
from argus.rtsp.client.reorder import ReorderBuffer
from argus.rtsp.client.transport import offer_interleaved, offer_udp, parse_granted_channels, parse_granted_ports
from argus.rtsp.client.wire import Network, Wire
from argus.rtsp.protocol.transport import Pair

_DOLLAR = 0x24


class Path(Protocol):
    """The way of one medium. `offer` is the Transport header to ask for it with."""

    inlet: Inlet

    @property
    def offer(self) -> str: ...

    def grant(self, header: str) -> None:
        """Take the Transport header of the answer. Raises Unavailable "receiver" where it cannot be followed."""

    def begin(self) -> None:
        """The device was told to play."""

    def expire(self) -> None:
        """Wait no longer for packets that are too late."""

    def send_rtcp(self, packet: bytes) -> None: ...

    def close(self) -> None: ...


class InterleavedPath:
    """Media inside the RTSP connection, on two channels."""

    def __init__(self, inlet: Inlet, number: int, wire: Wire, demultiplexer: Demultiplexer, clock: Clock) -> None:
        self.inlet = inlet
        self._channels: Pair = (2 * number, 2 * number + 1)
        self._wire = wire
        self._demultiplexer = demultiplexer
        self._clock = clock

    @property
    def offer(self) -> str:
        return offer_interleaved(self._channels)

    def grant(self, header: str) -> None:
        self._channels = parse_granted_channels(header, self._channels)
        self._demultiplexer.attach(self._channels[0], self.inlet.take, self.inlet.take_run)
        self._demultiplexer.attach(self._channels[1], self._take_report)

    def begin(self) -> None:
        pass  # the connection carries both ways since it exists

    def expire(self) -> None:
        pass  # nothing overtakes inside a connection

    def send_rtcp(self, packet: bytes) -> None:
        self._wire.send(bytes((_DOLLAR, self._channels[1], *len(packet).to_bytes(2, "big"))) + packet)

    def close(self) -> None:
        pass  # the connection closes for all

    def _take_report(self, data: bytes, view: memoryview, start: int, end: int) -> None:
        self.inlet.take_report(data, view, start, end, self._clock.mono_ns())


class DatagramPath:
    """Media as datagrams, put back in order."""

    def __init__(self, inlet: Inlet, network: Network, wire: Wire, counters: ClientCounters, clock: Clock) -> None:
        self.inlet = inlet
        self._peer = wire.peer
        self._clock = clock
        self._reorder = ReorderBuffer(inlet.take, counters, clock.mono_ns)
        self._ports: DatagramInlet = network.open_ports(wire.local, self._reorder.arrive, self._take_report)

    @property
    def offer(self) -> str:
        return offer_udp(self._ports.client_ports)

    def grant(self, header: str) -> None:
        self._ports.aim(self._peer, parse_granted_ports(header))

    def begin(self) -> None:
        self._ports.punch(self.inlet.report(self._clock.mono_ns()))

    def expire(self) -> None:
        self._reorder.expire()

    def send_rtcp(self, packet: bytes) -> None:
        self._ports.send_rtcp(packet)

    def close(self) -> None:
        self._ports.close()

    def _take_report(self, data: bytes) -> None:
        self.inlet.take_report(data, memoryview(data), 0, len(data), self._clock.mono_ns())


@dataclass(slots=True)
class _Progress:
    packets: int
    since_ns: int
    holes: int = 0


class Care:
    """Looks after media that play: reports, key frames after a loss, and whether they stand still."""

    def __init__(self, paths: Sequence[Path], clock: Clock, *, report_s: float, stall_s: float) -> None:
        now_ns = clock.mono_ns()
        self._paths = paths
        self._clock = clock
        self._report_ns = int(report_s * 1e9)
        self._stall_s = stall_s
        self._reported_ns = now_ns
        self._progress = [_Progress(path.inlet.packets, now_ns) for path in paths]

    def tick(self) -> str:
        """Do what is due; the reason where the media are over, empty where they are not."""
        now_ns = self._clock.mono_ns()
        for path, progress in zip(self._paths, self._progress, strict=True):
            path.expire()
            inlet = path.inlet
            if inlet.packets != progress.packets:
                progress.packets, progress.since_ns = inlet.packets, now_ns
            holes = inlet.holes
            # Nothing can be decoded before the next key frame, which may be long in coming by itself.
            if holes != progress.holes and inlet.media.kind is MediaKind.VIDEO and self.request_key_frame(path):
                progress.holes = holes
        if now_ns - self._reported_ns >= self._report_ns:
            self._reported_ns = now_ns
            for path in self._paths:
                path.send_rtcp(path.inlet.report(now_ns))
        if all(path.inlet.ended for path in self._paths):
            return "the device ended the stream"
        return self._stalled(now_ns)

    def request_key_frame(self, path: Path) -> bool:
        """Ask for a key frame; False where it is too soon after the last time."""
        packet = path.inlet.request_key_frame(self._clock.mono_ns())
        if packet is not None:
            path.send_rtcp(packet)
        return packet is not None

    def _stalled(self, now_ns: int) -> str:
        """Video that comes no more is a failure whatever else comes; audio may be announced and never sent. Metadata
        are silent for as long as nothing happens."""
        silent = {
            kind: all(now_ns - since_ns >= self._stall_s * 1e9 for since_ns in times)
            for kind in MediaKind
            if (times := list(self._silence(kind)))
        }
        watched = MediaKind.VIDEO if MediaKind.VIDEO in silent else MediaKind.AUDIO
        return f"no {watched.lower()} for {self._stall_s:g} s" if silent.get(watched, False) else ""

    def _silence(self, kind: MediaKind) -> list[int]:
        pairs = zip(self._paths, self._progress, strict=True)
        return [progress.since_ns for path, progress in pairs if path.inlet.media.kind is kind]
