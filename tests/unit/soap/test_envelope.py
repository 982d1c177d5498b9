import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from argus.soap import envelope as module
from argus.soap.addressing import FAULT_ACTION, Addressing
from argus.soap.envelope import read_envelope, write_fault, write_response
from argus.soap.faults import Fault, InvalidArgs, NotAuthorized, Sender, fault, notification_fault
from argus.soap.lexical import legal
from argus.soap.message import message
from argus.soap.namespaces import ENV, SOAP_1_1, TDS, TER, WSA, WSNT, WSRF_BF, Element, QName

NOW_US = 1_767_225_600_000_000
FIND = {"env": ENV, "bf": WSRF_BF, "wsnt": WSNT, "wsa": WSA}


@message(TDS)
class GetHostnameResponse:
    name: str


def soap(body: str = "<a/>", header: str = "", namespace: str = ENV) -> bytes:
    return f"<s:Envelope xmlns:s='{namespace}'>{header}<s:Body>{body}</s:Body></s:Envelope>".encode()


def fault_of(data: bytes) -> str:
    with pytest.raises(Fault) as caught:
        read_envelope(data)
    return str(caught.value.kind)


def parsed(data: bytes) -> Element:
    return etree.fromstring(data)


def text_of(root: Element, path: str) -> str | None:
    return root.findtext(path, namespaces=FIND)


@pytest.mark.parametrize(
    "data",
    [
        f"<Envelope xmlns='{ENV}'><Body><GetHostname xmlns='{TDS}'/></Body></Envelope>",
        f"<a:Envelope xmlns:a='{ENV}'><a:Body><a:GetHostname xmlns:a='{TDS}'/></a:Body></a:Envelope>",
        f"\ufeff<?xml version='1.0' encoding='utf-8'?>\n<!-- x --><s:Envelope xmlns:s='{ENV}'><s:Header/>"
        f"<s:Body>\n <GetHostname xmlns='{TDS}'></GetHostname><!-- y -->\n</s:Body></s:Envelope>",
    ],
)
def test_prefixes_blanks_and_comments_make_no_difference(data: str) -> None:
    assert read_envelope(data.encode()).name == QName(TDS, "GetHostname")


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"no xml", "Sender/WellFormed"),
        (b"<a><b></a>", "Sender/WellFormed"),
        (soap("\x00"), "Sender/WellFormed"),
        (soap("ü").decode().encode("latin-1"), "Sender/WellFormed"),
        (soap().decode().encode("utf-16"), "Sender/WellFormed"),
        (soap("&undefined;"), "Sender/WellFormed"),
        (soap(namespace=SOAP_1_1), "VersionMismatch"),
        (b"<html/>", "VersionMismatch"),
        (f"<s:Envelope xmlns:s='{ENV}'/>".encode(), "Sender/Tag"),
        (soap(""), "Sender/Tag"),
        (soap("<a/><b/>"), "Sender/TagMismatch"),
        (soap("<a/></s:Body><s:Body><a/>"), "Sender/TagMismatch"),
        (soap(header="<s:Other/>"), "Sender/TagMismatch"),
        (soap(header="<s:Header><x s:mustUnderstand='1'/></s:Header>"), "MustUnderstand"),
        (soap(header="<s:Header><x s:mustUnderstand='true'/></s:Header>"), "MustUnderstand"),
    ],
)
def test_what_is_no_request_has_its_fault(data: bytes, answer: str) -> None:
    assert fault_of(data) == answer


@pytest.mark.parametrize(
    "block",
    [
        f"<w:To xmlns:w='{WSA}' s:mustUnderstand='1'>x</w:To>",
        "<x s:mustUnderstand='0'/>",
        "<x s:mustUnderstand='1' s:role='urn:somebody-else'/>",
    ],
)
def test_known_blocks_and_those_for_others_are_let_through(block: str) -> None:
    assert read_envelope(soap(header=f"<s:Header>{block}</s:Header>")).header is not None


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'>" + soap(),
        b"<!DOCTYPE a [<!ENTITY e 'x'>]>" + soap("<a>&e;</a>"),
        b"<!DOCTYPE a [<!ENTITY a 'x'><!ENTITY b '&a;&a;&a;'><!ENTITY c '&b;&b;&b;'>]>" + soap("<a b='&c;'>&c;</a>"),
        soap("<a>" * 65 + "</a>" * 65),
        soap("<a>" * 300 + "</a>" * 300),
        soap("<r>" + "<b/>" * 10_000 + "</r>"),
        soap("<r>" + "<b/>" * 60_000 + "</r>"),
        soap("<r " + " ".join(f"a{n}=''" for n in range(10_001)) + "/>"),
        soap("<r " + " ".join(f"xmlns:a{n}='b'" for n in range(1_001)) + "/>"),
        soap(f"<a>{'x' * module.MAX_BYTES}</a>"),
    ],
)
def test_what_passes_a_limit_or_brings_a_dtd_is_refused(data: bytes) -> None:
    assert fault_of(data) == "Sender/WellFormed"


