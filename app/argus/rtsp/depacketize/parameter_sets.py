"""The parameter sets of one H.264 or H.265 stream, as far as they have been told."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from argus.base.access_unit import Codec, StreamFormat, join_nal_units
from argus.media.sps import MAX_SPS_BYTES
from argus.rtsp.protocol.sdp_reader import OfferedMedia

# Streams have one of each kind, a few have some picture parameter sets more.
MAX_SETS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSet:
    """What tells one set from another, and the picture's size of a sequence parameter set (0 for other kinds)."""

    kind: int
    number: int
    width: int = 0
    height: int = 0


class Identify(Protocol):
    """Reads a parameter set of one codec."""

    def __call__(self, nal: bytes) -> ParameterSet:
        """Raises ValueError where it makes no sense."""


class ParameterSets:
    """One set of each kind and number; a newer one replaces it.

    `format` is None until there is one of every kind, `prefix` the sets as the beginning of a key frame.
    """

    def __init__(self, codec: Codec, media: OfferedMedia, kinds: tuple[int, ...], identify: Identify) -> None:
        self.format: StreamFormat | None = None
        self.prefix = b""
        self._codec = codec
        self._media = media
        self._kinds = kinds
        self._identify = identify
        self._sets: dict[tuple[int, int], bytes] = {}
        self._size = media.width, media.height

    def take(self, nals: Iterable[bytes]) -> None:
        """Learn these sets.

        Raises:
            ValueError: one makes no sense; those before it are known.
        """
        known = dict(self._sets)
        try:
            for nal in nals:
                if nal not in self._sets.values():
                    self._learn(nal)
        finally:
            if self._sets != known:
                self._renew()

    def take_described(self, names: tuple[str, ...]) -> None:
        """Learn the sets of the session description, base64 behind these names; what makes no sense is left out."""
        for name in names:
            for text in self._media.fmtp.get(name, "").split(",", MAX_SETS)[:MAX_SETS]:
                try:
                    self.take([b64decode(text)])
                except ValueError:
                    continue

    def _learn(self, nal: bytes) -> None:
        if len(nal) > MAX_SPS_BYTES:
            raise ValueError(f"a parameter set of {len(nal)} bytes")
        found = self._identify(nal)
        if len(self._sets) >= MAX_SETS:
            self._sets.clear()
        self._sets[found.kind, found.number] = nal
        if found.width:
            self._size = found.width, found.height

    def _renew(self) -> None:
        sets = tuple(self._sets[place] for place in sorted(self._sets))
        self.prefix = join_nal_units(list(sets))
        if {kind for kind, _ in self._sets} != set(self._kinds):
            self.format = None
            return
        self.format = StreamFormat(
            codec=self._codec,
            width=self._size[0],
            height=self._size[1],
            frame_rate=self._media.frame_rate,
            parameter_sets=sets,
        )
