"""The conversation of a session: methods, states, refusals."""

import re

import pytest
from tests.unit.rtsp.conversation import LIVE, REPLAY, TCP, UDP, Stage
from tests.unit.rtsp.twins import START_US, settle, span_of_gops, split_answer

from argus.base.access import UserLevel
from argus.rtsp.limits import RtspLimits
from argus.rtsp.rtcp import encode_goodbye

RECEIVER_REPORT = encode_goodbye(ssrc=1, cname="client")


async def test_options_needs_no_credentials_and_lists_the_methods(stage: Stage) -> None:
    status, headers = await stage.ask("OPTIONS", "*", user=None, Require="onvif-replay")
    assert status == 200
    assert set(headers["Public"].split(", ")) >= {"DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER"}


@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER"])
async def test_every_other_method_is_challenged(stage: Stage, method: str) -> None:
    status, headers = await stage.ask(method, LIVE, user=None)
    assert status == 401
    assert headers["WWW-Authenticate"].count("Digest ") == 2


async def test_a_caller_who_may_not_read_media_is_forbidden(stage: Stage) -> None:
    stage.door.level = UserLevel.ANONYMOUS
    assert (await stage.ask("DESCRIBE", LIVE))[0] == 403


async def test_describe_answers_with_addresses_relative_to_the_uri_of_the_client(stage: Stage) -> None:
    status, headers = await stage.ask("DESCRIBE", LIVE, Accept="application/sdp")
    assert (status, headers["Content-Type"], headers["Content-Base"]) == (200, "application/sdp", LIVE + "/")
    assert b"a=control:track1\r\n" in stage.body


@pytest.mark.parametrize(
    ("method", "uri", "headers", "status"),
    [
        ("DESCRIBE", "rtsp://h/live/other", {}, 404),
        ("DESCRIBE", "rtsp://h/replay/other", {}, 404),
        ("DESCRIBE", "rtsp://h/elsewhere", {}, 404),
        ("DESCRIBE", LIVE, {"Accept": "text/html"}, 406),
        ("DESCRIBE", LIVE, {"Require": "foo"}, 551),
        ("SETUP", LIVE + "/track9", {"Transport": TCP}, 404),
        ("SETUP", LIVE + "/track1", {"Transport": "RTP/AVP;multicast"}, 461),
        ("SETUP", LIVE + "/track1", {}, 461),
        ("SETUP", LIVE + "/track1", {"Transport": UDP + ";destination=198.51.100.9"}, 461),
        ("SETUP", LIVE + "/track1", {"Transport": TCP, "Session": "guessed"}, 454),
        ("PLAY", LIVE, {}, 455),
        ("PAUSE", LIVE, {}, 455),
        ("TEARDOWN", LIVE, {}, 455),
        ("PLAY", LIVE, {"Session": "guessed"}, 454),
        ("OPTIONS", LIVE, {"Session": "guessed"}, 454),
        ("ANNOUNCE", LIVE, {}, 405),
        ("JUMP", LIVE, {}, 501),
    ],
)
async def test_what_cannot_be_done_has_its_status(
    stage: Stage, method: str, uri: str, headers: dict[str, str], status: int
) -> None:
    assert (await stage.ask(method, uri, **headers))[0] == status
    assert stage.server.health() == (1, 0)


async def test_an_unknown_option_is_named(stage: Stage) -> None:
    assert (await stage.ask("SETUP", LIVE + "/track1", Require="foo"))[1]["Unsupported"] == "foo"


async def test_live_is_set_up_played_and_torn_down(stage: Stage) -> None:
    headers = await stage.set_up()
    assert re.fullmatch(r"[0-9a-f]{16};timeout=60", headers["Session"])
    assert headers["Transport"].startswith("RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=")
    headers = await stage.play(Range="npt=0.000-")
    assert re.fullmatch(rf"url={LIVE}/track1;seq=\d+;rtptime=\d+", headers["RTP-Info"])
    assert headers["Range"] == "npt=now-"
    stage.link.sent.clear()
    stage.publish(key_frame=True)
    await settle()
    assert stage.link.sent.startswith(b"$\x00")
    status, _ = await stage.ask("TEARDOWN", LIVE)
    assert status == 200
    assert stage.hub.health().readers == 0
    assert stage.server.health() == (1, 0)


