"""Strangers who send what no client sends: each gets the right answer, and recording goes on without a gap."""

from __future__ import annotations

import gzip
import random
import socket
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from lxml import etree
from tests.harness.pictures import stamps_of_h264
from tests.harness.proxy import RecordingProxy
from tests.harness.recorder import Recorder
from tests.harness.rtsp import RtspClient, clock_range
from tests.harness.soap import SOAP, SoapClient, envelope, send
from tests.harness.station import MAIN_SIZE, StationProcess, wait_for

TYPE = {"Content-Type": "application/soap+xml"}
PATH = "/onvif/device_service"
HEARD = "<tds:GetSystemDateAndTime/>"
SLOW_DEADLINE_S = 13.0


@pytest.fixture(scope="module")
def recording(proxy: RecordingProxy) -> str:
    """What is recorded while the strangers are at work."""
    return Recorder(SoapClient(proxy.url)).record(1, "Witness")[0]


@pytest.fixture(scope="module", autouse=True)
def slow(station: StationProcess, recording: str) -> Iterator[dict[str, socket.socket]]:
    """Connections that say something and then nothing more, opened before all other tests."""
    beginnings = {
        "silent": (station.http_port, b""),
        "slow header": (station.http_port, b"POST /onvif/device_service HTTP/1.1\r\nHost: a\r\nX: "),
        "slow body": (
            station.http_port,
            b"POST /onvif/device_service HTTP/1.1\r\nHost: a\r\nContent-Type: application/soap+xml\r\n"
            b"Content-Length: 1000\r\n\r\n<",
        ),
        "slow RTSP": (station.rtsp_port, b"DESCRIBE rtsp://a/live/Main RTSP/1.0\r\nCSeq: "),
    }
    opened = {}
    for name, (port, beginning) in beginnings.items():
        opened[name] = socket.create_connection(("127.0.0.1", port))
        opened[name].sendall(beginning)
    yield opened
    for connection in opened.values():
        connection.close()


def fault_codes(body: bytes) -> tuple[str, ...]:
    values = etree.fromstring(body).iterfind(f".//{{{SOAP}}}Value")
    return tuple((value.text or "").rpartition(":")[2] for value in values)


def nested(depth: int) -> str:
    return "<tds:GetServices>" + "<a>" * depth + "</a>" * depth + "</tds:GetServices>"


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (str(n - 1).encode() if n else b"") * 10) for n in range(9))
    + b']><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&a8;</s:Body></s:Envelope>'
)
WIDE = "<tds:GetServices>" + "<a/>" * 20_000 + "</tds:GetServices>"
ELSEWHERE = '<t:GetStatus xmlns:t="http://www.onvif.org/ver20/ptz/wsdl"/>'
SOAP_11 = b"http://schemas.xmlsoap.org/soap/envelope/"
POST = b"POST /onvif/device_service HTTP/1.1\r\nHost: a\r\n"
FILE = (
    b'<!DOCTYPE b [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>&f;</s:Body></s:Envelope>'
)


@pytest.mark.parametrize(
    ("data", "status", "codes"),
    [
        (b"<not xml", 400, ("Sender", "WellFormed")),
        (bytes(range(256)), 400, ("Sender", "WellFormed")),
        (BOMB, 400, ("Sender", "WellFormed")),
        (FILE, 400, ("Sender", "WellFormed")),
        (envelope(nested(5_000)), 400, ("Sender", "WellFormed")),
        (envelope(WIDE), 400, ("Sender", "WellFormed")),
        (envelope(HEARD).replace(SOAP.encode(), SOAP_11), 500, ("VersionMismatch",)),
        (envelope(HEARD, '<x:Y xmlns:x="urn:x" s:mustUnderstand="true"/>'), 500, ("MustUnderstand",)),
        (envelope("<trc:MakeCoffee/>"), 400, ("Sender", "UnknownAction")),
        (envelope("<trc:ExportRecordedData/>"), 500, ("Receiver", "ActionNotSupported")),
        (envelope(ELSEWHERE), 500, ("Receiver", "ActionNotSupported")),
    ],
    ids=[
        "no XML", "bytes", "entity bomb", "external entity", "deep", "wide", "SOAP 1.1", "header", "unknown",
        "not built", "no service",
    ],
)  # fmt: skip
def test_a_message_that_is_none_is_answered_with_the_fault_for_it(
    soap: SoapClient, data: bytes, status: int, codes: tuple[str, ...]
) -> None:
    answer = soap.post_bytes(data)
    assert answer.status == status
    assert answer.header("Content-Type").startswith("application/soap+xml")
    assert fault_codes(answer.body) == codes
    assert b"root:" not in answer.body


