"""The headers of PLAY, and Session, Require, Accept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rtsp.twins import refusal

from argus.rtsp.protocol.message import Request
from argus.rtsp.protocol.playback import (
    Frames,
    accepts_sdp,
    check_require,
    parse_decimal,
    parse_frames,
    parse_play,
    parse_session_id,
    parse_switch,
)
from argus.rtsp.protocol.range import NptRange
from argus.rtsp.protocol.status import ProtocolError, Status


def request(**headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method="PLAY", uri="rtsp://h/replay/r", cseq=3, headers=named)


def test_a_bare_play_is_forward_paced_and_complete() -> None:
    play = parse_play(request())
    assert (play.range, play.scale, play.rate_control, play.frames, play.immediate) == (
        *(None, None, True),
        *(Frames.ALL, False),
    )
    assert not play.reverse


def test_every_header_of_play_is_read() -> None:
    play = parse_play(
        request(range="npt=0-", scale="-1.0", speed="2", rate_control="no", frames="intra/4000", immediate="yes")
    )
    assert play.range == NptRange(start_us=0)
    assert play.reverse
    assert play.speed == 2.0
    assert not play.rate_control
    assert (play.frames, play.interval_us) == (Frames.INTRA, 4_000_000)
    assert play.immediate


@pytest.mark.parametrize("text", ["all/4000", "predicted/100", "none", "", "intra/", "intra/-1", "intra/x"])
def test_an_interval_belongs_to_intra_only(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_frames(text)
    assert caught.value.status is Status.BAD_REQUEST


@pytest.mark.parametrize("text", ["0", "0.0", "-0", "x", "", "nan", "inf", "1e5", "--1", "1" * 20])
def test_a_scale_is_a_plain_number_other_than_zero(text: str) -> None:
    with pytest.raises(ProtocolError):
        parse_decimal("Scale", text)


@given(st.text(max_size=40))
def test_any_text_in_a_play_header_is_read_or_answered_with_400(text: str) -> None:
    accepted = (None, Status.BAD_REQUEST)
    assert refusal(lambda: parse_decimal("Scale", text)) in accepted
    assert refusal(lambda: parse_switch("Rate-Control", text, absent=True)) in accepted
    assert refusal(lambda: parse_frames(text)) in accepted


def test_the_session_id_ends_at_its_parameters() -> None:
    assert parse_session_id("abc;timeout=60") == "abc"
    assert parse_session_id(None) is None


def test_onvif_replay_is_a_known_option_and_others_are_named_in_551() -> None:
    check_require(request(require="onvif-replay"))
    with pytest.raises(ProtocolError) as caught:
        check_require(request(require="onvif-replay, foo, bar"))
    assert caught.value.status is Status.OPTION_NOT_SUPPORTED
    assert caught.value.headers == (("Unsupported", "foo, bar"),)


@pytest.mark.parametrize(
    ("accept", "answer"),
    [(None, True), ("application/sdp", True), ("text/html, application/sdp;q=0.5", True), ("text/html", False)],
)
def test_accept_admits_sdp(accept: str | None, answer: bool) -> None:
    assert accepts_sdp(accept) is answer
