"""One running station a module, a proxy in front of it, and clients behind the proxy.

A module that needs another board says so with `BOARD = {...}`, the arguments of `write_board`; one that needs options
of `argus-station run` lists them in `ARGUMENTS`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.harness.proxy import RecordingProxy
from tests.harness.recorder import Recorder
from tests.harness.soap import SoapClient
from tests.harness.station import StationProcess, write_board


@pytest.fixture(scope="module")
def station(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StationProcess]:
    """A station that has to stop cleanly in the end, and must not have met anything unforeseen."""
    folder = tmp_path_factory.mktemp("station")
    board = write_board(folder, **getattr(request.module, "BOARD", {}))
    running = StationProcess(folder / "data", board=board, arguments=getattr(request.module, "ARGUMENTS", ()))
    try:
        yield running.start()
        assert running.stop() == 0, running.log.read_text()[-4000:]
        assert "Traceback" not in running.log.read_text(), running.log.read_text()[-4000:]
    finally:
        if running.process is not None and running.process.poll() is None:
            running.kill()


@pytest.fixture(scope="module")
def proxy(station: StationProcess) -> Iterator[RecordingProxy]:
    started = RecordingProxy(station.url).start()
    yield started
    started.stop()


@pytest.fixture
def soap(proxy: RecordingProxy) -> Iterator[SoapClient]:
    """The administrator; every answer that anyone got through the proxy is held against the official schemas."""
    yield SoapClient(proxy.url)
    problems = proxy.problems()
    assert not problems, "\n".join(problems[:3])


@pytest.fixture
def recorder(soap: SoapClient) -> Recorder:
    return Recorder(soap)
