"""A microphone is kept running, and its packets reach the hubs in order and with the times of what is heard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.unit.media.test_audio_settings import AAC as AAC_STREAM
from tests.unit.media.test_audio_settings import G711 as G711_STREAM
from tests.unit.media.test_audio_settings import MICROPHONE
from tests.unit.media.test_source import until

from argus.base.access_unit import Codec
from argus.base.clock import SimulatedClock
from argus.base.errors import ArgusError, NotFound, NotSupported, Unavailable
from argus.base.tokens import AudioStreamToken
from argus.media.audio_encoders import AudioDriver, AudioSelfTest
from argus.media.audio_launch import ListenPlan
from argus.media.audio_settings import AudioStreamSettings
from argus.media.audio_source import STALL_S, AudioSource, DeliverAudio
from argus.media.capture_clock import CaptureClock

G711, AAC_TOKEN = G711_STREAM.token, AAC_STREAM.token
CONFIGURATION = bytes.fromhex("1408")
NS = 1_000_000_000


class FakeListening:
    """A pipeline whose sound the test makes."""

    def __init__(self, plan: ListenPlan, deliver: DeliverAudio, start_error: ArgusError | None) -> None:
        self.failure: ArgusError | None = None
        self.plan = plan
        self.deliver = deliver
        self.calls: list[str] = []
        self._start_error = start_error

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        self.calls.append("attach")

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        self.calls.append("detach")

    def start(self) -> None:
        self.calls.append("start")
        if self._start_error is not None:
            raise self._start_error

    def stop(self) -> None:
        self.calls.append("stop")


class FakeEngine:
    """Audio encoders by name, and whether they pass their self-test."""

    def __init__(self) -> None:
        self.encoders = {"mulawenc": True, "voaacenc": False, "avenc_aac": True}
        self.tested: list[str] = []
        self.pipelines: list[FakeListening] = []
        self.start_errors: list[ArgusError] = []

    def installed_audio_encoders(self) -> frozenset[str]:
        return frozenset(self.encoders)

    def audio_self_test(self, driver: AudioDriver, stream: AudioStreamSettings) -> AudioSelfTest:
        self.tested.append(driver.element)
        return AudioSelfTest(element=driver.element, usable=self.encoders[driver.element], detail="tried")

    def listen(self, plan: ListenPlan, times: CaptureClock, deliver: DeliverAudio) -> FakeListening:
        error = self.start_errors.pop(0) if self.start_errors else None
        self.pipelines.append(FakeListening(plan, deliver, error))
        return self.pipelines[-1]


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def microphone(clock: SimulatedClock, engine: FakeEngine) -> AudioSource:
    return AudioSource(MICROPHONE, (G711_STREAM, AAC_STREAM), clock, engine)


@asynccontextmanager
async def running(source: AudioSource, engine: FakeEngine) -> AsyncIterator[FakeListening]:
    """The microphone in operation; cancelled at the end."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(source.run())
        await until(lambda: source.health().running)
        yield engine.pipelines[-1]
        task.cancel()


async def test_packets_carry_the_time_at_which_they_are_heard(
    clock: SimulatedClock, engine: FakeEngine, microphone: AudioSource
) -> None:
    async with running(microphone, engine) as pipeline:
        readers = [microphone.hub(token).open_reader("test") for token in (G711, AAC_TOKEN)]
        pipeline.deliver(0, b"u" * 320, 2 * NS, b"")
        pipeline.deliver(1, b"block", 2 * NS, CONFIGURATION)
        g711, aac = [await reader.read() for reader in readers]
        assert g711.mono_ns == 2 * NS
        assert g711.utc_us == clock.utc_us() + 1_000_000
        assert (g711.format.codec, g711.format.clock_hz, g711.format.parameter_sets) == (Codec.PCMU, 8_000, ())
        # avenc_aac, the one that passed its test, begins with 1024 samples that nobody spoke
        assert aac.mono_ns == 2 * NS - 64_000_000
        assert (aac.format.clock_hz, aac.format.parameter_sets) == (16_000, (CONFIGURATION,))
    assert engine.tested == ["mulawenc", "voaacenc", "avenc_aac"]


