"""Session descriptions of other devices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.access_unit import MediaKind
from argus.base.errors import InvalidValue
from argus.rtsp.protocol.sdp import MediaDescription, SessionDescription
from argus.rtsp.protocol.sdp_reader import MAX_DESCRIPTION_BYTES, MAX_MEDIA, OfferedMedia, parse_session

CAMERA = b"""v=0
o=- 1 1 IN IP4 192.0.2.9
s=Front door
a=control:rtsp://192.0.2.9/axis-media/media.amp
a=range:npt=now-
m=video 0 RTP/AVP 96
c=IN IP4 0.0.0.0
b=AS:4000
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;profile-level-id=4D0029; sprop-parameter-sets=Z00AKQ==,aO48gA==
a=framerate:25.000000
a=framesize:96 1280-720
a=control:trackID=1
m=audio 0 RTP/AVP 0
a=control:trackID=2
m=audio 0 RTP/AVP 97
a=rtpmap:97 mpeg4-generic/16000/2
a=fmtp:97 streamtype=5; mode=AAC-hbr;config=1410;SizeLength=13
a=control:trackID=3
m=text 0 RTP/AVP 98
m=application 0 RTP/AVP 107
a=rtpmap:107 vnd.onvif.metadata/90000
a=control:trackID=4
"""


def test_a_cameras_description_is_read() -> None:
    session = parse_session(CAMERA)
    assert session.control == "rtsp://192.0.2.9/axis-media/media.amp"
    video, mu_law, aac, metadata = session.media
    assert video == OfferedMedia(
        kind=MediaKind.VIDEO,
        payload_type=96,
        encoding="H264",
        clock_hz=90_000,
        fmtp={
            "packetization-mode": "1",
            "profile-level-id": "4D0029",
            "sprop-parameter-sets": "Z00AKQ==,aO48gA==",
        },
        control="trackID=1",
        width=1_280,
        height=720,
        frame_rate=25.0,
    )
    assert (mu_law.encoding, mu_law.clock_hz, mu_law.channels) == ("PCMU", 8_000, 1)
    assert (aac.encoding, aac.clock_hz, aac.channels, aac.fmtp["sizelength"]) == ("MPEG4-GENERIC", 16_000, 2, "13")
    assert (metadata.kind, metadata.encoding, metadata.control) == (
        MediaKind.METADATA,
        "VND.ONVIF.METADATA",
        "trackID=4",
    )


def test_our_own_description_is_read() -> None:
    written = MediaDescription(
        kind=MediaKind.METADATA, payload_type=107, rtpmap="vnd.onvif.metadata/90000", control="track3"
    )
    session = SessionDescription(name="a", host="::1", session_id=1, range="npt=now-", media=(written,))
    [media] = parse_session(session.encode()).media
    assert (media.kind, media.payload_type, media.control) == (MediaKind.METADATA, 107, "track3")


def test_what_is_missing_or_malformed_is_done_without() -> None:
    text = b"m=video 0 RTP/AVP 96\ra=rtpmap:96\ra=rtpmap:96 H265/0\ra=fmtp:96\ra=framerate:fast\rnonsense\r=\r"
    [media] = parse_session(text).media
    assert (media.encoding, media.clock_hz, media.control, media.frame_rate) == ("", 90_000, "", 0.0)
    [media] = parse_session(b"m=video 0 RTP/SAVPF 96\na=rtpmap:96 H265/90000\na=x-dimensions:640,360\n").media
    assert (media.encoding, media.width, media.height) == ("H265", 640, 360)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"v=0\r\n",
        b"m=video\n",
        b"m=video 0 RTP/AVP\n",
        b"m=video 0 RTP/AVP 300\n",
        b"m=video 0 UDP 96\n",
        CAMERA + b"a=x\n" * (MAX_DESCRIPTION_BYTES // 4),
    ],
)
def test_a_description_without_media_or_bound_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidValue):
        parse_session(text)


def test_sections_have_a_bound() -> None:
    assert len(parse_session(b"m=video 0 RTP/AVP 96\n" * 100).media) == MAX_MEDIA


LINES = st.lists(
    st.one_of(
        st.sampled_from(CAMERA.splitlines()),
        st.binary(max_size=40),
        st.builds(
            lambda head, tail: head + tail,
            st.sampled_from([b"m=", b"m=video 0 RTP/AVP ", b"a=rtpmap:96 ", b"a=fmtp:96 ", b"a=framesize:", b"a="]),
            st.binary(max_size=20),
        ),
    ),
    max_size=30,
)


@given(LINES, st.sampled_from([b"\n", b"\r\n"]))
def test_any_lines_are_read_or_refused(lines: list[bytes], ending: bytes) -> None:
    try:
        session = parse_session(ending.join(lines))
    except InvalidValue:
        return
    for media in session.media:
        assert 0 <= media.payload_type <= 127
        assert media.clock_hz > 0
