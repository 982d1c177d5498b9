"""The control socket: local commands ask the running station, trusted through file permissions alone."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from argus.base.errors import Unavailable
from argus.linux.os_error import reason
from argus.linux.short_path import short_path
from argus.station.status import StationStatus

logger = logging.getLogger(__name__)

SOCKET_NAME = "control.sock"
MAX_ANSWER_BYTES = 1 << 20
TIMEOUT_S = 5.0


class ControlSocket:
    """Answers each connection with the station's status as one JSON document."""

    name = "control"

    def __init__(self, data: Path, status: Callable[[], StationStatus]) -> None:
        self._data = data
        self._status = status

    async def run(self) -> None:
        """Listen until cancelled. A socket left over by a crash is replaced.

        Raises:
            Unavailable: the socket cannot be made in the data directory.
        """
        try:
            listener = _bind(self._data)
        except OSError as error:
            raise Unavailable("control", f"{self._data / SOCKET_NAME}: {reason(error)}") from error
        try:
            server = await asyncio.start_unix_server(self._answer, sock=listener)
            try:
                await server.serve_forever()
            finally:
                server.close()
        finally:
            listener.close()
            (self._data / SOCKET_NAME).unlink(missing_ok=True)

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json.dumps(self._status()).encode())
        writer.close()


def ask(data: Path) -> StationStatus:
    """The status of the station that runs on `data`.

    Raises:
        Unavailable: no station runs there, or it does not answer within 5 s.
    """
    try:
        with socket.socket(socket.AF_UNIX) as client, short_path(data, SOCKET_NAME) as name:
            client.settimeout(TIMEOUT_S)
            client.connect(name)
            answer = bytearray()
            while len(answer) < MAX_ANSWER_BYTES and (piece := client.recv(65536)):
                answer += piece
        status: StationStatus = json.loads(answer)
    except OSError as error:
        raise Unavailable("station", f"no station runs on {data}: {reason(error)}") from error
    except ValueError as error:
        raise Unavailable("station", f"the station on {data} broke off its answer") from error
    return status


def _bind(data: Path) -> socket.socket:
    path = data / SOCKET_NAME
    path.unlink(missing_ok=True)
    with short_path(data, SOCKET_NAME) as name, ExitStack() as undo:
        listener = undo.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(name)
        path.chmod(0o600)
        undo.pop_all()
    return listener
