"""Cameras that break every rule: the station says what is wrong, and goes on for everyone else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.proxy import RecordingProxy
from tests.harness.recorder import Recorder, now_us
from tests.harness.soap import NAMESPACES, SoapClient, text
from tests.harness.station import StationProcess, wait_for
from tests.system.hostile_camera import hostile_cameras

RECEIVER_TYPE = "http://www.onvif.org/ver10/schema/Receiver"
SECRET = "Geheim-4711"
# Two loaded cores; without bounds these cameras stop the station for many seconds.
LONGEST_WAIT_S = 3.0
MAX_RSS_GROWTH_KIB = 64 * 1024

FLOODS = {
    "tiny": "the device sends too many packets",
    "pictures": "the device sends too many pictures or pieces of sound",
    "answers": "the device sends too many answers and requests",
    "picture": "the device sends too much data",
}
REFUSALS = {
    "headers": "the device is out of step: the head of an answer is too long",
    "redirections": "the device sends its clients from one address to the next",
    "elsewhere": "the address cannot be received from: 169.254.169.254 is no camera",
    "login": "the device asks to log in again and again",
    "escapes": "the device sent a control character to be sent back",
}


class Site:
    """A station that records from cameras."""

    def __init__(self, station: StationProcess, soap: SoapClient, port: int) -> None:
        self.station = station
        self.soap = soap
        self.recorder = Recorder(soap)
        self._port = port

    def record(self, behaviour: str) -> tuple[str, str]:
        """A new recording of such a camera, and its job."""
        uri = f"rtsp://admin:{SECRET}@127.0.0.1:{self._port}/{behaviour}"
        setup = "<tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport>"
        created = self.soap.call(
            "<trv:CreateReceiver><trv:Configuration><tt:Mode>AutoConnect</tt:Mode>"
            f"<tt:MediaUri>{uri}</tt:MediaUri><tt:StreamSetup>{setup}</tt:StreamSetup>"
            "</trv:Configuration></trv:CreateReceiver>"
        )
        recording = self.recorder.create_recording(behaviour)
        source = f'<tt:SourceToken Type="{RECEIVER_TYPE}"><tt:Token>{text(created, "trv:Receiver/tt:Token")}</tt:Token>'
        job = self.soap.call(
            f"<trc:CreateRecordingJob><trc:JobConfiguration><tt:RecordingToken>{recording}</tt:RecordingToken>"
            "<tt:Mode>Active</tt:Mode><tt:Priority>1</tt:Priority>"
            f"<tt:Source>{source}</tt:SourceToken></tt:Source></trc:JobConfiguration></trc:CreateRecordingJob>"
        )
        return recording, text(job, "trc:JobToken")

    def errors(self, job: str) -> set[str]:
        """What the job's state says is wrong."""
        body = f"<trc:GetRecordingJobState><trc:JobToken>{job}</trc:JobToken></trc:GetRecordingJobState>"
        return {error.text or "" for error in self.soap.call(body).iterfind(".//tt:Error", NAMESPACES)}

    def rss_kib(self) -> int:
        assert self.station.process is not None
        status = Path(f"/proc/{self.station.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


@pytest.fixture(scope="module")
def site(station: StationProcess, proxy: RecordingProxy) -> Iterator[Site]:
    with hostile_cameras() as port:
        yield Site(station, SoapClient(proxy.url), port)


@pytest.fixture(scope="module", autouse=True)
def witness(site: Site) -> str:
    """What a good camera sends, recorded while the others are at work."""
    recording, _ = site.record("good")
    site.recorder.wait_for_footage(recording, 1)
    return recording


@pytest.mark.parametrize("behaviour", FLOODS)
def test_a_camera_that_floods_is_hung_up_on_while_everyone_else_is_served(site: Site, behaviour: str) -> None:
    before_kib = site.rss_kib()
    recording, job = site.record(behaviour)
    longest_s, end = 0.0, time.monotonic() + 15
    while site.errors(job) != {FLOODS[behaviour]}:
        begun = time.monotonic()
        assert begun < end, site.errors(job)
        site.soap.call("<tds:GetDeviceInformation/>")
        longest_s = max(longest_s, time.monotonic() - begun)
        time.sleep(0.05)
    assert longest_s < LONGEST_WAIT_S
    assert site.rss_kib() - before_kib < MAX_RSS_GROWTH_KIB
    site.recorder.delete_recording(recording)


@pytest.mark.parametrize("behaviour", REFUSALS)
def test_a_camera_that_leads_astray_is_refused_with_the_reason(site: Site, behaviour: str) -> None:
    recording, job = site.record(behaviour)
    wait_for(REFUSALS[behaviour], lambda: site.errors(job) == {REFUSALS[behaviour]})
    site.recorder.delete_recording(recording)


def test_leaps_of_a_cameras_time_do_not_reach_the_recording(site: Site) -> None:
    begun_us = now_us()
    recording, _ = site.record("jumps")
    found = site.recorder.wait_for_footage(recording, 1)
    assert begun_us - 31_000_000 < (found.earliest_us or 0) < (found.latest_us or 0) <= now_us()
    site.recorder.delete_recording(recording)


def test_cameras_that_flap_are_told_of_seldom(site: Site) -> None:
    before = site.station.log.stat().st_size
    made = [site.record("flap") for _ in range(8)]
    time.sleep(4)
    assert site.station.log.stat().st_size - before < 16_384
    for recording, _ in made:
        site.recorder.delete_recording(recording)


def test_the_witness_was_recorded_throughout_and_no_password_was_written(site: Site, witness: str) -> None:
    found = site.recorder.information(witness)
    assert found.status == "Recording"
    assert now_us() - (found.latest_us or 0) < 5_000_000
    log = site.station.log.read_text()
    assert SECRET not in log
    assert "\x1b" not in log
