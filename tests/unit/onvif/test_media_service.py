"""The media service, read side."""

from __future__ import annotations

import pytest
from tests.unit.onvif.asking import texts
from tests.unit.onvif.box import BoxDevice

from argus.soap.namespaces import Element

NO_PROFILE, NO_CONFIG = "Sender/InvalidArgVal/NoProfile", "Sender/InvalidArgVal/NoConfig"
SOURCE, ENCODERS = "VideoSource-cam", ["VideoEncoder-main", "VideoEncoder-sub"]


def by_profile(operation: str, token: str = "main") -> str:
    return f"<trt:{operation}><trt:ProfileToken>{token}</trt:ProfileToken></trt:{operation}>"


def by_configuration(operation: str, token: str) -> str:
    return f"<trt:{operation}><trt:ConfigurationToken>{token}</trt:ConfigurationToken></trt:{operation}>"


def stream_uri(stream: str = "RTP-Unicast", protocol: str = "RTSP", token: str = "main") -> str:
    setup = f"<tt:Stream>{stream}</tt:Stream><tt:Transport><tt:Protocol>{protocol}</tt:Protocol></tt:Transport>"
    return (
        f"<trt:GetStreamUri><trt:StreamSetup>{setup}</trt:StreamSetup>"
        f"<trt:ProfileToken>{token}</trt:ProfileToken></trt:GetStreamUri>"
    )


def inner(element: Element) -> list[tuple[str, str]]:
    """The leaves of an element: local name and text."""
    return [(leaf.tag.rpartition("}")[2], leaf.text or "") for leaf in element.iter() if not len(leaf)]


async def test_every_stream_is_a_fixed_profile_ready_to_use(box: BoxDevice) -> None:
    profiles = list(await box.ask("<trt:GetProfiles/>"))
    assert [(p.get("token"), p.get("fixed"), *texts(p, "tt:Name")) for p in profiles] == [
        ("main", "true", "Main"),
        ("sub", "true", "Sub"),
    ]
    assert [texts(p, ".//tt:Encoding") for p in profiles] == [["H264", "G711"], ["H264", "AAC"]]
    capabilities = (await box.ask("<trt:GetServiceCapabilities/>"))[0]
    assert capabilities[0].get("MaximumNumberOfProfiles") == "2"


@pytest.mark.parametrize("token", ["main", "sub"])
async def test_one_profile_is_as_in_the_list(box: BoxDevice, token: str) -> None:
    listed = {p.get("token"): inner(p) for p in await box.ask("<trt:GetProfiles/>")}
    alone = (await box.ask(by_profile("GetProfile", token)))[0]
    assert (alone.get("token"), inner(alone)) == (token, listed[token])


async def test_the_camera_is_told_with_its_size(box: BoxDevice) -> None:
    (source,) = await box.ask("<trt:GetVideoSources/>")
    assert source.get("token") == "cam"
    assert texts(source, "tt:Resolution/*") == ["1280", "720"]


async def test_configurations_are_the_same_in_every_answer(box: BoxDevice) -> None:
    profiles = list(await box.ask("<trt:GetProfiles/>"))
    for kind, tokens in (("VideoSource", [SOURCE]), ("VideoEncoder", ENCODERS)):
        listed = list(await box.ask(f"<trt:Get{kind}Configurations/>"))
        assert [one.get("token") for one in listed] == tokens
        for one in listed:
            alone = (await box.ask(by_configuration(f"Get{kind}Configuration", one.get("token") or "")))[0]
            assert inner(alone) == inner(one)
            holders = [p for p in profiles if p.find(f"{{*}}{kind}Configuration").get("token") == one.get("token")]  # type: ignore[union-attr]
            assert texts(one, "tt:UseCount") == [str(len(holders))]
            for holder in holders:
                (found,) = await box.ask(by_profile(f"GetCompatible{kind}Configurations", holder.get("token") or ""))
                assert inner(found) == inner(one)


async def test_options_are_what_the_board_has(box: BoxDevice) -> None:
    source = (await box.ask("<trt:GetVideoSourceConfigurationOptions/>"))[0]
    assert texts(source, "tt:VideoSourceTokensAvailable") == ["cam"]
    assert texts(source, "tt:BoundsRange/tt:WidthRange/*") == ["1280", "1280"]
    every = (await box.ask("<trt:GetVideoEncoderConfigurationOptions/>"))[0]
    assert texts(every, "tt:H264/tt:ResolutionsAvailable/tt:Width") == ["1280", "640"]
    for one in (
        by_profile("GetVideoEncoderConfigurationOptions", "sub"),
        by_configuration("GetVideoEncoderConfigurationOptions", ENCODERS[1]),
    ):
        assert texts((await box.ask(one))[0], "tt:H264/tt:ResolutionsAvailable/tt:Width") == ["640"]
    assert await box.ask(by_profile("GetVideoSourceConfigurationOptions")) is not None
    assert await box.ask(by_configuration("GetVideoSourceConfigurationOptions", SOURCE)) is not None


