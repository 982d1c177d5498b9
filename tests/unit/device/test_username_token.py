"""A UsernameToken is good once, within five minutes, and only as a digest."""

import base64
import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.access import UsernameToken
from argus.base.clock import SimulatedClock
from argus.base.units import to_datetime
from argus.device import spent_tokens
from argus.device import username_token as module
from argus.device.username_token import TokenVerdict, UsernameTokens, password_digest

DIGEST_TYPE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
ACCEPTED, UNTIMELY, REFUSED = TokenVerdict.ACCEPTED, TokenVerdict.UNTIMELY, TokenVerdict.REFUSED


def at(clock: SimulatedClock, offset_s: float = 0) -> str:
    return to_datetime(clock.utc_us() + int(offset_s * 1e6)).isoformat().replace("+00:00", "Z")


def token(created: str, password: str = "secret", nonce: bytes | None = None) -> UsernameToken:
    nonce = nonce or os.urandom(16)
    return UsernameToken(
        username="admin",
        password=base64.b64encode(password_digest(nonce, created, password)).decode(),
        password_type=DIGEST_TYPE,
        nonce=base64.b64encode(nonce).decode(),
        created=created,
    )


async def started(clock: SimulatedClock) -> UsernameTokens:
    tokens = UsernameTokens(clock)
    await clock.advance(3600)
    return tokens


def test_the_published_example_comes_out() -> None:
    # ONVIF Application Programmer's Guide § WS-UsernameToken
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    digest = password_digest(nonce, "2010-09-16T07:50:45Z", "userpassword")
    assert base64.b64encode(digest) == b"tuOSpGlFlIXsozq4HFNeeGeFLEI="


async def test_a_token_is_good_once(clock: SimulatedClock) -> None:
    tokens = await started(clock)
    sent = token(at(clock))
    assert tokens.judge(sent, "secret") is ACCEPTED
    assert tokens.judge(sent, "secret") is UNTIMELY
    await clock.advance(299)
    assert tokens.judge(sent, "secret") is UNTIMELY


async def test_a_token_from_the_far_end_of_the_window_is_not_good_again_at_its_near_end(clock: SimulatedClock) -> None:
    tokens = await started(clock)
    sent = token(at(clock, 300))
    assert tokens.judge(sent, "secret") is ACCEPTED
    await clock.advance(599)
    assert tokens.judge(sent, "secret") is UNTIMELY


async def test_the_window_is_five_minutes_either_way(clock: SimulatedClock) -> None:
    tokens = await started(clock)
    verdicts = [tokens.judge(token(at(clock, offset_s)), "secret") for offset_s in (-3600, -301, -299, 299, 301)]
    assert verdicts == [UNTIMELY, UNTIMELY, ACCEPTED, ACCEPTED, UNTIMELY]


async def test_the_window_follows_a_step_of_our_clock(clock: SimulatedClock) -> None:
    tokens = await started(clock)
    clock.step(-50 * 365 * 86400)
    assert tokens.judge(token(at(clock)), "secret") is ACCEPTED
    clock.step(51 * 365 * 86400)
    assert tokens.judge(token(at(clock)), "secret") is ACCEPTED


async def test_a_token_created_before_the_start_is_refused_after_a_restart(clock: SimulatedClock) -> None:
    sent = token(at(clock, -2))
    tokens = UsernameTokens(clock)
    assert tokens.judge(sent, "secret") is UNTIMELY
    assert tokens.judge(token(at(clock)[:19] + "Z"), "secret") is ACCEPTED