async def test_the_first_packet_of_each_second_is_a_key_frame(engine: FakeEngine, microphone: AudioSource) -> None:
    async with running(microphone, engine) as pipeline:
        reader = microphone.hub(G711).open_reader("test")
        for number in range(60):
            pipeline.deliver(0, b"u" * 320, 2 * NS + number * NS // 25, b"")
        units = [await reader.read() for _ in range(60)]
    assert [number for number, unit in enumerate(units) if unit.key_frame] == [0, 25, 50]


async def test_a_reader_that_joins_waits_for_one_packet_only(engine: FakeEngine, microphone: AudioSource) -> None:
    async with running(microphone, engine) as pipeline:
        pipeline.deliver(0, b"first", 2 * NS, b"")
        await until(lambda: microphone.hub(G711).health().units == 1)
        reader = microphone.hub(G711).open_reader("test")
        pipeline.deliver(0, b"second", 2 * NS + 40_000_000, b"")
        assert (await reader.read()).data == b"second"


async def test_times_rise_even_where_an_encoder_repeats_one(engine: FakeEngine, microphone: AudioSource) -> None:
    async with running(microphone, engine) as pipeline:
        reader = microphone.hub(G711).open_reader("test")
        for time_ns in (2 * NS, 2 * NS, NS):
            pipeline.deliver(0, b"u", time_ns, b"")
        times = [(await reader.read()).mono_ns for _ in range(3)]
    assert times == sorted(set(times))


async def test_a_microphone_that_falls_silent_is_started_anew(
    clock: SimulatedClock, engine: FakeEngine, microphone: AudioSource
) -> None:
    async with running(microphone, engine) as pipeline:
        await clock.advance(STALL_S + 0.3)
        await until(lambda: "stop" in pipeline.calls)
        await until(lambda: microphone.health().failure is not None)
        assert "no sound for 5 s" in (microphone.health().failure or "")
        await until(lambda: not microphone.health().running)
        await clock.advance(1.0)
        await until(lambda: len(engine.pipelines) == 2 and microphone.health().running)
    assert microphone.health().starts == 2
    assert pipeline.calls == ["start", "attach", "detach", "stop"]


async def test_a_card_that_refuses_is_a_failure_that_passes(
    clock: SimulatedClock, engine: FakeEngine, microphone: AudioSource
) -> None:
    engine.start_errors.append(Unavailable("audio source", "sensor: no such device"))
    with pytest.raises(Unavailable, match="no such device"):
        await microphone.run_once()
    assert "no such device" in (microphone.health().failure or "")
    assert engine.pipelines[0].calls == ["start", "detach", "stop"]
    async with running(microphone, engine):
        assert microphone.health().failure is None


async def test_an_error_of_the_pipeline_ends_the_run(engine: FakeEngine, clock: SimulatedClock) -> None:
    source = AudioSource(MICROPHONE, (G711_STREAM,), clock, engine)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(source.run())
        await until(lambda: source.health().running)
        engine.pipelines[0].failure = Unavailable("audio source", "sensor: unplugged")
        await clock.advance(0.3)
        await until(lambda: source.health().failure is not None)
        task.cancel()
    assert "unplugged" in (source.health().failure or "")


async def test_where_no_encoder_works_the_stream_is_named(engine: FakeEngine, microphone: AudioSource) -> None:
    engine.encoders["avenc_aac"] = False
    with pytest.raises(NotSupported, match="'aac'"):
        await microphone.run_once()
    health = {stream.token: stream.encoder for stream in microphone.health().streams}
    assert health[AAC_TOKEN] == AudioSelfTest(element="avenc_aac", usable=False, detail="tried")


def test_a_stream_nobody_has_is_not_found(microphone: AudioSource) -> None:
    with pytest.raises(NotFound):
        microphone.hub(AudioStreamToken("nobody"))