async def test_nothing_is_sent_before_the_answer_to_play(stage: Stage) -> None:
    await stage.set_up(REPLAY)
    await stage.play(REPLAY, Rate_Control="no")
    assert bytes(stage.link.sent).startswith(b"RTSP/1.0 200 OK")
    await settle()
    assert len(stage.link.sent) > 1_000


async def test_the_server_chooses_channels_where_the_client_does_not(stage: Stage) -> None:
    headers = await stage.set_up(transport="RTP/AVP/TCP;unicast")
    assert "interleaved=0-1" in headers["Transport"]


async def test_udp_is_sent_to_the_ports_of_the_client_and_ends_with_a_goodbye(stage: Stage) -> None:
    headers = await stage.set_up(transport=UDP)
    assert "client_port=5000-5001;server_port=20000-20001" in headers["Transport"]
    await stage.play()
    stage.publish(key_frame=True)
    await settle()
    [pair] = stage.ports.pairs
    assert len(pair.rtp) == 3
    assert len(pair.rtcp) == 1
    stage.link.close()
    await settle()
    assert pair.closed
    assert pair.rtcp[-1][-7] == 203


async def test_a_session_has_one_presentation(stage: Stage) -> None:
    await stage.set_up()
    assert (await stage.ask("SETUP", REPLAY + "/track1", Transport=TCP))[0] == 459
    assert (await stage.ask("PLAY", REPLAY))[0] == 404


async def test_a_request_in_a_session_names_it(stage: Stage) -> None:
    await stage.set_up()
    stage.session = ""
    assert (await stage.ask("PLAY", LIVE))[0] == 454
    assert (await stage.ask("OPTIONS", LIVE))[0] == 200


async def test_tracks_are_not_added_while_playing(stage: Stage) -> None:
    await stage.set_up()
    await stage.play()
    status, headers = await stage.ask("SETUP", LIVE + "/track1", Transport=TCP)
    assert status == 455
    assert "PAUSE" in headers["Allow"]


async def test_two_tracks_are_played_together_on_their_own_channels(stage: Stage) -> None:
    stage.footage.gops += span_of_gops(START_US, 2, track_id=2)
    await stage.set_up(REPLAY)
    assert (await stage.ask("SETUP", REPLAY + "/track2", Transport=TCP))[0] == 461
    assert (await stage.ask("SETUP", REPLAY + "/track2", Transport="RTP/AVP/TCP"))[0] == 200
    assert (await stage.ask("PLAY", REPLAY + "/track1"))[0] == 460
    headers = await stage.play(REPLAY)
    assert headers["RTP-Info"].count("url=") == 2


async def test_a_bad_range_leaves_what_is_playing_alone(stage: Stage) -> None:
    await stage.set_up()
    await stage.play()
    assert (await stage.ask("PLAY", LIVE, Range="clock=20260101T000000Z-"))[0] == 457
    assert (await stage.ask("PLAY", LIVE, Range="rubbish"))[0] == 457
    assert (await stage.ask("PLAY", LIVE, Scale="fast"))[0] == 400
    stage.link.sent.clear()
    stage.publish(key_frame=True)
    await settle()
    assert stage.link.sent


async def test_replay_pauses_resumes_and_answers_with_range_and_scale(stage: Stage) -> None:
    await stage.set_up(REPLAY)
    headers = await stage.play(REPLAY, Range="clock=20260101T000001Z-", Require="onvif-replay", Scale="2.0")
    assert headers["Range"] == "clock=20260101T000000.000000Z-"
    assert headers["Scale"] == "1.0"
    await stage.clock.advance(0.4)
    assert (await stage.ask("PAUSE", REPLAY))[0] == 200
    stage.link.sent.clear()
    await stage.clock.advance(3)
    assert not stage.link.sent
    assert (await stage.play(REPLAY))["Range"].startswith("clock=20260101T000000.400000Z-")


