"""The oracle itself: what is right passes, and each kind of mistake is seen."""

from __future__ import annotations

import pytest
from lxml import etree
from tests.contract.schemas import official_schemas

from argus.onvif.types import MediaUri, StreamSetup, StreamType, Transport, TransportProtocol
from argus.soap import faults
from argus.soap.addressing import Addressing
from argus.soap.duration import Duration
from argus.soap.envelope import write_fault, write_response
from argus.soap.faults import Fault, Sender, fault, notification_fault
from argus.soap.message import message
from argus.soap.namespaces import ENV, TDS, TEV, TNS1, TRP, TRT, TSE, TT, WSNT

PREFIXES = {"s": ENV, "tds": TDS, "tt": TT, "wsnt": WSNT, "tns1": TNS1, "tev": TEV, "tse": TSE, "trp": TRP}
HOSTNAME = (
    "<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>true</tt:FromDHCP><tt:Name>a</tt:Name>"
    "</tds:HostnameInformation></tds:GetHostnameResponse>"
)
EVENT = (
    "<tev:PullMessagesResponse><tev:CurrentTime>2026-01-01T00:00:00Z</tev:CurrentTime><tev:TerminationTime>"
    "2026-01-01T00:01:00Z</tev:TerminationTime><wsnt:NotificationMessage><wsnt:Topic Dialect='http://www.onvif.org/"
    "ver10/tev/topicExpression/ConcreteSet'>tns1:Device/Trigger</wsnt:Topic><wsnt:Message>"
    "<tt:Message UtcTime='2026-01-01T00:00:00Z'><tt:Source><tt:SimpleItem Name='a' Value='b'/></tt:Source>"
    "</tt:Message></wsnt:Message></wsnt:NotificationMessage></tev:PullMessagesResponse>"
)
REPLAY = "<trp:GetReplayUri><trp:RecordingToken>r</trp:RecordingToken></trp:GetReplayUri>"
FIND = "<tse:FindRecordings><tse:Scope/><tse:KeepAliveTime>PT10S</tse:KeepAliveTime></tse:FindRecordings>"


@message(TRP)
class GetReplayUri:
    stream_setup: StreamSetup
    recording_token: str


@message(TRT)
class GetStreamUriResponse:
    media_uri: MediaUri


def envelope(body: str) -> bytes:
    declarations = " ".join(f"xmlns:{prefix}='{uri}'" for prefix, uri in PREFIXES.items())
    return f"<s:Envelope {declarations}><s:Body>{body}</s:Body></s:Envelope>".encode()


@pytest.mark.parametrize("body", [HOSTNAME, EVENT, FIND])
def test_what_the_standard_says_passes(body: str) -> None:
    assert official_schemas().validate(envelope(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<tds:GetHostnames/>",
        HOSTNAME.replace("<tt:FromDHCP>true</tt:FromDHCP>", ""),
        HOSTNAME.replace("tt:", "tds:"),
        HOSTNAME.replace("true", "yes"),
        EVENT.replace("UtcTime='2026-01-01T00:00:00Z'", "UtcTime='yesterday'"),
        EVENT.replace("tns1:Device", "foo:Device"),
        EVENT.replace("</tt:Message>", "<tt:Foo/></tt:Message>"),
        REPLAY,
        FIND.replace("PT10S", "10"),
        "<s:Fault><s:Code><s:Value>s:Client</s:Value></s:Code><s:Reason><s:Text xml:lang='en'>x</s:Text></s:Reason>"
        "</s:Fault>",
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>tds:X</s:Value></s:Subcode></s:Code>"
        "<s:Reason><s:Text xml:lang='en'>x</s:Text></s:Reason></s:Fault>",
    ],
)
def test_each_kind_of_mistake_is_seen(body: str) -> None:
    assert official_schemas().validate(envelope(body)) != []


def test_every_operation_of_the_standard_is_known() -> None:
    assert official_schemas().responses[f"{{{TDS}}}GetHostname"] == f"{{{TDS}}}GetHostnameResponse"
    assert len(official_schemas().responses) > 600


def test_a_response_to_another_question_is_seen() -> None:
    schemas = official_schemas()
    assert schemas.validate_pair(envelope("<tds:GetHostname/>"), envelope(HOSTNAME)) == []
    assert schemas.validate_pair(envelope("<tds:GetUsers/>"), envelope(HOSTNAME)) != []


@pytest.mark.parametrize(
    "value",
    [
        GetReplayUri(
            stream_setup=StreamSetup(stream=StreamType.UNICAST, transport=Transport(protocol=TransportProtocol.RTSP)),
            recording_token="r",
        ),
        GetStreamUriResponse(
            media_uri=MediaUri(
                uri="rtsp://a/b", invalid_after_connect=False, invalid_after_reboot=False, timeout=Duration()
            )
        ),
    ],
)
def test_shared_types_are_written_as_the_schema_has_them(value: object) -> None:
    written = write_response(value, Addressing(message_id="urn:uuid:1", action="urn:a"), "urn:b")
    assert official_schemas().validate(written) == []


def kinds() -> list[Fault]:
    generic = [kind("because") for kind in vars(faults).values() if isinstance(kind, faults.FaultKind)]
    minimum = etree.Element(f"{{{WSNT}}}MinimumTime")
    minimum.text = "2026-01-01T00:00:00Z"
    return [
        *generic,
        fault(Sender, "InvalidArgVal", "NoRecording", "No such recording")(),
        notification_fault("UnacceptableInitialTerminationTimeFault", "Bad time")("too short", minimum),
    ]


@pytest.mark.parametrize("made", kinds(), ids=lambda made: str(made.kind))
def test_every_fault_is_valid(made: Fault) -> None:
    assert official_schemas().validate(write_fault(made, Addressing(message_id="urn:uuid:1"), 0)) == []
