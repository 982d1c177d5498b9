"""AAC out of RTP: access units behind their headers, several in a packet or one in several packets.

Spec: RFC 3640 § Usage of RTP (AU Header Section, Fragmentation), § Low Bit-rate AAC, § High Bit-rate AAC
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from argus.base.access_unit import Codec, StreamFormat
from argus.base.errors import NotSupported
from argus.rtsp.aac import MAX_FRAME_BYTES, AudioConfig, decode_audio_config
from argus.rtsp.depacketize.coded_unit import CodedUnit
from argus.rtsp.depacketize.seconds import SecondMarks
from argus.rtsp.protocol.sdp_reader import OfferedMedia

_MAX_FIELD_BITS = 16
# Packets of one or some frames are usual; a second has less than a hundred.
_MAX_FRAMES = 128
_MAX_CONFIG_BYTES = 64
_RTP_CYCLE = 1 << 32
# Fields of an AU header, and sections, that no camera uses.
_UNREAD = ("ctsdeltalength", "dtsdeltalength", "randomaccessindication", "streamstateindication")
_UNREAD_SECTION = "auxiliarydatasizelength"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Headers:
    """Bits of the fields of an AU header."""

    size: int
    index: int
    delta: int


class AacDepacketizer:
    """Frames of AAC, each a unit.

    Raises NotSupported "codec" where the description lacks what is needed, or asks for interleaving.
    """

    def __init__(self, media: OfferedMedia) -> None:
        config = _config(media.fmtp)
        self.dropped_units = 0
        self.format: StreamFormat | None = StreamFormat(
            codec=Codec.AAC, clock_hz=media.clock_hz, parameter_sets=(config,)
        )
        self._headers = _header_fields(media.fmtp)
        self._duration = _frame_duration(media, decode_audio_config(config))
        self._marks = SecondMarks(media.clock_hz)
        self._fragment = bytearray()
        self._fragment_size = 0
        self._timestamp = 0

    def push(self, payload: memoryview, *, marker: bool, rtp_timestamp: int, lost: bool) -> Sequence[CodedUnit]:
        if self._fragment_size and (lost or rtp_timestamp != self._timestamp):
            self._drop_fragment()
        try:
            frames = list(_frames(payload, self._headers))
        except ValueError:
            self._drop_fragment()
            return ()
        if len(frames) == 1 and (self._fragment_size or frames[0].size > len(frames[0].data)):
            whole = self._add_fragment(frames[0], rtp_timestamp)
            return () if whole is None else (self._unit(whole, rtp_timestamp),)
        return tuple(
            self._unit(bytes(frame.data), (rtp_timestamp + number * self._duration) % _RTP_CYCLE)
            for number, frame in enumerate(frames)
        )

    def _add_fragment(self, frame: _Frame, rtp_timestamp: int) -> bytes | None:
        """The frame, when this was its last fragment."""
        if not self._fragment_size:
            self._fragment_size, self._timestamp = frame.size, rtp_timestamp
        self._fragment += frame.data
        if frame.size != self._fragment_size or len(self._fragment) > self._fragment_size:
            self._drop_fragment()
        elif len(self._fragment) == self._fragment_size:
            whole = bytes(self._fragment)
            self._fragment.clear()
            self._fragment_size = 0
            return whole
        return None

    def _drop_fragment(self) -> None:
        self.dropped_units += 1
        self._fragment.clear()
        self._fragment_size = 0

    def _unit(self, data: bytes, rtp_timestamp: int) -> CodedUnit:
        assert self.format is not None  # known from the beginning
        return CodedUnit(
            format=self.format,
            data=data,
            key_frame=self._marks.is_due(rtp_timestamp),
            rtp_timestamp=rtp_timestamp,
        )


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame, or the fragment of one of `size` bytes."""

    size: int
    data: memoryview


def _frames(payload: memoryview, fields: _Headers) -> Iterator[_Frame]:
    """The frames of a packet.

    Raises:
        ValueError: headers and data do not fit each other, or frames are interleaved.
    """
    header_bits = int.from_bytes(payload[:2], "big")
    start = 2 + (header_bits + 7) // 8
    if not header_bits or start >= len(payload):
        raise ValueError("no access unit in the packet")
    headers, left = int.from_bytes(payload[2:start], "big") >> -header_bits % 8, header_bits
    sizes: list[int] = []
    while left:
        index_bits = fields.delta if sizes else fields.index
        left -= fields.size + index_bits
        if left < 0 or len(sizes) == _MAX_FRAMES:
            raise ValueError("an AU header ends early, or there are too many")
        header = headers >> left
        size, index = header >> index_bits & ((1 << fields.size) - 1), header & ((1 << index_bits) - 1)
        if index or not 0 < size <= MAX_FRAME_BYTES:  # what is larger could not be sent on
            raise ValueError(f"an access unit of {size} bytes with index {index}")
        sizes.append(size)
    position = start
    if position + sum(sizes) != len(payload) and (len(sizes) > 1 or position + sizes[0] < len(payload)):
        raise ValueError(f"access units of {sum(sizes)} bytes in {len(payload) - position}")
    for size in sizes:
        yield _Frame(size, payload[position : position + size])
        position += size


def _config(parameters: Mapping[str, str]) -> bytes:
    try:
        config = bytes.fromhex(parameters.get("config", "").strip('"'))
        decode_audio_config(config)
    except ValueError as error:
        raise NotSupported("codec", f"AAC without a usable configuration: {error}") from error
    if len(config) > _MAX_CONFIG_BYTES:
        raise NotSupported("codec", f"AAC with a configuration of {len(config)} bytes")
    return config


def _header_fields(parameters: Mapping[str, str]) -> _Headers:
    if any(parameters.get(name, "0") != "0" for name in (*_UNREAD, _UNREAD_SECTION)):
        raise NotSupported("codec", "AAC with time offsets or auxiliary data cannot be received")
    low = parameters.get("mode", "").lower() == "aac-lbr"
    fields = _Headers(
        size=_number(parameters, "sizelength", 6 if low else 13),
        index=_number(parameters, "indexlength", 2 if low else 3),
        delta=_number(parameters, "indexdeltalength", 2 if low else 3),
    )
    if not fields.size or max(fields.size, fields.index, fields.delta) > _MAX_FIELD_BITS:
        raise NotSupported("codec", "AAC without the sizes of its access units cannot be received")
    return fields


def _number(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def _frame_duration(media: OfferedMedia, config: AudioConfig) -> int:
    """How far the RTP time moves on with each frame."""
    told = _number(media.fmtp, "constantduration", 0)
    return told or config.frame_samples * media.clock_hz // config.sampling_hz
