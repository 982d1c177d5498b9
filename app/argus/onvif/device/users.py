"""The device service's user operations.

Spec: Core § User handling.
"""

from __future__ import annotations

from argus.base.access import Access
from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound
from argus.device.users import Users, UserSettings
from argus.onvif.device import system_messages as m
from argus.onvif.device.paths import DEVICE_PATH, DEVICE_VERSION
from argus.soap.faults import Receiver, Sender, fault
from argus.soap.namespaces import TDS
from argus.soap.operation import Service, operation

UsernameClash = fault(
    Sender, "OperationProhibited", "UsernameClash", "Username already exists", answers=(Conflict, "user")
)
UsernameMissing = fault(
    Sender, "InvalidArgVal", "UsernameMissing", "Username not recognized", answers=(NotFound, "user")
)
UsernameTooLong = fault(
    Sender,
    "OperationProhibited",
    "UsernameTooLong",
    "The username is too long",
    answers=(InvalidValue, "long username"),
)
UsernameTooShort = fault(
    Sender,
    "OperationProhibited",
    "UsernameTooShort",
    "The username is too short",
    answers=(InvalidValue, "short username"),
)
PasswordTooLong = fault(
    Sender,
    "OperationProhibited",
    "PasswordTooLong",
    "The password is too long",
    answers=(InvalidValue, "long password"),
)
# CreateUsers and SetUser name the same refusal differently; each is printed so in its section.
Password = fault(
    Sender, "OperationProhibited", "Password", "Too weak password", answers=(InvalidValue, "weak password")
)
PasswordTooWeak = fault(
    Sender, "OperationProhibited", "PasswordTooWeak", "Too weak password", answers=(InvalidValue, "weak password")
)
AnonymousNotAllowed = fault(
    Sender,
    "OperationProhibited",
    "AnonymousNotAllowed",
    "User level anonymous is not allowed",
    answers=(InvalidValue, "anonymous user"),
)
TooManyUsers = fault(
    Receiver, "Action", "TooManyUsers", "Maximum number of supported users exceeded", answers=(LimitReached, "users")
)
FixedUser = fault(Sender, "InvalidArgVal", "FixedUser", "Username may not be deleted", answers=(Conflict, "fixed user"))


class DeviceUsersService(Service):
    """Accounts over SOAP; a list is applied as a whole or not at all."""

    namespace = TDS
    path = DEVICE_PATH
    version = DEVICE_VERSION

    def __init__(self, users: Users) -> None:
        self._users = users

    @operation(Access.READ_SYSTEM_SECRET)
    async def get_users(self, _request: m.GetUsers) -> m.GetUsersResponse:
        """Every account, without its password.   Spec: Core § GetUsers"""
        users = tuple(m.User(username=user.username, user_level=user.level) for user in self._users.all())
        return m.GetUsersResponse(user=users)

    @operation(
        Access.WRITE_SYSTEM,
        UsernameClash,
        PasswordTooLong,
        UsernameTooLong,
        UsernameTooShort,
        Password,
        TooManyUsers,
        AnonymousNotAllowed,
    )
    async def create_users(self, request: m.CreateUsers) -> m.CreateUsersResponse:
        """Add accounts.   Spec: Core § CreateUsers"""
        await self._users.create(_settings(request.user))
        return m.CreateUsersResponse()

    @operation(Access.WRITE_SYSTEM, UsernameMissing, FixedUser)
    async def delete_users(self, request: m.DeleteUsers) -> m.DeleteUsersResponse:
        """Remove accounts.   Spec: Core § DeleteUsers"""
        await self._users.delete(request.username)
        return m.DeleteUsersResponse()

    @operation(Access.WRITE_SYSTEM, UsernameMissing, PasswordTooLong, PasswordTooWeak, AnonymousNotAllowed, FixedUser)
    async def set_user(self, request: m.SetUser) -> m.SetUserResponse:
        """Change level or password of accounts.   Spec: Core § SetUser"""
        await self._users.set(_settings(request.user))
        return m.SetUserResponse()


def _settings(users: tuple[m.User, ...]) -> list[UserSettings]:
    return [UserSettings(username=user.username, level=user.user_level, password=user.password) for user in users]
