"""The hashed uri must name what was asked, in any of the forms clients write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.device.request_target import is_rtsp, same_target

LIVE = "rtsp://10.0.0.1:8554/live/main"


@pytest.mark.parametrize(
    ("claimed", "asked"),
    [
        ("/onvif/device_service", "/onvif/device_service"),
        ("http://cam.local:80/onvif/device_service", "/onvif/device_service"),
        ("/snapshot?profile=a%20b", "/snapshot?profile=a b"),
        ("http://10.0.0.1", "/"),
        (LIVE + "/", LIVE),
        (LIVE, LIVE + "/track1"),
        (LIVE + "/", LIVE + "/track1"),
        ("rtsp://public.example/live/main", LIVE),
        ("/live/main", LIVE + "/"),
        ("*", "*"),
    ],
)
def test_forms_of_the_same_target_match(claimed: str, asked: str) -> None:
    assert same_target(claimed, asked)


@pytest.mark.parametrize(
    ("claimed", "asked"),
    [
        ("/onvif/device_service", "/onvif/media_service"),
        ("/onvif", "/onvif/device_service"),
        ("/onvif/device_service/", "/onvif/device_service"),
        ("/snapshot?profile=a", "/snapshot?profile=b"),
        ("/snapshot", "/snapshot?profile=a"),
        (LIVE, "rtsp://10.0.0.1:8554/live/sub"),
        (LIVE + "/track1", LIVE),
        ("rtsp://10.0.0.1:8554/", LIVE),
        ("", LIVE),
        ("*", LIVE),
    ],
)
def test_different_targets_do_not_match(claimed: str, asked: str) -> None:
    assert not same_target(claimed, asked)


@given(st.text(), st.text())
def test_any_text_is_compared_without_an_error(claimed: str, asked: str) -> None:
    assert same_target(claimed, claimed)
    same_target(claimed, asked)
    is_rtsp(claimed)