@pytest.mark.parametrize(
    "damage",
    [
        {"nonce": ""},
        {"nonce": "not base64!"},
        {"nonce": "A" * 1000},
        {"created": ""},
        {"created": "yesterday"},
        {"created": "2026-13-01T00:00:00Z"},
        {"created": "2026-01-01T00:00:00+99:99"},
        {"password": ""},
        {"password": "\udcff"},
        {"password_type": ""},
        {"password_type": DIGEST_TYPE.replace("Digest", "Text")},
        {"password_type": DIGEST_TYPE.replace("Digest", "Text"), "password": "secret"},
    ],
)
async def test_an_incomplete_or_plain_token_is_refused(clock: SimulatedClock, damage: dict[str, str]) -> None:
    tokens = await started(clock)
    assert tokens.judge(replace(token(at(clock)), **damage), "secret") is REFUSED


async def test_a_right_digest_over_an_unreadable_time_is_refused(clock: SimulatedClock) -> None:
    tokens = await started(clock)
    assert tokens.judge(token("soon"), "secret") is REFUSED
    assert tokens.judge(token(""), "secret") is REFUSED


async def test_times_are_read_with_fraction_offset_or_none(clock: SimulatedClock) -> None:
    tokens = await started(clock)
    now = to_datetime(clock.utc_us())
    for created in (
        now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        now.strftime("%Y-%m-%dT%H:%M:%S.123456789Z"),
        now.strftime("%Y-%m-%dT%H:%M:%S"),
        now.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        to_datetime(clock.utc_us() + 7200 * 10**6).strftime("%Y-%m-%dT%H:%M:%S+02:00"),
        to_datetime(clock.utc_us() - 5400 * 10**6).strftime("%Y-%m-%dT%H:%M:%S-01:30"),
    ):
        assert tokens.judge(token(created), "secret") is ACCEPTED


async def test_a_full_memory_neither_permits_a_replay_nor_keeps_a_client_out(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spent_tokens, "MAX_REMEMBERED", 8)
    tokens = await started(clock)
    sent = []
    for _ in range(100):
        await clock.advance(0.01)
        sent.append(token(at(clock)))
        assert tokens.judge(sent[-1], "secret") is ACCEPTED
    assert {tokens.judge(one, "secret") for one in sent} == {UNTIMELY}
    await clock.advance(299)
    assert {tokens.judge(one, "secret") for one in sent} == {UNTIMELY}


async def test_a_user_with_very_many_tokens_costs_no_other_user_anything(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spent_tokens, "MAX_REMEMBERED", 8)
    tokens = await started(clock)
    for _ in range(20):  # of the far end of the window: nothing of this user is accepted for a while
        tokens.judge(token(at(clock, 299)), "secret")
    assert tokens.judge(token(at(clock)), "secret") is UNTIMELY
    assert tokens.judge(replace(token(at(clock)), username="guard"), "secret") is ACCEPTED
    clock.step(-86_400)
    await clock.advance(601)
    assert tokens.judge(token(at(clock)), "secret") is ACCEPTED


async def test_a_token_is_not_good_again_under_another_name(clock: SimulatedClock) -> None:
    tokens = await started(clock)
    sent = token(at(clock))
    assert tokens.judge(sent, "secret") is ACCEPTED
    assert tokens.judge(replace(sent, username="guard"), "secret") is UNTIMELY


async def test_only_so_many_users_are_remembered_at_one_time(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_USERS", 2)
    tokens = await started(clock)

    def judged(username: str) -> TokenVerdict:
        return tokens.judge(replace(token(at(clock)), username=username), "secret")

    assert [judged(name) for name in "abc"] == [ACCEPTED, ACCEPTED, UNTIMELY]
    await clock.advance(601)
    assert judged("c") is ACCEPTED


def test_a_token_does_not_show_its_password(clock: SimulatedClock) -> None:
    sent = replace(token(at(clock)), password="plain secret")
    assert "plain secret" not in repr(sent)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_texts_are_judged_without_an_error(nonce: str, created: str, password: str) -> None:
    tokens = UsernameTokens(SimulatedClock())
    sent = UsernameToken(username="a", password=password, password_type=DIGEST_TYPE, nonce=nonce, created=created)
    assert tokens.judge(sent, "secret") is REFUSED
