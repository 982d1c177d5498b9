"""Pairs of UDP ports for RTP and RTCP, out of a bounded range.

Spec: RFC 3550 § RTP over Network and Transport Protocols.
"""

from __future__ import annotations

import socket

from argus.base.errors import Unavailable
from argus.rtsp.link import Address

SocketPair = tuple[socket.socket, socket.socket]


class PortRange:
    """The ports that may be used; even for RTP, the next odd one for RTCP.

    They are taken in turn, so that one that was left rests for as long as possible. `start` says with which pair of
    the range to begin.
    """

    def __init__(self, first: int, last: int, *, start: int = 0) -> None:
        self._even = range(first + first % 2, last, 2)
        self._next = start

    def bind(self, local: Address, buffer: int, buffer_bytes: int) -> SocketPair:
        """Two sockets that never block. `buffer` is the one to size in the kernel: SO_RCVBUF or SO_SNDBUF.

        Raises:
            Unavailable: subject "UDP ports": all are in use.
        """
        for _ in self._even:
            port = self._even[self._next % len(self._even)]
            self._next += 1
            sockets = socket.socket(local.family, socket.SOCK_DGRAM), socket.socket(local.family, socket.SOCK_DGRAM)
            try:
                for number, sock in enumerate(sockets):
                    sock.setblocking(False)
                    sock.setsockopt(socket.SOL_SOCKET, buffer, buffer_bytes)
                    sock.bind(local.with_port(port + number))
                return sockets
            except OSError:
                close_sockets(sockets)
        raise Unavailable("UDP ports", f"all {len(self._even)} pairs of UDP ports are in use")


def close_sockets(sockets: SocketPair) -> None:
    """Give both ports back."""
    for sock in sockets:
        sock.close()
