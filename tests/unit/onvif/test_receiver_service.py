"""The receiver service, asked as clients ask."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.onvif.asking import Asking, Everyone, texts

from argus.base.access import UserLevel
from argus.base.clock import SimulatedClock
from argus.base.database import Database
from argus.base.events import EventBus
from argus.base.tokens import ReceiverToken
from argus.onvif.device.capabilities import DeviceService
from argus.onvif.endpoint import Endpoint
from argus.onvif.events.topics import TopicSet
from argus.onvif.receiver.service import ReceiverService
from argus.onvif.receiver.topics import TOPICS
from argus.soap.namespaces import Element
from argus.store.recording import schema
from argus.store.recording.receiver import ReceiverState
from argus.store.recording.receivers import Receivers

CAMERA = "rtsp://viewer:s3cret@192.0.2.7/live?a=1&amp;b=2"
SHOWN = "rtsp://viewer:s3cret@192.0.2.7/live?a=1&b=2"


class ReceiverDevice(Asking):
    """A device that can receive."""

    def __init__(self, path: Path) -> None:
        clock = SimulatedClock()
        self.database = Database.open(path, schema.MIGRATIONS)
        self.receivers = Receivers(
            self.database, EventBus(clock), asyncio.Lock(), clock, check_uri=lambda _uri: None, max_receivers=3
        )
        self.guard = Everyone()
        service = ReceiverService(self.receivers)
        self.endpoint = Endpoint((DeviceService((service,), ipv6=False), service), self.guard, clock)

    async def create(self, **parts: str) -> Element:
        return await self.ask(f"<trv:CreateReceiver>{configuration(**parts)}</trv:CreateReceiver>")

    async def create_token(self) -> str:
        return texts(await self.create(), ".//tt:Token")[0]

    async def get(self, token: str) -> list[str]:
        return values(await self.ask(f"<trv:GetReceiver>{named(token)}</trv:GetReceiver>"))

    async def state(self, token: str) -> list[str]:
        answer = await self.ask(f"<trv:GetReceiverState>{named(token)}</trv:GetReceiverState>")
        return texts(answer, "trv:ReceiverState/*")


@pytest.fixture
def device(tmp_path: Path) -> Iterator[ReceiverDevice]:
    device = ReceiverDevice(tmp_path / "receivers.sqlite")
    yield device
    device.database.close()


def configuration(
    mode: str = "AutoConnect", uri: str = CAMERA, stream: str = "RTP-Unicast", protocol: str = "UDP"
) -> str:
    return (
        f"<trv:Configuration><tt:Mode>{mode}</tt:Mode><tt:MediaUri>{uri}</tt:MediaUri><tt:StreamSetup>"
        f"<tt:Stream>{stream}</tt:Stream><tt:Transport><tt:Protocol>{protocol}</tt:Protocol></tt:Transport>"
        "</tt:StreamSetup></trv:Configuration>"
    )


def named(token: str) -> str:
    return f"<trv:ReceiverToken>{token}</trv:ReceiverToken>"


def values(answer: Element) -> list[str]:
    """Mode, URI, stream and protocol of a receiver in an answer."""
    paths = ("Mode", "MediaUri", "StreamSetup/tt:Stream", "StreamSetup/tt:Transport/tt:Protocol")
    return [text for path in paths for text in texts(answer, f".//tt:{path}")]


async def test_capabilities_are_what_can_be_received(device: ReceiverDevice) -> None:
    answer = await device.ask("<trv:GetServiceCapabilities/>")
    assert dict(answer[0].attrib) == {
        "RTP_Multicast": "false",
        "RTP_TCP": "false",
        "RTP_RTSP_TCP": "true",
        "SupportedReceivers": "3",
        "MaximumRTSPURILength": "256",
    }


async def test_the_older_question_about_capabilities_has_the_same_answer(device: ReceiverDevice) -> None:
    answer = await device.ask("<tds:GetCapabilities/>")
    assert texts(answer, ".//tt:Extension/tt:Receiver/*") == [
        "http://192.0.2.7:8080/onvif/receiver_service",
        "false",
        "false",
        "true",
        "3",
        "256",
    ]


async def test_a_receiver_is_created_listed_told_and_deleted(device: ReceiverDevice) -> None:
    created = await device.create(mode="NeverConnect", protocol="HTTP")
    token = texts(created, "trv:Receiver/tt:Token")[0]
    assert values(created) == ["NeverConnect", SHOWN, "RTP-Unicast", "HTTP"]
    assert await device.get(token) == values(created)
    listed = await device.ask("<trv:GetReceivers/>")
    assert (texts(listed, "trv:Receivers/tt:Token"), values(listed)) == ([token], values(created))
    assert await device.state(token) == ["NotConnected", "false"]
    await device.ask(f"<trv:DeleteReceiver>{named(token)}</trv:DeleteReceiver>")
    assert len(await device.ask("<trv:GetReceivers/>")) == 0


async def test_an_automatic_receiver_says_so_and_has_the_fields_the_schema_wants(device: ReceiverDevice) -> None:
    made = device.receivers.new_auto_created(1)
    device.receivers.added(made)
    assert await device.state(made[0].token) == ["NotConnected", "true"]
    assert await device.get(made[0].token) == ["AutoConnect", "", "RTP-Unicast", "UDP"]


async def test_the_state_told_is_the_one_reported(device: ReceiverDevice) -> None:
    token = await device.create_token()
    for state in (ReceiverState.CONNECTING, ReceiverState.CONNECTED, ReceiverState.NOT_CONNECTED):
        device.receivers.report(ReceiverToken(token), state)
        assert await device.state(token) == [state.value, "false"]


async def test_a_receiver_is_configured_and_its_mode_set(device: ReceiverDevice) -> None:
    token = await device.create_token()
    wanted = configuration(mode="AlwaysConnect", uri="  https://camera/x \n", protocol="RTSP")
    await device.ask(f"<trv:ConfigureReceiver>{named(token)}{wanted}</trv:ConfigureReceiver>")
    assert await device.get(token) == ["AlwaysConnect", "https://camera/x", "RTP-Unicast", "RTSP"]
    await device.ask(f"<trv:SetReceiverMode>{named(token)}<trv:Mode>NeverConnect</trv:Mode></trv:SetReceiverMode>")
    assert await device.get(token) == ["NeverConnect", "https://camera/x", "RTP-Unicast", "RTSP"]


async def test_as_many_receivers_as_advertised_can_be_created(device: ReceiverDevice) -> None:
    for _ in range(3):
        await device.create()
    body = f"<trv:CreateReceiver>{configuration()}</trv:CreateReceiver>"
    assert await device.refused(body) == "Receiver/Action/MaxReceivers"


@pytest.mark.parametrize(
    "wrong",
    [
        configuration(mode="Unknown"),
        configuration(uri="rtsp://camera/" + "x" * 243),
        configuration(uri="ftp://camera/"),
        configuration(uri="camera"),
        configuration(protocol="TCP"),
        configuration(stream="RTP-Multicast"),
    ],
)
async def test_a_configuration_that_cannot_work_is_refused(device: ReceiverDevice, wrong: str) -> None:
    bad = "Sender/InvalidArgVal/BadConfiguration"
    assert await device.refused(f"<trv:CreateReceiver>{wrong}</trv:CreateReceiver>") == bad
    token = await device.create_token()
    assert await device.refused(f"<trv:ConfigureReceiver>{named(token)}{wrong}</trv:ConfigureReceiver>") == bad
    assert (await device.get(token))[1] == SHOWN


async def test_a_mode_nobody_can_want_is_refused(device: ReceiverDevice) -> None:
    body = (
        f"<trv:SetReceiverMode>{named(await device.create_token())}<trv:Mode>Unknown</trv:Mode></trv:SetReceiverMode>"
    )
    assert await device.refused(body) == "Sender/InvalidArgVal"


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("GetReceiver", ""),
        ("DeleteReceiver", ""),
        ("GetReceiverState", ""),
        ("ConfigureReceiver", configuration()),
        ("ConfigureReceiver", configuration(uri="nonsense")),
        ("SetReceiverMode", "<trv:Mode>NeverConnect</trv:Mode>"),
        ("SetReceiverMode", "<trv:Mode>Unknown</trv:Mode>"),
    ],
)
async def test_an_unknown_token_is_refused(device: ReceiverDevice, name: str, more: str) -> None:
    refusal = await device.refused(f"<trv:{name}>{named('nobody')}{more}</trv:{name}>")
    assert refusal == "Sender/InvalidArgVal/UnknownToken"


async def test_a_receiver_in_use_cannot_be_deleted(device: ReceiverDevice) -> None:
    token = await device.create_token()
    device.receivers.used_by = {ReceiverToken(token)}.__contains__
    refusal = await device.refused(f"<trv:DeleteReceiver>{named(token)}</trv:DeleteReceiver>")
    assert refusal == "Receiver/Action/CannotDeleteReceiver"


async def test_a_user_who_may_only_look_does_not_see_the_password_of_a_camera(device: ReceiverDevice) -> None:
    token = await device.create_token()
    for level, uri in ((UserLevel.OPERATOR, SHOWN), (UserLevel.USER, "rtsp://192.0.2.7/live?a=1&b=2")):
        device.guard.level = level
        assert (await device.get(token))[1] == uri
        assert texts(await device.ask("<trv:GetReceivers/>"), ".//tt:MediaUri") == [uri]
    assert await device.refused(f"<trv:DeleteReceiver>{named(token)}</trv:DeleteReceiver>") == "Sender/NotAuthorized"


def test_both_topics_describe_their_messages() -> None:
    described = {
        item.get("Name"): item.get("Type") for item in TopicSet(TOPICS).element().iter() if item.get("Name") is not None
    }
    assert described == {
        "ReceiverToken": "tt:ReceiverReference",
        "NewState": "tt:ReceiverState",
        "MediaUri": "xs:anyURI",
    }
