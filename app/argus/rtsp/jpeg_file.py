"""JPEG pictures as RTP can carry them: baseline, three components, the typical Huffman tables.

Spec: ITU-T T.81 § Annex B, § Annex K.3; RFC 2435 § Appendix A, § Appendix B; JFIF 1.02
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_SOF0, _DHT, _DQT, _DRI, _SOS = 0xC0, 0xC4, 0xDB, 0xDD, 0xDA
_OTHER_FRAMES = frozenset({0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_MAX_SEGMENTS = 256
TABLE_BYTES = 64

_JFIF = b"\xff\xe0" + (16).to_bytes(2, "big") + b"JFIF\x00" + bytes.fromhex("010100000100010000")
# ITU-T T.81 tables K.3 to K.6: class and number, how many codes have each length, their values.
_HUFFMAN = tuple(
    bytes.fromhex(text)
    for text in (
        "0000010501010101010100000000000000000102030405060708090a0b",
        "100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1"
        "f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768"
        "696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4"
        "c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa",
        "0100030101010101010101010000000000000102030405060708090a0b",
        "1100020102040403040705040400010277000102031104052131061241510761711322328108144291a1b1c109233352"
        "f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a6364656667"
        "68696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2"
        "c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa",
    )
)
# Tables K.1 and K.2, row by row.
_LUMA = bytes.fromhex(
    "100b0a101828333d0c0c0e131a3a3c370e0d1018283945380e11161d3357503e12162538446d674d182337405168715c"
    "31404e5767797865485c5f6270646763"
)
_CHROMA = bytes.fromhex(
    "1112182f6363636312151a4263636363181a3863636363632f4263636363636363636363636363636363636363636363"
    "63636363636363636363636363636363"
)


def _zigzag() -> tuple[int, ...]:
    """Where the coefficients stand in a row-by-row table, in the order in which they are sent."""
    cells = [(row, column) for row in range(8) for column in range(8)]
    cells.sort(key=lambda cell: (sum(cell), cell[0] if sum(cell) % 2 else cell[1]))
    return tuple(row * 8 + column for row, column in cells)


_ZIGZAG = _zigzag()


@dataclass(frozen=True, slots=True, kw_only=True)
class JpegPicture:
    """A picture in parts. `tables` are of luma and chroma in zigzag order, of 64 bytes, or 128 where a value has 16
    bits. `halved_rows` tells 4:2:0 from 4:2:2. `scan` has no end marker. `restart_interval` 0 means none.
    """

    width: int
    height: int
    halved_rows: bool
    tables: tuple[bytes, bytes]
    restart_interval: int
    scan: memoryview


def quantization_tables(quality: int) -> tuple[bytes, bytes]:
    """The tables of luma and chroma that a quality from 1 to 99 stands for."""
    factor = 5000 // quality if quality < 50 else 200 - quality * 2
    luma, chroma = (
        bytes(min(max((table[place] * factor + 50) // 100, 1), 255) for place in _ZIGZAG) for table in (_LUMA, _CHROMA)
    )
    return luma, chroma


def encode_jfif(picture: JpegPicture) -> bytes:
    """The file."""
    sampling = 0x22 if picture.halved_rows else 0x21
    frame = b"".join((
        b"\x08", picture.height.to_bytes(2, "big"), picture.width.to_bytes(2, "big"),
        bytes((3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1)),
    ))  # fmt: skip
    restart = [_segment(_DRI, picture.restart_interval.to_bytes(2, "big"))] if picture.restart_interval else []
    return b"".join(
        (
            _SOI,
            _JFIF,
            *(
                _segment(_DQT, bytes(((len(table) > TABLE_BYTES) << 4 | number,)) + table)
                for number, table in enumerate(picture.tables)
            ),
            _segment(_SOF0, frame),
            *(_segment(_DHT, table) for table in _HUFFMAN),
            *restart,
            _segment(_SOS, bytes((3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0))),
            picture.scan,
            _EOI,
        )
    )


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def decode_jfif(data: bytes) -> JpegPicture:
    """The parts of a file, without copying its scan.

    Raises:
        ValueError: it is no JPEG, or one that RTP cannot carry.
    """
    tables: dict[int, bytes] = {}
    frame, restart_interval = b"", 0
    for marker, content, end in _segments(data):
        if marker == _DQT:
            tables |= _tables(content)
        elif marker == _SOF0:
            frame = content
        elif marker in _OTHER_FRAMES:
            raise ValueError(f"a frame of kind {marker:#x} is not baseline")
        elif marker == _DRI:
            restart_interval = int.from_bytes(content[:2], "big")
        elif marker == _DHT and not _typical(content):
            raise ValueError("Huffman tables of its own")
        elif marker == _SOS:
            scan_end = data.find(_EOI, end)
            scan = memoryview(data)[end : scan_end if scan_end >= 0 else len(data)]
            return _picture(frame, tables, restart_interval, scan)
    raise ValueError("a JPEG without a scan")


def _segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The marker segments behind SOI: marker, content, where it ends."""
    position = data.startswith(_SOI) and 2
    for _ in range(_MAX_SEGMENTS):
        while data[position : position + 2] == b"\xff\xff":  # fill bytes
            position += 1
        size = int.from_bytes(data[position + 2 : position + 4], "big")
        end = position + 2 + size
        if not position or size < 2 or end > len(data) or data[position] != 0xFF:
            raise ValueError("malformed JPEG markers")
        yield data[position + 1], data[position + 4 : end], end
        position = end


def _tables(content: bytes) -> dict[int, bytes]:
    """The quantization tables of one DQT segment by number."""
    tables, position = {}, 0
    while position < len(content):
        size = TABLE_BYTES << (content[position] >> 4)
        tables[content[position] & 15] = content[position + 1 : position + 1 + size]
        position += 1 + size
    if position != len(content):
        raise ValueError("a quantization table ends early")
    return tables


def _typical(content: bytes) -> bool:
    """Whether a DHT segment holds nothing but the typical tables."""
    while content:
        table = next((table for table in _HUFFMAN if content.startswith(table)), None)
        if table is None:
            return False
        content = content[len(table) :]
    return True


def _picture(frame: bytes, tables: dict[int, bytes], restart_interval: int, scan: memoryview) -> JpegPicture:
    if len(frame) != 15 or frame[0] != 8 or frame[5] != 3:
        raise ValueError("a JPEG picture that is not of three components of 8 bits")
    sampling, luma, blue, red = frame[7], tables.get(frame[8]), tables.get(frame[11]), tables.get(frame[14])
    if sampling not in (0x21, 0x22) or frame[10] != 0x11 or frame[13] != 0x11:
        raise ValueError(f"a JPEG picture sampled {sampling:#x}, {frame[10]:#x}, {frame[13]:#x}")
    if luma is None or blue is None or blue != red:
        raise ValueError("a JPEG picture without the tables of luma and chroma")
    return JpegPicture(
        width=int.from_bytes(frame[3:5], "big"),
        height=int.from_bytes(frame[1:3], "big"),
        halved_rows=sampling == 0x22,
        tables=(luma, blue),
        restart_interval=restart_interval,
        scan=scan,
    )
