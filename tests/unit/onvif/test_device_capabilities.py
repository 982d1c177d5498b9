"""Which services there are: three ways to ask, one answer."""

from __future__ import annotations

import pytest
from tests.unit.onvif.asking import SPACES, Refusal, texts
from tests.unit.onvif.box import BoxDevice

from argus.base.access import UserLevel
from argus.onvif.device.not_built import NOT_BUILT
from argus.onvif.media.not_built import NOT_BUILT as MEDIA_NOT_BUILT
from argus.soap.namespaces import TDS, TEV, TRC, TRP, TRT, TRV, TSC, TSE, Element

SERVICES = {
    TDS: "/onvif/device_service",
    TRT: "/onvif/media_service",
    TEV: "/onvif/event_service",
    TRC: "/onvif/recording_service",
    TSE: "/onvif/search_service",
    TRP: "/onvif/replay_service",
    TRV: "/onvif/receiver_service",
    TSC: "/onvif/schedule_service",
}
GET_SERVICES = "<tds:GetServices><tds:IncludeCapability>{}</tds:IncludeCapability></tds:GetServices>"
BASE_URLS = ["http://192.0.2.7", "http://[2001:db8::7]:8080", "https://pier-4.example:8443", "http://localhost:80"]


def content(element: Element) -> object:
    """An element without its name and the order of its attributes."""
    return dict(element.attrib), (element.text or "").strip(), [(child.tag, content(child)) for child in element]


async def services(box: BoxDevice, *, included: bool, base_url: str = "http://box") -> dict[str, Element]:
    answer = await box.ask(GET_SERVICES.format(str(included).lower()), base_url=base_url)
    return {texts(service, "tds:Namespace")[0]: service for service in answer}


@pytest.mark.parametrize("base_url", BASE_URLS)
async def test_every_service_is_where_the_client_came_to(box: BoxDevice, base_url: str) -> None:
    found = await services(box, included=False, base_url=base_url)
    xaddrs = {namespace: texts(service, "tds:XAddr") for namespace, service in found.items()}
    assert xaddrs == {namespace: [base_url + path] for namespace, path in SERVICES.items()}
    assert not [service for service in found.values() if service.find("tds:Capabilities", SPACES) is not None]


async def test_a_service_tells_the_release_it_follows(box: BoxDevice) -> None:
    found = await services(box, included=False)
    major, minor = (texts(found[TRC], f"tds:Version/tt:{part}")[0] for part in ("Major", "Minor"))
    assert (major, minor) == ("19", "6")
    assert len(found) == len(SERVICES)


@pytest.mark.parametrize("prefix", ["tds", "trt", "tev", "trc", "tse", "trp", "trv", "tsc"])
async def test_capabilities_in_the_list_are_those_the_service_tells(box: BoxDevice, prefix: str) -> None:
    listed = (await services(box, included=True))[SPACES[prefix]]
    told = await box.ask(f"<{prefix}:GetServiceCapabilities/>")
    assert told[0].tag == f"{{{SPACES[prefix]}}}Capabilities"
    (inner,) = listed.findall("tds:Capabilities/*", SPACES)
    assert inner.tag == told[0].tag
    assert content(inner) == content(told[0])


@pytest.mark.parametrize("base_url", BASE_URLS)
async def test_the_older_question_has_the_same_answer_but_for_schedules_which_it_has_no_place_for(
    box: BoxDevice, base_url: str
) -> None:
    answer = await box.ask("<tds:GetCapabilities/>", base_url=base_url)
    found = {
        element.getparent().tag.rpartition("}")[2]: element.text for element in answer.iter(f"{{{SPACES['tt']}}}XAddr")
    }  # type: ignore[union-attr]
    assert found == {
        name: base_url + SERVICES[namespace]
        for name, namespace in {
            "Device": TDS, "Events": TEV, "Media": TRT, "Recording": TRC, "Search": TSE, "Replay": TRP, "Receiver": TRV
        }.items()
    }  # fmt: skip


async def test_the_older_answer_agrees_with_the_newer_in_detail(box: BoxDevice) -> None:
    old = (await box.ask("<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>"))[0]
    new = {
        prefix: (await box.ask(f"<{prefix}:GetServiceCapabilities/>"))[0]
        for prefix in ("tds", "trt", "trc", "tse", "trv")
    }
    for part in ("Network", "System", "Security"):
        newer = new["tds"].find(f"tds:{part}", SPACES)
        assert newer is not None
        for element in old.iterfind(f"tt:Device/tt:{part}/*", SPACES):
            name = element.tag.rpartition("}")[2]
            assert name == "SupportedVersions" or newer.get(name) == element.text, name
    streaming = new["trt"].find("trt:StreamingCapabilities", SPACES)
    assert streaming is not None
    for name in ("RTPMulticast", "RTP_TCP", "RTP_RTSP_TCP"):
        assert texts(old, f"tt:Media/tt:StreamingCapabilities/tt:{name}") == [streaming.get(name)]
    extension = "tt:Extension/tt:"
    assert texts(old, f"{extension}Recording/tt:DynamicRecordings") == [new["trc"].get("DynamicRecordings")]
    assert texts(old, f"{extension}Recording/tt:DynamicTracks") == [new["trc"].get("DynamicTracks")]
    assert texts(old, f"{extension}Recording/tt:ReceiverSource") == ["true"]
    assert texts(old, f"{extension}Recording/tt:MediaProfileSource") == ["true"]
    for name in ("RTP_Multicast", "RTP_TCP", "RTP_RTSP_TCP", "SupportedReceivers", "MaximumRTSPURILength"):
        assert texts(old, f"{extension}Receiver/tt:{name}") == [new["trv"].get(name)]
    assert texts(old, f"{extension}Search/tt:MetadataSearch") == [new["tse"].get("MetadataSearch")]