def test_what_lies_just_within_the_limits_is_read() -> None:
    assert read_envelope(soap("<a>" * 62 + "</a>" * 62)).name.name == "a"
    assert len(read_envelope(soap("<r>" + "<b/>" * 9_000 + "</r>")).body) == 9_000


def test_a_parse_fault_does_not_repeat_what_the_client_sent() -> None:
    with pytest.raises(Fault) as caught:
        read_envelope(soap("<secret></a>"))
    assert "secret" not in caught.value.explanation


@given(st.binary(max_size=300))
def test_any_bytes_are_an_envelope_or_a_fault(data: bytes) -> None:
    with contextlib.suppress(Fault):
        read_envelope(data)


fragments = st.sampled_from(
    [
        f"<s:Envelope xmlns:s='{ENV}'>", "</s:Envelope>", "<s:Header>", "</s:Header>", "<s:Body>", "</s:Body>", "<a>",
        "</a>", "<b x='1'/>", "<!--", "-->", "<![CDATA[", "]]>", "<?p", "?>", "&#0;", "&lt;", "&x;", "<!DOCTYPE a [",
        "<!ENTITY x 'y'>", "]>", "s:mustUnderstand='1'", "\ud7ff", "<?xml version='1.0' encoding='utf-16'?>", " ",
    ]
)  # fmt: skip


@given(st.lists(fragments, max_size=25).map("".join))
def test_any_xml_like_text_is_an_envelope_or_a_fault(text: str) -> None:
    with contextlib.suppress(Fault):
        read_envelope(text.encode())


def test_a_response_is_utf8_with_a_declaration() -> None:
    data = write_response(GetHostnameResponse(name="käse-日本-🦊 <&>"), None, "")
    assert data.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    root = parsed(data)
    assert root.find("env:Header", namespaces=FIND) is None
    assert root.findtext(f"env:Body/{{{TDS}}}GetHostnameResponse/{{{TDS}}}Name", namespaces=FIND) == "käse-日本-🦊 <&>"


def test_addressing_headers_answer_those_of_the_request() -> None:
    root = parsed(write_response(GetHostnameResponse(name="n"), Addressing(message_id="urn:1"), "urn:act"))
    assert text_of(root, "env:Header/wsa:RelatesTo") == "urn:1"
    assert text_of(root, "env:Header/wsa:Action") == "urn:act"


def test_a_fault_declares_the_prefixes_of_its_subcodes() -> None:
    kind = fault(Sender, "InvalidArgVal", "NoRecording", "No such recording")
    root = parsed(write_fault(kind("there is no recording 'x'"), None, NOW_US))
    value = root.find(".//env:Code/env:Subcode/env:Subcode/env:Value", namespaces=FIND)
    assert value is not None
    assert value.text == "ter:NoRecording"
    assert value.nsmap["ter"] == TER
    assert text_of(root, ".//env:Code/env:Value") == "env:Sender"
    assert text_of(root, ".//env:Reason/env:Text") == "No such recording"
    assert text_of(root, ".//env:Detail/env:Text") == "there is no recording 'x'"
    assert root.xpath("string(//env:Reason/env:Text/@xml:lang)", namespaces={"env": ENV}) == "en"


def test_a_fault_without_explanation_has_no_detail() -> None:
    root = parsed(write_fault(NotAuthorized(), Addressing(message_id="urn:1"), NOW_US))
    assert root.find(".//env:Detail", namespaces=FIND) is None
    assert text_of(root, "env:Header/wsa:Action") == FAULT_ACTION


def test_a_notification_fault_tells_time_and_description_and_its_own_parts() -> None:
    kind = notification_fault("UnacceptableInitialTerminationTimeFault", "Bad time")
    minimum = etree.Element(f"{{{WSNT}}}MinimumTime")
    minimum.text = "2026-01-01T00:01:00Z"
    root = parsed(write_fault(kind("too short", minimum), None, NOW_US))
    base = ".//env:Detail/wsnt:UnacceptableInitialTerminationTimeFault"
    assert text_of(root, ".//env:Code/env:Value") == "env:Receiver"
    assert text_of(root, f"{base}/bf:Timestamp") == "2026-01-01T00:00:00Z"
    assert text_of(root, f"{base}/bf:Description") == "too short"
    assert text_of(root, f"{base}/wsnt:MinimumTime") == "2026-01-01T00:01:00Z"


@given(st.text(max_size=60))
def test_any_explanation_gives_a_well_formed_fault(explanation: str) -> None:
    root = parsed(write_fault(InvalidArgs(explanation), None, NOW_US))
    assert (text_of(root, ".//env:Detail/env:Text") or "") == legal(explanation)
