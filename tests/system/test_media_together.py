"""The streams of the simulated board's profiles agree about what was when."""

from __future__ import annotations

import asyncio

from lxml import etree

from argus.base.access_unit import AccessUnit, Codec, MediaKind
from argus.base.clock import SystemClock
from argus.base.events import EventBus
from argus.base.tokens import ProfileToken
from argus.base.units import to_iso
from argus.media.hub import StreamHub
from argus.media.testcard import block_at
from argus.station.board import find_board, load_board
from argus.station.media_parts import MediaParts, make_media
from argus.station.services import LIVE_TOPICS

TT = "{http://www.onvif.org/ver10/schema}"
FAILURE = "Device/HardwareFailure/StorageFailure"


async def taken(hub: StreamHub, seconds: float) -> list[AccessUnit]:
    reader = hub.open_reader("test")
    units = [await reader.read()]
    while units[-1].mono_ns - units[0].mono_ns < seconds * 1e9:
        units.append(await reader.read())
    return units


async def streams_of(media: MediaParts, profile: str, seconds: float) -> dict[MediaKind, list[AccessUnit]]:
    """What every stream of a profile delivers, the media room being started for it."""
    token = ProfileToken(profile)
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(part.run()) for part in media.subsystems]
        found = await asyncio.gather(*(taken(hub, seconds) for hub in media.profiles.hubs(token)))
        for task in running:
            task.cancel()
    return dict(zip(media.profiles.kinds(token), found, strict=True))


async def test_picture_sound_and_metadata_of_a_profile_agree() -> None:
    clock = SystemClock()
    events = EventBus(clock)
    events.set_property(FAILURE, source=(("Token", "card"),), data=(("Failed", False),))
    media = make_media(load_board(find_board("simulated")), clock, events, LIVE_TOPICS)
    units = await streams_of(media, "Main", 2.0)
    assert [stream[0].format.codec for stream in units.values()] == [Codec.H264, Codec.PCMU, Codec.METADATA]
    # One capture clock for all: what is added to monotonic time is the same in each stream at the same time.
    offsets_us = [unit.utc_us - unit.mono_ns // 1_000 for stream in units.values() for unit in stream]
    assert max(offsets_us) - min(offsets_us) < 10_000
    # Sound comes without delay beside the picture, by its times.
    starts_us = [stream[0].utc_us for stream in units.values()]
    assert max(starts_us) - min(starts_us) < 3_000_000
    documents = [etree.fromstring(unit.data) for unit in units[MediaKind.METADATA]]
    assert [one.text for document in documents for one in document.iter("{*}Topic")] == [f"tns1:{FAILURE}"]
    check_the_block(documents, units[MediaKind.VIDEO])


def check_the_block(documents: list[etree._Element], pictures: list[AccessUnit]) -> None:
    """Each frame described is a picture of the stream, and the box is the block in it."""
    captured = {to_iso(unit.utc_us)[:-1]: unit.utc_us for unit in pictures}
    width, height = pictures[0].format.width, pictures[0].format.height
    described = 0
    for frame in (frame for document in documents for frame in document.iter(f"{TT}Frame")):
        utc_us = captured.get((frame.get("UtcTime") or "")[:23])
        if utc_us is None:
            continue  # captured before the first picture we read, or after the last
        described += 1
        box = frame.find(f".//{TT}BoundingBox")
        assert box is not None
        block = block_at(utc_us, width, height)
        assert abs((float(box.get("left") or "") + 1) * width / 2 - block.left) < 1
        assert abs((1 - float(box.get("top") or "")) * height / 2 - block.top) < 1
    assert described >= 5
