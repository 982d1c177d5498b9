"""RTP packets byte for byte."""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rtsp.twins import START_US, parse_interleaved, parse_packet

from argus.base.units import utc_us_to_ntp
from argus.rtsp.rtp import INTERLEAVED_HEADER, REPLAY_EXTENSION, RTP_HEADER, Payload, ReplayExtension, RtpStream

WORDS = st.integers(0, 0xFFFFFFFF)
BODIES = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5)


def payloads(bodies: list[bytes]) -> list[Payload]:
    return [(body[:1], memoryview(body)[1:]) for body in bodies]


def stream(ssrc: int = 1, sequence: int = 0xFFFE) -> RtpStream:
    stream = RtpStream(96, 90_000)
    stream.ssrc, stream.next_sequence = ssrc, sequence
    return stream


@given(BODIES, st.integers(0, 255), WORDS, WORDS, st.integers(0, 0xFFFF), st.booleans())
def test_the_fast_path_writes_what_the_declared_layout_builds(
    bodies: list[bytes], channel: int, timestamp: int, ssrc: int, sequence: int, extended: bool
) -> None:
    extension = ReplayExtension(utc_us=START_US, clean_point=True, cseq=1).encode() if extended else b""
    expected = b""
    for number, body in enumerate(bodies):
        first = extended and number == 0
        header = RTP_HEADER.build(
            {
                "flags": {
                    "version": 2,
                    "padding": False,
                    "extension": first,
                    "csrc_count": 0,
                    "marker": number == len(bodies) - 1,
                    "payload_type": 96,
                },
                "sequence": (sequence + number) & 0xFFFF,
                "timestamp": timestamp,
                "ssrc": ssrc,
            }
        )
        packet = header + (extension if first else b"") + body
        expected += INTERLEAVED_HEADER.build({"channel": channel, "length": len(packet)}) + packet
    pieces, size_bytes = stream(ssrc, sequence).interleave(channel, payloads(bodies), timestamp, extension)
    assert b"".join(pieces) == expected
    assert size_bytes == len(expected)


@given(BODIES, WORDS, st.binary(min_size=16, max_size=16))
def test_datagrams_are_the_interleaved_packets_without_their_frame(
    bodies: list[bytes], timestamp: int, extension: bytes
) -> None:
    interleaved = b"".join(stream().interleave(0, payloads(bodies), timestamp, extension)[0])
    datagrams = stream().datagrams(payloads(bodies), timestamp, extension)
    assert b"".join(b"$\x00" + len(d).to_bytes(2, "big") + d for d in datagrams) == interleaved


@given(st.integers(0, 4_000_000_000_000_000), *[st.booleans()] * 4, WORDS)
def test_the_extension_equals_its_declared_layout(
    utc_us: int, clean_point: bool, end: bool, discontinuity: bool, terminal: bool, cseq: int
) -> None:
    ntp = utc_us_to_ntp(utc_us)
    declared = REPLAY_EXTENSION.build(
        {
            "ntp_seconds": ntp >> 32,
            "ntp_fraction": ntp & 0xFFFFFFFF,
            "flags": {"clean_point": clean_point, "end": end, "discontinuity": discontinuity, "terminal": terminal},
            "cseq": cseq & 0xFF,
        }
    )
    extension = ReplayExtension(
        utc_us=utc_us, clean_point=clean_point, end=end, discontinuity=discontinuity, terminal=terminal, cseq=cseq
    )
    assert extension.encode() == declared


def test_the_sequence_number_wraps_and_goes_on_in_the_next_access_unit() -> None:
    sender = stream(sequence=0xFFFE)
    first, _ = parse_interleaved(b"".join(sender.interleave(0, payloads([b"ab", b"cd", b"ef"]), 1)[0]))
    second = parse_packet(sender.datagrams(payloads([b"gh"]), 2)[0])
    assert [packet.sequence for packet in [*first, second]] == [0xFFFE, 0xFFFF, 0, 1]
    assert [packet.marker for packet in first] == [False, False, True]


def test_packets_and_octets_are_counted_for_the_sender_report() -> None:
    sender = stream()
    sender.interleave(0, payloads([b"abc", b"de"]), 1, b"x" * 16)
    sender.datagrams(payloads([b"f"]), 2)
    assert (sender.packets, sender.octets) == (3, 6)


def test_a_second_is_ninety_thousand_ticks_on_the_time_line() -> None:
    sender = stream()
    assert (sender.rtp_timestamp(START_US + 1_000_000) - sender.rtp_timestamp(START_US)) % 2**32 == 90_000
