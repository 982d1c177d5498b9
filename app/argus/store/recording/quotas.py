"""The quotas: which share of the volume each recording may use, kept in the catalog's database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from argus.base.database import Database, Row, Statement
from argus.base.errors import Conflict, NotFound
from argus.base.tokens import RecordingToken
from argus.store.ring.share import Share


class ShareLimits(Protocol):
    """Who keeps recordings to their share."""

    def set_share(self, recording: str, share: Share | None) -> None:
        """Keep a recording to a share of the volume that is present and of every one that comes; None: no share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One recording and its share, None where it may use the whole volume."""

    recording: RecordingToken
    name: str
    share: Share | None


class Quotas:
    """What the owner set, applied at start and with every change."""

    def __init__(self, database: Database, limits: ShareLimits) -> None:
        self._database = database
        self._limits = limits
        for quota in load_quotas(database):
            if quota.share is not None:
                limits.set_share(quota.recording, quota.share)

    def all(self) -> tuple[Quota, ...]:
        """Every recording, in order of creation."""
        return load_quotas(self._database)

    async def set(self, called: str, share: Share | None) -> None:
        """Give a recording, called by token or name, a share of the volume; None: it may use all of it.

        Raises:
            NotFound("recording"), Conflict("recording"): several have that name.
            Unavailable: it could not be stored; nothing was changed.
        """
        recording = find_recording(self.all(), called)
        await self._database.write([set_quota(recording, share)], lambda: self._limits.set_share(recording, share))


def load_quotas(database: Database) -> tuple[Quota, ...]:
    """Every recording with its share, in order of creation."""
    rows = database.read(
        "SELECT token, name, percent, size_bytes FROM recording LEFT JOIN quota ON quota.recording = token"
        " ORDER BY recording.rowid"
    )
    return tuple(map(_quota, rows))


def find_recording(quotas: tuple[Quota, ...], called: str) -> RecordingToken:
    """The recording of that token, or else the only one of that name.

    Raises:
        NotFound("recording"), Conflict("recording"): several have that name.
    """
    found = [quota.recording for quota in quotas if called == quota.recording]
    found = found or [quota.recording for quota in quotas if called == quota.name]
    if not found:
        raise NotFound("recording", called)
    if len(found) > 1:
        raise Conflict("recording", f"several recordings are called {called!r}: say which of {', '.join(found)}")
    return found[0]


def set_quota(recording: RecordingToken, share: Share | None) -> Statement:
    """The change of one row."""
    if share is None:
        return "DELETE FROM quota WHERE recording = ?", (recording,)
    values = (recording, share.percent, share.size_bytes)
    return "INSERT OR REPLACE INTO quota (recording, percent, size_bytes) VALUES (?, ?, ?)", values


def _quota(row: Row) -> Quota:
    token, name, percent, size_bytes = row
    share = Share(percent=int(str(percent)), size_bytes=int(str(size_bytes))) if percent is not None else None
    return Quota(recording=RecordingToken(str(token)), name=str(name), share=share)
