"""HTTP Digest and WS-UsernameToken as a client computes them; nothing of the product is used."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_PARAMETER = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


def parse_challenge(header: str) -> dict[str, str]:
    """The parameters of one Digest challenge."""
    scheme, _, rest = header.partition(" ")
    assert scheme.lower() == "digest", f"a challenge that is not Digest: {header}"
    return {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(rest)}


class DigestAuth:
    """Answers the challenges of one server with one account.   RFC 7616"""

    def __init__(self, username: str, password: str, algorithm: str = "MD5") -> None:
        self.username, self.password, self.algorithm = username, password, algorithm
        self._challenge: dict[str, str] | None = None
        self._count = 0

    def accept(self, headers: list[str]) -> None:
        """Take the challenge of our algorithm out of the WWW-Authenticate headers."""
        challenges = [parse_challenge(header) for header in headers]
        chosen = [c for c in challenges if c.get("algorithm", "MD5").upper() == self.algorithm]
        assert chosen, f"no {self.algorithm} among {headers}"
        self._challenge, self._count = chosen[0], 0

    def authorization(self, method: str, uri: str) -> str | None:
        """The header for the next request; None before the first challenge."""
        challenge = self._challenge
        if challenge is None:
            return None
        self._count += 1
        cnonce, nc = secrets.token_hex(8), f"{self._count:08x}"
        secret = self._hash(f"{self.username}:{challenge['realm']}:{self.password}")
        action = self._hash(f"{method}:{uri}")
        fields = {"username": self.username, "realm": challenge["realm"], "nonce": challenge["nonce"], "uri": uri}
        if "qop" in challenge:
            fields["response"] = self._hash(f"{secret}:{challenge['nonce']}:{nc}:{cnonce}:auth:{action}")
            fields["cnonce"] = cnonce
        else:
            fields["response"] = self._hash(f"{secret}:{challenge['nonce']}:{action}")
        if "opaque" in challenge:
            fields["opaque"] = challenge["opaque"]
        text = ", ".join(f'{name}="{value}"' for name, value in fields.items())
        plain = f", algorithm={self.algorithm}" + (f", qop=auth, nc={nc}" if "qop" in challenge else "")
        return f"Digest {text}{plain}"

    def _hash(self, text: str) -> str:
        return _HASHES[self.algorithm](text.encode()).hexdigest()


def username_token(username: str, password: str, age_s: float = 0.0) -> str:
    """A wsse:Security header, made now or `age_s` ago.

    Spec: Web Services Security UsernameToken Profile 1.0 § Password digest
    """
    nonce = secrets.token_bytes(16)
    created = (datetime.now(UTC) - timedelta(seconds=age_s)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    digest = hashlib.sha1(nonce + created.encode() + password.encode()).digest()
    wss = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
    return (
        f'<wsse:Security s:mustUnderstand="true" xmlns:wsse="{wss}-wssecurity-secext-1.0.xsd"'
        f' xmlns:wsu="{wss}-wssecurity-utility-1.0.xsd"><wsse:UsernameToken>'
        f"<wsse:Username>{username}</wsse:Username>"
        f'<wsse:Password Type="{wss}-username-token-profile-1.0#PasswordDigest">'
        f"{base64.b64encode(digest).decode()}</wsse:Password>"
        f'<wsse:Nonce EncodingType="{wss}-soap-message-security-1.0#Base64Binary">'
        f"{base64.b64encode(nonce).decode()}</wsse:Nonce>"
        f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )
