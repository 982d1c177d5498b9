import pytest
from lxml import etree

from argus.base.access import UsernameToken
from argus.soap.faults import Fault, NotAuthorized
from argus.soap.namespaces import ENV, WSSE, WSU, Element
from argus.soap.security import read_username_token


def header(token: str) -> Element:
    return etree.fromstring(
        f"<s:Header xmlns:s='{ENV}' xmlns:w='{WSSE}' xmlns:u='{WSU}'><w:Security>{token}</w:Security></s:Header>"
    )


def test_a_token_is_read_as_written() -> None:
    token = read_username_token(
        header(
            "<w:UsernameToken><u:Created>2026-01-01T00:00:00Z</u:Created><w:Username>ann</w:Username>"
            "<w:Password Type='x#PasswordDigest'>cGFzcw==</w:Password><w:Nonce>bm9uY2U=</w:Nonce></w:UsernameToken>"
        )
    )
    assert token == UsernameToken(
        username="ann",
        password="cGFzcw==",
        password_type="x#PasswordDigest",
        nonce="bm9uY2U=",
        created="2026-01-01T00:00:00Z",
    )


def test_absent_parts_are_empty() -> None:
    token = read_username_token(header("<w:UsernameToken><w:Username>ann</w:Username></w:UsernameToken>"))
    assert token == UsernameToken(username="ann", password="", password_type="", nonce="", created="")


@pytest.mark.parametrize("content", ["", "<w:BinarySecurityToken>x</w:BinarySecurityToken>"])
def test_a_header_without_token_has_none(content: str) -> None:
    assert read_username_token(header(content)) is None
    assert read_username_token(None) is None


@pytest.mark.parametrize("name", ["w:Username", "w:Password", "w:Nonce", "u:Created"])
def test_an_overlong_part_is_not_authorized(name: str) -> None:
    with pytest.raises(Fault) as caught:
        read_username_token(header(f"<w:UsernameToken><{name}>{'x' * 257}</{name}></w:UsernameToken>"))
    assert caught.value.kind is NotAuthorized


def test_the_password_stays_out_of_the_log() -> None:
    token = read_username_token(header("<w:UsernameToken><w:Password>hush</w:Password></w:UsernameToken>"))
    assert "hush" not in repr(token)
