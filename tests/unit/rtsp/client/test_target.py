"""Where a client may go."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argus.base.errors import InvalidValue
from argus.rtsp.client.target import Credentials, TargetPolicy, parse_target
from argus.rtsp.link import Address


def test_credentials_are_taken_out_of_the_uri_and_decoded() -> None:
    target = parse_target("rtsp://ad%40min:p%3Aw%2Fd@cam.example/a/b?c=d")
    assert target.credentials == Credentials(username="ad@min", password="p:w/d")
    assert (target.host, target.port, target.uri) == ("cam.example", 554, "rtsp://cam.example:554/a/b?c=d")
    assert "p:w" not in repr(target)


@pytest.mark.parametrize(
    ("uri", "tunnelled", "expected"),
    [
        ("rtsp://c/", False, (554, False, False)),
        ("rtsps://c/", False, (322, True, False)),
        ("http://c/", False, (80, False, True)),
        ("https://c/", False, (443, True, True)),
        ("rtsp://c/", True, (80, False, True)),
        ("rtsps://c:8443/", True, (8443, True, True)),
    ],
)
def test_the_scheme_says_port_tls_and_tunnel(uri: str, tunnelled: bool, expected: tuple[int, bool, bool]) -> None:
    target = parse_target(uri, tunnelled=tunnelled)
    assert (target.port, target.tls, target.tunnelled) == expected
    assert target.uri.startswith("rtsps:" if expected == (322, True, False) else "rtsp:")


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/shadow",
        "gopher://h/",
        "rtsp://",
        "rtsp:///x",
        "rtsp://h:0/",
        "rtsp://h:99999/",
        "rtsp://[::1/",
        "rtsp://h/\r\nX: y",
        "rtsp://h/ü",
        "rtsp://user%0d%0aX:p@h/",
        "rtsp://u:p%0a@h/",
        "rtsp://h/" + "a" * 3000,
        "",
    ],
)
def test_what_is_no_address_of_a_stream_is_refused_without_repeating_it(uri: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_target(uri)
    assert refused.value.subject == "receiver uri"
    assert not uri or uri not in str(refused.value)


@given(st.text(max_size=60), st.sampled_from(["", "rtsp://", "http://a:b@", "rtsps://["]))
def test_any_text_is_a_target_or_refused(text: str, start: str) -> None:
    try:
        target = parse_target(start + text)
    except InvalidValue:
        return
    assert target.host
    assert target.uri.isprintable()
    assert "@" not in target.uri.split("/")[2]


REFUSED = ["224.0.0.1", "ff02::1", "0.0.0.0", "::", "255.255.255.255", "169.254.169.254", "fd00:ec2::254", "0.1.2.3"]
LOOPBACK = ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"]
ALLOWED = ["192.168.1.20", "10.0.0.1", "172.16.3.4", "169.254.7.8", "fe80::1", "203.0.113.9", "2001:db8::1"]


def refuses(policy: TargetPolicy, text: str, *, own: bool = False) -> bool:
    try:
        policy.check_address(ipaddress.ip_address(text), own=own)
    except InvalidValue:
        return True
    return False


def test_cameras_are_where_private_networks_are_and_nothing_else_is_a_camera() -> None:
    assert [text for text in ALLOWED if refuses(TargetPolicy(), text)] == []
    for policy in (TargetPolicy(), TargetPolicy(allow_loopback=True)):
        assert [text for text in REFUSED if not refuses(policy, text)] == []


def test_the_station_itself_is_refused_by_whichever_address_without_leave() -> None:
    assert all(refuses(TargetPolicy(), text) for text in LOOPBACK)
    assert refuses(TargetPolicy(), "192.168.1.2", own=True)
    lenient = TargetPolicy(allow_loopback=True)
    assert not any(refuses(lenient, text) for text in LOOPBACK)
    assert not refuses(lenient, "192.168.1.2", own=True)


def test_of_several_addresses_the_permitted_ones_remain() -> None:
    camera, own = Address(host="10.0.0.9"), Address(host="127.0.0.1")
    assert TargetPolicy().permitted([(own, True), (camera, False)]) == [camera]
    with pytest.raises(InvalidValue, match="leads to this station itself"):
        TargetPolicy().permitted([(own, True)])


@pytest.mark.parametrize("uri", ["rtsp://127.0.0.1/", "http://[::1]/", "rtsp://localhost/", "rtsp://169.254.169.254/"])
def test_an_address_that_speaks_against_itself_is_refused_early(uri: str) -> None:
    with pytest.raises(InvalidValue):
        TargetPolicy().check_uri(uri)
    TargetPolicy().check_uri("rtsp://camera.local/stream")


def test_a_redirection_takes_the_password_along_to_the_same_server_only() -> None:
    target = parse_target("rtsp://u:p@cam/a")
    assert target.redirected("rtsp://cam/b").credentials == target.credentials
    assert target.redirected("/c").uri == "rtsp://cam:554/c"
    assert target.redirected("rtsp://cam:8554/b").credentials is None
    assert target.redirected("rtsp://other/b").credentials is None
    assert parse_target("rtsps://u:p@cam:554/a").redirected("rtsp://cam/a").credentials is None
    for location in ("file:///etc/passwd", "//["):
        with pytest.raises(InvalidValue):
            target.redirected(location)
