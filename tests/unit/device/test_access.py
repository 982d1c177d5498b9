"""The authenticator: who gets in, who gets a challenge, who has to wait."""

import base64
import logging
from dataclasses import replace

import pytest

from argus.base.access import Access, Caller, UserLevel
from argus.base.clock import SimulatedClock
from argus.base.errors import InvalidValue
from argus.base.units import to_datetime
from argus.device.access import Authenticator, Challenge, UsernameToken
from argus.device.digest import REALM, HashAlgorithm, digest_response
from argus.device.digest_header import parse_digest
from argus.device.username_token import password_digest
from argus.device.users import Users, UserSettings

RIGHT, URI = "correct horse", "/onvif/device_service"


@pytest.fixture
def authenticator(users: Users, clock: SimulatedClock) -> Authenticator:
    return Authenticator(users, clock)


def answer(challenge: Caller | Challenge, password: str = RIGHT, username: str = "admin", count: int = 1) -> str:
    assert isinstance(challenge, Challenge)
    nonce = challenge.headers[-1].partition('nonce="')[2].partition('"')[0]
    text = f'Digest username="{username}", realm="{REALM}", nonce="{nonce}", uri="{URI}"'
    text += f', qop=auth, nc={count:08x}, cnonce="c", algorithm=MD5'
    credentials = parse_digest(f'{text}, response="{"0" * 32}"')
    assert credentials is not None
    return f'{text}, response="{digest_response(HashAlgorithm.MD5, credentials, "POST", password)}"'


def ask(authenticator: Authenticator, header: str | None = None, peer: str = "10.0.0.9") -> Caller | Challenge:
    return authenticator.http("POST", URI, header, peer=peer)


def wrong(authenticator: Authenticator, times: int, username: str = "admin", peer: str = "10.0.0.9") -> Challenge:
    for _ in range(times):
        refused = ask(authenticator, answer(ask(authenticator), "wrong password", username), peer)
    assert isinstance(refused, Challenge)
    return refused


def token(clock: SimulatedClock, password: str = RIGHT, nonce: str = "AAAA") -> UsernameToken:
    created = to_datetime(clock.utc_us()).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = password_digest(base64.b64decode(nonce), created, password)
    return UsernameToken(
        username="admin",
        password=base64.b64encode(digest).decode(),
        password_type="#PasswordDigest",
        nonce=nonce,
        created=created,
    )


def test_a_request_without_credentials_is_challenged(authenticator: Authenticator) -> None:
    challenge = ask(authenticator)
    assert isinstance(challenge, Challenge)
    assert (challenge.stale, challenge.retry_after_s, len(challenge.headers)) == (False, 0, 2)


def test_the_right_answer_names_the_caller(authenticator: Authenticator) -> None:
    caller = ask(authenticator, answer(ask(authenticator)))
    assert caller == Caller(username="admin", level=UserLevel.ADMINISTRATOR)
    assert caller.may(Access.WRITE_SYSTEM)


def test_a_replayed_answer_is_stale_and_does_not_count_as_a_failure(authenticator: Authenticator) -> None:
    header = answer(ask(authenticator))
    assert isinstance(ask(authenticator, header), Caller)
    for _ in range(10):
        replayed = ask(authenticator, header)
        assert isinstance(replayed, Challenge)
        assert (replayed.stale, replayed.retry_after_s) == (True, 0)
    assert isinstance(ask(authenticator, answer(replayed)), Caller)


def test_wrong_password_unknown_user_and_garbage_look_alike(authenticator: Authenticator) -> None:
    for header in (
        answer(ask(authenticator), "wrong password"),
        answer(ask(authenticator), username="nobody"),
        "Basic YWRtaW46YWRtaW4=",
        "Digest " + '"' * 9000,
    ):
        refused = ask(authenticator, header)
        assert isinstance(refused, Challenge)
        assert (refused.stale, refused.retry_after_s) == (False, 0)


async def test_a_deleted_user_is_refused_at_once(authenticator: Authenticator, users: Users) -> None:
    await users.create([UserSettings(username="bob", level=UserLevel.USER, password=RIGHT)])
    challenge = ask(authenticator)
    assert isinstance(ask(authenticator, answer(challenge, username="bob")), Caller)
    await users.delete(["bob"])
    assert isinstance(ask(authenticator, answer(challenge, username="bob", count=2)), Challenge)


async def test_five_wrong_passwords_make_that_address_and_user_wait(authenticator: Authenticator) -> None:
    refused = wrong(authenticator, 5)
    assert refused.retry_after_s == 1
    assert isinstance(ask(authenticator, answer(refused)), Challenge)


async def test_the_wait_ends_and_the_right_password_clears_it(
    authenticator: Authenticator, clock: SimulatedClock
) -> None:
    wrong(authenticator, 5)
    await clock.advance(1)
    assert isinstance(ask(authenticator, answer(ask(authenticator))), Caller)
    assert wrong(authenticator, 4).retry_after_s == 0


def test_another_address_and_another_user_do_not_wait(authenticator: Authenticator) -> None:
    wrong(authenticator, 1000)
    assert isinstance(ask(authenticator, answer(ask(authenticator)), peer="10.0.0.8"), Caller)
    assert wrong(authenticator, 4, username="nobody").retry_after_s == 0


def test_unknown_users_wait_like_known_ones(authenticator: Authenticator) -> None:
    assert wrong(authenticator, 5, username="nobody").retry_after_s == 1


async def test_a_username_token_is_accepted_once(authenticator: Authenticator, clock: SimulatedClock) -> None:
    await clock.advance(1)
    sent = token(clock)
    assert authenticator.username_token(sent) == Caller(username="admin", level=UserLevel.ADMINISTRATOR)
    with pytest.raises(InvalidValue) as raised:
        authenticator.username_token(sent)
    assert raised.value.subject == "credentials"


def test_wrong_tokens_and_wrong_digests_are_counted_together(
    authenticator: Authenticator, clock: SimulatedClock
) -> None:
    wrong(authenticator, 3)
    for _ in range(2):
        with pytest.raises(InvalidValue):
            authenticator.username_token(token(clock, "wrong password"), peer="10.0.0.9")
    with pytest.raises(InvalidValue):
        authenticator.username_token(token(clock), peer="10.0.0.9")
    assert authenticator.username_token(token(clock, nonce="BBBB"), peer="10.0.0.8").username == "admin"


def test_an_unknown_name_in_a_token_is_refused(authenticator: Authenticator, clock: SimulatedClock) -> None:
    with pytest.raises(InvalidValue):
        authenticator.username_token(replace(token(clock), username="nobody"))


def test_no_password_reaches_the_log(authenticator: Authenticator, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong(authenticator, 6)
    assert "10.0.0.9" in caplog.text
    assert "wrong password for" in caplog.text
    assert RIGHT not in caplog.text