async def test_every_encoder_runs_at_once(box: BoxDevice) -> None:
    answer = await box.ask(by_configuration("GetGuaranteedNumberOfVideoEncoderInstances", SOURCE))
    assert [child.text for child in answer] == ["2", "2"]


@pytest.mark.parametrize(
    "operation",
    [
        "GetProfile",
        "GetCompatibleVideoSourceConfigurations",
        "GetCompatibleVideoEncoderConfigurations",
        "GetVideoSourceConfigurationOptions",
        "GetVideoEncoderConfigurationOptions",
        "GetSnapshotUri",
        "SetSynchronizationPoint",
    ],
)
async def test_an_unknown_profile_is_no_profile(box: BoxDevice, operation: str) -> None:
    assert await box.refused(by_profile(operation, "none")) == NO_PROFILE


@pytest.mark.parametrize(
    "operation",
    [
        "GetVideoSourceConfiguration",
        "GetVideoEncoderConfiguration",
        "GetVideoSourceConfigurationOptions",
        "GetVideoEncoderConfigurationOptions",
        "GetGuaranteedNumberOfVideoEncoderInstances",
    ],
)
async def test_an_unknown_configuration_is_no_configuration(box: BoxDevice, operation: str) -> None:
    assert await box.refused(by_configuration(operation, "none")) == NO_CONFIG


@pytest.mark.parametrize(("kind", "known"), [("VideoSource", SOURCE), ("VideoEncoder", ENCODERS[0])])
async def test_options_for_both_need_both(box: BoxDevice, kind: str, known: str) -> None:
    def options(configuration: str, profile: str) -> str:
        name = f"Get{kind}ConfigurationOptions"
        return by_configuration(name, configuration).replace(
            f"</trt:{name}>", f"<trt:ProfileToken>{profile}</trt:ProfileToken></trt:{name}>"
        )

    assert await box.ask(options(known, "main")) is not None
    assert await box.refused(options(known, "none")) == NO_PROFILE
    assert await box.refused(options("none", "main")) == NO_CONFIG


@pytest.mark.parametrize("operation", ["GetProfile", "GetVideoSourceConfiguration", "GetStreamUri"])
async def test_a_request_without_its_token_is_incomplete(box: BoxDevice, operation: str) -> None:
    assert await box.refused(f"<trt:{operation}/>") == "Sender/InvalidArgs"


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("http://192.0.2.7:8080", "192.0.2.7"),
        ("http://[2001:db8::7]", "[2001:db8::7]"),
        ("https://pier-4.example:8443", "pier-4.example"),
        ("http://[fe80::7%eth0]:80", "[fe80::7%eth0]"),
    ],
)
@pytest.mark.parametrize(
    ("stream", "protocol"), [("RTP-Unicast", "RTSP"), ("RTP-Unicast", "UDP"), ("RTP_unicast", "RTSP")]
)
async def test_the_live_stream_is_on_the_host_the_client_came_to(
    box: BoxDevice, base_url: str, host: str, stream: str, protocol: str
) -> None:
    answer = await box.ask(stream_uri(stream, protocol), base_url=base_url)
    assert texts(answer, ".//tt:Uri") == [f"rtsp://{host}:8554/live/main"]
    assert texts(answer, ".//tt:InvalidAfterConnect") == ["false"]
    assert texts(answer, ".//tt:Timeout") == ["PT0S"]


async def test_a_stream_setup_may_come_in_another_order_and_namespace(box: BoxDevice) -> None:
    profile = "<trt:ProfileToken>main</trt:ProfileToken>"
    body = stream_uri().replace(profile, "").replace("<trt:StreamSetup>", f"{profile}<trt:StreamSetup>")
    assert texts(await box.ask(body.replace("tt:", "trt:").replace("ttrt:", "trt:")), ".//tt:Uri")


@pytest.mark.parametrize(
    ("stream", "protocol"), [("RTP-Multicast", "UDP"), ("RTP-Unicast", "HTTP"), ("RTP-Unicast", "TCP")]
)
async def test_a_transport_that_is_not_served_is_refused(box: BoxDevice, stream: str, protocol: str) -> None:
    assert await box.refused(stream_uri(stream, protocol)) == "Sender/InvalidArgVal/InvalidStreamSetup"


async def test_a_stream_of_an_unknown_profile_is_refused(box: BoxDevice) -> None:
    assert await box.refused(stream_uri(token="none")) == NO_PROFILE


async def test_the_snapshot_is_where_the_client_came_to(box: BoxDevice) -> None:
    answer = await box.ask(by_profile("GetSnapshotUri"), base_url="https://[2001:db8::7]:8443")
    assert texts(answer, ".//tt:Uri") == ["https://[2001:db8::7]:8443/onvif/snapshot/main"]


async def test_a_synchronization_point_is_a_key_frame_of_that_profile(box: BoxDevice) -> None:
    box.key_frames_asked.clear()
    await box.ask(by_profile("SetSynchronizationPoint", "sub"))
    assert box.key_frames_asked == ["sub"]
