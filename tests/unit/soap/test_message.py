from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from argus.soap.duration import Duration
from argus.soap.faults import Fault, InvalidArgs, MissingAttr
from argus.soap.lexical import legal
from argus.soap.message import (
    anything,
    attribute,
    camel_case,
    decode,
    element_name,
    encode,
    message,
    plan_of,
    scope,
    text,
    wire,
    write_markup,
)
from argus.soap.namespaces import TNS1, TRC, TT, WSNT, XSI, Element, QName

Token = NewType("Token", str)


class Mode(StrEnum):
    UNICAST = "RTP-Unicast"
    MULTICAST = "RTP-Multicast"


@message(TT)
class Source:
    type_: str | None = attribute("Type", default=None)
    token: Token
    mode: Mode = Mode.UNICAST


@message(TT)
class Tree:
    name: str
    children: tuple[Tree, ...] = wire("Child", default=())


@message(TRC)
class CreateThing:
    recording_token: Token
    priority: int
    start: datetime | None = None
    keep: Duration = Duration(us=10_000_000)
    enabled: bool | None = None
    rate: float | None = None
    key: bytes | None = None
    ptz_token: str | None = wire("PTZToken", default=None)
    source: tuple[Source, ...] = ()
    one: Source | None = None
    tree: Tree | None = None
    fault: QName | None = None
    spare: int | None = attribute(default=None)
    labels: tuple[str, ...] = attribute("Labels", default=())


@message(WSNT, "TopicExpression")
class Topic:
    dialect: str = attribute()
    expression: str = text()
    prefixes: Mapping[str, str] = scope()


@message(TT)
class ElementItem:
    name: str = attribute()
    content: tuple[Element, ...] = anything()


@message(TT)
class Base:
    first: str


@message(TRC)
class Extended(Base):
    second: str


@message(TRC)
class Empty:
    pass


def read(xml: str) -> CreateThing:
    return decode(CreateThing, etree.fromstring(xml))


def refused(xml: str) -> Fault:
    with pytest.raises(Fault) as caught:
        read(xml)
    return caught.value


LEAST = "<RecordingToken>r</RecordingToken><Priority>1</Priority>"
names = st.text(max_size=20).map(legal)
sources = st.builds(Source, type_=st.none() | names, token=names.map(Token), mode=st.sampled_from(Mode))
trees = st.recursive(
    st.builds(Tree, name=names),
    lambda inner: st.builds(Tree, name=names, children=st.lists(inner, max_size=3).map(tuple)),
    max_leaves=5,
)
things = st.builds(
    CreateThing,
    recording_token=names.map(Token),
    priority=st.integers(-(1 << 63), (1 << 63) - 1),
    start=st.none() | st.datetimes(timezones=st.just(UTC)),
    keep=st.builds(Duration, months=st.integers(0, 1200), us=st.integers(0, 10**14)),
    enabled=st.none() | st.booleans(),
    rate=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    key=st.none() | st.binary(min_size=1, max_size=40),
    ptz_token=st.none() | names,
    source=st.lists(sources, max_size=3).map(tuple),
    one=st.none() | sources,
    tree=st.none() | trees,
    fault=st.none() | st.builds(QName, st.sampled_from([TNS1, TT, "urn:other"]), st.just("Name")),
    spare=st.none() | st.integers(0, 99),
    labels=st.lists(st.text("abc-é", min_size=1), max_size=3).map(tuple),
)


@given(things)
def test_every_message_comes_back_through_bytes(thing: CreateThing) -> None:
    element = etree.fromstring(etree.tostring(encode(thing), encoding="UTF-8"))
    assert decode(CreateThing, element) == thing


@given(st.text(st.characters(min_codepoint=0, max_codepoint=0xFFFF), max_size=50))
def test_text_that_xml_cannot_carry_is_written_as_replacement_characters(anything_at_all: str) -> None:
    thing = CreateThing(
        recording_token=Token(anything_at_all), priority=0, labels=(anything_at_all,), one=Source(token=Token("t"))
    )
    element = etree.fromstring(etree.tostring(encode(thing), encoding="UTF-8"))
    assert decode(CreateThing, element).recording_token == legal(anything_at_all)


