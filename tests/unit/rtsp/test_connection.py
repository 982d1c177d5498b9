"""Deadlines and bounds of a connection, and clients that keep to no order."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.rtsp.conversation import LIVE, REPLAY, TCP, UDP, Stage
from tests.unit.rtsp.twins import settle, split_answer

from argus.rtsp.limits import RtspLimits


async def test_a_connection_without_a_session_ends_when_it_is_idle(stage: Stage) -> None:
    await stage.clock.advance(29)
    assert (await stage.ask("OPTIONS", "*"))[0] == 200
    await stage.clock.advance(29)
    assert not stage.link.ended
    await stage.clock.advance(3)
    assert stage.link.aborted


async def test_a_request_that_trickles_in_has_ten_seconds(stage: Stage) -> None:
    await stage.set_up()
    stage.link.arrive(b"OPTIONS * RTSP/1.0\r\n")
    for _ in range(12):
        await stage.clock.advance(1)
        stage.link.arrive(b"X: y\r\n")
        await settle()
    assert stage.link.aborted


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"A" * 20_000])
async def test_what_is_not_rtsp_is_refused_and_the_connection_ends(stage: Stage, data: bytes) -> None:
    stage.link.arrive(data)
    await settle()
    assert split_answer(bytes(stage.link.sent))[0] in (400, 414)
    assert stage.link.ended
    assert stage.server.health() == (0, 0)


async def test_a_client_that_asks_and_does_not_read_is_not_answered_for_ever(stage: Stage) -> None:
    stage.link.blocked = True
    for number in range(5_000):
        stage.link.arrive(f"OPTIONS * RTSP/1.0\r\nCSeq: {number}\r\n\r\n".encode())
    await settle()
    assert len(stage.link.sent) < 300_000
    await stage.clock.advance(40)
    await settle()
    assert stage.link.aborted


async def test_no_more_connections_are_held_than_allowed() -> None:
    stage = Stage(limits=RtspLimits(connections=2, connections_per_address=1))
    await settle()
    same = stage.connect()
    other = stage.connect("192.0.2.8")
    third = stage.connect("192.0.2.9")
    await settle()
    assert [link.ended for link in (stage.link, same, other, third)] == [False, True, False, True]
    assert split_answer(bytes(same.sent))[0] == 503
    await stage.end()


METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER", "RECORD")
HEADERS = st.dictionaries(
    st.sampled_from(["Range", "Scale", "Rate_Control", "Frames", "Immediate", "Transport", "Session", "Require"]),
    st.sampled_from(
        ["npt=0-", "clock=20260101T000001Z-", "-1.0", "no", "intra/100", "yes", TCP, UDP, "x", "onvif-replay"]
    ),
    max_size=3,
)

STEP = st.tuples(st.sampled_from(METHODS), st.sampled_from([LIVE, REPLAY]), st.booleans(), HEADERS)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from(METHODS), st.sampled_from([LIVE, REPLAY]), st.booleans(), HEADERS), max_size=8)
)
async def test_any_order_of_requests_is_answered_and_leaves_nothing_behind(
    steps: list[tuple[str, str, bool, dict[str, str]]],
) -> None:
    stage = Stage()
    for method, uri, track, headers in steps:
        status, answered = await stage.ask(method, uri + "/track1" * track, **headers)
        assert status in (200, 400, 404, 405, 451, 454, 455, 457, 459, 460, 461, 551)
        stage.session = answered.get("Session", stage.session).partition(";")[0]
    stage.link.close()
    await settle()
    assert stage.server.health() == (0, 0)
    assert stage.hub.health().readers == 0
    await stage.end()
