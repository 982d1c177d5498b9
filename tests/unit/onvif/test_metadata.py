"""The metadata stream: what happens is told in documents that a schema knows, and never endlessly."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from lxml import etree
from tests.contract.schemas import official_schemas

from argus.base.access_unit import AccessUnit, Codec
from argus.base.clock import SimulatedClock
from argus.base.events import EventBus
from argus.base.tokens import VideoSourceToken
from argus.media.capture_clock import CaptureClock
from argus.media.hub import StreamReader
from argus.media.settings import VideoSourceSettings
from argus.media.testcard import block_at
from argus.onvif.device.topics import TOPICS as DEVICE_TOPICS
from argus.onvif.events.notification import Notifications
from argus.onvif.events.topics import TopicSet
from argus.onvif.metadata.analytics import SimulatedAnalytics
from argus.onvif.metadata.source import (
    KEEP_ALIVE_S,
    MAX_EVENTS_PER_DOCUMENT,
    MAX_WAITING,
    PERIOD_S,
    SYNCHRONIZATION_PERIOD_S,
    MetadataSource,
)
from argus.onvif.recording.items import ELEMENT_ITEMS
from argus.onvif.recording.topics import TOPICS as RECORDING_TOPICS
from argus.soap.namespaces import ENV, Element

CAMERA = VideoSourceSettings(token=VideoSourceToken("cam"), name="Pier")
CREATED, DELETED_DATA = "RecordingConfig/CreateRecording", "RecordingConfig/DeleteTrackData"
FAILURE = "Device/HardwareFailure/StorageFailure"
TT = "{http://www.onvif.org/ver10/schema}"
STORAGE = (("Token", "card"),)


class Rig:
    """A metadata source whose time the test moves."""

    def __init__(self, *, analytics: bool = False) -> None:
        self.clock = SimulatedClock()
        self.events = EventBus(self.clock)
        self.newest_us = 0
        self.source = MetadataSource(
            CAMERA.token,
            self.events,
            Notifications(ELEMENT_ITEMS),
            TopicSet((*RECORDING_TOPICS, *DEVICE_TOPICS)),
            self.clock,
            CaptureClock(self.clock),
            SimulatedAnalytics(CAMERA, lambda: self.newest_us) if analytics else None,
        )

    async def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / PERIOD_S)):
            self.source.look()
            await self.clock.advance(PERIOD_S)

    def create(self, token: str) -> None:
        self.events.publish(CREATED, source=(("RecordingToken", token),))


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def drained(reader: StreamReader) -> list[AccessUnit]:
    """Everything that waits in the reader."""
    found = []
    try:
        while True:
            async with asyncio.timeout(0.001):
                found.append(await reader.read())
    except TimeoutError:
        return found


def told(units: list[AccessUnit]) -> list[tuple[str, str | None]]:
    """Topic and property operation of every event."""
    messages = [one for unit in units for one in etree.fromstring(unit.data).iter("{*}NotificationMessage")]
    return [
        (_text(one, "{*}Topic").removeprefix("tns1:"), one.find(".//{*}Message/{*}Message").get("PropertyOperation"))  # type: ignore[union-attr]
        for one in messages
    ]


def problems(document: bytes) -> list[str]:
    """What is wrong with a document by the official schemas. It is no message of a service, and needs not be."""
    envelope = b'<e:Envelope xmlns:e="%s"><e:Body>%s</e:Body></e:Envelope>' % (ENV.encode(), document)
    found = official_schemas().validate(envelope)
    return [problem for problem in found if "declared by no service" not in problem]


def _text(element: Element, path: str) -> str:
    return element.findtext(path) or ""


async def test_an_event_is_told_in_the_next_document(rig: Rig) -> None:
    reader = rig.source.hub.open_reader("test")
    await rig.pass_time(1)
    rig.create("one")
    rig.create("two")
    await rig.pass_time(0.2)
    *_, unit = await drained(reader)
    assert told([unit]) == [(CREATED, None), (CREATED, None)]
    assert (unit.format.codec, unit.key_frame) == (Codec.METADATA, True)
    assert unit.utc_us == rig.clock.utc_us() - 200_000


async def test_a_reader_that_joins_hears_all_properties(rig: Rig) -> None:
    rig.events.set_property(FAILURE, source=STORAGE, data=(("Failed", False),))
    for name in ("first", "second"):
        reader = rig.source.hub.open_reader(name)
        await rig.pass_time(0.2)
        assert told(await drained(reader)) == [(FAILURE, "Initialized")]


async def test_a_synchronization_point_tells_all_properties(rig: Rig) -> None:
    rig.events.set_property(FAILURE, source=STORAGE, data=(("Failed", False),))
    reader = rig.source.hub.open_reader("test")
    await rig.pass_time(1)
    await drained(reader)
    rig.source.hub.request_key_frame()
    await rig.pass_time(0.2)
    assert told(await drained(reader)) == [(FAILURE, "Initialized")]


async def test_properties_are_told_once_a_minute_and_between_only_what_changes(rig: Rig) -> None:
    rig.events.set_property(FAILURE, source=STORAGE, data=(("Failed", False),))
    reader = rig.source.hub.open_reader("test")
    await rig.pass_time(SYNCHRONIZATION_PERIOD_S - 1)
    assert told(await drained(reader)) == [(FAILURE, "Initialized")]
    rig.events.set_property(FAILURE, source=STORAGE, data=(("Failed", True),))
    await rig.pass_time(2)
    assert told(await drained(reader)) == [(FAILURE, "Changed"), (FAILURE, "Initialized")]


async def test_deleted_footage_is_not_told_so_that_nothing_feeds_itself(rig: Rig) -> None:
    reader = rig.source.hub.open_reader("test")
    await rig.pass_time(1)
    await drained(reader)
    rig.events.publish(DELETED_DATA, source=(("RecordingToken", "one"), ("TrackToken", "META001")))
    await rig.pass_time(1)
    assert await drained(reader) == []
    assert DELETED_DATA not in rig.source.topics
    assert CREATED in rig.source.topics


async def test_a_storm_is_bounded_and_ends_with_the_properties(rig: Rig) -> None:
    rig.events.set_property(FAILURE, source=STORAGE, data=(("Failed", False),))
    reader = rig.source.hub.open_reader("test", max_units=2_000)
    await rig.pass_time(0.2)
    await drained(reader)
    for number in range(MAX_WAITING + 50):
        rig.create(str(number))
    assert rig.source.lost_events == 50
    await rig.pass_time(PERIOD_S * (MAX_WAITING / MAX_EVENTS_PER_DOCUMENT + 2))
    units = await drained(reader)
    assert len(told(units)) == MAX_WAITING + 1
    assert told(units)[-1] == (FAILURE, "Initialized")
    assert max(len(told([unit])) for unit in units) == MAX_EVENTS_PER_DOCUMENT


async def test_a_stream_in_which_nothing_happens_says_so(rig: Rig) -> None:
    reader = rig.source.hub.open_reader("test")
    await rig.pass_time(KEEP_ALIVE_S * 3 + 1)
    units = await drained(reader)
    assert len(units) == 4
    assert {len(etree.fromstring(unit.data)) for unit in units} == {0}
    assert all(b.mono_ns > a.mono_ns for a, b in itertools.pairwise(units))


async def test_without_readers_nothing_is_gathered(rig: Rig) -> None:
    for number in range(100):
        rig.create(str(number))
    await rig.pass_time(1)
    reader = rig.source.hub.open_reader("test")
    await rig.pass_time(1)
    assert told(await drained(reader)) == []


async def test_the_block_is_described_where_it_is_in_the_newest_picture() -> None:
    rig = Rig(analytics=True)
    reader = rig.source.hub.open_reader("test")
    rig.newest_us = 1_767_225_603_000_000
    await rig.pass_time(0.6)
    (unit,) = await drained(reader)  # one picture is described once
    frame = etree.fromstring(unit.data).find(f"{TT}VideoAnalytics/{TT}Frame")
    assert frame is not None
    assert frame.get("UtcTime") == "2026-01-01T00:00:03Z"
    box, pixels = frame.find(f".//{TT}BoundingBox"), block_at(rig.newest_us, 1280, 720)
    assert box is not None
    left, right, top, bottom = (float(box.get(side) or "") for side in ("left", "right", "top", "bottom"))
    assert (round((left + 1) * 640), round((right + 1) * 640)) == (pixels.left, pixels.right)
    assert (round((1 - top) * 360), round((1 - bottom) * 360)) == (pixels.top, pixels.bottom)
    assert -1 <= left < right <= 1
    assert -1 <= bottom < top <= 1


async def test_documents_are_what_the_schema_says() -> None:
    rig = Rig(analytics=True)
    rig.events.set_property(FAILURE, source=STORAGE, data=(("Failed", False),))
    reader = rig.source.hub.open_reader("test")
    rig.newest_us = 1_767_225_603_040_000
    rig.create("a & b")
    await rig.pass_time(KEEP_ALIVE_S * 2)
    units = await drained(reader)
    assert len(units) >= 2
    for unit in units:
        assert not unit.data.startswith(b"<?xml")
        assert problems(unit.data) == []
    assert problems(units[0].data.replace(b"UtcTime", b"Utc")) != []


async def test_it_runs_until_it_is_cancelled(rig: Rig) -> None:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(rig.source.run())
        await rig.clock.advance(1)
        task.cancel()
    assert rig.source.hub.health().units == 1
    assert rig.source.heartbeat.beats >= 5