def test_elements_stand_in_sequence_order_in_the_namespace_of_the_declaring_class() -> None:
    element = encode(CreateThing(recording_token=Token("r"), priority=3, ptz_token="p", one=Source(token=Token("s"))))
    assert [child.tag for child in element] == [
        f"{{{TRC}}}{name}" for name in ("RecordingToken", "Priority", "Keep", "PTZToken", "One")
    ]
    assert element[4][0].tag == f"{{{TT}}}Token"


def test_an_extension_keeps_its_base_in_the_schema_of_the_base() -> None:
    element = encode(Extended(first="a", second="b"))
    assert [child.tag for child in element] == [f"{{{TT}}}First", f"{{{TRC}}}Second"]
    assert decode(Extended, element) == Extended(first="a", second="b")


def test_a_root_declares_the_usual_prefixes_once() -> None:
    xml = etree.tostring(encode(CreateThing(recording_token=Token("r"), priority=3, one=Source(token=Token("s")))))
    assert xml.count(b"xmlns:") == 2
    assert xml.startswith(b"<trc:CreateThing ")


def test_the_element_may_be_named_otherwise() -> None:
    assert element_name(Topic) == QName(WSNT, "TopicExpression")
    assert encode(Empty(), name=QName(TT, "Nothing")).tag == f"{{{TT}}}Nothing"


def test_local_names_decide_whatever_the_namespace_order_or_company() -> None:
    thing = read(
        f"<x xmlns:a='urn:a'><a:Unknown><deep/></a:Unknown><tt:Priority xmlns:tt='{TT}'> 7 </tt:Priority>"
        "<!-- c --><?p i?><a:RecordingToken other='1'>r</a:RecordingToken></x>"
    )
    assert thing == CreateThing(recording_token=Token("r"), priority=7)


def test_an_element_may_stand_for_an_attribute() -> None:
    thing = read(f"<x>{LEAST}<One><Token>t</Token><Type>Receiver</Type></One></x>")
    assert thing.one == Source(token=Token("t"), type_="Receiver")


def test_attributes_are_known_by_local_name() -> None:
    assert read(f"<x xmlns:a='urn:a' a:Spare='4'>{LEAST}</x>").spare == 4


@pytest.mark.parametrize("empty", ["<Enabled/>", "<Start> </Start>", "<One/>", "<Source/>", "<Tree></Tree>"])
def test_an_empty_element_stands_for_an_absent_optional_one(empty: str) -> None:
    assert read(f"<x>{LEAST}{empty}</x>") == CreateThing(recording_token=Token("r"), priority=1)


def test_a_nil_element_is_absent() -> None:
    assert read(f"<x xmlns:i='{XSI}'>{LEAST}<Rate i:nil='true'/><One i:nil='1'/></x>").one is None


def test_an_empty_string_is_a_string() -> None:
    assert read("<x><RecordingToken/><Priority>1</Priority><PTZToken/></x>").ptz_token == ""


def test_strings_keep_their_blanks_and_numbers_lose_them() -> None:
    thing = read("<x><RecordingToken> a b </RecordingToken><Priority>\n 2\t</Priority></x>")
    assert (thing.recording_token, thing.priority) == (" a b ", 2)


def test_spellings_of_an_enumeration_known_from_clients_are_understood() -> None:
    thing = read(f"<x>{LEAST}<One><Token>t</Token><Mode>RTP_multicast</Mode></One></x>")
    assert thing.one is not None
    assert thing.one.mode is Mode.MULTICAST


