"""Parts of H.264 byte streams for tests, written bit by bit."""

from dataclasses import dataclass, field

# As x264 writes them for 1280x720, High.
X264_720P_SPS = bytes.fromhex("6764001facd9405005bb011000000300100000030320f1831960")
PPS = bytes.fromhex("68ebe3cb22c0")
IDR = b"\x65" + b"\x88\x84" * 20
SLICE = b"\x41" + b"\x9a\x02" * 10
DELIMITER = b"\x09\x10"
SEI = b"\x06\x05\x04abcd\x80"


@dataclass
class Bits:
    """Builds a bit string of Exp-Golomb numbers."""

    text: str = field(default="")

    def u(self, count: int, value: int) -> "Bits":
        self.text += f"{value:0{count}b}"
        return self

    def ue(self, value: int) -> "Bits":
        binary = f"{value + 1:b}"
        self.text += "0" * (len(binary) - 1) + binary
        return self

    def nal(self, header: int) -> bytes:
        """With stop bit and emulation prevention."""
        padded = self.text + "1"
        padded += "0" * (-len(padded) % 8)
        raw = int(padded, 2).to_bytes(len(padded) // 8, "big")
        out = bytearray()
        for byte in raw:
            if out[-2:] == b"\0\0" and byte <= 3:
                out.append(3)
            out.append(byte)
        return bytes([header]) + bytes(out)


def sps(width: int, height: int, *, profile_idc: int = 66, interlaced: bool = False) -> bytes:
    """A sequence parameter set for a picture of even size, cropped from whole macroblocks."""
    unit = 32 if interlaced else 16
    columns, rows = -(-width // 16), -(-height // unit)
    bits = Bits().u(8, profile_idc).u(8, 0xC0).u(8, 31).ue(0)
    if profile_idc == 100:
        bits.ue(1).ue(0).ue(0).u(1, 0).u(1, 0)
    bits.ue(0).ue(2).ue(1).u(1, 0).ue(columns - 1).ue(rows - 1)
    bits.u(1, 0 if interlaced else 1)
    if interlaced:
        bits.u(1, 0)
    bits.u(1, 1)
    right, bottom = (columns * 16 - width) // 2, (rows * unit - height) // (4 if interlaced else 2)
    bits.u(1, 1 if right or bottom else 0)
    if right or bottom:
        bits.ue(0).ue(right).ue(0).ue(bottom)
    return bits.u(1, 0).nal(0x67)


def byte_stream(*nal_units: bytes, long: bool = True) -> bytes:
    start = b"\0\0\0\1" if long else b"\0\0\1"
    return b"".join(start + nal for nal in nal_units)
