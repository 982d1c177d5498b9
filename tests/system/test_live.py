"""Live pictures, seen by ffmpeg and by a client of our own."""

from __future__ import annotations

import itertools

import pytest
from tests.harness.pictures import (
    assert_consecutive,
    decode,
    probe,
    stamps,
    stamps_of_h264,
    stamps_of_stream,
    with_login,
)
from tests.harness.recorder import Recorder, now_us
from tests.harness.rtsp import RtspClient
from tests.harness.soap import SoapClient, text
from tests.harness.station import MAIN_SIZE, SUB_SIZE, StationProcess

SECOND_US = 1_000_000


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_ffmpeg_plays_the_main_stream_without_a_gap_and_with_the_time_of_now(
    recorder: Recorder, transport: str
) -> None:
    found = stamps_of_stream(recorder.stream_uri("Main"), MAIN_SIZE, 50, transport)
    assert len(found) == 50
    assert_consecutive(found)
    assert abs(found[-1].utc_us - now_us()) < 2 * SECOND_US


def test_ffmpeg_plays_the_sub_stream_of_the_same_pictures(recorder: Recorder) -> None:
    found = stamps_of_stream(recorder.stream_uri("Sub"), SUB_SIZE, 30)
    assert_consecutive(found)
    assert abs(found[-1].utc_us - now_us()) < 2 * SECOND_US


def test_ffprobe_sees_the_codec_and_size_of_the_profile(recorder: Recorder) -> None:
    stream = probe(with_login(recorder.stream_uri("Main")), "-rtsp_transport", "tcp")
    assert stream["codec_name"] == "h264"
    assert (stream["width"], stream["height"]) == MAIN_SIZE


@pytest.mark.parametrize(("udp", "algorithm"), [(False, "MD5"), (False, "SHA-256"), (True, "MD5")])
def test_a_live_stream_starts_with_a_key_frame_and_loses_nothing(recorder: Recorder, udp: bool, algorithm: str) -> None:
    with RtspClient(recorder.stream_uri("Main"), udp=udp, algorithm=algorithm) as client:
        client.open()
        client.play()
        units = client.units(60)
        assert units[0].key_frame
        assert all(unit.extension is None for unit in units)
        assert len(client.reports) >= 1
        client.teardown()
    found = stamps_of_h264(b"".join(unit.annexb for unit in units), MAIN_SIZE)
    assert len(found) == 60
    assert_consecutive(found)
    ticks = [(after.timestamp - before.timestamp) & 0xFFFFFFFF for before, after in itertools.pairwise(units)]
    assert abs(sum(ticks) / len(ticks) - 3_600) < 200, "90 kHz over 25 frames a second"


def test_a_paused_live_stream_is_silent_and_goes_on_at_now(recorder: Recorder) -> None:
    with RtspClient(recorder.stream_uri("Main")) as client:
        client.open()
        client.play()
        client.units(10)
        client.pause()
        list(client.packets(quiet_s=0.5))
        assert not client.units(1, quiet_s=1)
        client.play()
        units = client.units(5)
    found = stamps_of_h264(b"".join(unit.annexb for unit in units), MAIN_SIZE)
    assert abs(found[-1].utc_us - now_us()) < 2 * SECOND_US


def test_a_client_that_does_not_read_disturbs_no_other(recorder: Recorder) -> None:
    uri = recorder.stream_uri("Main")
    with RtspClient(uri) as idle, RtspClient(uri) as client:
        idle.open()
        idle.play()
        client.open()
        client.play()
        units = client.units(75)
    assert len(units) == 75
    assert_consecutive(stamps_of_h264(b"".join(unit.annexb for unit in units), MAIN_SIZE))


def test_a_stream_is_refused_without_credentials_and_with_a_wrong_password(recorder: Recorder) -> None:
    uri = recorder.stream_uri("Main")
    for password in ("", "wrong"):
        with RtspClient(uri, password=password) as client:
            response = client.ask("DESCRIBE")
            assert response.status == 401
            assert "Basic" not in response.header("www-authenticate")
            if password:
                client.digest.accept(response.headers["www-authenticate"])
                assert client.ask("DESCRIBE").status == 401


def test_a_snapshot_is_a_picture_of_the_profile_and_needs_credentials(soap: SoapClient) -> None:
    body = "<trt:GetSnapshotUri><trt:ProfileToken>Main</trt:ProfileToken></trt:GetSnapshotUri>"
    uri = text(soap.call(body), "trt:MediaUri/tt:Uri")
    assert uri.startswith(soap.url)
    target = uri.removeprefix(soap.url)
    assert SoapClient(soap.url, login="none").get(target).status == 401
    assert SoapClient(soap.url, password="wrong").get(target).status == 401
    answer = SoapClient(soap.url, login="SHA-256").get(target)
    assert answer.status == 200
    assert answer.header("Content-Type") == "image/jpeg"
    picture = probe(answer.body, "-f", "jpeg_pipe")
    assert (picture["codec_name"], picture["width"], picture["height"]) == ("mjpeg", *MAIN_SIZE)


def test_a_snapshot_shows_now(soap: SoapClient) -> None:
    answer = soap.get("/onvif/snapshot/Main")
    [found] = stamps(decode(["-f", "jpeg_pipe", "-i", "-"], MAIN_SIZE, data=answer.body), MAIN_SIZE)
    assert abs(found.utc_us - now_us()) < 3 * SECOND_US


def test_the_station_is_well_after_all_that(station: StationProcess) -> None:
    assert station.status()["ok"], station.status()["problems"]
