"""Receivers: configuration, persistence, what is told of them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from argus.base.clock import SimulatedClock
from argus.base.database import Database
from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound, NotSupported
from argus.base.events import Event, EventBus
from argus.base.tokens import ReceiverToken
from argus.store.recording import schema
from argus.store.recording.receiver import Receiver, ReceiverConfiguration, ReceiverMode, ReceiverState, receiver_mode
from argus.store.recording.receiver_rows import delete_receiver, insert_receiver
from argus.store.recording.receivers import Receivers

NOBODY = ReceiverToken("nobody")
CAMERA = "rtsp://viewer:s3cret@192.0.2.7:554/live/main"
SHOWN = "rtsp://192.0.2.7:554/live/main"


def camera(mode: ReceiverMode = ReceiverMode.AUTO_CONNECT, uri: str = CAMERA) -> ReceiverConfiguration:
    return ReceiverConfiguration(mode=mode, media_uri=uri)


def refuse_forbidden(uri: str) -> None:
    if "forbidden" in uri:
        raise NotSupported("receiver", "that address may not be connected to")


class Cabinet:
    """Receivers on a database of their own. `reopen` is what a restart does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = SimulatedClock()
        self.told: list[Event] = []
        self.turns = 0
        self.open()

    def open(self) -> None:
        self.database = Database.open(self.path, schema.MIGRATIONS)
        events = EventBus(self.clock)
        events.subscribe(self.told.append)
        self.receivers = Receivers(
            self.database, events, asyncio.Lock(), self.clock, check_uri=refuse_forbidden, max_receivers=4
        )
        self.receivers.observe(self.turn)

    def turn(self) -> None:
        self.turns += 1

    def reopen(self) -> None:
        self.database.close()
        self.open()

    def take_told(self) -> list[tuple[str, dict[str, object]]]:
        told = [(event.topic, dict((*event.source, *event.data))) for event in self.told]
        self.told.clear()
        return told


@pytest.fixture
def cabinet(tmp_path: Path) -> Iterator[Cabinet]:
    cabinet = Cabinet(tmp_path / "receivers.sqlite")
    yield cabinet
    cabinet.database.close()


async def test_a_receiver_is_created_as_wanted_and_kept_over_a_restart(cabinet: Cabinet) -> None:
    wanted = ReceiverConfiguration(mode=ReceiverMode.ALWAYS_CONNECT, media_uri=CAMERA, protocol="HTTP")
    first = await cabinet.receivers.create(wanted)
    second = await cabinet.receivers.create(ReceiverConfiguration())
    assert first == Receiver(token=first.token, configuration=wanted)
    cabinet.reopen()
    assert cabinet.receivers.all() == (first, second)
    assert cabinet.receivers.receiver(first.token).configuration == wanted
    assert cabinet.receivers.state(first.token) is ReceiverState.NOT_CONNECTED


async def test_as_many_receivers_exist_as_are_advertised_and_no_more(cabinet: Cabinet) -> None:
    for _ in range(cabinet.receivers.max_receivers):
        await cabinet.receivers.create(camera())
    with pytest.raises(LimitReached) as refusal:
        await cabinet.receivers.create(camera())
    assert refusal.value.subject == "receivers"
    with pytest.raises(LimitReached):
        cabinet.receivers.new_auto_created(1)


@pytest.mark.parametrize(
    "uri",
    [
        "rtsp://192.0.2.7/live",
        "RTSP://camera.example:8554/a?b=c#d",
        "rtsps://user:p%40ss@camera.example/",
        "http://[2001:db8::7]:80/tunnel",
        "https://camera",
        "rtsp://camera/" + "x" * (128 - len("rtsp://camera/")),
        "rtsp://camera/" + "x" * (256 - len("rtsp://camera/")),
        "rtsp://camera/{odd}|path",
        "",
    ],
)
async def test_addresses_of_cameras_are_taken_and_echoed_as_given(cabinet: Cabinet, uri: str) -> None:
    created = await cabinet.receivers.create(camera(uri=uri))
    assert created.configuration.media_uri == uri


