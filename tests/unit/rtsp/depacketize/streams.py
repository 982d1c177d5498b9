"""RTP streams in memory: what is sent, what gets lost, what comes out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from argus.base.access_unit import MediaKind
from argus.rtsp.depacketize import CodedUnit, Depacketizer
from argus.rtsp.payload import Packetize
from argus.rtsp.protocol.sdp_reader import OfferedMedia


@dataclass(frozen=True, kw_only=True)
class SentUnit:
    data: bytes
    timestamp: int
    key_frame: bool = True


@dataclass(frozen=True, kw_only=True)
class Packet:
    payload: bytes
    marker: bool
    timestamp: int


def video(encoding: str, **fmtp: str) -> OfferedMedia:
    parameters = {name.replace("_", "-"): value for name, value in fmtp.items()}
    return OfferedMedia(
        kind=MediaKind.VIDEO, payload_type=96, encoding=encoding, clock_hz=90_000, fmtp=parameters, frame_rate=25.0
    )


def packets_of(units: Sequence[SentUnit], packetize: Packetize, max_payload_bytes: int = 40) -> list[Packet]:
    packets = []
    for unit in units:
        payloads = packetize(unit.data, max_payload_bytes)
        for number, (prefix, body) in enumerate(payloads, start=1):
            payload = prefix + bytes(body)
            packets.append(Packet(payload=payload, marker=number == len(payloads), timestamp=unit.timestamp))
    return packets


def receive(reader: Depacketizer, packets: Sequence[Packet], lost: Collection[int] = ()) -> list[CodedUnit]:
    """What comes out when the packets with these places are lost. The buffer of each is overwritten at once."""
    units: list[CodedUnit] = []
    hole = False
    for place, packet in enumerate(packets):
        if place in lost:
            hole = True
            continue
        buffer = bytearray(packet.payload)
        units += reader.push(memoryview(buffer), marker=packet.marker, rtp_timestamp=packet.timestamp, lost=hole)
        buffer[:] = b"\xee" * len(buffer)
        hole = False
    return units


def told(units: Sequence[CodedUnit]) -> list[SentUnit]:
    return [SentUnit(data=unit.data, timestamp=unit.rtp_timestamp, key_frame=unit.key_frame) for unit in units]


def assert_whole_and_decodable(received: Sequence[CodedUnit], sent: Sequence[SentUnit]) -> None:
    """Every unit is one that was sent, and follows directly what was sent before it or is a key frame."""
    places = {unit.timestamp: place for place, unit in enumerate(sent)}
    last = None
    for unit in told(received):
        place = places[unit.timestamp]
        assert unit == sent[place]
        assert unit.key_frame or place - 1 == last
        last = place


@st.composite
def losses(draw: st.DrawFn, count: int) -> set[int]:
    return draw(st.sets(st.integers(0, max(0, count - 1)), max_size=4))


# Whatever may arrive: payloads of every codec's headers with anything behind them.
ANYTHING = st.lists(
    st.tuples(
        st.one_of(
            st.binary(max_size=40),
            st.builds(
                lambda head, body: head + body,
                st.sampled_from(
                    [
                        bytes.fromhex(head)
                        for head in (
                            "67", "68", "65", "7c85", "7c05", "7c45", "78", "06", "4001", "4201", "4401", "2601",
                            "6201", "620193", "620153", "6001", "00000000010a0a0a", "00000000ff00", "0000000041ff0a0a",
                            "00000000ffff0a0a00000080", "0010", "00100050", "0020", "1f8b08", "3c3f786d6c",
                        )
                    ]
                ),
                st.binary(max_size=80),
            ),
        ),
        st.booleans(),
        st.integers(0, 3).map(lambda step: step * 3_600),
        st.booleans(),
    ),
    max_size=30,
)  # fmt: skip


def push_anything(reader: Depacketizer, arrived: Sequence[tuple[bytes, bool, int, bool]]) -> list[CodedUnit]:
    units: list[CodedUnit] = []
    for payload, marker, timestamp, lost in arrived:
        units += reader.push(memoryview(payload), marker=marker, rtp_timestamp=timestamp, lost=lost)
    for unit in units:
        assert unit.data
        assert unit.format is not None
    return units
