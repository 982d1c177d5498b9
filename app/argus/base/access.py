"""Who may do what: access classes, user levels and the default access policy.

Spec: Core § Default access policy definition.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Access(StrEnum):
    """Access class of an operation, as printed in the service specifications."""

    PRE_AUTH = "PRE_AUTH"
    READ_SYSTEM = "READ_SYSTEM"
    READ_SYSTEM_SENSITIVE = "READ_SYSTEM_SENSITIVE"
    READ_SYSTEM_SECRET = "READ_SYSTEM_SECRET"  # noqa: S105 - the name of an access class
    WRITE_SYSTEM = "WRITE_SYSTEM"
    UNRECOVERABLE = "UNRECOVERABLE"
    READ_MEDIA = "READ_MEDIA"
    ACTUATE = "ACTUATE"


class UserLevel(StrEnum):
    """tt:UserLevel. ANONYMOUS is the caller without credentials; no account has it."""

    ADMINISTRATOR = "Administrator"
    OPERATOR = "Operator"
    USER = "User"
    ANONYMOUS = "Anonymous"


_USER = frozenset({Access.PRE_AUTH, Access.READ_SYSTEM, Access.READ_MEDIA})
_OPERATOR = _USER | {Access.READ_SYSTEM_SENSITIVE, Access.ACTUATE}
_POLICY = {
    UserLevel.ADMINISTRATOR: frozenset(Access),
    UserLevel.OPERATOR: _OPERATOR,
    UserLevel.USER: _USER,
    UserLevel.ANONYMOUS: frozenset({Access.PRE_AUTH}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """An authenticated user, or ANONYMOUS."""

    username: str
    level: UserLevel

    def may(self, access: Access) -> bool:
        return access in _POLICY[self.level]


ANONYMOUS = Caller(username="", level=UserLevel.ANONYMOUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsernameToken:
    """The texts of a wsse:UsernameToken as received, proving nothing yet; "" for what is absent.

    `password_type` is the Type attribute of Password (absent means plain text). `nonce` and, for the digest type,
    `password` are base64. `created` is kept as written because its characters are part of the digest.
    """

    username: str
    password: str = field(repr=False)
    password_type: str
    nonce: str
    created: str
