"""Digest nonces: issued without remembering them, each use counted once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from argus.base.clock import Clock

LIFETIME_S = 300
# Parallel connections deliver their counts out of order; a count further behind the highest than this is refused.
WINDOW = 64
MAX_TRACKED = 4096
_TIME_BYTES = 8
_SALT_BYTES = 8
_MAC_BYTES = 16
_SIZE = _TIME_BYTES + _SALT_BYTES + _MAC_BYTES


@dataclass(slots=True)
class _Uses:
    issued_ns: int
    highest: int = 0
    seen: int = 0  # bit n: the count `highest - n` was used


class Nonces:
    """Issues nonces and accepts each (nonce, count) once, for five minutes.

    A nonce is issue time (monotonic, so a step of the wall clock logs nobody out), salt and an HMAC under a key made
    at start; what was issued before a restart is simply not ours. Only nonces that a right password was used with
    are remembered. When that table is full the oldest nonce is retired together with all issued before it, so
    forgetting never permits a replay.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._uses: dict[str, _Uses] = {}
        self._retired_ns = -1

    def issue(self) -> str:
        body = self._clock.mono_ns().to_bytes(_TIME_BYTES, "big") + secrets.token_bytes(_SALT_BYTES)
        return base64.urlsafe_b64encode(body + self._mac(body)).decode("ascii").rstrip("=")

    def is_fresh(self, nonce: str) -> bool:
        """Whether we issued this nonce and it is still valid."""
        return self._issued_ns(nonce) is not None

    def spend(self, nonce: str, count: int) -> bool:
        """Use up this count of this nonce; False where it is not fresh or the count was used or is too old."""
        issued_ns = self._issued_ns(nonce)
        if issued_ns is None or count < 1:
            return False
        uses = self._uses.get(nonce)
        if uses is None:
            uses = self._uses[nonce] = _Uses(issued_ns=issued_ns)
            self._shrink()
        return _mark(uses, count)

    def _issued_ns(self, nonce: str) -> int | None:
        raw = _decode(nonce)
        if len(raw) != _SIZE:
            return None
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(body)):
            return None
        issued_ns = int.from_bytes(body[:_TIME_BYTES], "big")
        expired = self._clock.mono_ns() - issued_ns > LIFETIME_S * 1_000_000_000
        return None if expired or issued_ns <= self._retired_ns else issued_ns

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)[:_MAC_BYTES]

    def _shrink(self) -> None:
        if len(self._uses) <= MAX_TRACKED:
            return
        oldest_valid_ns = self._clock.mono_ns() - LIFETIME_S * 1_000_000_000
        self._uses = {nonce: uses for nonce, uses in self._uses.items() if uses.issued_ns >= oldest_valid_ns}
        by_age = sorted(self._uses.items(), key=lambda item: item[1].issued_ns)
        # An eighth at once, so that the sort is paid once per many nonces.
        retired = by_age[: max(0, len(by_age) - MAX_TRACKED * 7 // 8)]
        for nonce, uses in retired:
            self._retired_ns = max(self._retired_ns, uses.issued_ns)
            del self._uses[nonce]


def _mark(uses: _Uses, count: int) -> bool:
    if count > uses.highest:
        uses.seen = (uses.seen << min(count - uses.highest, WINDOW) | 1) & ((1 << WINDOW) - 1)
        uses.highest = count
        return True
    bit = 1 << (uses.highest - count) if uses.highest - count < WINDOW else 0
    if not bit or uses.seen & bit:
        return False
    uses.seen |= bit
    return True


def _decode(nonce: str) -> bytes:
    if len(nonce) > 2 * _SIZE:
        return b""
    try:
        return base64.b64decode(nonce + "=" * (-len(nonce) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
