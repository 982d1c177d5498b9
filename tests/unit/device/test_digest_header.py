"""The Authorization header: real ones are read, everything else is refused without an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.device.digest_header import MAX_HEADER_LENGTH, parse_digest

RESPONSE = "6629fae49393a05397450978507c4ef1"
# RFC 2617 § 3.5
MUFASA = (
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",\r\n'
    '    uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b",'
    f' response="{RESPONSE}", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
).replace("\r\n", "")


def header(**parameters: str) -> str:
    known = {"username": "a", "realm": "r", "nonce": "n", "uri": "/", "response": RESPONSE} | parameters
    return "Digest " + ", ".join(f'{name.replace("_star", "*")}="{value}"' for name, value in known.items() if value)


def test_the_example_of_the_standard_is_read() -> None:
    credentials = parse_digest(MUFASA)
    assert credentials is not None
    assert (credentials.username, credentials.realm, credentials.uri) == (
        "Mufasa",
        "testrealm@host.com",
        "/dir/index.html",
    )
    assert (credentials.qop, credentials.nonce_count, credentials.cnonce) == ("auth", 1, "0a4f113b")
    assert (credentials.algorithm, credentials.response) == ("MD5", RESPONSE)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (header(username='quo\\"te\\\\d'), 'quo"te\\d'),
        (header(username="Jäsøn"), "Jäsøn"),
        (header(username="J\udce4s"), "Jäs"),
        (header(username="", username_star="UTF-8''J%C3%A4s%C3%B8n%20Doe"), "Jäsøn Doe"),
        (header().replace("Digest", "dIGEST").replace(", ", " ,, "), "a"),
        (header().replace('response="' + RESPONSE + '"', f"response={RESPONSE},"), "a"),
        (header(username="").replace("Digest", 'Digest username = "spaced",'), "spaced"),
    ],
)
def test_forms_the_grammar_allows_are_read(text: str, name: str) -> None:
    credentials = parse_digest(text)
    assert credentials is not None
    assert credentials.username == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Digest",
        "Digest ",
        "Basic YWRtaW46YWRtaW4=",
        "Bearer x.y.z",
        "Digest " + '"' * 4000,
        "Digest username=",
        header(realm=""),
        header(nonce=""),
        header(uri=""),
        header(username=""),
        header(username_star="UTF-8''a"),
        header(username="", username_star="UTF-8''%FF"),
        header(username="", username_star="ISO-8859-1''a"),
        header(userhash="true"),
        header(response="zz" + RESPONSE[2:]),
        header(response=RESPONSE[2:]),
        header(qop="auth"),
        header(qop="auth", nc="00000001"),
        header(qop="auth", nc="+0000001", cnonce="c"),
        header(qop="auth-int", nc="00000001", cnonce="c"),
        header(username="a\x00b"),
        header(username="a\nb"),
        header() + ', uri="/other"',
        header() + ", " + header(),
        header() + ' stray="x"',
        header() + ', unterminated="x',
        header() + "".join(f", p{n}=1" for n in range(40)),
        header(pad="x" * MAX_HEADER_LENGTH),
    ],
)
def test_other_schemes_and_malformed_headers_are_refused(text: str) -> None:
    assert parse_digest(text) is None


@given(st.text(max_size=300))
def test_any_text_is_refused_or_read(text: str) -> None:
    parse_digest(text)
    parse_digest("Digest " + text)


@given(st.lists(st.tuples(st.sampled_from(["username", "username*", "qop", "nc", "uri", "x"]), st.text(max_size=40))))
def test_any_parameters_are_refused_or_read(parameters: list[tuple[str, str]]) -> None:
    parse_digest(header() + "".join(f', {name}="{value}"' for name, value in parameters))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64))
def test_every_printable_name_survives_quoting(name: str) -> None:
    credentials = parse_digest(header(username=name.replace("\\", "\\\\").replace('"', '\\"')))
    assert credentials is not None
    assert credentials.username == name
