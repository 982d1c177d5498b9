"""The station as a process: how it starts, tells about itself, stops, and refuses."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.proxy import RecordingProxy
from tests.harness.recorder import Recorder
from tests.harness.rtsp import RtspClient
from tests.harness.soap import SoapClient, send, text
from tests.harness.station import PASSWORD, StationProcess, free_port, run_command, wait_for, write_board


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def spare(folder: Path) -> Iterator[StationProcess]:
    """A station that is not started yet."""
    made = StationProcess(folder / "data", board=write_board(folder))
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


@pytest.mark.parametrize("command", ["", "run", "status", "check", "store", "discover"])
def test_every_command_explains_itself(command: str) -> None:
    outcome = run_command(*([command] if command else []), "--help")
    assert outcome.returncode == 0
    assert "Usage: argus-station" in outcome.stdout
    assert all(len(line) <= 100 for line in outcome.stdout.splitlines())


def test_status_is_a_table_for_people_and_json_for_programs(station: StationProcess, recorder: Recorder) -> None:
    recorder.record(1.5, "Yard")
    table = run_command("status", "--data", station.data)
    assert table.returncode == 0
    assert "everything works" in table.stdout
    assert "Yard" in table.stdout
    answer = json.loads(run_command("status", "--data", station.data, "--json").stdout)
    assert answer["ready"]
    assert answer["ok"]
    [source] = answer["video_sources"]
    assert source["frames"] > 0
    [recording] = answer["recordings"]
    assert recording["status"] == "Recording"
    assert answer["storage"]["state"] == "OK"


def test_the_technicians_page_asks_for_a_password_and_shows_the_station(soap: SoapClient) -> None:
    assert send(soap.url, "GET", "/").status == 401
    page = soap.get("/")
    assert page.status == 200
    assert page.header("Content-Type").startswith("text/html")
    assert "default-src 'self'" in page.header("Content-Security-Policy")
    status = json.loads(soap.get("/status.json").body)
    assert {entry["value"] for entry in status["addresses"] if soap.url in entry["value"]}
    assert soap.get("/nothing").status == 404


def test_addresses_are_those_the_client_used(station: StationProcess) -> None:
    for host in (f"localhost:{station.http_port}", "camera.example:8080", "[2001:db8::1]:80", "192.0.2.7"):
        client = SoapClient(station.url, headers={"Host": host})
        answer = client.call("<tds:GetServices><tds:IncludeCapability>true</tds:IncludeCapability></tds:GetServices>")
        xaddrs = [element.text or "" for element in answer.iter("{*}XAddr")]
        assert len(xaddrs) >= 6
        assert all(xaddr.startswith(f"http://{host}/onvif/") for xaddr in xaddrs), xaddrs
        uri = Recorder(client).stream_uri()
        name = host.rpartition(":")[0] if host.count(":") in (1, 4) or "]:" in host else host
        assert uri.startswith(f"rtsp://{name}:{station.rtsp_port}/")


def test_a_second_station_on_the_same_data_is_refused(station: StationProcess) -> None:
    outcome = run_command(
        "run", "--board", station.board, "--data", station.data, "--no-discovery",
        "--http", f"127.0.0.1:{free_port()}", "--rtsp", f"127.0.0.1:{free_port()}",
    )  # fmt: skip
    assert outcome.returncode == 1
    assert "Traceback" not in outcome.stderr
    assert str(station.data) in outcome.stderr
    assert station.status()["ok"]


def test_a_wrong_board_file_is_told_with_its_key(folder: Path) -> None:
    board = write_board(folder)
    board.write_text(board.read_text().replace('"1 Mbit/s"', '"1 MB/s"'))
    outcome = run_command("run", "--board", board, "--data", folder / "data")
    assert outcome.returncode == 1
    assert "bitrate" in outcome.stderr
    assert str(board) in outcome.stderr
    assert "Mbit/s" in outcome.stderr


def test_the_first_administrator_gets_a_password_that_is_shown_once(spare: StationProcess) -> None:
    spare.environment = {}
    spare.start()
    [line] = [line for line in spare.log.read_text().splitlines() if "admin / " in line]
    password = line.split("admin / ")[1].split()[0]
    assert len(password) >= 20
    assert SoapClient(spare.url, password=password).post("<tds:GetUsers/>").status == 200
    assert spare.stop() == 0
    spare.start()
    assert spare.log.read_text().count(password) == 1
    assert SoapClient(spare.url, password=password).post("<tds:GetUsers/>").status == 200
    assert (spare.data / "device.sqlite").stat().st_mode & 0o077 == 0


def test_everything_configured_is_there_after_a_restart(spare: StationProcess) -> None:
    spare.start()
    client = SoapClient(spare.url)
    recorder = Recorder(client)
    token = recorder.create_recording("Kept", "PT1H")
    job = recorder.create_job(token, "Sub")
    client.call("<tds:SetHostname><tds:Name>gate-7</tds:Name></tds:SetHostname>")
    endpoint = text(client.call("<tds:GetEndpointReference/>"), "tds:GUID")
    assert spare.stop() == 0
    spare.start()
    assert recorder.recordings() == [token]
    assert recorder.job_state(job) in ("Active", "Idle")
    wait_for("the job records again", lambda: recorder.information(token).status == "Recording")
    assert text(client.call("<tds:GetHostname/>"), "tds:HostnameInformation/tt:Name") == "gate-7"
    assert text(client.call("<tds:GetEndpointReference/>"), "tds:GUID") == endpoint


def test_a_reboot_starts_the_station_anew_in_the_same_place(spare: StationProcess) -> None:
    spare.start()
    recorder = Recorder(SoapClient(spare.url))
    token, _ = recorder.record(1.5)
    assert spare.process is not None
    process_id = spare.process.pid
    assert text(recorder.soap.call("<tds:SystemReboot/>"), "tds:Message")
    wait_for("it goes down", lambda: not spare.status())
    wait_for("it comes back", lambda: spare.status().get("ready"))
    assert spare.process.poll() is None
    assert spare.process.pid == process_id
    wait_for("the job records again", lambda: recorder.information(token).status == "Recording")


def test_the_service_manager_hears_ready_signs_of_life_and_stopping(spare: StationProcess, folder: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(5)
        spare.environment |= {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "20000000"}
        spare.start()
        heard = [manager.recv(4096).decode()]
        while heard.count("WATCHDOG=1") < 3:
            heard.append(manager.recv(4096).decode())
        assert "READY=1" in heard
        assert spare.stop() == 0
        while not any("STOPPING=1" in message for message in heard):
            heard.append(manager.recv(4096).decode())


def test_a_client_that_holds_connections_does_not_delay_the_stop(spare: StationProcess) -> None:
    spare.start()
    recorder = Recorder(SoapClient(spare.url))
    uri = recorder.stream_uri()
    idle = [socket.create_connection(("127.0.0.1", spare.http_port)) for _ in range(4)]
    with RtspClient(uri) as client:
        client.open()
        client.play()
        client.units(5)
        started = time.monotonic()
        assert spare.stop() == 0
        assert time.monotonic() - started < 6
    for opened in idle:
        opened.close()
    assert "Traceback" not in spare.log.read_text()


def test_the_log_holds_no_password(station: StationProcess, proxy: RecordingProxy) -> None:
    assert PASSWORD not in station.log.read_text()
