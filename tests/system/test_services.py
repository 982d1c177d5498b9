"""What every service has to get right, and the device service in particular."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest
from lxml import etree
from tests.harness.recorder import Recorder, configuration
from tests.harness.soap import NAMESPACES, SOAP, Element, SoapClient, SoapFault, text, texts

PREFIXES = ("tds", "trt", "tev", "trc", "tse", "trp", "trv", "tsc")


def refusal(soap: SoapClient, body: str) -> tuple[str, ...]:
    """Code and subcodes of the fault that answers a body."""
    with pytest.raises(SoapFault) as refused:
        soap.call(body)
    assert refused.value.status == (400 if refused.value.codes[0] == "Sender" else 500)
    return refused.value.codes


def services(soap: SoapClient) -> dict[str, Element]:
    answer = soap.call(
        "<tds:GetServices><tds:IncludeCapability>true</tds:IncludeCapability></tds:GetServices>",
        "/onvif/device_service",
    )
    return {text(service, "tds:Namespace"): service for service in answer.iterfind("tds:Service", NAMESPACES)}


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_service_tells_the_same_capabilities_in_both_places(soap: SoapClient, prefix: str) -> None:
    listed = services(soap)[NAMESPACES[prefix]].find("tds:Capabilities", NAMESPACES)
    assert listed is not None
    own = SoapClient(soap.url, login="none").call(f"<{prefix}:GetServiceCapabilities/>")
    assert canonical(listed[0]) == canonical(own[0])


def canonical(element: Element) -> list[tuple[str, dict[str, str], str]]:
    return [(str(part.tag), dict(part.attrib), (part.text or "").strip()) for part in element.iter()]


def test_services_and_capabilities_name_the_same_addresses_but_for_schedules_which_came_later(soap: SoapClient) -> None:
    found = services(soap)
    listed = {text(service, "tds:XAddr") for name, service in found.items() if name != NAMESPACES["tsc"]}
    capabilities = soap.call("<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>")
    named = set(texts(capabilities, ".//tt:XAddr"))
    assert named == listed


def test_what_needs_no_credentials_asks_for_none(soap: SoapClient) -> None:
    stranger = SoapClient(soap.url, login="none")
    for operation in ("GetSystemDateAndTime", "GetHostname", "GetWsdlUrl", "GetEndpointReference"):
        stranger.call(f"<tds:{operation}/>")
    SoapClient(soap.url, password="wrong").call("<tds:GetSystemDateAndTime/>")


def test_the_time_is_now(soap: SoapClient) -> None:
    answer = soap.call("<tds:GetSystemDateAndTime/>")
    utc = answer.find(".//tt:UTCDateTime", NAMESPACES)
    assert utc is not None
    parts = [int(text(utc, f"tt:{name}")) for name in ("Date/tt:Year", "Date/tt:Month", "Date/tt:Day")]
    parts += [int(text(utc, f"tt:Time/tt:{name}")) for name in ("Hour", "Minute", "Second")]
    told = datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]
    assert abs((datetime.now(UTC) - told).total_seconds()) < 2


ODD = [
    '<e:Envelope xmlns:e="{soap}"><e:Body><GetRecordings xmlns="{trc}"/></e:Body></e:Envelope>',
    '<Envelope xmlns="{soap}"><Body><x:GetRecordings xmlns:x="{trc}" xmlns:y="{trc}"/></Body></Envelope>',
    '<?xml version="1.0"?><!-- c --><a:Envelope xmlns:a="{soap}"><a:Body>\n<b:GetRecordings xmlns:b="{trc}">'
    "</b:GetRecordings>\n</a:Body></a:Envelope>",
]


@pytest.mark.parametrize("template", ODD)
def test_prefixes_are_only_names(soap: SoapClient, recorder: Recorder, template: str) -> None:
    token = recorder.create_recording("Odd")
    data = template.format(soap=SOAP, trc=NAMESPACES["trc"]).encode()
    client = SoapClient(soap.url, login="MD5")
    client.post("<tds:GetUsers/>")
    answer = client.post_bytes(data, "/onvif/recording_service")
    assert answer.status == 200
    assert token in texts(etree.fromstring(answer.body), ".//tt:RecordingToken")
    recorder.delete_recording(token)


def test_an_answer_relates_to_its_request(soap: SoapClient) -> None:
    action = "http://www.onvif.org/ver10/device/wsdl/GetHostname"
    header = f"<wsa:MessageID>urn:uuid:1-2-3</wsa:MessageID><wsa:Action>{action}</wsa:Action>"
    root = etree.fromstring(soap.post("<tds:GetHostname/>", header=header).body)
    assert text(root, "s:Header/wsa:RelatesTo") == "urn:uuid:1-2-3"
    assert text(root, "s:Header/wsa:Action").endswith("GetHostnameResponse")


def test_a_fault_declares_its_prefixes_and_language(soap: SoapClient) -> None:
    answer = soap.post(
        "<trc:GetRecordingConfiguration><trc:RecordingToken>x</trc:RecordingToken></trc:GetRecordingConfiguration>"
    )
    assert answer.status == 400
    assert answer.header("Content-Type").startswith("application/soap+xml")
    root = etree.fromstring(answer.body)
    values = root.findall(".//s:Code//s:Value", NAMESPACES)
    assert [value.nsmap[value.text.partition(":")[0]] for value in values] == [
        SOAP,
        NAMESPACES["ter"],
        NAMESPACES["ter"],
    ]
    assert root.find(".//s:Reason/s:Text", NAMESPACES).get("{http://www.w3.org/XML/1998/namespace}lang")


@pytest.mark.parametrize("name", ["Ünïcode 漢字 🎥", "  blanks  ", "<&>\"'", "a\u0301"])
def test_texts_come_back_unchanged(soap: SoapClient, recorder: Recorder, name: str) -> None:
    token = recorder.create_recording("Texts")
    recorder.set_configuration(token, configuration(escape(name), content=escape(name)))
    answer = soap.call(
        f"<trc:GetRecordingConfiguration><trc:RecordingToken>{token}</trc:RecordingToken></trc:GetRecordingConfiguration>"
    )
    assert text(answer, ".//tt:Name") == name
    assert text(answer, ".//tt:Content") == name
    recorder.delete_recording(token)


def test_scopes_are_added_replaced_and_removed_and_fixed_ones_stay(soap: SoapClient) -> None:
    def scopes() -> dict[str, str]:
        answer = soap.call("<tds:GetScopes/>")
        return {
            text(scope, "tt:ScopeItem"): text(scope, "tt:ScopeDef")
            for scope in answer.iterfind("tds:Scopes", NAMESPACES)
        }

    fixed = {item for item, kind in scopes().items() if kind == "Fixed"}
    assert any(item.startswith("onvif://www.onvif.org/hardware/") for item in scopes())
    mine = "onvif://www.onvif.org/location/basement"
    soap.call(f"<tds:AddScopes><tds:ScopeItem>{mine}</tds:ScopeItem></tds:AddScopes>")
    assert scopes()[mine] == "Configurable"
    soap.call(f"<tds:RemoveScopes><tds:ScopeItem>{mine}</tds:ScopeItem></tds:RemoveScopes>")
    assert mine not in scopes()
    assert fixed <= set(scopes())
    one = next(iter(fixed))
    assert refusal(soap, f"<tds:RemoveScopes><tds:ScopeItem>{one}</tds:ScopeItem></tds:RemoveScopes>") == (
        "Sender", "OperationProhibited", "FixedScope",
    )  # fmt: skip
    assert refusal(soap, f"<tds:RemoveScopes><tds:ScopeItem>{mine}</tds:ScopeItem></tds:RemoveScopes>") == (
        "Sender", "InvalidArgVal", "NoScope",
    )  # fmt: skip


def test_a_host_name_is_kept_and_a_wrong_one_refused(soap: SoapClient) -> None:
    soap.call("<tds:SetHostname><tds:Name>gate-1</tds:Name></tds:SetHostname>")
    assert text(soap.call("<tds:GetHostname/>"), "tds:HostnameInformation/tt:Name") == "gate-1"
    assert refusal(soap, "<tds:SetHostname><tds:Name>Onvif_test1</tds:Name></tds:SetHostname>") == (
        "Sender", "InvalidArgVal", "InvalidHostname",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<tds:DateTimeType>Manual</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings>"
         "<tds:TimeZone><tt:TZ>INVALIDTIMEZONE</tt:TZ></tds:TimeZone>", "InvalidTimeZone"),
        ("<tds:DateTimeType>Manual</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings>"
         "<tds:UTCDateTime><tt:Time><tt:Hour>25</tt:Hour><tt:Minute>0</tt:Minute><tt:Second>0</tt:Second></tt:Time>"
         "<tt:Date><tt:Year>2026</tt:Year><tt:Month>1</tt:Month><tt:Day>1</tt:Day></tt:Date></tds:UTCDateTime>",
         "InvalidDateTime"),
        ("<tds:DateTimeType>NTP</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings>",
         "NtpServerUndefined"),
    ],
)  # fmt: skip
def test_an_impossible_time_is_refused(soap: SoapClient, body: str, fault: str) -> None:
    assert refusal(soap, f"<tds:SetSystemDateAndTime>{body}</tds:SetSystemDateAndTime>")[-1] == fault


def test_the_network_is_told_as_it_is(soap: SoapClient) -> None:
    interfaces = soap.call("<tds:GetNetworkInterfaces/>")
    assert interfaces.findall("tds:NetworkInterfaces", NAMESPACES)
    protocols = soap.call("<tds:GetNetworkProtocols/>")
    assert {"HTTP", "RTSP"} <= set(texts(protocols, ".//tt:Name"))
    soap.call("<tds:GetDNS/>")


def test_a_category_that_is_not_there_is_refused(soap: SoapClient) -> None:
    body = "<tds:GetCapabilities><tds:Category>PTZ</tds:Category></tds:GetCapabilities>"
    assert refusal(soap, body) == ("Receiver", "ActionNotSupported", "NoSuchService")


def test_profiles_are_complete_and_agree_with_their_configurations(soap: SoapClient) -> None:
    profiles = soap.call("<trt:GetProfiles/>")
    for profile in profiles.iterfind("trt:Profiles", NAMESPACES):
        token = profile.get("token")
        alone = soap.call(f"<trt:GetProfile><trt:ProfileToken>{token}</trt:ProfileToken></trt:GetProfile>")
        assert canonical(profile)[1:] == canonical(alone[0])[1:]
        encoder = profile.find("tt:VideoEncoderConfiguration", NAMESPACES)
        assert encoder is not None
        read = soap.call(
            "<trt:GetVideoEncoderConfiguration><trt:ConfigurationToken>"
            f"{encoder.get('token')}</trt:ConfigurationToken></trt:GetVideoEncoderConfiguration>"
        )
        assert canonical(read[0])[1:] == canonical(encoder)[1:]
    unknown = "<trt:GetProfile><trt:ProfileToken>none</trt:ProfileToken></trt:GetProfile>"
    assert refusal(soap, unknown) == ("Sender", "InvalidArgVal", "NoProfile")


@pytest.mark.parametrize(("stream", "protocol"), [("RTP-Multicast", "UDP"), ("RTP-Unicast", "TCP")])
def test_a_transport_that_is_not_served_is_refused(soap: SoapClient, stream: str, protocol: str) -> None:
    setup = f"<tt:Stream>{stream}</tt:Stream><tt:Transport><tt:Protocol>{protocol}</tt:Protocol></tt:Transport>"
    body = f"<trt:StreamSetup>{setup}</trt:StreamSetup><trt:ProfileToken>Main</trt:ProfileToken>"
    assert refusal(soap, f"<trt:GetStreamUri>{body}</trt:GetStreamUri>")[-1] == "InvalidStreamSetup"