@pytest.mark.parametrize(
    ("xml", "path"),
    [
        ("<x><Priority>1</Priority></x>", "x: RecordingToken is missing"),
        ("<x><RecordingToken>r</RecordingToken></x>", "x: Priority is missing"),
        (f"<x>{LEAST}{LEAST}</x>", "x/RecordingToken: occurs more than once"),
        ("<x><RecordingToken>r</RecordingToken><Priority>high</Priority></x>", "x/Priority: not an integer"),
        ("<x><RecordingToken>r</RecordingToken><Priority/></x>", "x/Priority: not an integer"),
        (f"<x>{LEAST}<Source><Token>t</Token><Mode>Radio</Mode></Source></x>", "x/Source/Mode: not one of"),
        (f"<x>{LEAST}<Source Type='a'/></x>", "x/Source: Token is missing"),
        (f"<x>{LEAST}<Keep>10</Keep></x>", "x/Keep: not a duration"),
        (f"<x>{LEAST}<PTZToken>a<b/>c</PTZToken></x>", "x/PTZToken: text expected"),
        (f"<x>{LEAST}<Fault>p:Name</Fault></x>", "x/Fault: not a qualified name"),
        (f"<x Spare='many'>{LEAST}</x>", "x/@Spare: not an integer"),
    ],
)
def test_what_cannot_be_read_is_invalid_args_and_names_the_path(xml: str, path: str) -> None:
    fault = refused(xml)
    assert fault.kind is InvalidArgs
    assert fault.explanation.startswith(path)


def test_a_missing_attribute_has_its_own_fault() -> None:
    with pytest.raises(Fault) as caught:
        decode(ElementItem, etree.fromstring("<ElementItem/>"))
    assert caught.value.kind is MissingAttr


def test_simple_content_keeps_the_prefixes_it_was_written_with() -> None:
    xml = f"<w:TopicExpression xmlns:w='{WSNT}' xmlns:foo='{TNS1}' Dialect='d'>foo:Recording//.</w:TopicExpression>"
    topic = decode(Topic, etree.fromstring(xml))
    assert (topic.expression, topic.prefixes["foo"]) == ("foo:Recording//.", TNS1)
    again = decode(Topic, encode(topic))
    assert again.prefixes["foo"] == TNS1
    assert again.expression == topic.expression


def test_a_prefix_that_means_something_else_to_the_client_keeps_its_meaning() -> None:
    topic = Topic(dialect="d", expression="wsnt:Recording", prefixes={"wsnt": TNS1, "": TT})
    written = encode(topic)
    assert written.tag == f"{{{WSNT}}}TopicExpression"
    assert decode(Topic, written) == Topic(
        dialect="d", expression="wsnt:Recording", prefixes={"wsnt": TNS1, "wsnt_": WSNT}
    )


@given(names.filter(str.strip), names)
def test_attributes_and_payload_come_back_through_text(name: str, payload: str) -> None:
    part = etree.Element(f"{{{TT}}}Any", attrib={"a": payload}, nsmap={None: TT, "x": "urn:x"})
    part.text, part.tail = payload, "left behind"
    item = decode(ElementItem, etree.fromstring(write_markup(ElementItem(name=name, content=(part,)))))
    assert (item.name, item.content[0].get("a"), item.content[0].text or "") == (name, payload, payload)
    assert item.content[0].tail is None


def test_payload_no_field_claims_is_kept_and_written_as_a_copy() -> None:
    item = decode(ElementItem, etree.fromstring(f"<ElementItem Name='n'><Any xmlns='{TT}'><Deep/></Any></ElementItem>"))
    written = encode(item)
    assert [child.tag for child in written] == [f"{{{TT}}}Any"]
    assert item.content[0].getparent() is not None


def test_a_qualified_name_brings_its_declaration() -> None:
    thing = CreateThing(recording_token=Token("r"), priority=1, fault=QName(TNS1, "Recording"))
    element = encode(thing)[-1]
    assert element.text == "tns1:Recording"
    assert element.nsmap["tns1"] == TNS1


def test_a_class_that_cannot_be_carried_is_found_when_its_plan_is_made() -> None:
    with pytest.raises(TypeError, match="not a message"):
        plan_of(int)


@pytest.mark.parametrize(
    ("key", "name"), [("recording_token", "RecordingToken"), ("from_", "From"), ("x_addr", "XAddr")]
)
def test_names_follow_one_rule(key: str, name: str) -> None:
    assert camel_case(key) == name
