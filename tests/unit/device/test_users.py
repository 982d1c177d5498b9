"""Accounts: atomic lists, rules for names and passwords, and an administrator who always remains."""

import asyncio
import stat
from pathlib import Path

import pytest

from argus.base.access import UserLevel
from argus.base.database import Database
from argus.base.errors import ArgusError, Conflict, InvalidValue, LimitReached, NotFound
from argus.device.users import MAX_USERS, Users, UserSettings

ADMINISTRATOR, OPERATOR, USER = UserLevel.ADMINISTRATOR, UserLevel.OPERATOR, UserLevel.USER


def user(name: str, level: UserLevel = USER, password: str | None = "long enough") -> UserSettings:
    return UserSettings(username=name, level=level, password=password)


def names(users: Users) -> list[str]:
    return [known.username for known in users.all()]


async def test_created_users_survive_a_restart_in_order(database: Database, users: Users) -> None:
    await users.create([user("zoe"), user("bob", OPERATOR)])
    await users.set([user("zoe", OPERATOR)])
    again = Users(database)
    assert [(u.username, u.level) for u in again.all()] == [
        ("admin", ADMINISTRATOR),
        ("zoe", OPERATOR),
        ("bob", OPERATOR),
    ]


async def test_a_list_with_one_bad_user_creates_nobody(database: Database, users: Users) -> None:
    with pytest.raises(Conflict) as raised:
        await users.create([user("a"), user("admin")])
    assert raised.value.subject == "user"
    assert names(users) == names(Users(database)) == ["admin"]


async def test_a_name_given_twice_clashes_with_itself(users: Users) -> None:
    with pytest.raises(Conflict):
        await users.create([user("a"), user("a")])


async def test_a_list_with_one_missing_user_changes_and_deletes_nobody(users: Users) -> None:
    await users.create([user("a", OPERATOR)])
    with pytest.raises(NotFound):
        await users.set([user("a", USER), user("x")])
    with pytest.raises(NotFound):
        await users.delete(["a", "x"])
    account = users.find("a")
    assert account is not None
    assert account.level is OPERATOR


async def test_setting_without_a_password_keeps_the_old_one(users: Users) -> None:
    await users.create([user("a", password="first password")])
    await users.set([user("a", OPERATOR, password=None)])
    account = users.find("a")
    assert account is not None
    assert (account.level, account.password) == (OPERATOR, "first password")


@pytest.mark.parametrize(
    ("described", "subject"),
    [
        (user(""), "short username"),
        (user("n" * 65), "long username"),
        (user("a:b"), "username"),
        (user("a\nb"), "username"),
        (user(" a"), "username"),
        (user("a\ud800"), "username"),
        (user("a", password=None), "weak password"),
        (user("a", password="seven77"), "weak password"),
        (user("same-as-me", password="same-as-me"), "weak password"),
        (user("a", password="aaaaaaaaaa"), "weak password"),
        (user("a", password="with\nnewline"), "weak password"),
        (user("a", password="p" * 64 + "q"), "long password"),
        (user("a", UserLevel.ANONYMOUS), "anonymous user"),
    ],
)
async def test_a_user_against_the_rules_is_refused(users: Users, described: UserSettings, subject: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        await users.create([described])
    assert raised.value.subject == subject
    assert names(users) == ["admin"]


async def test_names_and_passwords_of_the_longest_kind_are_accepted(users: Users) -> None:
    await users.create([user("ü" * 64, password="pq" * 32)])
    assert users.find("ü" * 64) is not None


async def test_one_user_too_many_is_refused(users: Users) -> None:
    await users.create([user(f"u{n}") for n in range(MAX_USERS - 1)])
    with pytest.raises(LimitReached):
        await users.create([user("one more")])
    assert len(users.all()) == MAX_USERS


async def test_the_last_administrator_can_be_neither_deleted_nor_demoted(users: Users) -> None:
    await users.create([user("second", ADMINISTRATOR)])
    with pytest.raises(Conflict) as raised:
        await users.delete(["admin", "second"])
    assert raised.value.subject == "fixed user"
    await users.delete(["admin"])
    with pytest.raises(Conflict):
        await users.set([user("second", USER)])
    assert names(users) == ["second"]


async def test_two_requests_at_once_do_not_remove_both_administrators(users: Users) -> None:
    await users.create([user("second", ADMINISTRATOR)])
    results = await asyncio.gather(users.delete(["admin"]), users.delete(["second"]), return_exceptions=True)
    assert [isinstance(result, ArgusError) for result in results] == [False, True]
    assert names(users) == ["second"]


async def test_a_cancelled_change_leaves_memory_and_disk_alike(database: Database, users: Users) -> None:
    task = asyncio.ensure_future(users.create([user("a")]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names(users) == names(Users(database))


def test_the_first_administrator_is_created_once_with_a_random_password(database: Database) -> None:
    users = Users(database)
    password = users.ensure_administrator()
    assert password is not None
    assert len(password) == 24
    assert users.all()[0].level is ADMINISTRATOR
    assert users.ensure_administrator("another password") is None
    account = Users(database).find("admin")
    assert account is not None
    assert account.password == password


def test_a_weak_first_password_is_refused(database: Database) -> None:
    with pytest.raises(InvalidValue):
        Users(database).ensure_administrator("admin")
    assert Users(database).all() == ()


def test_no_password_shows_in_a_representation_and_the_file_is_private(users: Users, tmp_path: Path) -> None:
    account = users.find("admin")
    assert "correct horse" not in f"{account!r} {users.all()!r} {user('a', password='correct horse')!r}"
    assert stat.S_IMODE((tmp_path / "device.sqlite").stat().st_mode) == 0o600
