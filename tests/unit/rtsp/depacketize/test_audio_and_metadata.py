"""G.711, AAC and metadata out of RTP."""

import gzip
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rtsp.depacketize.streams import (
    ANYTHING,
    Packet,
    SentUnit,
    losses,
    packets_of,
    push_anything,
    receive,
    told,
)

from argus.base.access_unit import Codec, MediaKind
from argus.base.errors import NotSupported
from argus.rtsp import aac, g711, metadata
from argus.rtsp.depacketize import depacketizer
from argus.rtsp.depacketize.metadata import MAX_DOCUMENT_BYTES
from argus.rtsp.protocol.sdp_reader import OfferedMedia

G711 = OfferedMedia(kind=MediaKind.AUDIO, payload_type=0, encoding="PCMU", clock_hz=8_000)
CONFIG = "1408"  # AAC-LC, 16 kHz, mono
AAC = OfferedMedia(
    kind=MediaKind.AUDIO,
    payload_type=97,
    encoding="MPEG4-GENERIC",
    clock_hz=16_000,
    fmtp={"mode": "AAC-hbr", "sizelength": "13", "indexlength": "3", "indexdeltalength": "3", "config": CONFIG},
)
METADATA = OfferedMedia(kind=MediaKind.METADATA, payload_type=107, encoding="VND.ONVIF.METADATA", clock_hz=90_000)
GZIP = replace(METADATA, encoding="VND.ONVIF.METADATA.GZIP")


def samples(count: int) -> bytes:
    return bytes(place * 7 % 251 for place in range(count))


@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=60), st.integers(0, 2**32 - 1), st.data())
def test_samples_come_out_at_their_times(sizes: list[int], first: int, data: st.DataObject) -> None:
    sent, packets, position = samples(sum(sizes)), [], 0
    for size in sizes:
        payload, timestamp = sent[position : position + size], (first + position) % 2**32
        packets.append(Packet(payload=payload, marker=False, timestamp=timestamp))
        position += size
    lost = data.draw(losses(len(packets)))
    units = receive(depacketizer(G711), packets, lost)
    for unit in units:
        place = (unit.rtp_timestamp - first) % 2**32
        assert unit.data == sent[place : place + len(unit.data)]
        assert len(unit.data) <= 1_200
    if not lost:
        joined = b"".join(unit.data for unit in units)
        assert joined == sent[: len(joined)]
        assert len(sent) - len(joined) < 8_000 // 12
        keys = [(unit.rtp_timestamp - first) % 2**32 for unit in units if unit.key_frame]
        assert all(8_000 <= after - before < 9_200 for before, after in pairwise(keys))


def test_samples_of_a_unit_are_sent_as_one_packet() -> None:
    assert [(prefix, bytes(body)) for prefix, body in g711.packetize(samples(2_000), 1_400)] == [(b"", samples(2_000))]
    with pytest.raises(ValueError, match="samples"):
        g711.packetize(bytes(70_000), 1_400)


def test_g711_of_two_channels_is_refused() -> None:
    with pytest.raises(NotSupported):
        depacketizer(replace(G711, channels=2))
    law = depacketizer(replace(G711, encoding="PCMA", clock_hz=16_000)).format
    assert law is not None
    assert (law.codec, law.clock_hz) == (Codec.PCMA, 16_000)


FRAMES = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=12).map(
    lambda frames: [
        SentUnit(data=data, timestamp=place * 1_024, key_frame=place == 0) for place, data in enumerate(frames)
    ]
)


@given(FRAMES, st.integers(20, 400))
def test_frames_come_out_whole_and_in_fragments(units: list[SentUnit], max_payload_bytes: int) -> None:
    reader = depacketizer(AAC)
    assert told(receive(reader, packets_of(units, aac.packetize, max_payload_bytes))) == units
    assert reader.format is not None
    assert (reader.format.codec, reader.format.parameter_sets) == (Codec.AAC, (bytes.fromhex(CONFIG),))


@given(FRAMES, st.data())
def test_with_losses_only_whole_frames_come_out(units: list[SentUnit], data: st.DataObject) -> None:
    packets = packets_of(units, aac.packetize, 60)
    received = told(receive(depacketizer(AAC), packets, data.draw(losses(len(packets)))))
    sent = {(unit.timestamp, unit.data) for unit in units}
    assert all((unit.timestamp, unit.data) in sent for unit in received)


def test_several_frames_of_a_packet_have_times_of_their_own() -> None:
    head = (32).to_bytes(2, "big") + (3 << 3).to_bytes(2, "big") + (2 << 3).to_bytes(2, "big")
    units = receive(depacketizer(AAC), [Packet(payload=head + b"onetw", marker=True, timestamp=2**32 - 512)])
    assert [(unit.data, unit.rtp_timestamp) for unit in units] == [(b"one", 2**32 - 512), (b"tw", 512)]
    told_duration = replace(AAC, fmtp={**AAC.fmtp, "constantduration": "960"})
    units = receive(depacketizer(told_duration), [Packet(payload=head + b"onetw", marker=True, timestamp=0)])
    assert [unit.rtp_timestamp for unit in units] == [0, 960]


