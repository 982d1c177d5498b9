"""AAC in RTP: high bit-rate mode, one frame a unit.

Spec: RFC 3640 § High Bit-rate AAC; ISO/IEC 14496-3 § AudioSpecificConfig
"""

from __future__ import annotations

from dataclasses import dataclass

from argus.rtsp.rtp import Payload

_SAMPLING_HZ = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_EXPLICIT_HZ = 15
_EXTENDED_OBJECT = 31
_HEADER_BYTES = 4
# At most 77 bits are read: every field in its longest form.
_CONFIG_BYTES = 10
# What 13 bits can tell; ten channels at their largest (6144 bits each) are less.
MAX_FRAME_BYTES = (1 << 13) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioConfig:
    """What an AudioSpecificConfig says. `sampling_hz` is that of the core, which spectral replication doubles."""

    object_type: int
    sampling_hz: int
    channels: int
    frame_samples: int


def decode_audio_config(config: bytes) -> AudioConfig:
    """Read an AudioSpecificConfig; behind its end it reads as zeros, as if nothing more were said.

    Raises:
        ValueError: it is shorter than any can be, or makes no sense.
    """
    if len(config) < 2:
        raise ValueError("the configuration ends early")
    # Not by a BitReader, which would take bytes out that look like emulation prevention.
    value, left = int.from_bytes(config[:_CONFIG_BYTES].ljust(_CONFIG_BYTES, b"\0"), "big"), _CONFIG_BYTES * 8

    def u(count: int) -> int:
        nonlocal left
        left -= count
        return value >> left & ((1 << count) - 1)

    def object_type() -> int:
        kind = u(5)
        return kind if kind != _EXTENDED_OBJECT else 32 + u(6)

    def sampling_hz() -> int:
        index = u(4)
        if index == _EXPLICIT_HZ:
            return u(24)
        if index >= len(_SAMPLING_HZ):
            raise ValueError(f"sampling frequency index {index}")
        return _SAMPLING_HZ[index]

    kind, hz, channels = object_type(), sampling_hz(), u(4)
    if not kind or not 0 < hz <= 192_000:
        raise ValueError(f"audio object type {kind} at {hz} Hz")
    core = kind
    if kind in (5, 29):  # spectral band replication, parametric stereo: the core follows
        sampling_hz()
        core = object_type()
    short = u(1)  # frameLengthFlag
    return AudioConfig(object_type=core, sampling_hz=hz, channels=channels, frame_samples=960 if short else 1024)


def packetize(data: bytes, max_payload_bytes: int) -> list[Payload]:
    """The RTP payloads of one frame, without copying its data.

    Raises:
        ValueError: the frame is empty, or larger than the headers can tell.
    """
    if not 0 < len(data) <= MAX_FRAME_BYTES:
        raise ValueError(f"an AAC frame of {len(data)} bytes")
    # one header of 16 bits: the size of the whole frame in 13, index 0 in 3
    head = (16).to_bytes(2, "big") + (len(data) << 3).to_bytes(2, "big")
    view, size = memoryview(data), max_payload_bytes - _HEADER_BYTES
    return [(head, view[start : start + size]) for start in range(0, len(view), size)]
