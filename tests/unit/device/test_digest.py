"""Digest computes what the standards print, and refuses what was not meant or was used before."""

import re

from argus.base.clock import SimulatedClock
from argus.device.digest import REALM, Digest, HashAlgorithm, Verdict, digest_response
from argus.device.digest_header import DigestCredentials, parse_digest

MD5, SHA_256 = HashAlgorithm.MD5, HashAlgorithm.SHA_256
RTSP = "rtsp://10.0.0.1:8554/live/main"


def credentials(digest: Digest, *, password: str = "secret", method: str = "POST", **changed: str) -> DigestCredentials:
    """What a client answers to a fresh challenge. `changed` names parameters it gets wrong; "" leaves one out."""
    nonce = digest.challenges(stale=False)[-1].partition('nonce="')[2].partition('"')[0]
    values = {"username": "admin", "realm": REALM, "nonce": nonce, "uri": "/onvif", "algorithm": "MD5"}
    values |= {"qop": "auth", "nc": "00000001", "cnonce": "c"} | changed
    text = ", ".join(f'{name}="{value}"' for name, value in values.items() if value)
    read = parse_digest(f'Digest {text}, response="{"0" * 32}"')
    assert read is not None
    algorithm = SHA_256 if read.algorithm.upper() == SHA_256 else MD5
    right = parse_digest(f'Digest {text}, response="{digest_response(algorithm, read, method, password)}"')
    assert right is not None
    return right


def example(response: str, **parameters: str) -> DigestCredentials:
    read = parse_digest("Digest " + ", ".join(f'{k}="{v}"' for k, v in parameters.items()) + f', response="{response}"')
    assert read is not None
    return read


def test_the_examples_of_rfc_7616_come_out() -> None:
    for algorithm, response in (
        (MD5, "8ca523f5e9506fed4657c9700eebdbec"),
        (SHA_256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ):
        sent = example(
            response,
            username="Mufasa",
            realm="http-auth@example.org",
            uri="/dir/index.html",
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            nc="00000001",
            cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            qop="auth",
        )
        assert digest_response(algorithm, sent, "GET", "Circle of Life") == response


def test_the_examples_of_rfc_2617_and_2069_come_out() -> None:
    common = {
        "username": "Mufasa",
        "realm": "testrealm@host.com",
        "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "uri": "/dir/index.html",
    }
    counted = example("6629fae49393a05397450978507c4ef1", **common, qop="auth", nc="00000001", cnonce="0a4f113b")
    assert digest_response(MD5, counted, "GET", "Circle Of Life") == counted.response
    bare = example("1949323746fe6a43ef61f9606e7febea", **common)
    assert digest_response(MD5, bare, "GET", "CircleOfLife") == bare.response


def test_challenges_offer_the_strongest_first_and_md5_last(clock: SimulatedClock) -> None:
    fresh = Digest(clock).challenges(stale=False)
    assert ["algorithm=SHA-256" in fresh[0], "algorithm=MD5" in fresh[1], len(fresh)] == [True, True, 2]
    assert all('qop="auth"' in text and "stale" not in text for text in fresh)
    assert len(Digest(clock, algorithms=(SHA_256,)).challenges(stale=False)) == 1


def test_realm_nonce_and_stale_come_first_as_live555_reads_them(clock: SimulatedClock) -> None:
    digest = Digest(clock)
    for stale, end in ((False, ", "), (True, ", stale=true, ")):
        for text in digest.challenges(stale=stale):
            assert re.match(f'Digest realm="{REALM}", nonce="[^"]+"{end}', text)


def test_both_algorithms_are_accepted_in_any_case(clock: SimulatedClock) -> None:
    digest = Digest(clock)
    for algorithm in ("MD5", "SHA-256", "sha-256", ""):
        assert digest.judge(credentials(digest, algorithm=algorithm), "POST", "/onvif", "secret") is Verdict.ACCEPTED


def test_a_repeated_count_is_stale(clock: SimulatedClock) -> None:
    digest = Digest(clock)
    sent = credentials(digest)
    assert digest.judge(sent, "POST", "/onvif", "secret") is Verdict.ACCEPTED
    assert digest.judge(sent, "POST", "/onvif", "secret") is Verdict.STALE


async def test_an_old_nonce_and_one_of_a_former_start_are_stale(clock: SimulatedClock) -> None:
    digest = Digest(clock)
    sent = credentials(digest)
    assert Digest(clock).judge(sent, "POST", "/onvif", "secret") is Verdict.STALE
    await clock.advance(301)
    assert digest.judge(sent, "POST", "/onvif", "secret") is Verdict.STALE


def test_what_was_not_meant_is_refused(clock: SimulatedClock) -> None:
    digest = Digest(clock)
    for sent in (
        credentials(digest, password="wrong"),
        credentials(digest, method="GET"),
        credentials(digest, realm="other"),
        credentials(digest, uri="/else"),
        credentials(digest, algorithm="MD5-sess"),
        credentials(digest, qop="", nc="", cnonce=""),
    ):
        assert digest.judge(sent, "POST", "/onvif", "secret") is Verdict.REFUSED


def test_md5_is_refused_where_only_sha_256_is_offered(clock: SimulatedClock) -> None:
    digest = Digest(clock, algorithms=(SHA_256,))
    assert digest.judge(credentials(digest, algorithm="MD5"), "POST", "/onvif", "secret") is Verdict.REFUSED
    assert digest.judge(credentials(digest, algorithm=""), "POST", "/onvif", "secret") is Verdict.REFUSED
    assert digest.judge(credentials(digest, algorithm="SHA-256"), "POST", "/onvif", "secret") is Verdict.ACCEPTED


async def test_an_rtsp_client_may_leave_out_the_count_while_its_nonce_lives(clock: SimulatedClock) -> None:
    digest = Digest(clock)
    sent = credentials(digest, method="DESCRIBE", uri=RTSP, qop="", nc="", cnonce="", algorithm="")
    assert digest.judge(sent, "DESCRIBE", RTSP, "secret") is Verdict.ACCEPTED
    await clock.advance(301)
    assert digest.judge(sent, "DESCRIBE", RTSP, "secret") is Verdict.STALE
