"""The replay service, asked as clients ask."""

from __future__ import annotations

import pytest
from tests.unit.onvif.recorder import RecorderDevice, texts

from argus.base.access import UserLevel


def get_uri(recording: str, stream: str = "RTP-Unicast", protocol: str = "RTSP") -> str:
    return (
        f"<trp:GetReplayUri><trp:StreamSetup><tt:Stream>{stream}</tt:Stream><tt:Transport><tt:Protocol>{protocol}"
        f"</tt:Protocol></tt:Transport></trp:StreamSetup><trp:RecordingToken>{recording}</trp:RecordingToken>"
        "</trp:GetReplayUri>"
    )


def configure(timeout: str) -> str:
    return (
        f"<trp:SetReplayConfiguration><trp:Configuration><tt:SessionTimeout>{timeout}</tt:SessionTimeout>"
        "</trp:Configuration></trp:SetReplayConfiguration>"
    )


async def timeout_of(device: RecorderDevice) -> list[str]:
    return texts(await device.ask("<trp:GetReplayConfiguration/>"), ".//tt:SessionTimeout")


async def test_capabilities_tell_the_range_of_session_timeouts(device: RecorderDevice) -> None:
    answer = await device.ask("<trp:GetServiceCapabilities/>")
    assert dict(answer[0].attrib) == {
        "ReversePlayback": "true",
        "SessionTimeoutRange": "10 3600",
        "RTP_RTSP_TCP": "true",
    }


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("http://192.0.2.7:8080", "192.0.2.7"),
        ("http://[2001:db8::7]", "[2001:db8::7]"),
        ("https://cam.local", "cam.local"),
    ],
)
@pytest.mark.parametrize("protocol", ["UDP", "RTSP"])
async def test_a_replay_uri_stays_on_the_host_the_client_used(
    device: RecorderDevice, base_url: str, host: str, protocol: str
) -> None:
    recording = await device.create_recording()
    answer = await device.ask(get_uri(recording, protocol=protocol), base_url=base_url)
    assert texts(answer, "trp:Uri") == [f"rtsp://{host}:8554/replay/{recording}"]


async def test_a_stream_type_spelt_as_clients_do_is_understood(device: RecorderDevice) -> None:
    await device.ask(get_uri(await device.create_recording(), stream="RTP_unicast"))


@pytest.mark.parametrize(
    ("stream", "protocol"),
    [("RTP-Multicast", "UDP"), ("RTP-Unicast", "TCP"), ("RTP-Unicast", "HTTP")],
)
async def test_a_transport_that_is_not_served_is_refused(device: RecorderDevice, stream: str, protocol: str) -> None:
    body = get_uri(await device.create_recording(), stream, protocol)
    assert await device.refused(body) == "Sender/InvalidArgVal/InvalidStreamSetup"


async def test_an_unknown_recording_is_no_recording(device: RecorderDevice) -> None:
    assert await device.refused(get_uri("x")) == "Sender/InvalidArgVal/NoRecording"


async def test_the_session_timeout_is_a_minute_until_it_is_set(device: RecorderDevice) -> None:
    assert await timeout_of(device) == ["PT1M"]


@pytest.mark.parametrize(("timeout", "told"), [("PT60S", "PT1M"), ("PT10S", "PT10S"), ("PT3600S", "PT1H")])
async def test_a_session_timeout_within_the_range_survives_a_restart(
    device: RecorderDevice, timeout: str, told: str
) -> None:
    await device.ask(configure(timeout))
    device.reopen()
    assert await timeout_of(device) == [told]


@pytest.mark.parametrize("timeout", ["PT9S", "PT3601S", "-PT60S"])
async def test_a_session_timeout_out_of_range_is_refused(device: RecorderDevice, timeout: str) -> None:
    assert await device.refused(configure(timeout)) == "Sender/InvalidArgVal/ConfigModify"
    assert await timeout_of(device) == ["PT1M"]


async def test_users_may_play_and_not_configure(device: RecorderDevice) -> None:
    recording = await device.create_recording()
    device.guard.level = UserLevel.USER
    await device.ask(get_uri(recording))
    assert await device.refused(configure("PT60S")) == "Sender/NotAuthorized"