@pytest.mark.parametrize(
    "uri",
    [
        "rtsp://camera/" + "x" * (257 - len("rtsp://camera/")),
        "rtsp://camera/\u00e9",
        "rtsp://camera/a b",
        "rtsp://camera/a\r\nTEARDOWN * RTSP/1.0",
        "rtsp://camera/\x7f",
        "rtsp:///live",
        "rtsp://:554/live",
        "rtsp://user:password@/live",
        "rtsp:camera",
        "rtsp://user%0d%0a:password@camera/",
        "rtsp://user:pass%00word@camera/",
        "rtsp://camera:0/",
        "rtsp://camera:70000/",
        "rtsp://camera:port/",
        "rtsp://[2001:db8::7/",
        "ftp://camera/",
        "file:///etc/passwd",
        "ws://camera/",
        "camera",
        "://camera",
        "rtsp://forbidden/",
        "\ud800",
    ],
)
async def test_what_no_camera_can_be_reached_by_is_refused(cabinet: Cabinet, uri: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        await cabinet.receivers.create(camera(uri=uri))
    assert refusal.value.subject == "receiver configuration"
    assert cabinet.receivers.all() == ()


async def test_a_refusal_does_not_repeat_a_password(cabinet: Cabinet) -> None:
    with pytest.raises(InvalidValue) as refusal:
        await cabinet.receivers.create(camera(uri="ftp://user:s3cret@camera/"))
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize(
    "configuration",
    [
        ReceiverConfiguration(stream="RTP-Multicast"),
        ReceiverConfiguration(protocol="TCP"),
        ReceiverConfiguration(protocol="udp"),
    ],
)
async def test_transports_that_cannot_be_received_are_refused(
    cabinet: Cabinet, configuration: ReceiverConfiguration
) -> None:
    with pytest.raises(InvalidValue):
        await cabinet.receivers.create(configuration)


def test_a_mode_is_one_of_three_words() -> None:
    assert receiver_mode("AlwaysConnect") is ReceiverMode.ALWAYS_CONNECT
    for word in ("Unknown", "alwaysconnect", ""):
        with pytest.raises(InvalidValue) as refusal:
            receiver_mode(word, "receiver mode")
        assert refusal.value.subject == "receiver mode"


async def test_a_receiver_is_configured_and_its_mode_set_alone(cabinet: Cabinet) -> None:
    token = (await cabinet.receivers.create(ReceiverConfiguration())).token
    await cabinet.receivers.configure(token, camera())
    await cabinet.receivers.set_mode(token, ReceiverMode.NEVER_CONNECT)
    turns = cabinet.turns
    await cabinet.receivers.set_mode(token, ReceiverMode.NEVER_CONNECT)
    assert cabinet.turns == turns, "nothing has changed"
    cabinet.reopen()
    assert cabinet.receivers.receiver(token).configuration == camera(ReceiverMode.NEVER_CONNECT)


async def test_a_refused_configuration_changes_nothing(cabinet: Cabinet) -> None:
    token = (await cabinet.receivers.create(camera())).token
    with pytest.raises(InvalidValue):
        await cabinet.receivers.configure(token, ReceiverConfiguration(media_uri="nonsense"))
    assert cabinet.receivers.receiver(token).configuration == camera()


async def test_an_unknown_receiver_is_not_found(cabinet: Cabinet) -> None:
    receivers = cabinet.receivers
    for refused in (
        receivers.delete(NOBODY),
        receivers.configure(NOBODY, ReceiverConfiguration(media_uri="nonsense")),
        receivers.set_mode(NOBODY, ReceiverMode.NEVER_CONNECT),
    ):
        with pytest.raises(NotFound) as refusal:
            await refused
        assert refusal.value.subject == "receiver"
    for ask in (receivers.receiver, receivers.state):
        with pytest.raises(NotFound):
            ask(NOBODY)
    assert not receivers.exists(NOBODY)
    assert not receivers.wants_connection(NOBODY)


async def test_a_receiver_that_a_job_uses_cannot_be_deleted(cabinet: Cabinet) -> None:
    token = (await cabinet.receivers.create(camera())).token
    cabinet.receivers.used_by = {token}.__contains__
    with pytest.raises(Conflict) as refusal:
        await cabinet.receivers.delete(token)
    assert refusal.value.subject == "receiver"
    cabinet.receivers.used_by = set[ReceiverToken]().__contains__
    await cabinet.receivers.delete(token)
    cabinet.reopen()
    assert cabinet.receivers.all() == ()


async def test_automatic_receivers_come_and_go_with_a_transaction_of_others(cabinet: Cabinet) -> None:
    receivers = cabinet.receivers
    made = receivers.new_auto_created(3)
    assert receivers.all() == ()
    assert {receiver.configuration for receiver in made} == {ReceiverConfiguration()}
    await cabinet.database.write([insert_receiver(one) for one in made], lambda: receivers.added(made))
    with pytest.raises(LimitReached):
        receivers.new_auto_created(2)
    gone = [one.token for one in made[:2]]
    await cabinet.database.write([delete_receiver(token) for token in gone], lambda: receivers.removed(gone))
    cabinet.reopen()
    assert cabinet.receivers.all() == (made[2],)
    assert cabinet.receivers.receiver(made[2].token).auto_created


@pytest.mark.parametrize(
    ("mode", "uri", "demanded", "wants"),
    [
        (ReceiverMode.ALWAYS_CONNECT, CAMERA, False, True),
        (ReceiverMode.AUTO_CONNECT, CAMERA, True, True),
        (ReceiverMode.AUTO_CONNECT, CAMERA, False, False),
        (ReceiverMode.NEVER_CONNECT, CAMERA, True, False),
        (ReceiverMode.ALWAYS_CONNECT, "", True, False),
    ],
)
async def test_mode_address_and_demand_decide_on_a_connection(
    cabinet: Cabinet, mode: ReceiverMode, uri: str, demanded: bool, wants: bool
) -> None:
    token = (await cabinet.receivers.create(camera(mode, uri))).token
    cabinet.receivers.demanded = lambda _token: demanded
    assert cabinet.receivers.wants_connection(token) is wants


async def test_every_change_of_state_is_told_once_and_without_the_password(cabinet: Cabinet) -> None:
    token = (await cabinet.receivers.create(camera())).token
    for state in (ReceiverState.NOT_CONNECTED, ReceiverState.CONNECTING, ReceiverState.CONNECTED):
        for _ in range(2):
            cabinet.receivers.report(token, state)
            assert cabinet.receivers.state(token) is state
    await cabinet.receivers.delete(token)
    cabinet.receivers.report(token, ReceiverState.CONNECTED)
    assert cabinet.take_told() == [
        ("Receiver/ChangeState", {"ReceiverToken": token, "NewState": state, "MediaUri": SHOWN})
        for state in ("Connecting", "Connected", "NotConnected")
    ]


async def test_failures_are_told_at_first_and_then_once_a_minute(cabinet: Cabinet) -> None:
    token = (await cabinet.receivers.create(camera())).token
    failure = ("Receiver/ConnectionFailed", {"ReceiverToken": token, "MediaUri": SHOWN})
    for expected in ([failure], [], [], [failure], []):
        cabinet.receivers.report_failure(token, "nobody answers")
        assert cabinet.take_told() == expected
        await cabinet.clock.advance(20)
    await cabinet.receivers.configure(token, camera(ReceiverMode.ALWAYS_CONNECT))
    cabinet.receivers.report_failure(token, "it was lost")
    assert cabinet.take_told() == [failure], "the first of another configuration"
    cabinet.receivers.report_failure(NOBODY, "it was lost")
    assert cabinet.take_told() == []
