"""JPEG out of RTP: pictures with the headers they had before.

Pictures wider or higher than 2040 travel with a size of 0; theirs comes from the session description. The ONVIF
extension for JPEG stands in the header of the packet, not in its payload, and may be there or not.
Spec: RFC 2435 § JPEG Payload, § Appendix B
"""

from __future__ import annotations

from collections.abc import Sequence

from argus.base.access_unit import Codec, StreamFormat
from argus.rtsp.depacketize.coded_unit import MAX_UNIT_BYTES, CodedUnit
from argus.rtsp.jpeg import HALVED_ROWS, HEADER_BYTES, RESTARTS
from argus.rtsp.jpeg_file import TABLE_BYTES, JpegPicture, encode_jfif, quantization_tables
from argus.rtsp.protocol.sdp_reader import OfferedMedia

_EOI = b"\xff\xd9"
_RESTART_BYTES = 4
_TABLE_HEADER_BYTES = 4
_LAST_COMPUTED, _FIRST_IN_BAND, _DYNAMIC = 99, 128, 255

Tables = tuple[bytes, bytes]


class JpegDepacketizer:
    """Pictures, each decodable alone. Fragments tell their places: a hole is seen even where no loss was told."""

    def __init__(self, media: OfferedMedia) -> None:
        self.dropped_units = 0
        self.format: StreamFormat | None = None
        self._media = media
        self._header = b""
        self._tables: Tables | None = None
        self._restart_interval = 0
        self._scan = bytearray()
        self._timestamp = 0
        self._open = False
        # Tables of a quality that is told once and then stands for them.
        self._kept: dict[int, Tables] = {}

    def push(self, payload: memoryview, *, marker: bool, rtp_timestamp: int, lost: bool) -> Sequence[CodedUnit]:
        units: tuple[CodedUnit, ...] = ()
        if self._open and (lost or rtp_timestamp != self._timestamp):
            if lost:
                self._drop()
            else:
                units = self._finish()
        if not self._take(payload, rtp_timestamp):
            self._drop()
        return (*units, *self._finish()) if marker and self._open else units

    def _take(self, payload: memoryview, rtp_timestamp: int) -> bool:
        """Add a fragment; False where it makes no sense, or one before it is missing."""
        header = bytes(payload[4:HEADER_BYTES])
        offset = int.from_bytes(payload[1:4], "big")
        if len(header) < HEADER_BYTES - 4 or payload[0] or header[0] & ~RESTARTS not in (0, HALVED_ROWS):
            return False
        position = HEADER_BYTES
        if header[0] & RESTARTS:
            restart = payload[position : position + _RESTART_BYTES]
            self._restart_interval = int.from_bytes(restart[:2], "big")
            position += _RESTART_BYTES
        if offset == 0:
            self._open, self._timestamp, self._header = True, rtp_timestamp, header
            self._scan.clear()
            position = self._take_tables(header[1], payload, position)
        if not self._open or header != self._header or offset != len(self._scan) or self._tables is None:
            return False
        self._scan += payload[position:]
        return position < len(payload) and len(self._scan) <= MAX_UNIT_BYTES

    def _take_tables(self, quality: int, payload: memoryview, position: int) -> int:
        """Learn the tables of this picture; None are known where they make no sense. Returns where the scan begins."""
        if quality < _FIRST_IN_BAND:
            self._tables = quantization_tables(quality) if 0 < quality <= _LAST_COMPUTED else None
            return position
        head = bytes(payload[position : position + _TABLE_HEADER_BYTES])
        size = int.from_bytes(head[2:], "big")
        position += _TABLE_HEADER_BYTES
        if size == 0:
            self._tables = self._kept.get(quality)
            return position
        self._tables = _split_tables(bytes(payload[position : position + size]), head[1] if len(head) > 1 else 0)
        if quality != _DYNAMIC and self._tables is not None:
            self._kept[quality] = self._tables
        return position + size

    def _finish(self) -> tuple[CodedUnit, ...]:
        self._open = False
        width, height = _side(self._header[2], self._media.width), _side(self._header[3], self._media.height)
        scan = bytes(self._scan).partition(_EOI)[0]  # some send the end marker; coded data never look like it
        if self._tables is None or not width or not height or not scan:
            self.dropped_units += 1
            return ()
        kind = self._header[0]
        picture = JpegPicture(
            width=width,
            height=height,
            halved_rows=bool(kind & HALVED_ROWS),
            tables=self._tables,
            restart_interval=self._restart_interval if kind & RESTARTS else 0,
            scan=memoryview(scan),
        )
        data = encode_jfif(picture)
        if self.format is None or (self.format.width, self.format.height) != (width, height):
            self.format = StreamFormat(codec=Codec.JPEG, width=width, height=height, frame_rate=self._media.frame_rate)
        return (CodedUnit(format=self.format, data=data, key_frame=True, rtp_timestamp=self._timestamp),)

    def _drop(self) -> None:
        self.dropped_units += self._open
        self._open = False
        self._scan.clear()


def _split_tables(data: bytes, precision: int) -> Tables | None:
    """The tables of luma and chroma, which may be one and the same."""
    luma_bytes = TABLE_BYTES << (precision & 1)
    luma, chroma = data[:luma_bytes], data[luma_bytes:]
    if len(luma) != luma_bytes:
        return None
    if not chroma:
        return luma, luma
    return (luma, chroma) if len(chroma) == TABLE_BYTES << (precision >> 1 & 1) else None


def _side(eighths: int, described: int) -> int:
    """Width or height in pixels: the session description may know it more exactly."""
    return described if not eighths or (described + 7) // 8 == eighths else eighths * 8
