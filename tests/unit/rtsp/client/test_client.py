"""A client's life: from the first request to TEARDOWN, with a camera that does as it likes."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.rtsp.client.camera import (
    AUDIO_ONLY,
    CAMERA,
    METADATA_ONLY,
    PASSWORD,
    MemoryCamera,
    frame,
    goodbye,
    pass_time,
    rtp,
    sender_report,
)
from tests.unit.rtsp.client.scene import SLICE, scene, why
from tests.unit.rtsp.twins import SPS

from argus.base.access_unit import Codec, MediaKind
from argus.base.clock import SimulatedClock
from argus.base.errors import ArgusError, NotSupported, Unavailable
from argus.device.digest import Digest
from argus.rtsp.client import ClientTransport


async def test_it_sets_up_what_it_can_receive_plays_and_says_goodbye() -> None:
    async with scene(MemoryCamera(digest=Digest(SimulatedClock()))) as stage:
        camera = stage.camera
        assert camera.methods == ["OPTIONS", "DESCRIBE", "DESCRIBE", "SETUP", "SETUP", "PLAY"]
        uris = [request.uri for request in camera.requests]
        assert uris[0] == "rtsp://camera:554/stream"
        assert uris[3:] == ["rtsp://camera/stream/trackID=1", "rtsp://camera/stream/trackID=2", "rtsp://camera/stream/"]
        assert [media.codec for media in stage.sink.media] == [Codec.H264, Codec.PCMU]
        assert [media.tag for media in stage.sink.media] == ["trackID=1", "trackID=2"]
        assert all(request.header("session") == "abc" for request in camera.requests[4:])
    assert camera.methods[-1] == "TEARDOWN"
    assert camera.closed
    assert all(PASSWORD not in str(request) for request in camera.requests)


async def test_units_come_with_rising_times_of_our_clock_and_none_before_it_is_open() -> None:
    async with scene() as stage:
        begun_us = stage.clock.utc_us()
        for number in range(20):
            packets = stage.key_frame(0) if not number else [stage.video(number * 3_600, SLICE, marker=True)]
            stage.send(*packets)
            await stage.clock.advance(0.04)
        units = [unit for _, unit in stage.sink.taken]
        assert len(units) == 20
        assert [after.utc_us - before.utc_us for before, after in pairwise(units)] == [40_000] * 19
        assert units[0].utc_us == begun_us
        assert units[0].key_frame
        assert units[0].data[4:].startswith(SPS)
        assert stage.client.counters.units == 20


async def test_a_step_of_the_wall_clock_is_followed_and_the_monotonic_time_goes_on() -> None:
    async with scene() as stage:
        stage.send(*stage.key_frame(0))
        await pass_time(stage.clock, 1)
        stage.clock.step(-3_600)
        await pass_time(stage.clock, 2)
        stage.send(stage.video(3 * 90_000, SLICE, marker=True))
        first, second = (unit for _, unit in stage.sink.taken)
        assert second.utc_us == first.utc_us - 3_597_000_000
        assert second.mono_ns == first.mono_ns + 3_000_000_000


async def test_media_that_come_before_play_is_answered_are_not_lost() -> None:
    camera = MemoryCamera(answers={"PLAY": None})
    async with scene(camera) as stage:
        stage.send(*stage.key_frame(0))
        await pass_time(stage.clock, 1)
        assert stage.sink.media == ()
        camera.say(f"RTSP/1.0 200 OK\r\nCSeq: {camera.requests[-1].cseq}\r\n\r\n".encode())
        await pass_time(stage.clock, 1)
        assert len(stage.sink.taken) == 1


async def test_another_source_in_the_first_moments_does_not_cost_what_came_before_it() -> None:
    async with scene() as stage:
        stage.send(*stage.key_frame(0))
        stage.send(rtp(700, 0, SLICE, kind=96, ssrc=2, marker=False))
        await pass_time(stage.clock, 1)
        assert stage.error is None
        assert [unit.key_frame for _, unit in stage.sink.taken] == [True]


async def test_datagrams_are_received_in_order_and_reported_on() -> None:
    async with scene(transport=ClientTransport.UDP) as stage:
        video = stage.network.ports[0]
        assert video.aimed == (CAMERA, (7_000, 7_001))
        assert "client_port=5000-5001" in (stage.camera.requests[2].header("transport") or "")
        assert len(video.sent) == 1  # opened the way
        first, second, third = stage.key_frame(0)
        for packet in (first, third, second):
            video.take_rtp(packet)
        video.take_rtcp(sender_report(1 << 40, 0))
        await pass_time(stage.clock, 5.25)
        assert len(stage.sink.taken) == 1
        assert stage.client.counters.reordered == 1
        assert len(video.sent) == 2
    assert all(ports.closed for ports in stage.network.ports)


async def test_a_loss_asks_for_a_key_frame_and_so_may_the_owner() -> None:
    async with scene() as stage:
        stage.send(*stage.key_frame(0))
        stage.video(1, SLICE)  # never sent
        stage.send(stage.video(3_600, SLICE, marker=True))
        await pass_time(stage.clock, 0.25)
        assert [packet[-11] for channel, packet in stage.camera.reports if channel == 1] == [206]
        stage.client.request_key_frame(stage.sink.media[0])
        assert len(stage.camera.reports) == 1
        await pass_time(stage.clock, 1)
        stage.client.request_key_frame(stage.sink.media[0])
        assert len(stage.camera.reports) == 2
        assert stage.client.counters.lost == 1


async def test_a_loss_right_after_another_is_told_when_its_second_has_come() -> None:
    async with scene() as stage:
        stage.send(*stage.key_frame(0))
        for number in (1, 2):
            stage.video(number, SLICE)  # never sent
            stage.send(stage.video(number * 3_600, SLICE, marker=True))
            await pass_time(stage.clock, 0.25)
        assert len(stage.camera.reports) == 1
        await pass_time(stage.clock, 1)
        assert len(stage.camera.reports) == 2


@pytest.mark.parametrize(
    ("public", "timeout", "method", "every_s"),
    [
        ("OPTIONS, GET_PARAMETER", ";timeout=20", "GET_PARAMETER", 10),
        ("OPTIONS, PLAY", "", "OPTIONS", 30),
        ("GET_PARAMETER", ";timeout=3600", "GET_PARAMETER", 30),
    ],
)
async def test_the_session_is_kept_alive(public: str, timeout: str, method: str, every_s: int) -> None:
    camera = MemoryCamera(sdp=METADATA_ONLY, public=public, timeout=timeout)
    async with scene(camera) as stage:
        set_up = len(camera.requests)
        await pass_time(stage.clock, every_s * 3 + 0.5)
        assert camera.methods[set_up:] == [method] * 3
        assert camera.requests[-1].header("session") == "abc"


async def test_a_keep_alive_the_camera_does_not_know_is_replaced() -> None:
    camera = MemoryCamera(sdp=METADATA_ONLY, answers={"GET_PARAMETER": (501, "")})
    async with scene(camera) as stage:
        await pass_time(stage.clock, 61)
        assert camera.methods[-2:] == ["GET_PARAMETER", "OPTIONS"]


async def test_a_nonce_that_wears_out_is_renewed_while_it_plays() -> None:
    clock = SimulatedClock()
    camera = MemoryCamera(sdp=METADATA_ONLY, digest=Digest(clock))
    async with scene(camera) as stage:
        await clock.advance(100_000)
        await pass_time(stage.clock, 31)
        assert stage.error is None
        assert camera.methods[-2:] == ["GET_PARAMETER", "GET_PARAMETER"]


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
async def test_a_camera_that_does_not_answer_is_given_up(method: str) -> None:
    error = await why(MemoryCamera(answers={method: None}))
    assert isinstance(error, Unavailable)
    assert str(error) == f"no answer to {method} within 10 s"


@pytest.mark.parametrize(
    ("camera", "kind", "words"),
    [
        (MemoryCamera(answers={"DESCRIBE": (404, "")}), Unavailable, "answers DESCRIBE with 404"),
        (MemoryCamera(answers={"SETUP": (461, "")}), NotSupported, "refuses the transport"),
        (
            MemoryCamera(answers={"SETUP": (200, "Transport: RTP/AVP;unicast;server_port=1-2")}),
            Unavailable,
            "transport",
        ),
        (MemoryCamera(sdp="v=0\n"), NotSupported, "cannot be read"),
        (MemoryCamera(sdp="v=0\nm=audio 0 RTP/AVP 97\na=rtpmap:97 OPUS/48000\n"), NotSupported, "no media"),
        (MemoryCamera(answers={"DESCRIBE": (401, "WWW-Authenticate: Bearer")}), Unavailable, "not spoken here"),
    ],
)
async def test_a_refusal_says_what_is_wrong(camera: MemoryCamera, kind: type[ArgusError], words: str) -> None:
    error = await why(camera)
    assert isinstance(error, kind)
    assert error.subject == "receiver"
    assert words in str(error)


async def test_media_the_camera_does_not_set_up_are_left_out() -> None:
    class Deaf(MemoryCamera):
        def _accept(self, request):  # type: ignore[no-untyped-def]
            if request.uri.endswith("trackID=2"):
                return ["Transport: nonsense"], ""
            return super()._accept(request)

    async with scene(Deaf()) as stage:
        assert [media.kind for media in stage.sink.media] == [MediaKind.VIDEO]


async def test_video_that_stands_still_is_noticed_and_missing_audio_is_not() -> None:
    async with scene() as stage:
        for _ in range(30):
            stage.send(stage.video(0, SLICE))
            await pass_time(stage.clock, 0.5)
        assert stage.error is None  # audio never came
        for number in range(25):
            stage.send(rtp(number, number * 4_000, bytes(160)), channel=2)
            await pass_time(stage.clock, 0.5)
        assert str(stage.error) == "no video for 10 s"


async def test_audio_alone_may_not_stand_still_either() -> None:
    assert str(await why(MemoryCamera(sdp=AUDIO_ONLY))) == "no audio for 10 s"


@pytest.mark.parametrize(
    ("flood", "words"),
    [
        (frame(9, b""), "packets"),
        (frame(1, b""), "packets"),
        (frame(0, b"\x80" * 12), "packets"),
        (b"RTSP/1.0 200 OK\r\n\r\n", "answers"),
        (b"\r\n" * 1_000, "data"),
    ],
    ids=["stray", "reports", "media", "answers", "nothing"],
)
async def test_a_camera_that_floods_is_hung_up_on(flood: bytes, words: str) -> None:
    async with scene() as stage:
        for _ in range(20):
            stage.camera.say(flood * 10_000)
            await pass_time(stage.clock, 0.25)
        assert words in str(stage.error)
        assert stage.camera.closed


async def test_the_burst_that_a_camera_begins_with_is_no_flood() -> None:
    async with scene() as stage:
        stage.send(*stage.key_frame(0))
        for number in range(1, 250):
            stage.send(stage.video(number * 3_600, SLICE + bytes(50_000), marker=True))
        await pass_time(stage.clock, 1)
        assert stage.error is None
        assert stage.client.counters.units == 250


@given(st.lists(st.sampled_from([0, 3_600, 1 << 30, (1 << 31) - 1, 1 << 31, -(1 << 30), -3_600]), max_size=30))
@settings(max_examples=30, deadline=None)
async def test_whatever_a_camera_says_of_time_nothing_lies_in_the_future_or_long_past(steps: list[int]) -> None:
    async with scene() as stage:
        timestamp = 0
        for step in steps:
            timestamp = (timestamp + step) % (1 << 32)
            stage.send(*stage.key_frame(timestamp))
            await pass_time(stage.clock, 0.05, 0.05)
            now_us = stage.clock.utc_us()
            assert all(-31_000_000 < unit.utc_us - now_us <= 1_000 for _, unit in stage.sink.taken)


async def test_a_medium_whose_name_is_endless_is_left_out() -> None:
    async with scene(MemoryCamera(sdp=MemoryCamera().sdp.replace("trackID=1", "trackID=" + "1" * 1_000))) as stage:
        assert [media.tag for media in stage.sink.media] == ["trackID=2"]


async def test_the_end_of_the_stream_and_of_the_connection_are_noticed() -> None:
    async with scene(MemoryCamera(sdp=AUDIO_ONLY)) as stage:
        stage.send(rtp(1, 0, bytes(160)))
        stage.send(goodbye(), channel=1)
        await pass_time(stage.clock, 0.5)
        assert str(stage.error) == "the device ended the stream"
    async with scene() as stage:
        stage.camera.end("the device closed the connection")
        await pass_time(stage.clock, 0.5)
        assert str(stage.error) == "the device closed the connection"
    async with scene() as stage:
        stage.camera.say(b"\x00\x01\x02\x03")
        await pass_time(stage.clock, 0.5)
        assert "out of step" in str(stage.error)


async def test_a_request_of_the_camera_is_answered() -> None:
    async with scene() as stage:
        stage.camera.say(b"ANNOUNCE rtsp://x/ RTSP/1.0\r\nCSeq: 4\r\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 5\r\n\r\n")
        assert stage.camera.answered == [
            b"RTSP/1.0 501 Not Implemented\r\nCSeq: 4\r\n\r\n",
            b"RTSP/1.0 200 OK\r\nCSeq: 5\r\n\r\n",
        ]