@pytest.mark.parametrize(
    ("method", "headers", "body", "status"),
    [
        ("PUT", TYPE, envelope(HEARD), 405),
        ("GET", {}, b"", 405),
        ("POST", {"Content-Type": "text/plain"}, envelope(HEARD), 415),
        ("POST", {}, b"", 400),
        ("POST", TYPE, b"", 401),
        ("POST", TYPE, b"\r\n", 400),
        ("POST", TYPE | {"Content-Encoding": "gzip"}, gzip.compress(b" " * 10_000_000), 415),
        ("POST", TYPE | {"Host": "a/../b"}, envelope(HEARD), 400),
        ("POST", TYPE, b" " * 300_000, 413),
    ],
)
def test_a_request_that_is_no_soap_gets_a_bare_status(
    station: StationProcess, method: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = send(station.url, method, PATH, body, headers)
    assert answer.status == status
    assert b"Envelope" not in answer.body


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (POST + b"Content-Length: 99999999999\r\n\r\n", b"413"),
        (b"GARBAGE\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", b"400"),
        (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
    ],
    ids=["huge length", "garbage", "huge header", "two lengths"],
)  # fmt: skip
def test_a_broken_request_is_refused_before_its_body(station: StationProcess, head: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", station.http_port)) as connection:
        connection.settimeout(5)
        connection.sendall(head)
        assert connection.recv(4096).split(b" ")[1] == status


def test_a_hundred_connections_leave_room_for_a_client_from_elsewhere(station: StationProcess) -> None:
    crowd = []
    try:
        for _ in range(100):
            crowd.append(socket.create_connection(("127.0.0.1", station.http_port)))
        with socket.create_connection(("127.0.0.1", station.http_port), source_address=("127.0.0.9", 0)) as client:
            client.settimeout(5)
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(4096).split(b" ")[1] == b"401"
    finally:
        for connection in crowd:
            connection.close()


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 2_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nCSeq: 99999999999999999999\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\n" + b"X: y\r\n" * 1_000 + b"\r\n",
        b"DESCRIBE rtsp://a/live/" + b"x" * 10_000 + b" RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        b"ANNOUNCE rtsp://a/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n",
        b"$\x00\xff\xff" + b"z" * 70_000 + b"\r\n\r\nNONSENSE\r\n\r\n",
    ],
    ids=["zeros", "HTTP", "CSeq", "many headers", "long address", "huge body", "interleaved"],
)
def test_garbage_on_the_rtsp_port_is_refused_and_the_connection_ends(station: StationProcess, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", station.rtsp_port)) as connection:
        connection.settimeout(5)
        connection.sendall(data)
        answer = b""
        try:
            while piece := connection.recv(4096):
                answer += piece
        except ConnectionResetError:
            pass
    assert answer.startswith((b"RTSP/1.0 4", b"RTSP/1.0 5")), answer


def test_random_bytes_disturb_neither_port(station: StationProcess) -> None:
    noise = random.Random(7)
    for port in (station.http_port, station.rtsp_port) * 20:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.settimeout(5)
            try:
                connection.sendall(noise.randbytes(noise.randrange(1, 4_000)) + b"\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass
            except ConnectionError:
                pass
    assert station.status()["ok"]


def test_rtsp_messages_out_of_order_are_refused(recorder: Recorder) -> None:
    uri = recorder.stream_uri()
    with RtspClient(uri) as client:
        client.request("PLAY", expect=455)
        client.request("SETUP", f"{uri}/trackID=77", {"Transport": "RTP/AVP/TCP;interleaved=0-1"}, expect=404)
        client.request("MAKECOFFEE", expect=501)
        client.open()
        client.request("SETUP", headers={"Transport": "RTP/AVP;multicast"}, expect=461)
        client.session = "not-mine"
        client.request("PLAY", expect=454)
        client.request("DESCRIBE", uri.replace("/live/", "/nothing/"), expect=404)


def test_who_is_too_slow_is_let_go(slow: dict[str, socket.socket]) -> None:
    deadline = time.monotonic() + SLOW_DEADLINE_S
    for name, connection in slow.items():
        connection.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            answer = connection.recv(4096)
        except ConnectionError:
            answer = b""
        except TimeoutError:
            pytest.fail(f"{name}: still open")
        if name == "slow body":
            assert b" 408 " in answer.partition(b"\r\n")[0]


def test_the_witness_recorded_all_of_it_without_a_gap(recorder: Recorder, recording: str) -> None:
    wait_for("it still records", lambda: recorder.information(recording).status == "Recording")
    found = recorder.information(recording)
    with recorder.replay(recording) as client:
        client.play(Range=clock_range(found.earliest_us, found.latest_us), Rate_Control="no")
        units = client.units(quiet_s=1)
    numbers = [stamp.number for stamp in stamps_of_h264(b"".join(unit.annexb for unit in units), MAIN_SIZE)]
    assert len(numbers) > 200
    assert all(after == before + 1 for before, after in pairwise(numbers))
