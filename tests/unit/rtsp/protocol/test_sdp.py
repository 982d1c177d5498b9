"""Session descriptions."""

from argus.base.access_unit import MediaKind
from argus.rtsp.protocol.sdp import MediaDescription, SessionDescription, h264_fmtp

SPS, PPS = bytes.fromhex("6742c01eda0280bf"), bytes.fromhex("68ce0f2c80")
VIDEO = MediaDescription(
    kind=MediaKind.VIDEO,
    payload_type=96,
    rtpmap="H264/90000",
    fmtp=h264_fmtp((SPS, PPS)),
    control="track1",
    track_token="VIDEO001",
)


def describe(host: str) -> list[str]:
    description = SessionDescription(name="main", host=host, session_id=1, range="npt=now-", media=(VIDEO,))
    return description.encode().decode().splitlines()


def test_a_video_track_has_its_format_control_and_token() -> None:
    lines = describe("192.0.2.1")
    media = lines[lines.index("m=video 0 RTP/AVP 96") :]
    assert "a=rtpmap:96 H264/90000" in media
    assert "a=control:track1" in media
    assert "a=x-onvif-track:VIDEO001" in media
    assert "a=range:npt=now-" in lines


def test_addresses_are_of_one_ip_family() -> None:
    assert [line for line in describe("192.0.2.1") if "IP6" in line] == []
    six = describe("fe80::1%eth0")
    assert [line for line in six if "IP4" in line] == []
    assert "o=- 1 1 IN IP6 fe80::1" in six


def test_h264_parameters_carry_profile_and_parameter_sets() -> None:
    assert h264_fmtp((SPS, PPS)) == (
        "packetization-mode=1; profile-level-id=42C01E; sprop-parameter-sets=Z0LAHtoCgL8=,aM4PLIA="
    )
    assert h264_fmtp(()) == "packetization-mode=1"