@pytest.mark.parametrize(("category", "branch"), [("Device", "Device"), ("Events", "Events"), ("Media", "Media")])
async def test_one_category_is_answered_with_its_branch_alone(box: BoxDevice, category: str, branch: str) -> None:
    answer = await box.ask(f"<tds:GetCapabilities><tds:Category>{category}</tds:Category></tds:GetCapabilities>")
    assert [child.tag.rpartition("}")[2] for child in answer[0]] == [branch]


async def test_two_categories_are_answered_with_both(box: BoxDevice) -> None:
    asked = "<tds:Category>Media</tds:Category><tds:Category>Device</tds:Category>"
    answer = await box.ask(f"<tds:GetCapabilities>{asked}</tds:GetCapabilities>")
    assert [child.tag.rpartition("}")[2] for child in answer[0]] == ["Device", "Media"]


@pytest.mark.parametrize("category", ["PTZ", "Imaging", "Analytics", "Coffee", "media"])
async def test_a_category_without_a_service_is_refused(box: BoxDevice, category: str) -> None:
    body = f"<tds:GetCapabilities><tds:Category>{category}</tds:Category></tds:GetCapabilities>"
    assert await box.refused(body) == "Receiver/ActionNotSupported/NoSuchService"


async def test_the_security_capabilities_are_the_limits_of_the_accounts(box: BoxDevice) -> None:
    security = (await box.ask("<tds:GetServiceCapabilities/>"))[0].find("tds:Security", SPACES)
    assert security is not None
    assert (security.get("MaxUsers"), security.get("HttpDigest"), security.get("UsernameToken")) == (
        "32",
        "true",
        "true",
    )
    assert sorted((security.get("HashingAlgorithms") or "").split()) == ["MD5", "SHA-256"]


async def test_the_wsdl_is_where_the_standard_keeps_it(box: BoxDevice) -> None:
    assert texts(await box.ask("<tds:GetWsdlUrl/>"), "tds:WsdlUrl")[0].startswith("http://www.onvif.org/")


@pytest.mark.parametrize("name", sorted(NOT_BUILT))
async def test_an_operation_of_the_standard_that_is_not_built_says_so(box: BoxDevice, name: str) -> None:
    assert await box.refused(f"<tds:{name}/>") == "Receiver/ActionNotSupported"


@pytest.mark.parametrize("name", sorted(MEDIA_NOT_BUILT))
async def test_an_operation_of_media_that_is_not_built_says_so(box: BoxDevice, name: str) -> None:
    assert await box.refused(f"<trt:{name}/>") == "Receiver/ActionNotSupported"


@pytest.mark.parametrize("prefix", ["tds", "trt"])
async def test_an_invented_operation_is_unknown(box: BoxDevice, prefix: str) -> None:
    assert await box.refused(f"<{prefix}:GetCoffee/>") == "Sender/UnknownAction"


async def test_a_request_may_be_as_untidy_as_clients_make_it(box: BoxDevice) -> None:
    flag = '<x xmlns="urn:x"/><IncludeCapability> 1 </IncludeCapability>'
    body = f'<GetServices xmlns="http://www.onvif.org/ver10/device/wsdl">{flag}</GetServices>'
    assert len(await box.ask(body)) == len(SERVICES)
    assert len(await box.ask(GET_SERVICES.format("false").replace("tds:Include", "tt:Include"))) == len(SERVICES)
    assert await box.refused("<tds:GetServices/>") == "Sender/InvalidArgs"
    assert await box.refused(GET_SERVICES.format("maybe")) == "Sender/InvalidArgs"


async def test_a_caller_has_the_rights_of_its_level_in_every_service(box: BoxDevice) -> None:
    for service in box.all_services:
        for name, operation in service.operations.items():
            for level in UserLevel:
                box.guard.level = level
                answer = await box.send(f'<{name.name} xmlns="{name.namespace}"/>')
                refused = isinstance(answer, Refusal) and answer.code == "Sender/NotAuthorized"
                assert refused == (operation.access not in allowed(level)), (name, level)


def allowed(level: UserLevel) -> set[str]:
    user = {"PRE_AUTH", "READ_SYSTEM", "READ_MEDIA"}
    return {
        UserLevel.ANONYMOUS: {"PRE_AUTH"},
        UserLevel.USER: user,
        UserLevel.OPERATOR: user | {"READ_SYSTEM_SENSITIVE", "ACTUATE"},
        UserLevel.ADMINISTRATOR: user
        | {"READ_SYSTEM_SENSITIVE", "ACTUATE", "READ_SYSTEM_SECRET", "WRITE_SYSTEM", "UNRECOVERABLE"},
    }[level]
