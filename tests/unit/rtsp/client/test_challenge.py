"""Logging in: against the server's half of Digest, the examples of the standards, and servers that do as they like."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.clock import SimulatedClock
from argus.base.errors import Unavailable
from argus.device.digest import Digest, HashAlgorithm, Verdict
from argus.device.digest_header import parse_digest
from argus.rtsp.client.challenge import Authorization, Challenge, parse_challenges
from argus.rtsp.client.target import Credentials

URI = "rtsp://192.0.2.7:554/stream?x=1"
ACCOUNT = Credentials(username='ad"min\\', password="pass:wörd")


def signed(authorization: Authorization, method: str = "DESCRIBE", uri: str = URI) -> str:
    header = authorization.header(method, uri)
    assert header is not None
    return header


def judged(digest: Digest, header: str, password: str = ACCOUNT.password) -> Verdict:
    credentials = parse_digest(header)
    assert credentials is not None
    return digest.judge(credentials, "DESCRIBE", URI, password)


@pytest.mark.parametrize("algorithms", [(HashAlgorithm.MD5,), (HashAlgorithm.SHA_256,), tuple(HashAlgorithm)])
def test_the_server_accepts_what_the_client_signs_as_often_as_it_signs(algorithms: tuple[HashAlgorithm, ...]) -> None:
    digest = Digest(SimulatedClock(), algorithms=algorithms)
    authorization = Authorization(Credentials(username="admin", password=ACCOUNT.password))
    assert authorization.header("DESCRIBE", URI) is None
    authorization.challenged(digest.challenges(stale=False), signed=False)
    for _ in range(3):
        assert judged(digest, signed(authorization)) is Verdict.ACCEPTED
    assert algorithms[0] in signed(authorization)
    assert judged(digest, signed(authorization), "another") is Verdict.REFUSED


def test_a_name_with_quotes_arrives_as_it_is() -> None:
    digest = Digest(SimulatedClock())
    authorization = Authorization(ACCOUNT)
    authorization.challenged(digest.challenges(stale=False), signed=False)
    credentials = parse_digest(signed(authorization))
    assert credentials is not None
    assert credentials.username == ACCOUNT.username
    assert judged(digest, signed(authorization)) is Verdict.ACCEPTED


def test_without_qop_it_is_the_digest_of_rfc_2069() -> None:
    authorization = Authorization(Credentials(username="Mufasa", password="CircleOfLife"))
    authorization.challenged(['Digest realm="testrealm@host.com", nonce="dcd98b", opaque="5ccc"'], signed=False)
    header = signed(authorization, "GET", "/dir/index.html")
    assert "qop" not in header
    assert "nc=" not in header
    assert "algorithm" not in header
    assert 'opaque="5ccc"' in header
    secret, request = md5("Mufasa:testrealm@host.com:CircleOfLife"), md5("GET:/dir/index.html")
    assert f'response="{md5(f"{secret}:dcd98b:{request}")}"' in header


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def test_the_strongest_digest_is_chosen_and_never_basic_beside_it() -> None:
    offered = [
        'Basic realm="a", Digest realm="a", nonce="n", algorithm=MD5',
        'Digest realm="a",nonce="m",algorithm=SHA-256',
    ]
    authorization = Authorization(ACCOUNT)
    authorization.challenged(offered, signed=False)
    assert "algorithm=SHA-256" in signed(authorization)
    unknown = Authorization(ACCOUNT)
    with pytest.raises(Unavailable, match="not spoken here"):
        unknown.challenged(['Digest realm="a", nonce="n", algorithm=SHA-512-256', 'Basic realm="a"'], signed=False)


def test_basic_is_obeyed_where_nothing_else_is_offered() -> None:
    authorization = Authorization(Credentials(username="Aladdin", password="open sesame"))
    authorization.challenged(['Basic realm="camera"'], signed=False)
    assert signed(authorization) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_a_refusal_is_final_but_for_a_nonce_that_wore_out() -> None:
    authorization = Authorization(ACCOUNT)
    authorization.challenged(['Digest realm="a", nonce="1"'], signed=False)
    with pytest.raises(Unavailable, match="refuses the user name or the password"):
        authorization.challenged(['Digest realm="a", nonce="2"'], signed=True)
    authorization.challenged(['Digest realm="a", nonce="3", stale=TRUE'], signed=True)
    assert 'nonce="3"' in signed(authorization)
    authorization.accepted()
    # Some devices renew the nonce without a word.
    authorization.challenged(['Digest realm="a", nonce="4"'], signed=True)
    with pytest.raises(Unavailable):
        authorization.challenged(['Digest realm="a", nonce="4"'], signed=True)


def test_without_an_account_a_challenge_ends_it() -> None:
    with pytest.raises(Unavailable, match="asks for a user name"):
        Authorization(None).challenged(['Digest realm="a", nonce="1"'], signed=False)


def test_the_password_is_in_no_text_of_the_account() -> None:
    assert ACCOUNT.password not in repr(ACCOUNT)


def test_challenges_are_read_whatever_is_between_them() -> None:
    [basic, digest, bare] = parse_challenges(
        ['Basic realm="x, Digest nonce=\\"no\\"",Digest  realm=b , nonce="n"; stale=true', "NTLM"]
    )
    assert (basic.scheme, basic.parameters) == ("basic", {"realm": 'x, Digest nonce="no"'})
    assert (digest.nonce, digest.stale, digest.qop) == ("n", True, None)
    assert bare == Challenge(scheme="ntlm")
    assert parse_challenges(["Digest realm=a, nonce=n, qop=auth-int"])[0].usable is False


@given(st.lists(st.text(max_size=80), max_size=4), st.booleans())
def test_any_challenge_is_obeyed_or_refused(headers: list[str], signed_before: bool) -> None:
    authorization = Authorization(ACCOUNT)
    try:
        authorization.challenged(headers, signed=signed_before)
    except Unavailable:
        return
    assert authorization.header("DESCRIBE", URI)
