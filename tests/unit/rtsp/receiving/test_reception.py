"""When receivers connect, for how long they wait, and what they tell."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from tests.unit.rtsp.receiving.network import SOUND, VIDEO, ReceivingStation, source

from argus.base.errors import InvalidValue
from argus.base.tokens import ReceiverToken
from argus.rtsp.client.media import ClientTransport
from argus.store.recording.receiver import ReceiverMode, ReceiverState

A_MOMENT_S = 0.3  # more than the time to settle


async def connected(station: ReceivingStation, host: str = "camera", mode: str = "AlwaysConnect") -> ReceiverToken:
    """A receiver whose device plays a picture."""
    token = await station.create(host, mode)
    await station.clock.advance(A_MOMENT_S)
    station.network.last.open(VIDEO)
    station.network.last.deliver(VIDEO)
    station.states()
    return token


def tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("receiver ")]


async def test_a_receiver_connects_and_tells_every_step(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await station.create()
        assert station.receivers.state(token) is ReceiverState.NOT_CONNECTED, "nothing is probed while a client waits"
        await station.clock.advance(A_MOMENT_S)
        assert station.receivers.state(token) is ReceiverState.CONNECTING
        station.network.last.open(VIDEO)
        assert station.states() == ["Connecting", "Connected"]
    assert station.states() == ["NotConnected"]
    assert not station.network.running()


async def test_what_is_stored_is_connected_at_start_up(station: ReceivingStation) -> None:
    await station.create("one")
    await station.create("two", "NeverConnect")
    assert not station.network.clients
    async with station.at_work():
        await station.clock.advance(A_MOMENT_S)
        assert [client.uri for client in station.network.running()] == ["rtsp://one/live"]


@pytest.mark.parametrize(
    ("protocol", "transport"),
    [("UDP", ClientTransport.UDP), ("RTSP", ClientTransport.TCP), ("HTTP", ClientTransport.HTTP)],
)
async def test_the_transport_is_the_configured_one(
    station: ReceivingStation, protocol: str, transport: ClientTransport
) -> None:
    async with station.at_work():
        await station.create(protocol=protocol)
        await station.clock.advance(A_MOMENT_S)
        assert station.network.last.transport is transport


async def test_a_receiver_that_may_not_or_cannot_connect_does_not(station: ReceivingStation) -> None:
    async with station.at_work():
        await station.create(mode="NeverConnect")
        await station.create(host="")
        await station.create(mode="AutoConnect")
        await station.clock.advance(100)
        assert not station.network.clients
        assert station.states() == []


async def test_demand_connects_once_however_many_want_it_and_its_end_disconnects_within_a_second(
    station: ReceivingStation,
) -> None:
    station.network.hang_up_s = 0.2
    async with station.at_work():
        token = await station.create(mode="AutoConnect")
        for _ in range(3):
            station.want(token)
            await station.clock.advance(A_MOMENT_S)
        station.network.last.open(VIDEO)
        station.want(token)
        await station.clock.advance(20)
        assert len(station.network.clients) == 1
        station.want()
        assert station.receivers.state(token) is ReceiverState.NOT_CONNECTED
        await station.clock.advance(1)
        assert not station.network.running()
        assert station.states() == ["Connecting", "Connected", "NotConnected"]
        await station.clock.advance(100)
        assert len(station.network.clients) == 1


async def test_attempts_follow_in_growing_intervals_for_ever(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await station.create()
        started: list[float] = []
        for tenth in range(2000):
            for client in station.network.running():
                started.append(tenth / 10)
                client.fail()
            await station.clock.advance(0.1)
            assert station.receivers.state(token) is not ReceiverState.CONNECTED
        gaps = [round(later - earlier) for earlier, later in pairwise(started)]
        assert gaps[:7] == [1, 2, 4, 8, 15, 15, 15]
        assert station.failures() == 4, "the first, then one a minute"
        assert station.receivers.state(token) is ReceiverState.NOT_CONNECTED
        assert station.states()[:4] == ["Connecting", "NotConnected"] * 2


async def test_a_lost_connection_is_made_again_and_a_good_run_forgives_earlier_failures(
    station: ReceivingStation,
) -> None:
    async with station.at_work():
        await station.create()
        for wait_s in (A_MOMENT_S, 1.1, 2.1, 4.1):
            await station.clock.advance(wait_s)
            assert len(station.network.running()) == 1
            if wait_s < 4:
                station.network.last.fail()
        station.network.last.open(VIDEO)
        for _ in range(11):
            station.network.last.deliver(VIDEO)
            await station.clock.advance(1)
        station.network.last.end.set_result(None)
        await station.clock.advance(1.1)
        assert (len(station.network.clients), len(station.network.running())) == (5, 1)


async def test_a_connection_that_never_lasts_does_not_shorten_the_waits(station: ReceivingStation) -> None:
    async with station.at_work():
        await station.create()
        for wait_s in (A_MOMENT_S, 1.1, 2.1, 4.1, 8.1):
            await station.clock.advance(wait_s)
            station.network.last.open(VIDEO)
            station.network.last.deliver(VIDEO)
            station.network.last.fail()
        await station.clock.advance(14)
        assert len(station.network.clients) == 5


async def test_an_address_that_turns_out_forbidden_is_a_failure_like_others(station: ReceivingStation) -> None:
    station.network.refusal = InvalidValue("receiver uri", "the address leads to this station itself")
    async with station.at_work():
        token = await station.create()
        await station.clock.advance(A_MOMENT_S)
        assert (station.failures(), station.states()) == (1, [])
        assert "itself" in station.sources.failure(source(token))
        station.network.refusal = None
        await station.clock.advance(1)
        assert len(station.network.running()) == 1


async def test_an_error_nobody_foresaw_disturbs_no_other_receiver(station: ReceivingStation) -> None:
    async with station.at_work():
        await connected(station, "healthy")
        token = await station.create("strange")
        await station.clock.advance(A_MOMENT_S)
        station.network.last.fail(ZeroDivisionError("what"))
        await station.clock.advance(0.1)
        assert station.receivers.state(token) is ReceiverState.NOT_CONNECTED
        assert (station.failures(), bool(station.sources.failure(source(token)))) == (1, True)
        await station.clock.advance(2)
        assert [client.uri for client in station.network.running()] == ["rtsp://healthy/live", "rtsp://strange/live"]
        assert len(station.network.clients) == 3


async def test_another_address_is_connected_to_when_the_old_connection_is_closed(station: ReceivingStation) -> None:
    station.network.hang_up_s = 0.5
    async with station.at_work():
        token = await connected(station)
        old = station.network.last
        await station.configure(token, "other")
        assert station.receivers.state(token) is ReceiverState.NOT_CONNECTED
        await station.clock.advance(0.4)
        assert station.network.running() == [old]
        old.deliver(VIDEO)
        old.open(VIDEO, SOUND)
        assert station.receivers.state(token) is ReceiverState.NOT_CONNECTED, "the old one has nothing to say any more"
        await station.clock.advance(0.5)
        assert [client.uri for client in station.network.running()] == ["rtsp://other/live"]
        assert station.failures() == 0


async def test_configuring_tries_again_at_once(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await station.create()
        for _ in range(6):
            await station.clock.advance(40)
            station.network.last.fail()
        await station.clock.advance(1)
        assert not station.network.running()
        await station.configure(token, "camera", "AutoConnect")
        station.want(token)
        await station.clock.advance(A_MOMENT_S)
        assert len(station.network.running()) == 1
        station.network.last.fail()
        await station.clock.advance(1.1)
        assert len(station.network.running()) == 1, "the waits begin anew, too"


async def test_what_does_not_concern_the_connection_leaves_it_alone(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connected(station)
        station.want(token)
        await station.receivers.set_mode(token, ReceiverMode.AUTO_CONNECT)
        await station.clock.advance(5)
        assert (len(station.network.clients), station.states()) == (1, [])
        await station.configure(token, "camera", "AutoConnect", protocol="HTTP")
        await station.clock.advance(A_MOMENT_S)
        assert station.network.running() == [station.network.last]
        assert station.network.last.transport is ClientTransport.HTTP


async def test_a_change_of_mind_causes_one_connection(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await station.create("one")
        for host in ("two", "three"):
            await station.configure(token, host)
        await station.receivers.set_mode(token, ReceiverMode.NEVER_CONNECT)
        await station.receivers.set_mode(token, ReceiverMode.ALWAYS_CONNECT)
        await station.clock.advance(A_MOMENT_S)
        assert [client.uri for client in station.network.clients] == ["rtsp://three/live"]


async def test_a_deleted_receiver_hangs_up_and_leaves_nothing(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connected(station)
        await station.receivers.delete(token)
        assert station.states() == ["NotConnected"]
        await station.clock.advance(0)
        assert not station.network.running()
        assert tasks() == []
        await station.clock.advance(100)
        assert len(station.network.clients) == 1
        assert station.states() == []


async def test_nothing_runs_any_more_when_receiving_is_over(station: ReceivingStation) -> None:
    async with station.at_work():
        for host in ("one", "two", "three"):
            await connected(station, host)
        assert len(tasks()) == 3
    assert tasks() == []
    assert not station.network.running()


async def test_a_device_that_falls_silent_is_connected_to_anew(station: ReceivingStation) -> None:
    async with station.at_work():
        token = await connected(station)
        await station.clock.advance(29)
        assert len(station.network.clients) == 1
        await station.clock.advance(3)
        assert len(station.network.clients) == 2
        assert station.failures() == 1
        assert station.receivers.state(token) is ReceiverState.CONNECTING
