"""The best installed encoder is chosen, and its settings are written in its own units."""

import pytest

from argus.base.errors import NotSupported
from argus.base.tokens import ProfileToken
from argus.media.encoders import (
    DRIVERS,
    EncoderDriver,
    KeyFrameRequest,
    candidates,
    controls_text,
    element_launch,
    output_caps,
)
from argus.media.settings import EncoderSettings, H264Profile, StreamSettings


def stream(element: str = "auto", profile: H264Profile = H264Profile.MAIN) -> StreamSettings:
    return StreamSettings(
        token=ProfileToken("main"),
        name="Main",
        bitrate_bps=2_000_000,
        frame_rate=25.0,
        key_frame_interval_s=2.0,
        profile=profile,
        encoder=EncoderSettings(element=element),
    )


def only(element: str, profile: H264Profile = H264Profile.MAIN) -> str:
    (encoder,) = candidates(stream(), frozenset({element}))
    return element_launch(encoder, stream(profile=profile), "encoder0")


def test_hardware_comes_before_software() -> None:
    found = candidates(stream(), frozenset({"openh264enc", "x264enc", "v4l2h264enc", "vp8enc", "mpph264enc"}))
    assert [encoder.element for encoder in found] == ["mpph264enc", "v4l2h264enc", "x264enc", "openh264enc"]


def test_further_v4l2_encoders_are_known_by_their_pattern() -> None:
    found = candidates(stream(), frozenset({"v4l2video11h264enc", "v4l2h264enc"}))
    assert [encoder.element for encoder in found] == ["v4l2h264enc", "v4l2video11h264enc"]


def test_the_element_named_by_the_board_is_the_only_candidate() -> None:
    found = candidates(stream("openh264enc"), frozenset({"x264enc", "openh264enc"}))
    assert [encoder.element for encoder in found] == ["openh264enc"]


def test_no_encoder_is_told_with_what_to_install() -> None:
    with pytest.raises(NotSupported, match=r"x264enc \(gstreamer1.0-plugins-ugly\)"):
        candidates(stream(), frozenset({"vp8enc"}))


def test_a_named_encoder_that_is_missing_is_told_alone() -> None:
    with pytest.raises(NotSupported, match="install one of: openh264enc") as raised:
        candidates(stream("openh264enc"), frozenset({"x264enc"}))
    assert "x264enc" not in str(raised.value)


def test_an_unknown_encoder_is_told_with_the_known_ones() -> None:
    with pytest.raises(NotSupported, match=r"'x265enc' is no known encoder; known are .*v4l2h264enc"):
        candidates(stream("x265enc"), frozenset({"x265enc"}))


@pytest.mark.parametrize(
    ("element", "bitrate", "gov_length"),
    [
        ("x264enc", "bitrate=2000", "key-int-max=50"),
        ("openh264enc", "bitrate=2000000", "gop-size=50"),
        ("vah264enc", "bitrate=2000", "key-int-max=50"),
        ("vpuenc_h264", "bitrate=2000", "gop-size=50"),
        ("mpph264enc", "bps=2000000", "gop=50"),
        ("nvv4l2h264enc", "bitrate=2000000", "iframeinterval=50"),
        ("v4l2h264enc", "video_bitrate=(int)2000000", "h264_i_frame_period=(int)50"),
    ],
)
def test_each_encoder_is_told_in_its_own_words_and_units(element: str, bitrate: str, gov_length: str) -> None:
    text = only(element)
    assert text.startswith(f"{element} name=encoder0 ")
    assert bitrate in text.replace('"', " ").replace(",", " ").split()
    assert gov_length in text.replace('"', " ").replace(",", " ").split()


def test_every_row_is_covered_by_the_test_above() -> None:
    assert len(DRIVERS) == 7


def test_x264_gets_the_tools_a_profile_needs() -> None:
    assert "cabac" not in only("x264enc", H264Profile.BASELINE)
    assert "dct8x8" not in only("x264enc", H264Profile.MAIN)
    assert "cabac=true dct8x8=true" in only("x264enc", H264Profile.HIGH)


def test_a_key_frame_control_is_sent_with_the_full_set() -> None:
    (encoder,) = candidates(stream(), frozenset({"v4l2h264enc"}))
    assert controls_text(encoder, stream(), force_key_frame=True) == (
        "controls,video_bitrate_mode=(int)1,repeat_sequence_header=(int)1,"
        "video_bitrate=(int)2000000,h264_i_frame_period=(int)50,force_key_frame=(int)1"
    )


def test_caps_name_a_level_only_where_the_driver_needs_one() -> None:
    texts = {
        encoder.element: output_caps(encoder, stream(profile=H264Profile.BASELINE))
        for encoder in candidates(stream(), frozenset({"v4l2h264enc", "x264enc"}))
    }
    assert texts["v4l2h264enc"].endswith("profile=constrained-baseline,level=(string)4")
    assert texts["x264enc"].endswith("profile=constrained-baseline")


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.pattern)
def test_settings_in_extra_controls_go_with_key_frames_by_control(driver: EncoderDriver) -> None:
    assert driver.controls == (driver.key_frame_request is KeyFrameRequest.V4L2_CONTROL)
