"""The control socket: local commands ask the running station, trusted through file permissions alone.

A request is one line: a JSON object with `request`, its name, and fields that are texts. The answer is one line with a
JSON object: `answer`, or `error`, a sentence. A request may ask the station to keep something: it does so for as long
as the connection stays open.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from argus.base.errors import ArgusError, InvalidValue, Unavailable
from argus.linux.os_error import reason
from argus.linux.short_path import short_path
from argus.station.status import StationStatus

logger = logging.getLogger(__name__)

SOCKET_NAME = "control.sock"
MAX_REQUEST_BYTES = 4096
MAX_ANSWER_BYTES = 1 << 20
MAX_CONNECTIONS = 8
TIMEOUT_S = 5.0
# How long something is kept for a client that neither goes nor dies.
MAX_KEEPING_S = 3600.0


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and what gives back that which is kept for the client until it hangs up."""

    answer: object
    release: Callable[[], None]


# What answers a request, given its fields; perhaps with a `Kept`. Errors of the domain are told to whoever asks.
Responder = Callable[[Mapping[str, str]], Awaitable[object]]


class NotRunning(Unavailable):
    """Nobody listens on the control socket."""


class ControlSocket:
    """Answers one request per connection. What is kept for clients is given back when `run` ends, too."""

    name = "control"

    def __init__(self, data: Path, responders: Mapping[str, Responder]) -> None:
        self._data = data
        self._responders = responders
        self._connections: set[asyncio.StreamWriter] = set()

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
            server = await asyncio.start_unix_server(self._serve, sock=listener, limit=MAX_REQUEST_BYTES)
            try:
                await server.serve_forever()
            finally:
                server.close()
                for writer in self._connections:
                    writer.close()
        finally:
            listener.close()
            (self._data / SOCKET_NAME).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            with ExitStack() as keeping:
                async with asyncio.timeout(TIMEOUT_S):
                    told = await self._tell(reader)
                    if isinstance(told, Kept):
                        keeping.callback(told.release)
                    writer.write(_line(told))
                    await writer.drain()
                if isinstance(told, Kept):
                    async with asyncio.timeout(MAX_KEEPING_S):
                        await reader.read(1)
        except (OSError, TimeoutError) as error:
            logger.debug("a request was broken off: %r", error)
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _tell(self, reader: asyncio.StreamReader) -> object:
        try:
            if len(self._connections) > MAX_CONNECTIONS:
                raise Unavailable("control", "too many requests at the same time")
            try:
                line = await reader.readline()
            except ValueError as error:
                raise InvalidValue("request", f"a request has at most {MAX_REQUEST_BYTES} bytes") from error
            name, fields = decode_request(line)
            responder = self._responders.get(name)
            if responder is None:
                raise InvalidValue("request", f"there is no request {name!r}")
            answer = await responder(fields)
            return answer if isinstance(answer, Kept) else {"answer": answer}
        except ArgusError as error:
            return {"error": str(error)}


def _line(told: object) -> bytes:
    return json.dumps({"answer": told.answer} if isinstance(told, Kept) else told).encode() + b"\n"


def decode_request(line: bytes) -> tuple[str, dict[str, str]]:
    """The name and the fields of a request.

    Raises:
        InvalidValue("request"): it is not a JSON object of texts, or has no name.
    """
    try:
        decoded: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidValue("request", "a request is one line with a JSON object") from error
    if not isinstance(decoded, dict) or not all(isinstance(value, str) for value in decoded.values()):
        raise InvalidValue("request", "a request is a JSON object whose fields are texts")
    name = decoded.pop("request", None)
    if name is None:
        raise InvalidValue("request", "a request has a field 'request' with its name")
    return name, decoded


def field(fields: Mapping[str, str], name: str) -> str:
    """A field that must be there. Raises InvalidValue("request")."""
    if name not in fields:
        raise InvalidValue("request", f"the request lacks the field {name!r}")
    return fields[name]


def request(data: Path, name: str, /, **fields: str) -> object:
    """What the station that runs on `data` answers.

    Raises:
        NotRunning: no station runs there.
        Unavailable: it does not answer within 5 s, or refuses; the message is its own then.
    """
    with keep(data, name, **fields) as answer:
        return answer


@contextmanager
def keep(data: Path, name: str, /, **fields: str) -> Iterator[object]:
    """What the station answers; it keeps what the answer says until the block is left. Raises as `request` does."""
    with ExitStack() as opened:
        asked = json.dumps({"request": name, **fields}).encode() + b"\n"
        try:
            client = opened.enter_context(_connected(data))
            client.sendall(asked)
            decoded = json.loads(_received(client))
        except OSError as error:
            raise Unavailable("station", f"the station on {data} does not answer: {reason(error)}") from error
        except ValueError as error:
            raise Unavailable("station", f"the station on {data} broke off its answer") from error
        if "error" in decoded:
            raise Unavailable("station", decoded["error"])
        yield decoded["answer"]


def _connected(data: Path) -> socket.socket:
    with ExitStack() as undo:
        client = undo.enter_context(socket.socket(socket.AF_UNIX))
        client.settimeout(TIMEOUT_S)
        try:
            with short_path(data, SOCKET_NAME) as address:
                client.connect(address)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NotRunning("station", f"no station runs on {data}: {reason(error)}") from error
        undo.pop_all()
    return client


def _received(client: socket.socket) -> bytes:
    answer = bytearray()
    while len(answer) < MAX_ANSWER_BYTES and not answer.endswith(b"\n") and (piece := client.recv(65536)):
        answer += piece
    return bytes(answer)


def ask(data: Path) -> StationStatus:
    """The status of the station that runs on `data`. Raises Unavailable as `request` does."""
    status: StationStatus = request(data, "status")  # type: ignore[assignment]  # what `status` answers
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
