"""WS-Discovery messages: what strangers send is read or dropped, what we say is written exactly."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from argus.soap import discovery
from argus.soap.discovery import Announcement, Probe, Resolve, Stamp, decode
from argus.soap.namespaces import DN, TDS, QName

NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
}
ENDPOINT = "urn:uuid:00000000-0000-4000-8000-000000000001"
STAMP = Stamp(message_id="urn:uuid:m", instance_id=7, message_number=3)
ANNOUNCEMENT = Announcement(
    endpoint=ENDPOINT,
    scopes=("onvif://www.onvif.org/name/Pier", "onvif://www.onvif.org/hardware/A1"),
    xaddrs=("http://10.0.0.1/onvif/device_service", "http://[fd00::1]/onvif/device_service"),
    metadata_version=9,
)


def envelope(body: str, *, message_id: str = "urn:uuid:q", head: str = "", addressing: str = NAMES["a"]) -> bytes:
    return (
        f'{head}<e:Envelope xmlns:e="{NAMES["s"]}" xmlns:w="{addressing}" xmlns:x="{NAMES["d"]}"><e:Header>'
        f"<w:Action>{NAMES['d']}/Probe</w:Action><w:MessageID>{message_id}</w:MessageID></e:Header>"
        f"<e:Body>{body}</e:Body></e:Envelope>"
    ).encode()


def test_a_probe_is_read_whatever_prefixes_it_uses() -> None:
    body = (
        f'<x:Probe xmlns:q="{DN}" xmlns="{TDS}"><x:Types>\n q:NetworkVideoTransmitter  Device </x:Types>'
        f'<x:Scopes MatchBy=" urn:rule ">onvif://a onvif://b</x:Scopes></x:Probe>'
    )
    assert decode(envelope(body)) == Probe(
        message_id="urn:uuid:q",
        types=(QName(DN, "NetworkVideoTransmitter"), QName(TDS, "Device")),
        scopes=("onvif://a", "onvif://b"),
        match_by="urn:rule",
    )


def test_a_probe_without_types_and_scopes_asks_for_everyone_by_the_default_rule() -> None:
    assert decode(envelope("<x:Probe/>")) == Probe(message_id="urn:uuid:q", match_by="")
    assert decode(envelope("<x:Probe><x:Types/><x:Scopes MatchBy=''/></x:Probe>")) == Probe(message_id="urn:uuid:q")


def test_a_probe_with_the_later_addressing_namespace_is_read() -> None:
    assert decode(envelope("<x:Probe/>", addressing="http://www.w3.org/2005/08/addressing")) is not None


def test_a_type_with_an_undeclared_prefix_is_a_name_that_is_not_ours() -> None:
    probe = decode(envelope("<x:Probe><x:Types>tds:Device</x:Types></x:Probe>"))
    assert isinstance(probe, Probe)
    assert probe.types == (QName("", "Device"),)


def test_a_resolve_names_an_endpoint() -> None:
    body = f"<x:Resolve><w:EndpointReference><w:Address> {ENDPOINT} </w:Address></w:EndpointReference></x:Resolve>"
    assert decode(envelope(body)) == Resolve(message_id="urn:uuid:q", endpoint=ENDPOINT)


BOMB = '<!DOCTYPE e [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\x00" * 100,
        b"<",
        b"\xff\xfe<\x00a\x00/\x00>\x00",
        b"<a/>",
        b"<aaa>" * 1_600,
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        envelope("<x:Probe/>")[:-3],
        envelope("<x:Probe/>", message_id=""),
        envelope("<x:Probe/>", message_id="urn:two words"),
        envelope("<x:Probe/>", message_id="m" * 513),
        envelope("<x:Probe/>", head="<!DOCTYPE e>"),
        envelope("<x:Probe/>", head='<!DOCTYPE e SYSTEM "file:///etc/passwd">'),
        envelope("<x:Probe><x:Scopes>&b;</x:Scopes></x:Probe>", head=BOMB),
        envelope("<x:Probe/><x:Probe/>"),
        envelope("<x:Hello/>"),
        envelope("<x:Resolve/>"),
        envelope(f"<x:Probe><x:Types>{'a ' * 33}</x:Types></x:Probe>"),
        envelope(f"<x:Probe><x:Scopes>{'a ' * 33}</x:Scopes></x:Probe>"),
        envelope(f"<x:Probe>{'<x:y/>' * 200}</x:Probe>"),
        envelope(f"<x:Probe>{'<x:y>' * 20}{'</x:y>' * 20}</x:Probe>"),
        envelope(f"<x:Probe><!--{'c' * 8_192}--></x:Probe>"),
        envelope("<x:Probe/>").replace(b"2003/05/soap-envelope", b"2003/06/soap-envelope"),
        envelope("<x:Probe/>").replace(b"2005/04/discovery", b"2009/01/discovery"),
    ],
)
def test_anything_but_a_sound_probe_or_resolve_is_nothing(junk: bytes) -> None:
    assert decode(junk) is None


@given(st.binary(max_size=2_000))
def test_no_bytes_make_decode_raise(junk: bytes) -> None:
    assert decode(junk) is None


@given(st.data())
def test_no_damage_to_a_probe_makes_decode_raise(data: st.DataObject) -> None:
    probe = bytearray(envelope(f'<x:Probe xmlns:q="{DN}"><x:Types>q:A</x:Types><x:Scopes>o:a</x:Scopes></x:Probe>'))
    for _ in range(data.draw(st.integers(1, 5))):
        position = data.draw(st.integers(0, len(probe) - 1))
        probe[position : position + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=6))
    question = decode(bytes(probe))
    assert question is None or isinstance(question, Probe | Resolve)


def find(message: bytes, path: str) -> Any:
    """The text of the one element at `path`."""
    found = etree.fromstring(message).findall(path, NAMES)
    assert len(found) == 1, path
    return found[0].text


@pytest.mark.parametrize(
    ("message", "action", "match"),
    [
        (discovery.encode_hello(ANNOUNCEMENT, STAMP), "Hello", "d:Hello"),
        (discovery.encode_probe_matches(ANNOUNCEMENT, STAMP, "urn:q"), "ProbeMatches", "d:ProbeMatches/d:ProbeMatch"),
        (
            discovery.encode_resolve_matches(ANNOUNCEMENT, STAMP, "urn:q"),
            "ResolveMatches",
            "d:ResolveMatches/d:ResolveMatch",
        ),
    ],
)
def test_an_announcement_carries_endpoint_types_scopes_addresses_and_version(
    message: bytes, action: str, match: str
) -> None:
    assert find(message, "s:Header/a:Action") == f"{NAMES['d']}/{action}"
    assert find(message, f"s:Body/{match}/a:EndpointReference/a:Address") == ENDPOINT
    assert find(message, f"s:Body/{match}/d:Types") == "tds:Device dn:NetworkVideoTransmitter"
    assert find(message, f"s:Body/{match}/d:Scopes").split() == list(ANNOUNCEMENT.scopes)
    assert find(message, f"s:Body/{match}/d:XAddrs").split() == list(ANNOUNCEMENT.xaddrs)
    assert find(message, f"s:Body/{match}/d:MetadataVersion") == "9"
    sequence = etree.fromstring(message).find("s:Header/d:AppSequence", NAMES)
    assert dict(sequence.attrib) == {"InstanceId": "7", "MessageNumber": "3"}
    types = etree.fromstring(message).find(f"s:Body/{match}/d:Types", NAMES)
    assert (types.nsmap["tds"], types.nsmap["dn"]) == (TDS, DN)


def test_an_answer_names_the_question_and_a_hello_does_not() -> None:
    assert find(discovery.encode_probe_matches(ANNOUNCEMENT, STAMP, "urn:q"), "s:Header/a:RelatesTo") == "urn:q"
    assert b"RelatesTo" not in discovery.encode_hello(ANNOUNCEMENT, STAMP)


def test_a_bye_names_the_endpoint() -> None:
    message = discovery.encode_bye(ENDPOINT, STAMP)
    assert find(message, "s:Body/d:Bye/a:EndpointReference/a:Address") == ENDPOINT
    assert find(message, "s:Header/a:MessageID") == "urn:uuid:m"


def test_the_fault_lists_the_rules_we_know() -> None:
    message = discovery.encode_matching_rule_not_supported(("urn:a", "urn:b"), STAMP, "urn:q")
    assert find(message, "s:Header/a:Action") == f"{NAMES['d']}/fault"
    assert find(message, "s:Body/s:Fault/s:Code/s:Value") == "s:Sender"
    assert find(message, "s:Body/s:Fault/s:Code/s:Subcode/s:Value") == "d:MatchingRuleNotSupported"
    assert find(message, "s:Body/s:Fault/s:Detail/d:SupportedMatchingRules").split() == ["urn:a", "urn:b"]


@given(st.text(alphabet=st.characters(), min_size=1))
@example("]]>&\n\x1b[31m\x00\ud800")
def test_no_scope_breaks_out_of_its_place(scope: str) -> None:
    announcement = Announcement(endpoint=ENDPOINT, scopes=(scope, "o:b"), xaddrs=("http://a/",), metadata_version=1)
    message = discovery.encode_hello(announcement, STAMP)
    assert len(find(message, "s:Body/d:Hello/d:Scopes").split()) == 2
    assert find(message, "s:Body/d:Hello/d:Scopes").split()[1] == "o:b"
