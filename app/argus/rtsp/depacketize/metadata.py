"""ONVIF metadata out of RTP: one XML document, which ends with the marker.

Spec: Streaming § Metadata stream (RTP payload type, gzip compression). EXI is not read.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from argus.base.access_unit import Codec, StreamFormat
from argus.rtsp.depacketize.coded_unit import CodedUnit
from argus.rtsp.protocol.sdp_reader import OfferedMedia

# A document of many events and objects has some tens of KiB.
MAX_DOCUMENT_BYTES = 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_XML_START, _GZIP_START = b"<?xml", b"\x1f\x8b\x08"


class MetadataDepacketizer:
    """Documents as they are sent; compressed ones are decompressed, within a bound."""

    def __init__(self, media: OfferedMedia) -> None:
        self.dropped_units = 0
        self.format: StreamFormat | None = StreamFormat(codec=Codec.METADATA, clock_hz=media.clock_hz)
        self._compressed = media.encoding.endswith(".GZIP")
        # What a document begins with, and nothing inside one does.
        self._start = _GZIP_START if self._compressed else _XML_START
        self._document = bytearray()
        self._timestamp = 0
        self._open = False
        self._damaged = False

    def push(self, payload: memoryview, *, marker: bool, rtp_timestamp: int, lost: bool) -> Sequence[CodedUnit]:
        if lost:
            self._lose(payload)
        if not self._damaged:
            if not self._open:
                self._open, self._timestamp = True, rtp_timestamp
            self._document += payload
            if len(self._document) > MAX_DOCUMENT_BYTES:
                self._damage()
        if not marker:
            return ()
        data = b"" if self._damaged else self._finished()
        self._document.clear()
        self._open = self._damaged = False
        if not data:
            return ()
        assert self.format is not None  # known from the beginning
        return (CodedUnit(format=self.format, data=data, key_frame=True, rtp_timestamp=self._timestamp),)

    def _lose(self, payload: memoryview) -> None:
        """Drop what is open; go on with this payload only where a document surely begins with it."""
        begins = bytes(payload[: len(self._start)]) == self._start
        if self._open or not begins:
            self._damage()
        self._open, self._damaged = False, not begins

    def _damage(self) -> None:
        if not self._damaged:
            self.dropped_units += 1
        self._damaged = True
        self._document.clear()

    def _finished(self) -> bytes:
        """The document; nothing where it cannot be decompressed."""
        if not self._compressed:
            return bytes(self._document)
        decompressor = zlib.decompressobj(_GZIP)
        try:
            data = decompressor.decompress(self._document, MAX_DOCUMENT_BYTES)
        except zlib.error:
            data = b""
        if not decompressor.eof:
            self.dropped_units += 1
            return b""
        return data
