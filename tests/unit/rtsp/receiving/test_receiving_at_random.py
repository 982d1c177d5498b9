"""Whatever clients, jobs and devices do, a receiver has one connection at most, and the right state in the end."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.rtsp.receiving.network import VIDEO, ReceivingStation, configuration

from argus.base.errors import NotFound
from argus.base.tokens import ReceiverToken
from argus.store.recording.receiver import ReceiverMode, ReceiverState

RECEIVERS = 3
WHICH = st.integers(0, RECEIVERS - 1)
STEPS = st.one_of(
    st.tuples(st.just("mode"), WHICH, st.sampled_from(list(ReceiverMode))),
    st.tuples(st.just("address"), WHICH, st.sampled_from(["", "a", "b"])),
    st.tuples(st.just("demand"), WHICH, st.booleans()),
    st.tuples(st.just("open"), WHICH, st.none()),
    st.tuples(st.just("deliver"), WHICH, st.none()),
    st.tuples(st.just("fail"), WHICH, st.none()),
    st.tuples(st.just("delete"), WHICH, st.none()),
    st.tuples(st.just("wait"), st.just(0), st.floats(0, 40)),
)


class Play:
    """A station and its devices, turned at random. The host of a receiver's address begins with its number."""

    def __init__(self, path: Path, hang_up_s: float) -> None:
        self.station = ReceivingStation(path)
        self.station.network.hang_up_s = hang_up_s
        self.tokens: list[ReceiverToken] = []

    async def run(self, steps: list[tuple[str, int, object]]) -> None:
        station = self.station
        async with station.at_work():
            self.tokens = [await station.create(f"r{number}", "AutoConnect") for number in range(RECEIVERS)]
            for name, which, value in steps:
                await self.step(name, which, value)
                self.check_always()
            for client in station.network.running():
                client.open(VIDEO)
            for _ in range(75):
                for client in station.network.running():
                    client.open(VIDEO)
                    client.deliver(VIDEO)
                await station.clock.advance(1)
            self.check_at_rest()
        assert not station.network.running()
        assert not any(station.network.connected.values())

    async def step(self, name: str, which: int, value: object) -> None:
        station, token = self.station, self.tokens[which]
        clients = [client for client in station.network.running() if self.number(client.uri) == which]
        try:
            if name == "mode":
                assert isinstance(value, ReceiverMode)
                await station.receivers.set_mode(token, value)
            elif name == "address":
                mode = station.receivers.receiver(token).configuration.mode
                await station.receivers.configure(token, configuration(f"r{which}.{value}" if value else "", mode))
            elif name == "delete":
                await station.receivers.delete(token)
        except NotFound:
            assert not station.receivers.exists(token)
        if name == "demand":
            station.demand.add(token) if value else station.demand.discard(token)
            station.receivers.demand_changed()
        for client in clients:
            if name == "open":
                client.open(VIDEO)
            elif name == "deliver":
                client.deliver(VIDEO)
            elif name == "fail":
                client.fail()
        await station.clock.advance(value if isinstance(value, float) else 0)

    @staticmethod
    def number(uri: str) -> int:
        return int(uri.removeprefix("rtsp://r")[0])

    def check_always(self) -> None:
        numbers = [self.number(client.uri) for client in self.station.network.running()]
        assert len(numbers) == len(set(numbers)), "two connections for one receiver"

    def check_at_rest(self) -> None:
        receivers = self.station.receivers
        wanted = {
            receiver.configuration.media_uri
            for receiver in receivers.all()
            if receivers.wants_connection(receiver.token)
        }
        assert {client.uri for client in self.station.network.running()} == wanted
        for receiver in receivers.all():
            is_wanted = receiver.configuration.media_uri in wanted
            expected = ReceiverState.CONNECTED if is_wanted else ReceiverState.NOT_CONNECTED
            assert receivers.state(receiver.token) is expected


@settings(max_examples=25, deadline=None)
@given(st.lists(STEPS, max_size=40), st.sampled_from([0.0, 0.0, 0.3, 5.0]))
def test_a_receiver_has_one_connection_at_most_and_the_right_one_in_the_end(
    steps: list[tuple[str, int, object]], hang_up_s: float
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        play = Play(Path(folder) / "receivers.sqlite", hang_up_s)
        try:
            asyncio.run(play.run(steps))
        finally:
            play.station.database.close()
