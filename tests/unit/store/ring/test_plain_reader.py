"""A reader written from `design/001-on-disk-format.md` and `layout.py` alone finds what the ring serves.

It knows no module of the store but the declarations, and knows no index: all segments are read batch by batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from construct import Container
from tests.unit.store.deck import SEGMENT_BYTES, Deck

from argus.store.ring import layout

Chunk = tuple[int, int, int, Container, bytes]  # track, span, ordinal, row, bytes of table and units


def is_intact(data: bytes) -> bool:
    return crc32(data[8:]) == int.from_bytes(data[4:8], "little")


class PlainReader:
    """Reads the image of a volume that was closed: every tick is whole, and the newest snapshot holds all."""

    def __init__(self, image: bytes) -> None:
        self.image = image
        self.superblock = layout.SUPERBLOCK.parse(image[: layout.SUPERBLOCK_BYTES])
        assert is_intact(image[: layout.SUPERBLOCK_BYTES])
        assert self.superblock.version == 2
        self.snapshot = max(self.snapshots(), key=lambda snapshot: int(snapshot.header.generation))

    def snapshots(self) -> Iterator[Container]:
        for slot in range(self.superblock.snapshot_slots):
            start = layout.SNAPSHOTS_OFFSET + slot * self.superblock.snapshot_bytes
            data = self.image[start : start + self.superblock.snapshot_bytes]
            if data[:4] == layout.SNAPSHOT_MAGIC and is_intact(data[: layout.SNAPSHOT_HEADER.sizeof()]):
                snapshot = layout.SNAPSHOT.parse(data)
                assert snapshot.header.generation % self.superblock.snapshot_slots == slot
                yield snapshot

    def chunks(self, segment: Container) -> Iterator[Chunk]:
        """Batch by batch, up to the bytes that count."""
        base = self.superblock.data_offset + segment.slot * self.superblock.segment_bytes
        position = 0
        while position < segment.used_bytes:
            data = self.image[base + position : base + segment.used_bytes]
            header = layout.HEADER.parse(data)
            assert (header.magic, header.salt, header.seq) == (layout.BATCH_MAGIC, self.superblock.salt, segment.seq)
            assert is_intact(data[: layout.HEADER.sizeof()])
            assert header.lane & ~layout.LAST_PART == segment.lane
            meta = data[layout.HEADER.sizeof() :][: header.meta_bytes]
            assert crc32(meta) == header.meta_crc
            for number in range(header.rows):
                row = layout.CHUNK_ROW.parse(meta[number * layout.CHUNK_ROW.sizeof() :])
                place = base + row.offset
                yield row.track, row.span, row.ordinal, row, self.image[place : place + row.length]
            position += header.length

    def footage(self, track_id: int) -> Iterator[tuple[int, bytes, bool]]:
        """Capture time, bytes and clean point of every unit of a track, run by run."""
        found = [chunk for segment in self.snapshot.body.segments for chunk in self.chunks(segment)]
        for run in self.snapshot.body.runs:
            of_run = [chunk for chunk in found if chunk[:2] == (run.track, run.span) and run.track == track_id]
            for _, _, _, row, data in sorted(of_run, key=lambda chunk: chunk[2]):
                units = (unit for unit in self.units(row, data) if run.start_us <= unit[0] + run.shift_us <= run.end_us)
                yield from ((utc_us + run.shift_us, unit, key) for utc_us, unit, key in units)

    def units(self, row: Container, data: bytes) -> Iterator[tuple[int, bytes, bool]]:
        place = row.units * layout.UNIT_ROW.sizeof()
        assert (crc32(data[:place]), crc32(data[place:])) == (row.table_crc, row.payload_crc)
        for number in range(row.units):
            unit = layout.UNIT_ROW.parse(data[number * layout.UNIT_ROW.sizeof() :])
            size = unit.size & ~layout.KEY_BIT
            yield row.t0_us + unit.dt_us, data[place : place + size], bool(unit.size & layout.KEY_BIT)
            place += size


def test_the_page_of_the_format_is_enough_to_write_a_reader() -> None:
    deck = Deck()
    for track_id, recording in ((1, "Gate"), (2, "Yard"), (3, "Roof")):
        deck.name(track_id, recording)
    deck.ring.set_quota("Yard", 6 * SEGMENT_BYTES)
    deck.ring.set_retention(3, 20_000_000)
    deck.record(120, {1: 9_000, 2: 7_000, 3: 3_000})
    deck.ring.end_span(1)
    deck.record(30, {1: 9_000, 2: 7_000, 3: 3_000})
    deck.ring.close()

    plain = PlainReader(bytes(deck.device.image))
    labels = {track.track: layout.LABEL.parse(track.label).recording for track in plain.snapshot.body.tracks}
    assert labels == {1: "Gate", 2: "Yard", 3: "Roof"}
    assert {segment.lane for segment in plain.snapshot.body.segments} == {0, 1, 3}
    for track_id in labels:
        found = list(plain.footage(track_id))
        served = [(unit.utc_us, unit.data, unit.key_frame) for unit in Deck(deck.device, deck.clock).replay(track_id)]
        assert len(served) > 10
        assert found[-len(served) :] == served
