"""The one place that decides who is calling, for SOAP, HTTP and RTSP.

Spec: Core § Authentication.
"""

from __future__ import annotations

import logging
import math
import secrets
from dataclasses import dataclass
from typing import Protocol

from argus.base.access import Caller, UsernameToken
from argus.base.clock import Clock
from argus.base.errors import InvalidValue
from argus.device.backoff import Backoff
from argus.device.digest import Digest, HashAlgorithm, Verdict
from argus.device.digest_header import parse_digest
from argus.device.username_token import TokenVerdict, UsernameTokens
from argus.device.users import Account

__all__ = ["Accounts", "Authenticator", "Challenge", "HashAlgorithm", "UsernameToken"]

logger = logging.getLogger(__name__)


class Accounts(Protocol):
    """Where the authenticator looks accounts up."""

    def find(self, username: str) -> Account | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A refusal: answer 401 with these WWW-Authenticate values, in this order, one header each.

    `stale` tells that the password was right and the client may repeat the request at once with the new nonce.
    `retry_after_s` is not 0 while this address must wait after too many wrong passwords.
    """

    headers: tuple[str, ...]
    stale: bool = False
    retry_after_s: int = 0


class Authenticator:
    """Turns credentials into a Caller. Wrong name and wrong password cost and answer the same.

    `peer` is the client's address without its port; wrong passwords are counted per address and user.
    """

    def __init__(
        self, accounts: Accounts, clock: Clock, *, algorithms: tuple[HashAlgorithm, ...] = tuple(HashAlgorithm)
    ) -> None:
        self._accounts = accounts
        self._digest = Digest(clock, algorithms=algorithms)
        self._tokens = UsernameTokens(clock)
        self._backoff = Backoff(clock)
        self._nobody = secrets.token_urlsafe(24)  # the password unknown users are compared with

    def http(self, method: str, uri: str, authorization: str | None, *, peer: str = "") -> Caller | Challenge:
        """The caller of an HTTP or RTSP request, from the Authorization header it carries.

        `uri` is the target exactly as in the request line. A request with several Authorization headers is passed
        on with None. Bytes above 127 arrive as UTF-8 decoded text, invalid ones as surrogate escapes.
        """
        credentials = parse_digest(authorization) if authorization is not None else None
        if credentials is None:
            return self._challenge()
        wait_s = self._backoff.wait_s(peer, credentials.username)
        if wait_s > 0:
            return self._challenge(retry_after_s=math.ceil(wait_s))
        account = self._accounts.find(credentials.username)
        verdict = self._digest.judge(credentials, method, uri, account.password if account else self._nobody)
        if account is None or verdict is Verdict.REFUSED:
            return self._challenge(retry_after_s=self._refused(peer, credentials.username))
        self._backoff.succeeded(peer, account.username)
        if verdict is Verdict.STALE:
            return self._challenge(stale=True)
        return Caller(username=account.username, level=account.level)

    def username_token(self, token: UsernameToken, *, peer: str = "") -> Caller:
        """The caller named by a WS-UsernameToken.

        Raises:
            InvalidValue: `credentials`; the message does not say what was wrong with them.
        """
        if self._backoff.wait_s(peer, token.username) > 0:
            raise _unauthorized()
        account = self._accounts.find(token.username)
        verdict = self._tokens.judge(token, account.password if account else self._nobody)
        if account is None or verdict is TokenVerdict.REFUSED:
            self._refused(peer, token.username)
            raise _unauthorized()
        self._backoff.succeeded(peer, account.username)
        if verdict is TokenVerdict.UNTIMELY:
            logger.info("user %r at %s sent a token used before or created outside the window", account.username, peer)
            raise _unauthorized()
        return Caller(username=account.username, level=account.level)

    def _challenge(self, *, stale: bool = False, retry_after_s: int = 0) -> Challenge:
        return Challenge(headers=self._digest.challenges(stale=stale), stale=stale, retry_after_s=retry_after_s)

    def _refused(self, peer: str, username: str) -> int:
        self._backoff.failed(peer, username)
        wait_s = math.ceil(self._backoff.wait_s(peer, username))
        if wait_s:
            logger.warning("wrong password for %r from %s; that pair waits %d s", username[:64], peer or "?", wait_s)
        return wait_s


def _unauthorized() -> InvalidValue:
    return InvalidValue("credentials", "the sender is not authorized")
