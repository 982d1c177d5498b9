"""The Transport header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rtsp.twins import refusal

from argus.rtsp.protocol.status import ProtocolError, Status
from argus.rtsp.protocol.transport import TransportOffer, encode_interleaved, encode_udp, parse_transport

PEER = "192.0.2.7"


def test_alternatives_keep_the_order_of_the_client() -> None:
    offers = parse_transport("RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;unicast;interleaved=2-3", PEER)
    assert offers == (TransportOffer(tcp=False, client_ports=(5000, 5001)), TransportOffer(tcp=True, channels=(2, 3)))


@pytest.mark.parametrize("profile", ["RTP/AVP", "RTP/AVP/UDP", "rtp/avp"])
def test_udp_has_several_names(profile: str) -> None:
    assert parse_transport(f"{profile};unicast;client_port=5000", PEER)[0].client_ports == (5000, 5001)


def test_tcp_without_channels_leaves_the_choice_to_the_server() -> None:
    assert parse_transport('RTP/AVP/TCP;mode="PLAY"', PEER) == (TransportOffer(tcp=True),)


def test_a_destination_is_the_peer_or_refused() -> None:
    header = "RTP/AVP;unicast;client_port=5000-5001;destination="
    assert parse_transport(header + PEER, PEER)
    with pytest.raises(ProtocolError):
        parse_transport(header + "198.51.100.1", PEER)
    assert parse_transport(header + "[fe80::1]", "fe80::1%eth0")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "RTP/AVP;multicast",
        "RTP/SAVP;unicast;client_port=5000-5001",
        "RTP/AVP;unicast",
        "RTP/AVP;unicast;client_port=53-54",
        "RTP/AVP;unicast;client_port=5000-80",
        "RTP/AVP;unicast;client_port=65535",
        "RTP/AVP;unicast;client_port=5000-5000",
        "RTP/AVP;unicast;client_port=x",
        "RTP/AVP;unicast;client_port=5000-5001;destination=localhost",
        "RTP/AVP/TCP;interleaved=255-256",
        "RTP/AVP/TCP;interleaved=0-1;mode=RECORD",
    ],
)
def test_what_cannot_be_served_is_answered_with_461(header: str | None) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_transport(header, PEER)
    assert caught.value.status is Status.UNSUPPORTED_TRANSPORT


@given(st.one_of(st.text(max_size=200), st.text("RTP/AVPUDTC;,=-0123456789interleaved_portunicast", max_size=200)))
def test_any_text_is_a_list_of_offers_or_461(text: str) -> None:
    offers: list[TransportOffer] = []
    assert refusal(lambda: offers.extend(parse_transport(text, PEER))) in (None, Status.UNSUPPORTED_TRANSPORT)
    for offer in offers:
        assert offer.tcp or (offer.client_ports is not None and min(offer.client_ports) >= 1024)


def test_answers_tell_what_was_chosen() -> None:
    assert encode_interleaved((0, 1), 0xAB) == "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=000000AB"
    assert encode_udp((5000, 5001), (20000, 20001), 1) == (
        "RTP/AVP;unicast;client_port=5000-5001;server_port=20000-20001;ssrc=00000001"
    )
