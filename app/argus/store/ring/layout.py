"""The on-disk format, version 2: this module is its only source.

All integers are little-endian. Every structure with a `magic` carries in `crc` the CRC-32 (zlib) of its own bytes
behind that field. `design/001-on-disk-format.md` tells what the structures mean together. The hot paths use the
precompiled twins in `records.py`, which a test holds to these declarations.
"""

from __future__ import annotations

from construct import (
    Array,
    Byte,
    Bytes,
    Const,
    Float64l,
    GreedyBytes,
    Int16ul,
    Int32sl,
    Int32ul,
    Int64sl,
    Int64ul,
    Padding,
    PascalString,
    Prefixed,
    PrefixedArray,
    Struct,
    this,
)

VERSION = 2
BLOCK_BYTES = 4096
SUPERBLOCK_BYTES = 512
# Two copies, far enough apart not to share an erase page; the snapshot slots follow.
SUPERBLOCK_OFFSETS = (0, 32 << 10)
SNAPSHOTS_OFFSET = 64 << 10

SUPERBLOCK_MAGIC = b"ARGV"
BATCH_MAGIC = b"ARGB"
FOOTER_MAGIC = b"ARGF"
TRAILER_MAGIC = b"ARGT"
SNAPSHOT_MAGIC = b"ARGS"

# At both copies' offsets of the head of the volume.
SUPERBLOCK = Struct(
    "magic" / Const(SUPERBLOCK_MAGIC),
    "crc" / Int32ul,
    "version" / Int32ul,
    "segment_bytes" / Int32ul,
    "data_segments" / Int32ul,  # slots 0..n-1 from `data_offset` on
    "snapshot_slots" / Int32ul,
    "snapshot_bytes" / Int32ul,
    "erase_block_bytes" / Int32ul,  # the unit of the medium that slots are aligned to; 0: not known
    "data_offset" / Int64ul,  # where slot 0 begins: on a boundary of the erase blocks of the medium
    "salt" / Int64ul,  # random; in every batch, footer and snapshot, against bytes of an earlier format
    "created_us" / Int64sl,
    "uuid" / Bytes(16),
    "station" / Bytes(16),  # who may write: the UUID of the station that formatted or adopted the volume
    Padding(SUPERBLOCK_BYTES - 88),
)

# 64 bytes. A batch begins with one at a multiple of 4096 inside its segment; a footer begins with one, too.
HEADER = Struct(
    "magic" / Bytes(4),
    "crc" / Int32ul,
    "salt" / Int64ul,
    "seq" / Int64ul,  # of the segment; grows with every segment opened, never reused
    "tick" / Int64ul,  # of the write; everything below the highest tick on the volume was flushed
    "length" / Int32ul,  # batch: bytes with header and padding; footer: bytes up to the end of the segment
    "meta_bytes" / Int32ul,  # rows, marks and formats, behind the header
    "rows" / Int32ul,
    "marks" / Int16ul,
    "part" / Byte,  # number of this batch within its tick, modulo 256
    "lane" / Byte,  # and LAST_PART; footer: the lane alone
    "meta_crc" / Int32ul,
    "reach" / Int32ul,  # seq + 1 - number of the oldest segment of the lane that still counts; 0: not told
    "announced" / Int64ul,  # deletions up to this number have been announced
)

LAST_PART = 128  # in `lane`: no other batch of the tick follows. A tick counts if all of its parts are there

KEY = 1  # the first unit is a clean point
ALL_KEYS = 2  # every unit is; never set on video, where a chunk ends before the next key frame
FOLLOWS = 4  # of the first chunk of a span: nothing is missing between the track's span before it and this one

# 64 bytes: units of one track that lie together. A video chunk holds a key frame in its first place only.
CHUNK_ROW = Struct(
    "track" / Int32ul,
    "span" / Int32ul,  # footage without a gap carries one number
    "ordinal" / Int32ul,  # of the chunk within its span: a missing number is a hole
    "epoch" / Int32ul,  # which format of the track
    "units" / Int32ul,
    "offset" / Int32ul,  # of the unit table in the segment; the units' bytes follow it
    "length" / Int32ul,  # of table and bytes together
    "table_crc" / Int32ul,
    "payload_crc" / Int32ul,
    "flags" / Int32ul,
    "t0_us" / Int64sl,  # capture time of the first unit
    "t1_us" / Int64sl,  # capture time of the last unit
    "mono0_ns" / Int64sl,  # the first unit on CLOCK_MONOTONIC of the boot that recorded it
)

# 12 bytes, one per unit.
KEY_BIT = 1 << 31
UNIT_ROW = Struct(
    "dt_us" / Int32ul,  # capture time - t0_us
    "size" / Int32ul,  # bytes; KEY_BIT is set on a clean point
    "skew_ns" / Int32sl,  # (monotonic time - mono0_ns) - 1000 * dt_us
)

MARK_CUT = 1  # footage of the track below `value` (capture time) is gone
MARK_FORGET = 2  # all footage of the track is gone
MARK_RETENTION = 3  # `value` is the track's retention in microseconds, 0 unlimited
MARK_REBASE = 4  # the times of span `target` are moved by `value` microseconds: its clock was wrong
MARK_BOOT = 5  # spans from `span` on were recorded since the boot whose identity hashes to `value`
MARK_SYNC = 6  # the clock of that boot was synchronized; what it recorded is not moved any more
MARK_REACH = 7  # of lane `track` segments with numbers below `value` do not count any more

