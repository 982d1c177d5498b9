"""Receivers as sources: what is expected of their streams, and reading them over reconnections."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.rtsp.receiving.network import EVENTS, SOUND, VIDEO, ReceivingStation, source

from argus.base.access_unit import Codec, MediaKind
from argus.base.errors import NotFound, Unavailable
from argus.base.tokens import ReceiverToken
from argus.rtsp.client.media import ReceivedMedia
from argus.rtsp.receiving.reception import SILENT
from argus.store.recording.media_source import SourceMedia, SourcePhase
from argus.store.recording.receiver import ReceiverMode
from argus.store.recording.recordings import PROFILE_SOURCE, SourceRef

NOBODY = ReceiverToken("nobody")
SECOND_VIDEO = ReceivedMedia(tag="trackID=9", kind=MediaKind.VIDEO, codec=Codec.H265)
A_MOMENT_S = 0.3


async def connecting(station: ReceivingStation, mode: str = "AlwaysConnect") -> ReceiverToken:
    token = await station.create(mode=mode)
    await station.clock.advance(A_MOMENT_S)
    return token


async def play(station: ReceivingStation, seconds: float, *media: ReceivedMedia) -> None:
    """Deliver a unit of each medium every second."""
    for _ in range(int(seconds)):
        for one in media or (VIDEO,):
            station.network.last.deliver(one)
        await station.clock.advance(1)


async def test_what_is_no_receiver_is_absent(station: ReceivingStation) -> None:
    token = await station.create()
    for nothing in (source(NOBODY), SourceRef(type=PROFILE_SOURCE, token=token)):
        assert not station.sources.exists(nothing)
        assert station.sources.phase(nothing, MediaKind.VIDEO, "") is SourcePhase.ABSENT
        assert station.sources.media(nothing) == ()
        assert station.sources.failure(nothing) == ""
        with pytest.raises(NotFound):
            station.sources.open_reader(nothing, MediaKind.VIDEO, "", "test")
    assert station.sources.exists(source(token))
    assert station.sources.compatible() == ()


async def test_mode_and_address_come_before_everything(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await station.create(host="", mode="NeverConnect")
        assert station.phase(token) is SourcePhase.OFF
        await station.receivers.set_mode(token, ReceiverMode.AUTO_CONNECT)
        assert station.phase(token) is SourcePhase.UNCONFIGURED
        await station.configure(token, "camera", "AutoConnect")
        assert station.phase(token) is SourcePhase.CONNECTING
        await station.receivers.set_mode(token, ReceiverMode.NEVER_CONNECT)
        assert station.phase(token) is SourcePhase.OFF


async def test_a_stream_goes_from_connecting_to_delivering_with_its_first_unit(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connecting(station)
        assert station.phase(token) is SourcePhase.CONNECTING
        assert station.sources.media(source(token)) == ()
        station.network.last.open(VIDEO, EVENTS)
        assert station.phase(token) is SourcePhase.CONNECTING
        assert station.phase(token, MediaKind.METADATA) is SourcePhase.DELIVERING, "metadata may be silent"
        assert station.phase(token, MediaKind.AUDIO) is SourcePhase.LACKING
        assert station.phase(token, tag="trackID=1") is SourcePhase.CONNECTING
        assert station.phase(token, tag="trackID=2") is SourcePhase.LACKING
        turns = station.turns
        station.network.last.deliver(VIDEO)
        assert station.phase(token) is SourcePhase.DELIVERING
        assert station.turns == turns + 1
        station.network.last.deliver(VIDEO)
        assert station.turns == turns + 1, "nothing has changed"
        assert station.sources.media(source(token)) == (
            SourceMedia(tag="trackID=1", kind=MediaKind.VIDEO),
            SourceMedia(tag="trackID=3", kind=MediaKind.METADATA),
        )


async def test_a_lost_device_is_waited_for_and_then_failed(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connecting(station)
        station.network.last.open(VIDEO, EVENTS)
        await play(station, 3)
        station.network.last.fail(Unavailable("receiver", "the connection was lost"))
        station.network.refusal = Unavailable("receiver", "nobody answers")
        lost_us = station.clock.utc_us()
        await station.clock.advance(8)
        for kind in (MediaKind.VIDEO, MediaKind.METADATA):
            assert station.phase(token, kind) is SourcePhase.DELIVERING
        turns = station.turns
        await station.clock.advance(3)
        for kind in (MediaKind.VIDEO, MediaKind.METADATA):
            assert station.phase(token, kind) is SourcePhase.FAILED
        assert station.turns > turns, "time alone changes phases, and that is told"
        assert station.sources.failure(source(token)) == "nobody answers"
        reception = station.receiving.reception(token)
        assert reception is not None
        assert reception.failing_since_us == lost_us, "the first of the failures in a row"
        assert len(station.sources.media(source(token))) == 2, "what it had is still known"
        station.network.refusal = None
        await station.clock.advance(60)
        station.network.last.open(VIDEO)
        assert (station.sources.failure(source(token)), reception.failing_since_us) == ("", None)
        assert station.phase(token) is SourcePhase.CONNECTING
        station.network.last.deliver(VIDEO)
        assert station.phase(token) is SourcePhase.DELIVERING


async def test_a_device_that_never_answered_has_failed_with_the_first_attempt(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connecting(station)
        station.network.last.fail()
        await station.clock.advance(0.1)
        assert station.phase(token) is SourcePhase.FAILED
        await station.clock.advance(1.1)
        assert len(station.network.running()) == 1
        assert station.phase(token) is SourcePhase.FAILED, "the next attempt is no success yet"
        await station.configure(token, "other")
        assert station.phase(token) is SourcePhase.CONNECTING


async def test_a_receiver_led_to_another_address_delivers_for_ten_more_seconds(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connecting(station)
        station.network.last.open(VIDEO)
        await play(station, 5)
        await station.configure(token, "other")
        assert station.phase(token) is SourcePhase.DELIVERING
        assert station.sources.media(source(token)) == ()
        await station.clock.advance(5)
        station.network.last.open(SECOND_VIDEO)
        assert station.phase(token) is SourcePhase.DELIVERING
        station.network.last.deliver(SECOND_VIDEO)
        await station.clock.advance(8)
        assert station.phase(token) is SourcePhase.DELIVERING
        await station.configure(token, "third")
        await station.clock.advance(3)
        assert station.phase(token) is SourcePhase.CONNECTING


async def test_a_stream_that_stops_has_failed_though_its_neighbour_goes_on(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connecting(station)
        station.network.last.open(VIDEO, SOUND, SECOND_VIDEO)
        await play(station, 2, VIDEO, SOUND)
        await play(station, 12, SOUND)
        assert station.phase(token) is SourcePhase.FAILED
        assert station.phase(token, tag="trackID=9") is SourcePhase.FAILED, "it never came"
        assert station.phase(token, MediaKind.AUDIO) is SourcePhase.DELIVERING
        assert station.sources.failure(source(token)) == SILENT
        await play(station, 30, SOUND)
        assert len(station.network.clients) == 1, "a connection that delivers something is kept"
        station.network.last.deliver(VIDEO)
        assert station.phase(token) is SourcePhase.DELIVERING


async def test_a_reader_stays_over_reconnections_and_another_device(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await station.create()
        reader = station.sources.open_reader(source(token), MediaKind.VIDEO, "", "test")
        await station.clock.advance(A_MOMENT_S)
        station.network.last.open(SOUND, VIDEO, SECOND_VIDEO)
        station.network.last.deliver(SOUND)
        station.network.last.deliver(SECOND_VIDEO)
        station.network.last.deliver(VIDEO, key=False)
        first = station.network.last.deliver(VIDEO)
        assert await reader.read() is first
        station.network.last.fail()
        await station.clock.advance(1.1)
        station.network.last.open(VIDEO)
        second = station.network.last.deliver(VIDEO)
        assert await reader.read() is second
        await station.configure(token, "other")
        await station.clock.advance(A_MOMENT_S)
        station.network.last.open(SECOND_VIDEO)
        third = station.network.last.deliver(SECOND_VIDEO)
        assert await reader.read() is third
        await station.receivers.delete(token)
        with pytest.raises(Unavailable):
            await reader.read()


async def test_what_was_captured_before_the_last_delivered_is_dropped(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connecting(station)
        readers = [station.sources.open_reader(source(token), kind, "", "test") for kind in (VIDEO.kind, SOUND.kind)]
        client = station.network.last
        client.open(VIDEO, SOUND)
        delivered = client.deliver(VIDEO)
        assert await readers[0].read() is delivered
        client.fail()
        await station.clock.advance(2)
        client = station.network.last
        client.open(VIDEO, SOUND)
        for late_s in (4, 3, 2.001):
            client.deliver(VIDEO, late_s=late_s)
        client.deliver(VIDEO, key=False, late_s=1.9)
        first = client.deliver(VIDEO, late_s=1)
        assert await readers[0].read() is first, "at a key frame"
        sound = client.deliver(SOUND, late_s=2.5)
        assert await readers[1].read() is sound, "its own medium counts"
        assert station.phase(token) is SourcePhase.DELIVERING


async def test_the_wall_clock_may_be_set_back(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connecting(station)
        reader = station.sources.open_reader(source(token), MediaKind.VIDEO, "", "test")
        station.network.last.open(VIDEO)
        before = station.network.last.deliver(VIDEO)
        await station.clock.advance(1)
        station.clock.step(-3_600)
        after = station.network.last.deliver(VIDEO)
        assert after.utc_us < before.utc_us
        assert [await reader.read(), await reader.read()] == [before, after]


async def test_readers_choose_by_kind_and_tag_and_join_at_any_time(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connecting(station)
        client = station.network.last
        client.open(VIDEO, SECOND_VIDEO, SOUND)
        readers = [
            station.sources.open_reader(source(token), kind, tag, "test")
            for kind, tag in (
                (MediaKind.VIDEO, ""),
                (MediaKind.VIDEO, "trackID=1"),
                (MediaKind.VIDEO, "trackID=9"),
                (MediaKind.AUDIO, ""),
                (MediaKind.AUDIO, "trackID=1"),
            )
        ]
        units = [client.deliver(media) for media in (VIDEO, SECOND_VIDEO, SOUND)]
        assert [await reader.read() for reader in readers[:4]] == [units[0], units[0], units[1], units[2]]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await readers[4].read()
        late = station.sources.open_reader(source(token), MediaKind.VIDEO, "", "late")
        again = client.deliver(VIDEO)
        assert await late.read() is again


async def test_a_reader_that_joins_asks_the_device_for_a_key_frame(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connecting(station)
        client = station.network.last
        client.open(SOUND, VIDEO)
        station.sources.open_reader(source(token), MediaKind.VIDEO, "", "early")
        assert client.asked == [VIDEO]
        await station.configure(token, "other")
        await station.clock.advance(A_MOMENT_S)
        station.network.last.open(VIDEO)
        station.sources.open_reader(source(token), MediaKind.VIDEO, "trackID=1", "late")
        assert station.network.last.asked == [VIDEO]
        assert client.asked == [VIDEO], "the device of before is left in peace"


async def test_tags_that_nobody_reads_any_more_are_not_kept(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connecting(station)
        station.network.last.open(VIDEO)
        reception = station.receiving.reception(token)
        assert reception is not None
        for number in range(100):
            station.sources.open_reader(source(token), MediaKind.VIDEO, f"tag {number}", "test").close()
        assert len(reception._channels._hubs) <= 1