async def test_a_pause_at_a_time_leaves_the_session_ready_when_it_is_reached(stage: Stage) -> None:
    await stage.set_up(REPLAY)
    await stage.play(REPLAY)
    assert (await stage.ask("PAUSE", REPLAY, Range="clock=20260101T000001Z"))[0] == 200
    await stage.clock.advance(3)
    assert (await stage.ask("SETUP", REPLAY + "/track1", Transport=TCP))[0] == 200


async def test_the_timeout_of_replay_is_the_configured_one() -> None:
    stage = Stage(timeout_s=7)
    assert (await stage.set_up(REPLAY))["Session"].endswith(";timeout=7")
    await stage.end()


@pytest.mark.parametrize("sign", ["OPTIONS", "SET_PARAMETER", "GET_PARAMETER", "report"])
async def test_a_session_lives_by_signs_of_the_client_and_ends_without(stage: Stage, sign: str) -> None:
    await stage.set_up()
    for _ in range(4):
        await stage.clock.advance(40)
        assert not stage.link.ended
        if sign == "report":
            stage.link.arrive(b"$\x01" + len(RECEIVER_REPORT).to_bytes(2, "big") + RECEIVER_REPORT)
            await settle()
        else:
            assert (await stage.ask(sign, LIVE))[0] == 200
    await stage.clock.advance(62)
    await settle()
    assert stage.link.aborted
    assert stage.server.health() == (0, 0)


async def test_credentials_that_wore_out_are_a_sign_of_life(stage: Stage) -> None:
    # ffmpeg keeps its session alive without waiting for the answers: it learns a new nonce for the next time only.
    await stage.set_up()
    for user in (None, "viewer", None):
        await stage.clock.advance(40)
        assert (await stage.ask("GET_PARAMETER", LIVE, user=user))[0] == (401 if user is None else 200)
        assert not stage.link.ended


async def test_frames_on_other_channels_or_without_a_report_are_no_sign_of_life(stage: Stage) -> None:
    await stage.set_up()
    await stage.clock.advance(40)
    stage.link.arrive(b"$\x00" + len(RECEIVER_REPORT).to_bytes(2, "big") + RECEIVER_REPORT)
    stage.link.arrive(b"$\x01\xff\xff" + bytes(0xFFFF))
    await settle()
    await stage.clock.advance(22)
    await settle()
    assert stage.link.aborted


async def test_parameters_are_not_understood(stage: Stage) -> None:
    stage.link.arrive(b"GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nAuthorization: v\r\nContent-Length: 6\r\n\r\nvolume")
    await settle()
    assert split_answer(bytes(stage.link.sent))[0] == 451


async def test_a_deleted_recording_ends_the_session_with_a_goodbye(stage: Stage) -> None:
    await stage.set_up(REPLAY)
    await stage.play(REPLAY)
    stage.recordings.recordings.clear()
    await stage.clock.advance(1)
    await settle()
    assert stage.link.ended
    assert b"\x81\xcb\x00\x01" in stage.link.sent
    assert stage.server.health() == (0, 0)


async def test_a_live_client_that_does_not_read_is_dropped(stage: Stage) -> None:
    await stage.set_up()
    await stage.play()
    stage.link.blocked = True
    for _ in range(8):
        stage.publish(key_frame=True)
        await settle()
        await stage.clock.advance(1)
    await settle()
    assert stage.link.aborted
    assert stage.hub.health().readers == 0


async def test_a_failure_nobody_foresaw_is_answered_with_500(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(token: str) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(stage.recordings, "recording", fail)
    assert (await stage.ask("DESCRIBE", REPLAY))[0] == 500
    assert (await stage.ask("DESCRIBE", LIVE))[0] == 200


async def test_no_more_sessions_exist_than_allowed() -> None:
    stage = Stage(limits=RtspLimits(sessions=1))
    await stage.set_up()
    first, stage.link, stage.session = stage.link, stage.connect(), ""
    assert (await stage.ask("SETUP", LIVE + "/track1", Transport=TCP))[0] == 503
    first.close()
    await settle()
    await stage.set_up()
    await stage.end()
