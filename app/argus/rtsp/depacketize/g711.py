"""G.711 out of RTP: samples of 8 bits, gathered from packets into units worth recording.

Spec: RFC 3551 § PCMA and PCMU
"""

from __future__ import annotations

from collections.abc import Sequence

from argus.base.access_unit import Codec, StreamFormat
from argus.base.errors import NotSupported
from argus.rtsp.depacketize.coded_unit import CodedUnit
from argus.rtsp.depacketize.seconds import SecondMarks
from argus.rtsp.protocol.sdp_reader import OfferedMedia

# Packets of 10 to 40 ms are usual. A unit of 80 ms and more costs the recorder a fraction of that, and no viewer
# notices the delay.
_UNITS_PER_S = 12
# Sent on, a unit is one packet, which fits an Ethernet frame.
_MAX_UNIT_SAMPLES = 1_200
_RTP_CYCLE = 1 << 32


class G711Depacketizer:
    """One channel of mu-law or A-law samples. A unit never spans a hole."""

    def __init__(self, media: OfferedMedia) -> None:
        if media.channels != 1:
            raise NotSupported("codec", f"{media.encoding} of {media.channels} channels cannot be received")
        codec = Codec.PCMA if media.encoding == "PCMA" else Codec.PCMU
        self.dropped_units = 0
        self.format: StreamFormat | None = StreamFormat(codec=codec, clock_hz=media.clock_hz)
        self._unit_samples = max(1, media.clock_hz // _UNITS_PER_S)
        self._samples = bytearray()
        self._timestamp = 0
        self._marks = SecondMarks(media.clock_hz)

    def push(self, payload: memoryview, *, marker: bool, rtp_timestamp: int, lost: bool) -> Sequence[CodedUnit]:
        units: list[CodedUnit] = []
        if self._samples and (lost or (rtp_timestamp - self._timestamp - len(self._samples)) % _RTP_CYCLE):
            units.append(self._take(len(self._samples)))
        if not self._samples:
            self._timestamp = rtp_timestamp
        self._samples += payload
        if len(self._samples) >= self._unit_samples:
            while self._samples:
                units.append(self._take(min(len(self._samples), _MAX_UNIT_SAMPLES)))
        return units

    def _take(self, count: int) -> CodedUnit:
        """A unit of the first samples."""
        assert self.format is not None  # known from the beginning
        timestamp, data = self._timestamp, bytes(self._samples[:count])
        del self._samples[:count]
        self._timestamp = (timestamp + count) % _RTP_CYCLE
        return CodedUnit(
            format=self.format, data=data, key_frame=self._marks.is_due(timestamp), rtp_timestamp=timestamp
        )
