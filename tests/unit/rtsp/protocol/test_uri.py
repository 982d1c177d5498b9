"""Addresses of presentations and tracks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rtsp.twins import refusal

from argus.rtsp.protocol.status import ProtocolError, Status
from argus.rtsp.protocol.uri import MediaUri, Service, media_path, parse_media_uri


@pytest.mark.parametrize("tail", ["", "/"])
def test_an_aggregate_address_names_service_and_token(tail: str) -> None:
    uri = parse_media_uri("rtsp://10.0.0.1:8554/live/Profile-1" + tail)
    base = "rtsp://10.0.0.1:8554/live/Profile-1"
    assert uri == MediaUri(service=Service.LIVE, token="Profile-1", track=None, base=base)


def test_a_track_address_names_the_track_too() -> None:
    uri = parse_media_uri("rtsp://[fe80::1]/replay/R/track12")
    assert (uri.service, uri.token, uri.track) == (Service.REPLAY, "R", 12)


def test_a_token_that_looks_like_a_track_is_a_token() -> None:
    assert parse_media_uri("rtsp://h/live/track1").track is None


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=64))
def test_any_token_comes_back_from_its_path(token: str) -> None:
    assert parse_media_uri("rtsp://h" + media_path(Service.REPLAY, token)).token == token


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("*", Status.BAD_REQUEST),
        ("/live/main", Status.BAD_REQUEST),
        ("ftp://h/live/main", Status.BAD_REQUEST),
        ("rtsp://h:99999/live/main", Status.BAD_REQUEST),
        ("rtsp://[::1/live/main", Status.BAD_REQUEST),
        ("rtsp://h/", Status.NOT_FOUND),
        ("rtsp://h/live/", Status.NOT_FOUND),
        ("rtsp://h/other/main", Status.NOT_FOUND),
        ("rtsp://h/live/main/track0", Status.NOT_FOUND),
        ("rtsp://h/live/main/a/b", Status.NOT_FOUND),
        ("rtsp://h/live/%00", Status.NOT_FOUND),
        ("rtsp://h/live/" + "a" * 65, Status.NOT_FOUND),
    ],
)
def test_what_is_no_address_is_refused(uri: str, status: Status) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_media_uri(uri)
    assert caught.value.status is status


@given(st.text(max_size=200))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    assert refusal(lambda: parse_media_uri("rtsp://" + text)) in (None, Status.BAD_REQUEST, Status.NOT_FOUND)
