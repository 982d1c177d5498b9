"""From what an H.264 encoder emits (Annex B byte stream) to access units of this house."""

from __future__ import annotations

from enum import IntEnum

from argus.base.access_unit import AccessUnit, Codec, StreamFormat, join_nal_units
from argus.media.sps import decode_sps

_START_CODE = b"\x00\x00\x01"


class NalType(IntEnum):
    """nal_unit_type.   Spec: ITU-T H.264 § 7.4.1, table 7-1"""

    SLICE = 1
    PARTITION_C = 4
    IDR = 5
    SPS = 7
    PPS = 8
    DELIMITER = 9
    FILLER = 12


def nal_units(data: bytes) -> list[bytes]:
    """The NAL units of a byte stream, without start codes, padding zeros and empty units.   Spec: H.264 § B.1"""
    units = []
    start = data.find(_START_CODE)
    while start >= 0:
        start += 3
        following = data.find(_START_CODE, start)
        # A NAL unit never ends in a zero byte: those belong to the next four-byte start code, or are stuffing.
        unit = data[start : following if following >= 0 else len(data)].rstrip(b"\x00")
        if unit:
            units.append(unit)
        start = following
    return units


class AccessUnitAssembler:
    """Makes access units of one encoder's output. Used by one thread at a time.

    Key frames always begin with SPS and PPS: those the encoder put there, else the last ones it sent. Pictures
    before the first parameter sets are left out, they could not be decoded.
    """

    def __init__(self, frame_rate: float) -> None:
        self._frame_rate = frame_rate
        self._parameter_sets: tuple[bytes, ...] = ()
        self._format: StreamFormat | None = None

    def assemble(self, data: bytes, *, utc_us: int, mono_ns: int) -> AccessUnit | None:
        """The access unit in `data`; None where it holds no picture that could be decoded.

        Raises:
            ValueError: its sequence parameter set makes no sense.
        """
        sets, body, pictured, key_frame = _sort(nal_units(data))
        self._take_parameter_sets(sets)
        if self._format is None or not pictured:
            return None
        if key_frame:
            body = [*self._parameter_sets, *body]
        return AccessUnit(
            format=self._format, data=join_nal_units(body), key_frame=key_frame, utc_us=utc_us, mono_ns=mono_ns
        )

    def _take_parameter_sets(self, sets: tuple[bytes, ...]) -> None:
        if not sets or sets == self._parameter_sets:
            return
        if sets[0][0] & 0x1F != NalType.SPS:  # a PPS alone joins the SPS already known
            if not self._parameter_sets:
                return
            sets = (*(known for known in self._parameter_sets if known not in sets), *sets)
        sps = decode_sps(sets[0])
        self._parameter_sets = sets
        if any(nal[0] & 0x1F == NalType.PPS for nal in sets):
            self._format = StreamFormat(
                codec=Codec.H264,
                width=sps.width,
                height=sps.height,
                frame_rate=self._frame_rate,
                parameter_sets=sets,
            )


def _sort(units: list[bytes]) -> tuple[tuple[bytes, ...], list[bytes], bool, bool]:
    """Parameter sets (SPS first, each once), the other units, whether a picture is among them, whether it is IDR."""
    sps: dict[bytes, None] = {}
    pps: dict[bytes, None] = {}
    body: list[bytes] = []
    pictured = key_frame = False
    for unit in units:
        kind = unit[0] & 0x1F
        if kind == NalType.SPS:
            sps[unit] = None
        elif kind == NalType.PPS:
            pps[unit] = None
        elif kind not in (NalType.DELIMITER, NalType.FILLER):
            body.append(unit)
            key_frame |= kind == NalType.IDR
            pictured |= NalType.SLICE <= kind <= NalType.IDR
    return (*sps, *pps), body, pictured, key_frame
