"""The protections: footage that the station keeps while local commands copy it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from argus.base.errors import Conflict, InvalidValue, Unavailable
from argus.station.control import Kept, field
from argus.store.medium.storage import Storage

MAX_PROTECTIONS = 4
MAX_TRACKS = 256
_TIMES = range(-(1 << 62), (1 << 62) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which footage of which volume is to be kept: times in microseconds UTC, the last one included."""

    volume: UUID
    track_ids: tuple[int, ...]
    start_us: int
    end_us: int

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> Wish:
        """The wish in the fields of a request.

        Raises:
            InvalidValue("request"): a field lacks, is no number, or is out of bounds.
        """
        tracks = field(fields, "tracks").split(",", MAX_TRACKS)
        if len(tracks) > MAX_TRACKS:
            raise InvalidValue("request", f"more than {MAX_TRACKS} tracks")
        try:
            wish = cls(
                volume=UUID(field(fields, "volume")),
                track_ids=tuple(int(track) for track in tracks),
                start_us=int(field(fields, "from")),
                end_us=int(field(fields, "until")),
            )
        except ValueError as error:
            raise InvalidValue("request", "a volume is a UUID; tracks and times are numbers") from error
        if wish.start_us not in _TIMES or wish.end_us not in _TIMES or wish.start_us > wish.end_us:
            raise InvalidValue("request", "the times are out of range")
        return wish

    def fields(self) -> dict[str, str]:
        """What `parse` reads."""
        return {
            "volume": str(self.volume),
            "tracks": ",".join(map(str, self.track_ids)),
            "from": str(self.start_us),
            "until": str(self.end_us),
        }


class Protections:
    """At most four at a time, so that forgotten ones cannot take the volume from those that record."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._held = 0

    def keep(self, wish: Wish) -> Kept:
        """Protect the footage until what is returned is released.

        Raises:
            Conflict("storage"): the station records on another volume.
            Unavailable("storage"): too many, or too much of the volume, or there is none.
        """
        if self._held >= MAX_PROTECTIONS:
            raise Unavailable("storage", f"{MAX_PROTECTIONS} others copy footage already")
        present = self._storage.health().volume_uuid
        if present != str(wish.volume):
            raise Conflict("storage", f"the station records on another volume: {present or 'none'}")
        protection = self._storage.protect(wish.track_ids, wish.start_us, wish.end_us)
        self._held += 1

        def release() -> None:
            self._held -= 1
            protection.release()

        return Kept("kept until you hang up", release)
