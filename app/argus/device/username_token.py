"""WS-UsernameToken: a password proved by a digest over nonce and time, each token good for one request.

Spec: Core § WS-UsernameToken authentication; WSS UsernameToken Profile 1.0 § Token types.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, auto

from argus.base.access import UsernameToken
from argus.base.clock import Clock
from argus.base.units import US_PER_S, to_utc_us
from argus.device.spent_tokens import SpentTokens

WINDOW_S = 300
MAX_NONCE_LENGTH = 128
# Users whose tokens are remembered; more than can be, unless accounts come and go by the hundred.
MAX_USERS = 256
PASSWORD_DIGEST = "#PasswordDigest"  # noqa: S105 - the end of a type's URI

_CREATED = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,20}))?(?:Z|([+-])(\d\d):(\d\d))?", re.IGNORECASE | re.ASCII
)


class TokenVerdict(Enum):
    ACCEPTED = auto()
    UNTIMELY = auto()  # the password is right; the token is outside the window or was used before
    REFUSED = auto()


class UsernameTokens:
    """Judges tokens: the digest right, created within five minutes of our clock, never seen before.

    Nonces are remembered for as long as their tokens could be accepted, for each user apart: who makes very many
    requests costs nobody else theirs. A token created before this process started is refused, because the
    previous process may have accepted it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started_ns = clock.mono_ns()
        self._spent: dict[str, SpentTokens] = {}

    def judge(self, token: UsernameToken, password: str) -> TokenVerdict:
        nonce = _decode(token.nonce)
        created_us = _created_us(token.created)
        # Passwords travel as digests only: plain text would be sent to anyone who listens.
        digest_type = token.password_type.strip().endswith(PASSWORD_DIGEST)
        expected = password_digest(nonce or b"", token.created, password)
        known = hmac.compare_digest(expected, _decode(token.password) or b"")
        if not known or not digest_type or nonce is None or created_us is None:
            return TokenVerdict.REFUSED
        good = self._timely(created_us) and self._is_first(token.username, nonce, created_us)
        return TokenVerdict.ACCEPTED if good else TokenVerdict.UNTIMELY

    def _timely(self, created_us: int) -> bool:
        now_us = self._clock.utc_us()
        # From the uptime and not from the wall clock at start, which may have been 1970 before NTP stepped it.
        started_us = now_us - (self._clock.mono_ns() - self._started_ns) // 1_000
        whole_second_us = started_us - started_us % US_PER_S  # clients may write whole seconds
        return abs(created_us - now_us) <= WINDOW_S * US_PER_S and created_us >= whole_second_us

    def _is_first(self, username: str, nonce: bytes, created_us: int) -> bool:
        spent = self._spent.get(username)
        if spent is None:
            self._spent = {name: known for name, known in self._spent.items() if not known.is_empty()}
            if len(self._spent) >= MAX_USERS:
                return False
            # A token from the far end of the window stays acceptable for two windows.
            spent = self._spent[username] = SpentTokens(self._clock, 2 * WINDOW_S)
        key = hashlib.sha256(nonce).digest()[:16]
        # The digest does not cover the name: a user with the same password must not take over a token.
        return not any(other.remembers(key) for other in self._spent.values()) and spent.spend(key, created_us)


def password_digest(nonce: bytes, created: str, password: str) -> bytes:
    """SHA-1 over nonce, created and password, as the profile prescribes."""
    data = nonce + created.encode("utf-8", "surrogatepass") + password.encode("utf-8")
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _decode(text: str) -> bytes | None:
    """The bytes of a base64 text, white space ignored; None where it is empty, too long or not base64."""
    compact = "".join(text.split())
    if not compact or len(compact) > MAX_NONCE_LENGTH:
        return None
    try:
        return base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        return None


def _created_us(text: str) -> int | None:
    """The instant of an xs:dateTime; one without time zone is read as UTC."""
    found = _CREATED.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction = int((found.group(7) or "0")[:6].ljust(6, "0"))
    offset = timedelta(hours=int(found.group(9) or 0), minutes=int(found.group(10) or 0))
    try:
        zone = timezone(-offset if found.group(8) == "-" else offset) if offset else UTC
        return to_utc_us(datetime(year, month, day, hour, minute, second, fraction, tzinfo=zone))
    except (ValueError, OverflowError):
        return None
