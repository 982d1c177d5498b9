"""The fast paths write and read exactly what `layout.py` declares."""

from hypothesis import given
from hypothesis import strategies as st

from argus.base.access_unit import Codec, MediaKind, StreamFormat
from argus.store.ring import layout, records, snapshot
from argus.store.ring.label import TrackLabel, decode_label, encode_label
from argus.store.ring.records import ChunkRow, FormatRecord, Header, Mark
from argus.store.ring.run import Run
from argus.store.ring.segments import Segment
from argus.store.ring.snapshot import State
from argus.store.ring.span import Deletion
from argus.store.ring.volume import align

u8, u16, u32 = (st.integers(0, (1 << bits) - 1) for bits in (8, 16, 32))
u64 = st.integers(0, (1 << 64) - 1)
s64 = st.integers(-(1 << 63), (1 << 63) - 1)

headers = st.builds(
    Header,
    magic=st.sampled_from([layout.BATCH_MAGIC, layout.FOOTER_MAGIC]),
    crc=u32,
    salt=u64,
    seq=u64,
    tick=u64,
    length=u32,
    meta_bytes=u32,
    rows=u32,
    marks=u16,
    part=u8,
    lane_and_last=u8,
    meta_crc=u32,
    reach=u32,
    announced=u64,
)
rows = st.builds(ChunkRow, *[u32] * 10, *[s64] * 3)
marks = st.builds(Mark, u16, u32, u32, u32, u32, u64, s64)
formats = st.builds(
    StreamFormat,
    codec=st.sampled_from(Codec),
    clock_hz=u32,
    width=u32,
    height=u32,
    frame_rate=st.floats(0, 1000),
    parameter_sets=st.lists(st.binary(max_size=50), max_size=3).map(tuple),
)


@given(header=headers)
def test_headers_are_as_declared(header: Header) -> None:
    assert records.HEADER.pack(*header) == layout.HEADER.build(header._asdict() | {"lane": header.lane_and_last})


@given(row=rows)
def test_chunk_rows_are_as_declared(row: ChunkRow) -> None:
    data = layout.CHUNK_ROW.build(row._asdict())
    assert records.CHUNK_ROW.pack(*row) == data
    assert records.decode_rows(data) == [row]


@given(mark=marks)
def test_marks_are_as_declared(mark: Mark) -> None:
    data = layout.MARK.build(mark._asdict())
    assert records.MARK.pack(*mark) == data
    assert records.decode_marks(data) == [mark]


@given(dt_us=u32, size=u32, skew_ns=st.integers(-(1 << 31), (1 << 31) - 1))
def test_unit_rows_are_as_declared(dt_us: int, size: int, skew_ns: int) -> None:
    declared = layout.UNIT_ROW.build({"dt_us": dt_us, "size": size, "skew_ns": skew_ns})
    assert records.UNIT_ROW.pack(dt_us, size, skew_ns) == declared


@given(stream_format=formats)
def test_formats_come_back(stream_format: StreamFormat) -> None:
    data = records.encode_format(4, 2, stream_format)
    assert records.decode_formats(data) == ([FormatRecord(4, 2, stream_format)], len(data))


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_format_or_a_value_error(data: bytes) -> None:
    try:
        records.decode_formats(data)
    except ValueError:
        return


def test_sizes_are_those_of_the_document() -> None:
    sizes = (records.HEADER, records.CHUNK_ROW, records.UNIT_ROW, records.MARK, records.TRAILER)
    assert [each.size for each in sizes] == [64, 64, 12, 40, 8]
    assert layout.SUPERBLOCK.sizeof() == layout.SUPERBLOCK_BYTES
    assert layout.SNAPSHOT_HEADER.sizeof() == 128


def test_a_snapshot_is_as_declared() -> None:
    state = State(generation=7, tick=9, next_seq=4, next_span=12, announced=3, written_us=55, intents=[5, 2])
    state.deletions.append(Deletion(number=4, track_id=1, start_us=-3, end_us=8))
    state.index.decisions.update({1: 3, 9: 2})
    state.index.segments[2] = Segment(0, 4096, True, 1, 10, 14, 2, 8)
    state.index.segments[3] = Segment(1, 8192, False, 1, 15, 20, 2, 9)
    state.index.boot, state.index.boot_span, state.index.synchronized = -5, 11, True
    track = state.index.track(1)
    track.retention_us, track.deleted_until_us, track.next_epoch = 60, 10, 1
    track.label = TrackLabel(recording="R", track="T", kind=MediaKind.VIDEO, name="Gate")
    track.formats[0] = StreamFormat(codec=Codec.H264, frame_rate=12.5, parameter_sets=(b"a", b"bc"))
    run = Run(track_id=1, span=11, lane=1, first_seq=2, last_seq=3, start_us=10, end_us=20, ordinal=3)
    run.changes, run.size_bytes, run.follows = ((10, 0), (15, 1)), 99, True
    track.runs.append(run)

    data = snapshot.encode(state, salt=77)
    parsed = layout.SNAPSHOT.parse(data)

    built = layout.SNAPSHOT.build(parsed)
    assert data == built.ljust(align(len(built)), b"\0")
    assert parsed.header.generation == 7
    assert list(parsed.body.intents) == [5, 2]
    assert [(each.from_us, each.epoch) for each in parsed.body.runs[0].changes] == [(10, 0), (15, 1)]
    assert parsed.body.runs[0].flags == layout.RUN_CLEAN | layout.RUN_FOLLOWS
    assert [(each.lane, each.flags) for each in parsed.body.segments] == [(1, layout.SEALED), (1, 0)]
    assert decode_label(parsed.body.tracks[0].label) == track.label
    assert parsed.body.deletions[0].start_us == -3
    assert [(each.track, each.seq) for each in parsed.body.decisions] == [(1, 3), (9, 2)]


@given(data=st.binary(max_size=80))
def test_any_bytes_are_a_label_or_a_value_error(data: bytes) -> None:
    try:
        decode_label(data)
    except ValueError:
        return


@given(words=st.lists(st.text(max_size=500), min_size=3, max_size=3), kind=st.sampled_from(MediaKind))
def test_labels_come_back_as_far_as_they_fit(words: list[str], kind: MediaKind) -> None:
    label = TrackLabel(recording=words[0], track=words[1], kind=kind, name=words[2])
    again = decode_label(encode_label(label))
    assert again is not None
    kept = (again.recording, again.track, again.name)
    assert all(word.startswith(cut) for word, cut in zip(words, kept, strict=True))
    assert decode_label(encode_label(again)) == again
