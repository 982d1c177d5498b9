"""What the depacketizers of H.264 and H.265 share: an access unit grows by NAL units and their fragments.

A unit ends with its marker, or where a packet of another time follows without loss: some senders forget the marker.
After a loss the next unit counts as whole only where it provably begins with what begins an access unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from argus.base.access_unit import StreamFormat
from argus.rtsp.depacketize.coded_unit import MAX_UNIT_BYTES, CodedUnit
from argus.rtsp.depacketize.parameter_sets import MAX_SETS, ParameterSets

_NO_LENGTH = bytes(4)


class NalDepacketizer(ABC):
    """A stream of pictures made of NAL units."""

    def __init__(self, parameter_sets: ParameterSets) -> None:
        self.dropped_units = 0
        # What a payload begins with that only adds the rest of it to the NAL unit under way; empty where there is none.
        self.continuation = b""
        self._known = parameter_sets
        self._timestamp: int | None = None
        # until a key frame has come out, and again after each loss
        self._waiting = True
        self._damaged = False
        self._begin()

    @property
    def format(self) -> StreamFormat | None:
        return self._known.format

    def push(self, payload: memoryview, *, marker: bool, rtp_timestamp: int, lost: bool) -> Sequence[CodedUnit]:
        before = self._turn(payload, rtp_timestamp, lost) if lost or rtp_timestamp != self._timestamp else None
        if not self._damaged and not (self._unpack(payload) and len(self._body) <= MAX_UNIT_BYTES):
            self._damage()
        if not marker:
            return () if before is None else (before,)
        ended = self._finish()
        return tuple(unit for unit in (before, ended) if unit is not None)

    def go_on(self, parts: Sequence[memoryview]) -> None:
        """Take payloads that begin with `continuation`, without it: they follow without loss and have the same time."""
        self._body += b"".join(parts)
        if len(self._body) > MAX_UNIT_BYTES:
            self._damage()

    @abstractmethod
    def _unpack(self, payload: memoryview) -> bool:
        """Take what the payload holds; False where it makes no sense."""

    @abstractmethod
    def _begins_unit(self, payload: memoryview) -> bool:
        """Whether nothing of the access unit can have come before this payload."""

    @abstractmethod
    def _take(self, nal: memoryview) -> bool:
        """Add a whole NAL unit, or leave it out; False where it makes no sense."""

    @abstractmethod
    def _is_key_frame(self) -> bool:
        """Whether decoding can start at the unit that has been put together."""

    def _begin(self) -> None:
        self._body = bytearray()
        self._sets: list[bytes] = []
        self._pictured = False
        self._random_access = False
        self._fragment_at: int | None = None
        self.continuation = b""

    def _turn(self, payload: memoryview, rtp_timestamp: int, lost: bool) -> CodedUnit | None:
        """Begin another unit, or learn that this one has a hole. Returns the one before, if it was still open."""
        if lost:
            self._waiting = True
            if self._body or self._sets:
                self._damage()
            if self._damaged and rtp_timestamp == self._timestamp:
                return None
        unit = self._finish()
        if not self._pictured:
            self._learn()  # parameter sets sent on their own, with a time of their own
        self._begin()
        self._timestamp = rtp_timestamp
        self._damaged = False
        if lost and not self._begins_unit(payload):
            self._damage()
        return unit

    def _damage(self) -> None:
        self.dropped_units += 1
        self._damaged = self._waiting = True
        self._begin()

    def _finish(self) -> CodedUnit | None:
        """The unit, where it holds a picture; what comes without one belongs to the picture behind it."""
        if self._damaged or not self._pictured:
            return None
        if self._fragment_at is not None or not self._learn():
            self._damage()
            return None
        key_frame = self._is_key_frame()
        unit = None
        if self.format is None or (self._waiting and not key_frame):
            self.dropped_units += 1
        else:
            self._waiting = False
            unit = CodedUnit(
                format=self.format,
                data=self._with_parameter_sets(key_frame),
                key_frame=key_frame,
                rtp_timestamp=self._timestamp or 0,
            )
        self._begin()
        return unit

    def _learn(self) -> bool:
        try:
            self._known.take(self._sets)
        except ValueError:
            return False
        return True

    def _with_parameter_sets(self, key_frame: bool) -> bytes:
        """A key frame begins with all sets that are known, another picture with those sent in front of it."""
        if key_frame:
            return b"".join((self._known.prefix, self._body))
        if not self._sets:
            return bytes(self._body)
        own = (part for nal in self._sets for part in (len(nal).to_bytes(4, "big"), nal))
        return b"".join((*own, self._body))

    def _append(self, nal: memoryview) -> None:
        self._body += len(nal).to_bytes(4, "big")
        self._body += nal

    def _keep_set(self, nal: memoryview) -> bool:
        self._sets.append(bytes(nal))
        return len(self._sets) <= MAX_SETS

    def _unpack_fragment(self, head: bytes, continuation: bytes, body: memoryview, *, start: bool, end: bool) -> bool:
        """Add a fragment of the NAL unit that begins with `head`."""
        if start is (self._fragment_at is not None):
            return False
        if start:
            self._fragment_at = len(self._body)
            self._body += _NO_LENGTH
            self._body += head
            self.continuation = continuation
        self._body += body
        return self._end_fragment() if end else True

    def _end_fragment(self) -> bool:
        # A unit in fragments is large: it is copied once more only where it is not part of the picture.
        at, self._fragment_at = self._fragment_at or 0, None
        self.continuation = b""
        self._body[at : at + 4] = (len(self._body) - at - 4).to_bytes(4, "big")
        if self._note_picture(self._body[at + 4]):
            return True
        nal = bytes(self._body[at + 4 :])
        del self._body[at:]
        return self._take(memoryview(nal))

    @abstractmethod
    def _note_picture(self, head: int) -> bool:
        """Remember what the slice with this first byte says about the unit; False for what is no slice."""