def test_spectral_replication_makes_frames_longer() -> None:
    # HE-AAC: core of 24 kHz, replicated to 48 kHz
    replicated = replace(AAC, clock_hz=48_000, fmtp={**AAC.fmtp, "config": "2B098800"})
    head = (32).to_bytes(2, "big") + (1 << 3).to_bytes(2, "big") * 2
    units = receive(depacketizer(replicated), [Packet(payload=head + b"ab", marker=True, timestamp=0)])
    assert [unit.rtp_timestamp for unit in units] == [0, 2_048]


@pytest.mark.parametrize(
    "fmtp",
    [
        {"config": ""},
        {"config": "xy"},
        {"config": "00"},
        {"config": "17ff"},
        {"config": "0000"},
        {"config": CONFIG, "auxiliarydatasizelength": "8"},
        {"config": CONFIG, "sizelength": "0"},
        {"config": CONFIG, "sizelength": "64"},
    ],
)
def test_aac_that_is_not_described_is_refused(fmtp: dict[str, str]) -> None:
    with pytest.raises(NotSupported):
        depacketizer(replace(AAC, fmtp=fmtp))


@pytest.mark.parametrize(("size", "units"), [(aac.MAX_FRAME_BYTES, 1), (aac.MAX_FRAME_BYTES + 1, 0)])
def test_no_frame_is_taken_that_could_not_be_sent_on(size: int, units: int) -> None:
    reader = depacketizer(replace(AAC, fmtp={"config": CONFIG, "sizelength": "16", "indexlength": "0"}))
    payload = memoryview((16).to_bytes(2, "big") + size.to_bytes(2, "big") + bytes(size))
    assert len(reader.push(payload, marker=True, rtp_timestamp=0, lost=False)) == units


def test_a_configuration_may_write_out_both_of_its_rates() -> None:
    # spectral band replication, 24000 Hz in 24 bits, one channel, 48000 Hz in 24 bits, low complexity
    config = aac.decode_audio_config(bytes.fromhex("2f802ee00f805dc00800"))
    assert config == aac.AudioConfig(object_type=2, sampling_hz=24_000, channels=1, frame_samples=1024)


@given(st.binary(max_size=20))
def test_any_configuration_is_read_or_refused(config: bytes) -> None:
    try:
        assert aac.decode_audio_config(config).sampling_hz > 0
    except ValueError:
        return


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=6), st.booleans(), st.data())
def test_documents_come_out_whole(bodies: list[bytes], compressed: bool, data: st.DataObject) -> None:
    texts = [b"<?xml version='1.0'?>" + body.replace(b"<", b"") for body in bodies]
    units = [SentUnit(data=text, timestamp=place) for place, text in enumerate(texts)]
    sent = [replace(unit, data=gzip.compress(unit.data)) for unit in units] if compressed else units
    packets = packets_of(sent, metadata.packetize, 30)
    media = GZIP if compressed else METADATA
    assert told(receive(depacketizer(media), packets)) == units
    received = receive(depacketizer(media), packets, data.draw(losses(len(packets))))
    assert all(unit in units for unit in told(received))


def test_a_document_that_never_ends_or_unfolds_without_bound_is_dropped() -> None:
    reader = depacketizer(METADATA)
    pieces = [Packet(payload=bytes(60_000), marker=False, timestamp=0)] * (MAX_DOCUMENT_BYTES // 60_000 + 1)
    end = Packet(payload=b"end", marker=True, timestamp=0)
    assert receive(reader, [*pieces, end]) == []
    assert reader.dropped_units == 1
    bomb = gzip.compress(bytes(MAX_DOCUMENT_BYTES + 1))
    reader = depacketizer(GZIP)
    assert receive(reader, [Packet(payload=bomb, marker=True, timestamp=0)]) == []
    assert receive(reader, [Packet(payload=b"no gzip", marker=True, timestamp=0)]) == []
    assert reader.dropped_units == 2


def test_a_packet_that_claims_thousands_of_frames_is_dropped() -> None:
    bits = {"sizelength": "1", "indexlength": "0", "indexdeltalength": "0", "config": CONFIG}
    reader = depacketizer(replace(AAC, fmtp=bits))
    claims = (800).to_bytes(2, "big") + b"\xff" * 100 + bytes(800)
    assert receive(reader, [Packet(payload=claims, marker=True, timestamp=0)]) == []
    assert reader.dropped_units == 1


@given(ANYTHING, st.sampled_from([G711, AAC, METADATA, GZIP]))
def test_anything_else_is_dropped(arrived: list[tuple[bytes, bool, int, bool]], media: OfferedMedia) -> None:
    push_anything(depacketizer(media), arrived)


@pytest.mark.parametrize("encoding", ["", "VP8", "MPA", "G726-32", "VND.ONVIF.METADATA.EXI.ONVIF", "H264"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(NotSupported):
        depacketizer(replace(METADATA, encoding=encoding))
