"""The server's half of Digest, for HTTP and RTSP alike.

What real clients do decided two points. FFmpeg and GStreamer obey the *last* Digest challenge they find, so the
strongest algorithm is offered first (which the standard asks for as well) and MD5, which they all know, last.
GStreamer's RTSP client answers as RFC 2069 did, without qop, even when qop="auth" is offered; such answers carry no
count and could be repeated while their nonce lives. They are accepted for RTSP targets only, where the media itself
travels beside them in the clear; every HTTP client tried sends the count.

Spec: RFC 7616; RFC 2617 (MD5); RFC 2069 (RTSP without qop); Core § HTTP digest authentication.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import Enum, StrEnum, auto

from argus.base.clock import Clock
from argus.device.digest_header import DigestCredentials
from argus.device.nonces import Nonces
from argus.device.request_target import is_rtsp, same_target

REALM = "argus-station"


class HashAlgorithm(StrEnum):
    """Algorithms by the names of the `algorithm` parameter and of tds:HashingAlgorithms."""

    SHA_256 = "SHA-256"
    MD5 = "MD5"


class Verdict(Enum):
    ACCEPTED = auto()
    STALE = auto()  # the password is right, nonce or count are used up
    REFUSED = auto()


_HASHES = {HashAlgorithm.SHA_256: hashlib.sha256, HashAlgorithm.MD5: hashlib.md5}


class Digest:
    """Offers challenges and judges answers. The algorithms offered are those accepted."""

    def __init__(self, clock: Clock, *, algorithms: tuple[HashAlgorithm, ...] = tuple(HashAlgorithm)) -> None:
        self.algorithms = algorithms
        self._nonces = Nonces(clock)

    def challenges(self, *, stale: bool) -> tuple[str, ...]:
        """WWW-Authenticate values, one per algorithm, strongest first."""
        # live555, and with it VLC, matches the text: realm, nonce and stale, in this order and before anything else.
        # Of several challenges it takes the last, and knows MD5 alone.
        start = f'Digest realm="{REALM}", nonce="{self._nonces.issue()}"' + (", stale=true" if stale else "")
        return tuple(
            f'{start}, qop="auth", algorithm={algorithm}' for algorithm in HashAlgorithm if algorithm in self.algorithms
        )

    def judge(self, credentials: DigestCredentials, method: str, uri: str, password: str) -> Verdict:
        """Whether the client knows `password` and meant this request. An accepted count cannot be used again."""
        algorithm = self._algorithm(credentials.algorithm)
        expected = digest_response(algorithm or HashAlgorithm.MD5, credentials, method, password)
        known = hmac.compare_digest(expected.encode("ascii"), credentials.response.encode("ascii"))
        meant = algorithm is not None and credentials.realm == REALM and same_target(credentials.uri, uri)
        if not (known and meant) or (credentials.qop is None and not is_rtsp(uri)):
            return Verdict.REFUSED
        if credentials.qop is None:
            return Verdict.ACCEPTED if self._nonces.is_fresh(credentials.nonce) else Verdict.STALE
        spent = self._nonces.spend(credentials.nonce, credentials.nonce_count)
        return Verdict.ACCEPTED if spent else Verdict.STALE

    def _algorithm(self, name: str) -> HashAlgorithm | None:
        return next((algorithm for algorithm in self.algorithms if algorithm.upper() == name.upper()), None)


def digest_response(algorithm: HashAlgorithm, credentials: DigestCredentials, method: str, password: str) -> str:
    """The response a client with this password computes.   Spec: RFC 7616 § Response"""

    def hashed(text: str) -> str:
        return _HASHES[algorithm](text.encode("utf-8", "surrogateescape")).hexdigest()

    a1 = hashed(f"{credentials.username}:{credentials.realm}:{password}")
    a2 = hashed(f"{method}:{credentials.uri}")
    if credentials.qop is None:
        return hashed(f"{a1}:{credentials.nonce}:{a2}")
    return hashed(f"{a1}:{credentials.nonce}:{credentials.count}:{credentials.cnonce}:{credentials.qop}:{a2}")
