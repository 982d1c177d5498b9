"""The client's half of Digest and Basic: from challenges to an Authorization header.

Spec: RFC 7616; RFC 2617; RFC 2069; RFC 7617; RFC 9110 § Authentication Parameters.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from argus.base.errors import Unavailable
from argus.device.digest import HashAlgorithm, digest_response
from argus.device.digest_header import DigestCredentials
from argus.rtsp.client.target import Credentials

MAX_CHALLENGE_LENGTH = 4096
MAX_CHALLENGES = 16

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 - the grammar's word for a word
_PARAMETER = re.compile(rf'({_TOKEN})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))')
_SCHEME = re.compile(rf"({_TOKEN})(?=[ \t,]|$)")
_SEPARATOR = re.compile(r"[ \t,;]+")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One challenge: the scheme in lower case, the parameters by their names in lower case."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def nonce(self) -> str:
        return self.parameters.get("nonce", "")

    @property
    def stale(self) -> bool:
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def algorithm(self) -> HashAlgorithm | None:
        """The algorithm of Digest; None where it is none we know."""
        name = self.parameters.get("algorithm", "") or HashAlgorithm.MD5
        return next((algorithm for algorithm in HashAlgorithm if algorithm.upper() == name.upper()), None)

    @property
    def qop(self) -> str | None:
        """ "auth" where it is offered, None where there is no protection to choose (RFC 2069), else empty."""
        offered = self.parameters.get("qop")
        if not offered:
            return None
        return "auth" if "auth" in re.split(r"[ \t,]+", offered.lower()) else ""

    @property
    def usable(self) -> bool:
        if self.scheme == "digest":
            return self.algorithm is not None and self.qop != "" and "realm" in self.parameters and bool(self.nonce)
        return self.scheme == "basic"


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """All challenges of the WWW-Authenticate headers, of which each may hold several."""
    challenges: list[Challenge] = []
    for header in headers:
        text, position = header[:MAX_CHALLENGE_LENGTH], 0
        while position < len(text) and len(challenges) < MAX_CHALLENGES:
            parameter, scheme = _PARAMETER.match(text, position), _SCHEME.match(text, position)
            if parameter is not None and challenges:
                name, quoted, plain = parameter.groups()
                value = _ESCAPE.sub(r"\1", quoted) if quoted is not None else plain
                challenges[-1].parameters.setdefault(name.lower(), value)
                position = parameter.end()
            elif parameter is None and scheme is not None:
                challenges.append(Challenge(scheme=scheme[1].lower()))
                position = scheme.end()
            else:
                separator = _SEPARATOR.match(text, position)
                position = separator.end() if separator is not None else position + 1
    return tuple(challenges)


class Authorization:
    """Signs the requests to one server. The password leaves in the clear only where nothing but Basic is asked for."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._credentials = credentials
        self._challenge: Challenge | None = None
        self._uses = 0
        self._accepted = False

    def header(self, method: str, uri: str) -> str | None:
        """The value of the Authorization header; None before a challenge."""
        if self._challenge is None or self._credentials is None:
            return None
        if self._challenge.scheme == "basic":
            plain = f"{self._credentials.username}:{self._credentials.password}"
            return f"Basic {b64encode(plain.encode()).decode()}"
        return self._digest(self._challenge, self._credentials, method, uri)

    def accepted(self) -> None:
        """A signed request was answered by something else than a challenge."""
        self._accepted = self._challenge is not None

    def challenged(self, headers: Sequence[str], *, signed: bool) -> None:
        """Obey the challenge to a request that was `signed` or not, so that it can be sent again.

        Raises:
            Unavailable: subject "receiver": there is nothing better to send.
        """
        if self._credentials is None:
            raise Unavailable("receiver", "the device asks for a user name and a password")
        challenge = _strongest(parse_challenges(headers))
        if challenge is None:
            raise Unavailable("receiver", "the device asks for a way of logging in that is not spoken here")
        known = self._challenge.nonce if self._challenge is not None else ""
        # Some devices do not say "stale" of a nonce that served well until now.
        renewed = challenge.stale or (self._accepted and challenge.nonce != known)
        if signed and not renewed:
            raise Unavailable("receiver", "the device refuses the user name or the password")
        self._challenge, self._uses, self._accepted = challenge, 0, False

    def _digest(self, challenge: Challenge, credentials: Credentials, method: str, uri: str) -> str:
        algorithm, qop = challenge.algorithm or HashAlgorithm.MD5, challenge.qop
        self._uses += 1
        signed = DigestCredentials(
            username=credentials.username,
            realm=challenge.parameters["realm"],
            nonce=challenge.nonce,
            uri=uri,
            response="",
            algorithm=algorithm,
            qop=qop,
            count=f"{self._uses:08x}" if qop else "",
            cnonce=secrets.token_hex(8) if qop else "",
        )
        fields = {"username": signed.username, "realm": signed.realm, "nonce": signed.nonce, "uri": uri}
        fields["response"] = digest_response(algorithm, signed, method, credentials.password)
        if "opaque" in challenge.parameters:
            fields["opaque"] = challenge.parameters["opaque"]
        parts = [f'{name}="{_quoted(value)}"' for name, value in fields.items()]
        if "algorithm" in challenge.parameters:
            parts.append(f"algorithm={algorithm}")
        if qop:
            parts += [f"qop={qop}", f"nc={signed.count}", f'cnonce="{signed.cnonce}"']
        return "Digest " + ", ".join(parts)


def _strongest(challenges: tuple[Challenge, ...]) -> Challenge | None:
    digests = [challenge for challenge in challenges if challenge.scheme == "digest"]
    if digests:
        order = list(HashAlgorithm)  # strongest first
        usable = [challenge for challenge in digests if challenge.usable]
        return min(usable, key=lambda one: order.index(one.algorithm or HashAlgorithm.MD5), default=None)
    return next((challenge for challenge in challenges if challenge.usable), None)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
