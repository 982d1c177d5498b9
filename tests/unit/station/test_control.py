"""The control socket: local commands ask, files decide who may."""

import asyncio
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from argus.base.errors import Unavailable
from argus.station.control import SOCKET_NAME, ControlSocket, ask

STATUS = {"ready": True, "problems": ["é" * 100_000]}


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
        task = group.create_task(ControlSocket(data, lambda: STATUS).run())  # type: ignore[arg-type, return-value]
        while not (data / SOCKET_NAME).is_socket():
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        yield data
        task.cancel()


async def test_a_running_station_answers(listening: Path) -> None:
    assert await asyncio.to_thread(ask, listening) == STATUS


async def test_only_the_owner_may_ask(listening: Path) -> None:
    assert stat.S_IMODE((listening / SOCKET_NAME).stat().st_mode) == 0o600


async def test_the_socket_goes_with_the_station(data: Path) -> None:
    control = ControlSocket(data, lambda: STATUS)  # type: ignore[arg-type, return-value]
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
        await ControlSocket(tmp_path, lambda: STATUS).run()  # type: ignore[arg-type, return-value]
