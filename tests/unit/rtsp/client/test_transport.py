"""What a server's Transport header grants."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.errors import Unavailable
from argus.rtsp.client.transport import parse_granted_channels, parse_granted_ports


@pytest.mark.parametrize(
    ("header", "channels"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=1", (4, 5)),
        ("rtp/avp/tcp; Interleaved = 7", (7, 8)),
        ("RTP/AVP;interleaved=2-3", (2, 3)),
        ("RTP/AVP/TCP;unicast", (0, 1)),
        ("RTP/AVP/TCP;interleaved=255", (0, 1)),
        ("RTP/AVP/TCP;interleaved=6-6", (0, 1)),
    ],
)
def test_channels_are_those_of_the_server_or_those_asked_for(header: str, channels: tuple[int, int]) -> None:
    assert parse_granted_channels(header, (0, 1)) == channels


def test_the_ports_of_the_server_are_found() -> None:
    header = "RTP/AVP/UDP;unicast;client_port=5000-5001;server_port=6000-6001, RTP/AVP/TCP"
    assert parse_granted_ports(header) == (6_000, 6_001)


@pytest.mark.parametrize("ports", ["", "0-1", "65535", "7-7", "70000-70001", "six"])
def test_datagrams_from_ports_that_are_not_told_are_not_waited_for(ports: str) -> None:
    with pytest.raises(Unavailable, match="which ports"):
        parse_granted_ports(f"RTP/AVP;unicast;server_port={ports}")


def test_another_transport_than_asked_for_is_not_taken() -> None:
    with pytest.raises(Unavailable, match="another transport"):
        parse_granted_channels("RTP/AVP;unicast;server_port=6000-6001", (0, 1))
    for header in ("RTP/AVP/TCP;interleaved=0-1", "RTP/AVP;multicast;server_port=6000-6001"):
        with pytest.raises(Unavailable, match="another transport"):
            parse_granted_ports(header)


PARTS = st.lists(st.sampled_from(["RTP/AVP", "/TCP", ";", "interleaved=", "server_port=", "9", "-", ",", "²"])).map(
    "".join
)


@given(st.text() | PARTS)
def test_any_header_grants_something_possible_or_is_refused(header: str) -> None:
    with contextlib.suppress(Unavailable):
        assert all(0 <= channel <= 255 for channel in parse_granted_channels(header, (0, 1)))
    with contextlib.suppress(Unavailable):
        assert all(1 <= port <= 65_535 for port in parse_granted_ports(header))