# 40 bytes: a decision that must survive. It applies to the track's chunks before (`span`, `ordinal`), so that it means
# the same in whichever segment it is found.
MARK = Struct(
    "kind" / Int16ul,
    Padding(2),
    "track" / Int32ul,
    "span" / Int32ul,
    "ordinal" / Int32ul,
    "target" / Int32ul,
    Padding(4),
    "number" / Int64ul,  # marks and the deletions they make are numbered in the order they were decided
    "value" / Int64sl,
)

STREAM_FORMAT = Struct(
    "codec" / PascalString(Byte, "ascii"),
    "clock_hz" / Int32ul,
    "width" / Int32ul,
    "height" / Int32ul,
    "frame_rate" / Float64l,
    "parameter_sets" / PrefixedArray(Byte, Prefixed(Int16ul, GreedyBytes)),
)

# In each segment before the first chunk that uses it, and in the snapshot.
FORMAT_RECORD = Struct(
    "track" / Int32ul,
    "epoch" / Int32ul,
    "body" / Prefixed(Int32ul, STREAM_FORMAT),
)

# The last 8 bytes of a sealed segment: where its footer begins, counted from the end.
TRAILER = Struct("magic" / Const(TRAILER_MAGIC), "length" / Int32ul)

# 128 bytes, at the start of a snapshot slot. `generation` counts snapshots; the newest valid one holds. Zeros follow
# its body up to a multiple of 4096.
SNAPSHOT_HEADER = Struct(
    "magic" / Const(SNAPSHOT_MAGIC),
    "crc" / Int32ul,
    "salt" / Int64ul,
    "generation" / Int64ul,
    "tick" / Int64ul,
    "next_seq" / Int64ul,  # of the segment that will be opened in the first intended slot, and so on
    "announced" / Int64ul,
    "next_number" / Int64ul,  # of the next deletion
    "written_us" / Int64sl,
    "next_span" / Int32ul,
    "body_bytes" / Int32ul,
    "body_crc" / Int32ul,
    "segments" / Int32ul,
    "intents" / Int32ul,
    "tracks" / Int32ul,
    "formats" / Int32ul,
    "runs" / Int32ul,
    "deletions" / Int32ul,
    "decisions" / Int32ul,
    "boot_span" / Int32ul,  # the first span of the newest boot
    "boot" / Int64sl,  # a hash of that boot's identity
    "synchronized" / Byte,  # whether its clock has been
    Padding(11),
)
SEALED = 1
SEGMENT_ENTRY = Struct(
    "seq" / Int64ul,
    "slot" / Int32ul,
    "used_bytes" / Int32ul,
    "t0_us" / Int64sl,  # the earliest and the latest time in it, as its rows tell them
    "t1_us" / Int64sl,
    "tracks" / Int64ul,  # bit n: it has chunks of a track whose id is n modulo 64
    "tick" / Int64ul,  # of the last write to it
    "lane" / Byte,
    "flags" / Byte,
    Padding(6),
)
# What a track is called, so that a card explains itself to a station that does not know it.
LABEL = Struct(
    "recording" / PascalString(Byte, "utf8"),
    "track" / PascalString(Byte, "utf8"),
    "kind" / PascalString(Byte, "ascii"),
    "name" / PascalString(Int16ul, "utf8"),
)
TRACK_ENTRY = Struct(
    "track" / Int32ul,
    "next_epoch" / Int32ul,
    "retention_us" / Int64sl,
    "deleted_until_us" / Int64sl,  # end of the newest deletion; the lowest number where there was none
    "label" / Prefixed(Int32ul, GreedyBytes),  # empty, or a LABEL
)
RUN_CLEAN = 1  # it begins with a clean point
RUN_FOLLOWS = 2  # as FOLLOWS
RUN_CUT_SHORT = 4  # its end was given up
# A span, or what is left of it, as the index keeps it: in which segments of its lane, from when to when.
RUN_ENTRY = Struct(
    "track" / Int32ul,
    "span" / Int32ul,
    "ordinal" / Int32ul,  # of its newest chunk
    "lane" / Byte,
    "flags" / Byte,
    "change_count" / Int16ul,
    "first_seq" / Int64ul,
    "last_seq" / Int64ul,
    "start_us" / Int64sl,
    "end_us" / Int64sl,
    "shift_us" / Int64sl,  # capture times are those of the rows plus this
    "size_bytes" / Int64ul,  # of its chunks; estimated by time where a part of it was deleted
    "changes" / Array(this.change_count, Struct("from_us" / Int64sl, "epoch" / Int64ul)),
)
# The segment with the newest CUT or FORGET of a track. It is kept until everything older is gone, so that an index
# rebuilt from the segments alone knows what was deleted.
DECISION_ENTRY = Struct("track" / Int32ul, Padding(4), "seq" / Int64ul)
DELETION_ENTRY = Struct("number" / Int64ul, "track" / Int32ul, Padding(4), "start_us" / Int64sl, "end_us" / Int64sl)
SNAPSHOT_BODY = Struct(
    "segments" / Array(this._.header.segments, SEGMENT_ENTRY),
    "intents" / Array(this._.header.intents, Int32ul),  # the only slots that may be overwritten, in this order
    "tracks" / Array(this._.header.tracks, TRACK_ENTRY),
    "formats" / Array(this._.header.formats, FORMAT_RECORD),
    "runs" / Array(this._.header.runs, RUN_ENTRY),
    "deletions" / Array(this._.header.deletions, DELETION_ENTRY),  # not yet announced
    "decisions" / Array(this._.header.decisions, DECISION_ENTRY),
)
SNAPSHOT = Struct("header" / SNAPSHOT_HEADER, "body" / SNAPSHOT_BODY)
