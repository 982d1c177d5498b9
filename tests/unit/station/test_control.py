"""The control socket: local commands ask, files decide who may."""

import asyncio
import socket
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from argus.base.errors import Conflict, InvalidValue, Unavailable
from argus.linux.short_path import short_path
from argus.station import control
from argus.station.control import (
    MAX_REQUEST_BYTES,
    SOCKET_NAME,
    ControlSocket,
    Kept,
    ask,
    decode_request,
    keep,
    request,
)

STATUS = {"ready": True, "problems": ["é" * 100_000]}


async def status(fields: Mapping[str, str]) -> object:
    return STATUS


async def rename(fields: Mapping[str, str]) -> object:
    if control.field(fields, "to") == "taken":
        raise Conflict("name", "that name is taken")
    return {"renamed": fields["to"]}


RESPONDERS = {"status": status, "rename": rename}


class Cloakroom:
    """Keeps one coat for everybody who asks."""

    def __init__(self) -> None:
        self.coats = 0

    async def answer(self, fields: Mapping[str, str]) -> object:
        self.coats += 1
        return Kept("kept", self.give_back)

    def give_back(self) -> None:
        self.coats -= 1

    async def until(self, coats: int) -> None:
        async with asyncio.timeout(5):
            while self.coats != coats:
                await asyncio.sleep(0.001)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Longer than an AF_UNIX address can be."""
    path = tmp_path / ("a" * 100) / ("b" * 100)
    path.mkdir(parents=True)
    return path


@pytest.fixture
async def listening(data: Path) -> AsyncIterator[Path]:
    (data / SOCKET_NAME).touch()  # left over by a crash
    async with asyncio.TaskGroup() as group:
        task = group.create_task(ControlSocket(data, RESPONDERS).run())
        while not (data / SOCKET_NAME).is_socket():
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        yield data
        task.cancel()


async def test_a_running_station_answers(listening: Path) -> None:
    assert await asyncio.to_thread(ask, listening) == STATUS


async def test_a_request_with_fields_is_answered(listening: Path) -> None:
    assert await asyncio.to_thread(request, listening, "rename", to="é") == {"renamed": "é"}


async def test_what_the_station_refuses_is_told_in_its_words(listening: Path) -> None:
    for name, fields, words in (
        ("rename", {"to": "taken"}, "that name is taken"),
        ("rename", {}, "the request lacks the field 'to'"),
        ("explode", {}, "there is no request 'explode'"),
        ("rename", {"to": "x" * MAX_REQUEST_BYTES}, "a request has at most 4096 bytes"),
    ):
        with pytest.raises(Unavailable, match=words):
            await asyncio.to_thread(request, listening, name, **fields)


@asynccontextmanager
async def serving(data: Path, cloakroom: Cloakroom) -> AsyncIterator[asyncio.Task[None]]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(ControlSocket(data, {"coat": cloakroom.answer}).run())
        while not (data / SOCKET_NAME).is_socket():
            await asyncio.sleep(0)
        yield task
        task.cancel()


async def test_what_is_asked_to_be_kept_is_kept_until_the_client_is_done(data: Path) -> None:
    cloakroom = Cloakroom()
    async with serving(data, cloakroom):
        with ExitStack() as client:
            assert await asyncio.to_thread(client.enter_context, keep(data, "coat")) == "kept"
            assert await asyncio.to_thread(request, data, "coat") == "kept"
            await cloakroom.until(1)
        await cloakroom.until(0)


async def test_what_is_kept_is_given_back_when_the_client_dies_before_it_heard_the_answer(data: Path) -> None:
    cloakroom = Cloakroom()
    async with serving(data, cloakroom):
        with short_path(data, SOCKET_NAME) as name:
            _, writer = await asyncio.open_unix_connection(name)
        writer.write(b'{"request": "coat"}\n')
        await cloakroom.until(1)
        writer.transport.abort()
        await cloakroom.until(0)


async def test_nothing_is_kept_for_ever(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "MAX_KEEPING_S", 0.01)
    cloakroom = Cloakroom()
    async with serving(data, cloakroom):
        with ExitStack() as client:
            await asyncio.to_thread(client.enter_context, keep(data, "coat"))
            await cloakroom.until(0)


async def test_a_station_that_ends_gives_back_what_it_keeps(data: Path) -> None:
    cloakroom = Cloakroom()
    with ExitStack() as client:
        async with serving(data, cloakroom):
            await asyncio.to_thread(client.enter_context, keep(data, "coat"))
        await cloakroom.until(0)


async def test_a_request_that_never_comes_keeps_nobody_waiting(
    listening: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "TIMEOUT_S", 0.05)
    with short_path(listening, SOCKET_NAME) as name:
        reader, writer = await asyncio.open_unix_connection(name)
    assert await reader.read() == b""
    writer.close()


async def test_more_connections_than_anybody_needs_are_refused(listening: Path) -> None:
    with short_path(listening, SOCKET_NAME) as name:
        silent = [await asyncio.open_unix_connection(name) for _ in range(control.MAX_CONNECTIONS)]
        reader, writer = await asyncio.open_unix_connection(name)
    assert b"too many requests" in await reader.read()
    for _, one in (*silent, (reader, writer)):
        one.close()


@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
@example(b'{"request": "status"}')
@example(b'{"request": 1}')
@example(b"[" * 4000)
def test_any_line_is_a_request_or_is_refused(line: bytes) -> None:
    try:
        name, fields = decode_request(line)
    except InvalidValue as refusal:
        assert refusal.subject == "request"  # noqa: PT017 - hypothesis needs both outcomes
    else:
        assert isinstance(name, str)
        assert all(isinstance(value, str) for value in fields.values())


async def test_only_the_owner_may_ask(listening: Path) -> None:
    assert stat.S_IMODE((listening / SOCKET_NAME).stat().st_mode) == 0o600


async def test_the_socket_goes_with_the_station(data: Path) -> None:
    control = ControlSocket(data, RESPONDERS)
    task = asyncio.ensure_future(control.run())
    while not (data / SOCKET_NAME).exists():
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert not (data / SOCKET_NAME).exists()


def test_no_station_is_told_plainly(data: Path) -> None:
    with pytest.raises(Unavailable, match=rf"no station runs on {data}: No such file or directory"):
        ask(data)


def test_a_socket_nobody_listens_on_is_no_station(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(tmp_path / SOCKET_NAME))
    with pytest.raises(Unavailable, match=r"no station runs on .*: Connection refused"):
        ask(tmp_path)


async def test_a_place_where_no_socket_can_be_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / SOCKET_NAME).mkdir()
    with pytest.raises(Unavailable, match=r"control.sock: Is a directory"):
        await ControlSocket(tmp_path, {}).run()
