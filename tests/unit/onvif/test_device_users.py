"""The device service about users: lists apply as a whole or not at all."""

from __future__ import annotations

import pytest
from tests.unit.onvif.asking import SPACES, texts
from tests.unit.onvif.box import BoxDevice

ADMIN = ("admin", "Administrator")


def user(name: str, level: str = "User", password: str | None = "sailing-boat") -> str:
    secret = "" if password is None else f"<tt:Password>{password}</tt:Password>"
    return f"<tt:Username>{name}</tt:Username>{secret}<tt:UserLevel>{level}</tt:UserLevel>"


def create(*users: str) -> str:
    return f"<tds:CreateUsers>{''.join(f'<tds:User>{one}</tds:User>' for one in users)}</tds:CreateUsers>"


def change(*users: str) -> str:
    return f"<tds:SetUser>{''.join(f'<tds:User>{one}</tds:User>' for one in users)}</tds:SetUser>"


def delete(*names: str) -> str:
    return f"<tds:DeleteUsers>{''.join(f'<tds:Username>{name}</tds:Username>' for name in names)}</tds:DeleteUsers>"


async def users_of(box: BoxDevice) -> list[tuple[str, str]]:
    answer = await box.ask("<tds:GetUsers/>")
    assert answer.find(".//tt:Password", SPACES) is None
    return [(texts(one, "tt:Username")[0], texts(one, "tt:UserLevel")[0]) for one in answer]


def password_of(box: BoxDevice, name: str) -> str:
    account = box.users.find(name)
    assert account is not None
    return account.password


async def test_users_are_listed_without_their_passwords(box: BoxDevice) -> None:
    await box.ask(create(user("olga", "Operator"), user("uwe&lt;1&gt; 漢", "User")))
    assert await users_of(box) == [ADMIN, ("olga", "Operator"), ("uwe<1> 漢", "User")]


@pytest.mark.parametrize(
    ("refused", "fault"),
    [
        (user("admin"), "UsernameClash"),
        (user("ida"), "UsernameClash"),
        (user("x" * 65), "UsernameTooLong"),
        (user(""), "UsernameTooShort"),
        (user("x", password="p" * 65), "PasswordTooLong"),
        (user("x", password="short"), "Password"),
        (user("x", password="x" * 9), "Password"),
        (user("sailing-boat"), "Password"),
        (user("x", password=None), "Password"),
        (user("x", level="Anonymous"), "AnonymousNotAllowed"),
    ],
)
async def test_all_users_are_created_or_none(box: BoxDevice, refused: str, fault: str) -> None:
    assert await box.refused(create(user("ida"), refused)) == f"Sender/OperationProhibited/{fault}"
    assert await users_of(box) == [ADMIN]


async def test_users_have_a_maximum(box: BoxDevice) -> None:
    many = [user(f"u{number}") for number in range(32)]
    assert await box.refused(create(*many)) == "Receiver/Action/TooManyUsers"
    assert await users_of(box) == [ADMIN]
    await box.ask(create(*many[:31]))
    assert await box.refused(create(user("one-more"))) == "Receiver/Action/TooManyUsers"


@pytest.mark.parametrize("name", ["a:b", " a", "a\tb"])
async def test_a_name_that_digest_cannot_carry_is_refused(box: BoxDevice, name: str) -> None:
    assert await box.refused(create(user(name))) == "Sender/InvalidArgVal"


async def test_a_level_the_schema_does_not_know_is_a_wrong_argument(box: BoxDevice) -> None:
    assert await box.refused(create(user("x", level="Captain"))) == "Sender/InvalidArgs"


@pytest.mark.parametrize("body", ["<tds:CreateUsers/>", "<tds:SetUser/>", "<tds:DeleteUsers/>"])
async def test_a_change_of_nobody_is_incomplete(box: BoxDevice, body: str) -> None:
    assert await box.refused(body) == "Sender/InvalidArgs"


async def test_a_changed_user_keeps_the_password_that_is_not_given(box: BoxDevice) -> None:
    await box.ask(create(user("ida")))
    await box.ask(change(user("ida", "Operator", None)))
    assert await users_of(box) == [ADMIN, ("ida", "Operator")]
    assert password_of(box, "ida") == "sailing-boat"
    await box.ask(change(user("ida", "User", "rowing-boat")))
    assert password_of(box, "ida") == "rowing-boat"


@pytest.mark.parametrize(
    ("refused", "fault"),
    [
        (user("nobody"), "InvalidArgVal/UsernameMissing"),
        (user("uwe", password="p" * 65), "OperationProhibited/PasswordTooLong"),
        (user("uwe", password="weak"), "OperationProhibited/PasswordTooWeak"),
        (user("uwe", level="Anonymous"), "OperationProhibited/AnonymousNotAllowed"),
        (user("admin", level="Operator"), "InvalidArgVal/FixedUser"),
    ],
)
async def test_all_users_are_changed_or_none(box: BoxDevice, refused: str, fault: str) -> None:
    await box.ask(create(user("ida"), user("uwe")))
    assert await box.refused(change(user("ida", "Operator", "rowing-boat"), refused)) == f"Sender/{fault}"
    assert await users_of(box) == [ADMIN, ("ida", "User"), ("uwe", "User")]
    assert password_of(box, "ida") == "sailing-boat"


@pytest.mark.parametrize(("name", "fault"), [("nobody", "UsernameMissing"), ("admin", "FixedUser")])
async def test_all_users_are_deleted_or_none(box: BoxDevice, name: str, fault: str) -> None:
    await box.ask(create(user("ida")))
    assert await box.refused(delete("ida", name)) == f"Sender/InvalidArgVal/{fault}"
    assert await users_of(box) == [ADMIN, ("ida", "User")]
    await box.ask(delete("ida"))
    assert await users_of(box) == [ADMIN]


async def test_an_administrator_may_go_when_another_remains(box: BoxDevice) -> None:
    await box.ask(create(user("ada", "Administrator")))
    await box.ask(delete("admin"))
    assert await users_of(box) == [("ada", "Administrator")]
    assert await box.refused(delete("ada")) == "Sender/InvalidArgVal/FixedUser"
