"""Start-up times, and memory and CPU of a station that encodes and records one 1080p stream."""

from __future__ import annotations

import http.client
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure, cpu_s, rss_mb, show
from tests.bench.soap import envelope, get_system_date_and_time, username_token
from tests.harness.station import StationProcess, wait_for

SETTLE_S = 20
_TRC = "http://www.onvif.org/ver10/recording/wsdl"
_TT = "http://www.onvif.org/ver10/schema"
BOARD = Path(__file__).parents[2] / "board" / "simulated" / "board.toml"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        board = Path(folder) / "board.toml"
        board.write_text(_one_stream(BOARD.read_text()))
        figures = _measure(StationProcess(Path(folder) / "data", board=board))
    show("Footprint, one 1080p15 stream encoding and recording", figures)


def _one_stream(text: str) -> str:
    """The simulated board with a single stream of 1920x1080 at 15 frames a second."""
    head, sub = text.split('[[video_source.stream]]\ntoken = "Sub"')
    storage = sub[sub.index("[storage]") :]
    head = head.replace("1280", "1920").replace("720", "1080").replace("frame_rate = 25", "frame_rate = 15")
    return head + storage


def _measure(station: StationProcess) -> list[Figure]:
    began = time.monotonic()
    station.launch()
    try:
        wait_for("the first response", lambda: _answers(station), 60, 0.01)
        first_response = time.monotonic() - began
        _record(station)
        wait_for("the first recorded frame", lambda: _recorded(station), 60, 0.05)
        first_frame = time.monotonic() - began
        time.sleep(SETTLE_S)
        assert station.process is not None
        pid = station.process.pid
        began_load, cpu = time.monotonic(), cpu_s(pid)
        time.sleep(10)
        load = (cpu_s(pid) - cpu) / (time.monotonic() - began_load)
        memory = rss_mb(pid)
    finally:
        station.stop()
    return [
        Figure(name="start to first response", value=first_response, unit="s"),
        Figure(name="start to first durable frame of a new recording", value=first_frame, unit="s"),
        Figure(name="resident memory", value=memory, unit="MB", beside="goal 90"),
        Figure(name="CPU", value=load * 100, unit="% of a core"),
    ]


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
