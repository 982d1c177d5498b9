"""Start-up times, and memory and CPU of a station that encodes and records one 1080p stream."""

from __future__ import annotations

import http.client
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure, cpu_s, figure, load, memory_mb, show
from tests.bench.soap import envelope, get_system_date_and_time, username_token
from tests.harness.station import StationProcess, wait_for

STARTS = 3
SETTLE_S = 10
WINDOWS, WINDOW_S = 5, 3.0
_TRC = "http://www.onvif.org/ver10/recording/wsdl"
_TT = "http://www.onvif.org/ver10/schema"
BOARD = Path(__file__).parents[2] / "board" / "simulated" / "board.toml"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        board = Path(folder) / "board.toml"
        board.write_text(_one_stream(BOARD.read_text()))
        starts = [_start(StationProcess(Path(folder) / f"data{number}", board=board)) for number in range(STARTS)]
        figures = [
            figure("start to first response", [one.first_response_s for one in starts], "s"),
            figure("CPU until then", [one.cpu_s for one in starts], "s"),
            figure("start to first durable frame of a new recording", [one.first_frame_s for one in starts], "s"),
            *_measure(StationProcess(Path(folder) / "data", board=board)),
        ]
    show("Footprint, one 1080p15 stream encoding and recording", figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How long one start on an empty data directory took."""

    first_response_s: float
    cpu_s: float
    first_frame_s: float


def _one_stream(text: str) -> str:
    """The simulated board with a single stream of 1920x1080 at 15 frames a second."""
    head, sub = text.split('[[video_source.stream]]\ntoken = "Sub"')
    storage = sub[sub.index("[storage]") :]
    head = head.replace("1280", "1920").replace("720", "1080").replace("frame_rate = 25", "frame_rate = 15")
    return head + storage


def _start(station: StationProcess) -> Start:
    try:
        return _launch_and_record(station)
    finally:
        station.stop()
        shutil.rmtree(station.data)


def _launch_and_record(station: StationProcess) -> Start:
    began = time.monotonic()
    station.launch()
    assert station.process is not None
    wait_for("the first response", lambda: _answers(station), 60, 0.01)
    first_response_s, used_s = time.monotonic() - began, cpu_s(station.process.pid)
    _record(station)
    wait_for("the first recorded frame", lambda: _recorded(station), 60, 0.05)
    return Start(first_response_s=first_response_s, cpu_s=used_s, first_frame_s=time.monotonic() - began)


def _measure(station: StationProcess) -> list[Figure]:
    try:
        _launch_and_record(station)
        assert station.process is not None
        pid = station.process.pid
        time.sleep(SETTLE_S)
        loads = [100 * load(pid, WINDOW_S) for _ in range(WINDOWS)]
        return [
            Figure(name="resident memory", value=memory_mb(pid), unit="MB", beside="goal 90"),
            Figure(name="    of it anonymous", value=memory_mb(pid, "RssAnon"), unit="MB"),
            Figure(name="    of it pages of files, shared with others", value=memory_mb(pid, "RssFile"), unit="MB"),
            figure("CPU", loads, "% of a core"),
        ]
    finally:
        station.stop()


def _post(station: StationProcess, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", station.http_port, timeout=5)
    try:
        connection.request("POST", "/onvif/device_service", body, {"Content-Type": "application/soap+xml"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _answers(station: StationProcess) -> bool:
    try:
        return _post(station, get_system_date_and_time())[0] == 200
    except OSError:
        return False


def _record(station: StationProcess) -> None:
    source = "".join(f"<t:{n}>bench</t:{n}>" for n in ("SourceId", "Name", "Location", "Description", "Address"))
    body = (
        f'<CreateRecording xmlns="{_TRC}" xmlns:t="{_TT}"><RecordingConfiguration><t:Source>{source}</t:Source>'
        "<t:Content/><t:MaximumRetentionTime>PT0S</t:MaximumRetentionTime></RecordingConfiguration></CreateRecording>"
    )
    status, answer = _post(station, envelope(body, username_token()))
    assert status == 200, answer
    token = answer.decode().split("RecordingToken>")[1].split("<")[0]
    body = (
        f'<CreateRecordingJob xmlns="{_TRC}" xmlns:t="{_TT}"><JobConfiguration><t:RecordingToken>{token}'
        "</t:RecordingToken><t:Mode>Active</t:Mode><t:Priority>1</t:Priority><t:Source>"
        '<t:SourceToken Type="http://www.onvif.org/ver10/schema/Profile"><t:Token>Main</t:Token></t:SourceToken>'
        "</t:Source></JobConfiguration></CreateRecordingJob>"
    )
    status, answer = _post(station, envelope(body, username_token()))
    assert status == 200, answer


def _recorded(station: StationProcess) -> bool:
    recordings = station.status().get("recordings", [])
    return bool(recordings) and bool(recordings[0]["until"])
