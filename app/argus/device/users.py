"""Accounts: who may log in, at which level, kept in the room's database.

HTTP Digest in two algorithms and WS-UsernameToken each hash the password with something the client chose, so the
password itself is needed to check them. It is therefore stored recoverably, in a file only the service can read
(mode 0600). It is never logged, never part of a `repr`, and no operation returns it.

Spec: Core § User handling.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from argus.base.access import UserLevel
from argus.base.database import Database, Statement
from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound

FIRST_ADMINISTRATOR = "admin"
MAX_USERS = 32
MAX_USERNAME_LENGTH = 64
MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account as others may see it."""

    username: str
    level: UserLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSettings:
    """An account as a request describes it; without a password an existing one is kept."""

    username: str
    level: UserLevel
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with its secret; stays inside the room."""

    username: str
    level: UserLevel
    password: str = field(repr=False)


class Users:
    """The accounts. Every change applies to its whole list or not at all, and one administrator always remains.

    Subjects of the errors: `user` (Conflict, NotFound), `users` (LimitReached), `fixed user` (Conflict), and of
    InvalidValue `short username`, `long username`, `username`, `weak password`, `long password`, `anonymous user`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._accounts = self._load()
        self._writing = asyncio.Lock()

    def all(self) -> tuple[User, ...]:
        """Every user in order of creation, without passwords."""
        return tuple(User(username=account.username, level=account.level) for account in self._accounts.values())

    def find(self, username: str) -> Account | None:
        """The account of that name (case-sensitive), for the authenticator."""
        return self._accounts.get(username)

    async def create(self, users: Sequence[UserSettings]) -> None:
        """Add accounts.   Spec: Core § CreateUsers"""

        def apply(accounts: dict[str, Account]) -> None:
            for user in users:
                if user.username in accounts:
                    raise Conflict("user", f"a user {user.username!r} exists already")
                _check_username(user.username)
                accounts[user.username] = _account(user, None)

        await self._change(apply)

    async def set(self, users: Sequence[UserSettings]) -> None:
        """Change level and, where given, password of accounts.   Spec: Core § SetUser"""

        def apply(accounts: dict[str, Account]) -> None:
            for user in users:
                known = accounts.get(user.username)
                if known is None:
                    raise NotFound("user", user.username)
                accounts[user.username] = _account(user, known)

        await self._change(apply)

    async def delete(self, usernames: Sequence[str]) -> None:
        """Remove accounts; their next request is refused.   Spec: Core § DeleteUsers"""

        def apply(accounts: dict[str, Account]) -> None:
            for username in usernames:
                if accounts.pop(username, None) is None:
                    raise NotFound("user", username)

        await self._change(apply)

    def ensure_administrator(self, password: str | None = None) -> str | None:
        """Create `admin` if there is no account, before the event loop runs.

        Returns the password of the created account, to be shown once, or None if accounts existed. Without a given
        password it is random: 24 characters in four groups joined by hyphens, about 120 bits.

        Raises:
            InvalidValue: the given password breaks the rules for passwords.
        """
        if self._accounts:
            return None
        chosen = password if password is not None else _readable_password()
        user = UserSettings(username=FIRST_ADMINISTRATOR, level=UserLevel.ADMINISTRATOR, password=chosen)
        after = {FIRST_ADMINISTRATOR: _account(user, None)}
        self._database.write_now(_difference({}, after))
        self._accounts = after
        return chosen

    async def _change(self, apply: Callable[[dict[str, Account]], None]) -> None:
        async with self._writing:
            after = dict(self._accounts)
            apply(after)
            _check_whole(self._accounts, after)
            await self._database.write(_difference(self._accounts, after), then=lambda: self._adopt(after))

    def _adopt(self, accounts: dict[str, Account]) -> None:
        self._accounts = accounts

    def _load(self) -> dict[str, Account]:
        rows = self._database.read("SELECT username, level, password FROM account ORDER BY rowid")
        accounts = (Account(username=str(u), level=UserLevel(str(lv)), password=str(p)) for u, lv, p in rows)
        return {account.username: account for account in accounts}


def _account(user: UserSettings, known: Account | None) -> Account:
    if user.level is UserLevel.ANONYMOUS:
        raise InvalidValue("anonymous user", f"user {user.username!r} cannot have the level Anonymous")
    password = user.password if user.password is not None or known is None else known.password
    check_password(user.username, password)
    return Account(username=user.username, level=user.level, password=password or "")


def _check_username(username: str) -> None:
    if not username:
        raise InvalidValue("short username", "a user name has at least one character")
    if len(username) > MAX_USERNAME_LENGTH:
        raise InvalidValue("long username", f"a user name has at most {MAX_USERNAME_LENGTH} characters")
    # The colon separates name, realm and password inside Digest; see RFC 7616 § 3.4.2.
    if ":" in username or not username.isprintable() or username != username.strip():
        raise InvalidValue("username", "a user name has no colon, control character or space at its ends")


def check_password(username: str, password: str | None) -> None:
    """Raises InvalidValue `long password` or `weak password` where the password breaks the rules."""
    if password is not None and len(password) > MAX_PASSWORD_LENGTH:
        raise InvalidValue("long password", f"a password has at most {MAX_PASSWORD_LENGTH} characters")
    if password is None or len(password) < MIN_PASSWORD_LENGTH:
        raise InvalidValue("weak password", f"a password has at least {MIN_PASSWORD_LENGTH} characters")
    if password == username or len(set(password)) == 1 or not password.isprintable():
        raise InvalidValue(
            "weak password", "a password is not the user name, not one repeated character, and printable"
        )


def _check_whole(before: dict[str, Account], after: dict[str, Account]) -> None:
    if len(after) > MAX_USERS and len(after) > len(before):
        raise LimitReached("users", MAX_USERS)
    if not any(account.level is UserLevel.ADMINISTRATOR for account in after.values()):
        raise Conflict("fixed user", "the last administrator can be neither deleted nor demoted")


def _difference(before: dict[str, Account], after: dict[str, Account]) -> list[Statement]:
    statements: list[Statement] = [
        ("DELETE FROM account WHERE username = ?", (name,)) for name in before if name not in after
    ]
    for name, account in after.items():
        if before.get(name) != account:
            # An upsert keeps the rowid and with it the order of creation.
            statements.append(
                (
                    "INSERT INTO account VALUES (?1, ?2, ?3)"
                    " ON CONFLICT (username) DO UPDATE SET level = ?2, password = ?3",
                    (name, account.level.value, account.password),
                )
            )
    return statements


def _readable_password() -> str:
    # Without 0/O, 1/l/I and the like: it is read from a screen or a label and typed by hand.
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(size)) for size in (5, 5, 5, 6))
