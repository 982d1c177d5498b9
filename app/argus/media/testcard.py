"""The picture of the simulated camera: colour bars, a moving block, and the time and number of every frame.

Time and number are written twice: for people as text, and for programs as a strip of 2 rows of 64 black or white
blocks along the upper edge. Each row is 1/32 of the picture high and as wide as the picture, so the strip survives
scaling and coding, and `decode_stamp` needs nothing but the luma plane. The 128 bits, most significant first:

    16 marker A55Ah · 32 frame number · 64 UTC in microseconds, signed · 16 CRC-16/CCITT-FALSE of the 14 bytes before
"""

from __future__ import annotations

import binascii
import struct
from dataclasses import dataclass
from itertools import pairwise

from argus.base.units import to_datetime
from argus.media.glyphs import CELL_WIDTH, TextLine

COLUMNS, ROWS = 64, 2
_ROW_SHARE = 32  # a row of blocks is 1/32 of the picture
_MARKER = 0xA55A
_CRC_START = 0xFFFF
_STAMP = struct.Struct(">HIq")
_BLACK, _WHITE = 16, 235
_TEXT_CELLS = 40  # characters that would fit the width
# Y, U, V of white, yellow, cyan, green, magenta, red, blue, grey at 75 %.   Spec: ITU-R BT.709
_BARS = (
    (180, 128, 128),
    (168, 44, 136),
    (145, 147, 44),
    (133, 63, 52),
    (63, 193, 204),
    (51, 109, 212),
    (28, 212, 120),
    (104, 128, 128),
)
BLOCK_LAP_US = 8_000_000  # in which the moving block crosses the picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What is written into a frame: its number (modulo 2**32) and its capture time."""

    number: int
    utc_us: int

    def text(self) -> str:
        """`2026-01-01 00:00:00.000 UTC #0000001`."""
        moment = to_datetime(self.utc_us)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC #{self.number:07d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelBox:
    """Part of a picture: from `left` and `top` up to, but without, `right` and `bottom`."""

    left: int
    top: int
    right: int
    bottom: int


def block_at(utc_us: int, width: int, height: int) -> PixelBox:
    """Where the moving block is in the picture captured at that time."""
    size = height // 8
    left = utc_us % BLOCK_LAP_US * (width - size) // BLOCK_LAP_US
    top = height * 3 // 4
    return PixelBox(left=left, top=top, right=left + size, bottom=top + size)


class TestCard:
    """Draws frames in I420 for a picture whose width is a multiple of 8 and whose height is even."""

    __test__ = False  # the name is the field's; it is not a test case

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._scale = max(1, width // (CELL_WIDTH * _TEXT_CELLS))
        self._text = TextLine(self._scale, _BLACK, _WHITE)
        edges = [column * width // COLUMNS for column in range(COLUMNS + 1)]
        widths = [right - left for left, right in pairwise(edges)]
        self._blocks = [(bytes([_BLACK]) * size, bytes([_WHITE]) * size) for size in widths]

    def background(self) -> bytes:
        """What is equal in all frames, to be copied before each `draw`."""
        width, height = self._width, self._height
        luma, chroma_u, chroma_v = (
            bytes(_BARS[x * len(_BARS) // size][plane] for x in range(size))
            for plane, size in ((0, width), (1, width // 2), (2, width // 2))
        )
        head = self._head_rows()
        dark = bytes([_BLACK]) * (width * head)
        neutral = bytes([128]) * (width // 2 * (head // 2))
        rest = height // 2 - head // 2
        return dark + luma * (height - head) + neutral + chroma_u * rest + neutral + chroma_v * rest

    def draw(self, frame: memoryview, stamp: Stamp) -> None:
        """Write the stamp and the moving block over a copy of the background."""
        width = self._width
        for row, line in enumerate(self._strip(stamp)):
            top, bottom = _row_edges(row, self._height)
            frame[top * width : bottom * width] = line * (bottom - top)
        top = _row_edges(ROWS, self._height)[0] + 2 * self._scale
        if top + self._text.height <= self._height:
            self._text.draw(frame, width, 2 * self._scale, top, stamp.text())
        self._draw_block(frame, stamp.utc_us)

    def _draw_block(self, frame: memoryview, utc_us: int) -> None:
        """A white square wanders, so that people see at once whether the picture is live."""
        box = block_at(utc_us, self._width, self._height)
        line = bytes([_WHITE]) * (box.right - box.left)
        for row in range(box.top, box.bottom):
            start = row * self._width + box.left
            frame[start : start + len(line)] = line

    def _strip(self, stamp: Stamp) -> list[bytes]:
        bits = encode_stamp(stamp)
        return [
            b"".join([blocks[bits >> (127 - row * COLUMNS - column) & 1] for column, blocks in enumerate(self._blocks)])
            for row in range(ROWS)
        ]

    def _head_rows(self) -> int:
        """Height of the dark band behind strip and text, even."""
        rows = _row_edges(ROWS, self._height)[0] + self._text.height + 3 * self._scale
        return min(rows + rows % 2, self._height // 2 // 2 * 2)


def encode_stamp(stamp: Stamp) -> int:
    """The 128 bits of the strip."""
    head = _STAMP.pack(_MARKER, stamp.number & 0xFFFFFFFF, stamp.utc_us)
    return int.from_bytes(head, "big") << 16 | binascii.crc_hqx(head, _CRC_START)


def decode_stamp(luma: bytes | memoryview, width: int, height: int, stride: int | None = None) -> Stamp:
    """Read the strip from the luma plane of a picture of any size, coded and scaled as may be.

    Raises:
        ValueError: there is no strip, or it is damaged.
    """
    stride = stride or width
    bits = 0
    for row in range(ROWS):
        top, bottom = _row_edges(row, height)
        for column in range(COLUMNS):
            left, right = column * width // COLUMNS, (column + 1) * width // COLUMNS
            bits = bits << 1 | _is_white(luma, stride, left, right, top, bottom)
    head = (bits >> 16).to_bytes(_STAMP.size, "big")
    marker, number, utc_us = _STAMP.unpack(head)
    if marker != _MARKER:
        raise ValueError(f"no strip of a test card: the marker reads {marker:04x}")
    if binascii.crc_hqx(head, _CRC_START) != bits & 0xFFFF:
        raise ValueError("the strip of the test card is damaged")
    return Stamp(number=number, utc_us=utc_us)


def _is_white(luma: bytes | memoryview, stride: int, left: int, right: int, top: int, bottom: int) -> bool:
    """Whether the middle of a block is white; its edges are smeared by scaling and coding."""
    margin_x, margin_y = (right - left) // 4, (bottom - top) // 4
    total = count = 0
    for y in range(top + margin_y, bottom - margin_y):
        samples = luma[y * stride + left + margin_x : y * stride + right - margin_x]
        total += sum(samples)
        count += len(samples)
    if not count:
        raise ValueError("the picture is too small for the strip of a test card")
    return total > count * (_BLACK + _WHITE) // 2


def _row_edges(row: int, height: int) -> tuple[int, int]:
    return row * height // _ROW_SHARE, (row + 1) * height // _ROW_SHARE
