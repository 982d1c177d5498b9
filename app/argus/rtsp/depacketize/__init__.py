"""From the payloads of RTP packets to coded units, codec by codec."""

from argus.rtsp.depacketize.choice import depacketizer, offered_codec
from argus.rtsp.depacketize.coded_unit import CodedUnit, Depacketizer

__all__ = ["CodedUnit", "Depacketizer", "depacketizer", "offered_codec"]
