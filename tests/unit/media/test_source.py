"""A camera is kept running, and its pictures reach the hubs whole, in order and with rising times."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from tests.unit.media.bitstreams import IDR, PPS, SLICE, byte_stream, sps

from argus.base.clock import SimulatedClock
from argus.base.errors import ArgusError, NotFound, NotSupported, Unavailable
from argus.base.tasks import Heartbeat
from argus.base.tokens import ProfileToken, VideoSourceToken
from argus.linux.v4l2 import Capability, CapabilityTable, FrameSizes, SimulatedVideoDevices, VideoDevice
from argus.media.capture_clock import CaptureClock
from argus.media.crossing import MAX_UNDERWAY
from argus.media.encoders import Encoder, SelfTest
from argus.media.hub import StreamHub
from argus.media.launch import CapturePlan
from argus.media.settings import SourceKind, StreamSettings, VideoSourceSettings
from argus.media.source import STALL_S, Deliver, StreamFeed, VideoSource

MAIN, SUB = ProfileToken("main"), ProfileToken("sub")
KEY_FRAME = byte_stream(sps(1280, 720), PPS, IDR)
DELTA_FRAME = byte_stream(SLICE)
SOURCE = VideoSourceSettings(token=VideoSourceToken("cam"), name="Camera")
STREAMS = (StreamSettings(token=MAIN, name="Main"), StreamSettings(token=SUB, name="Sub", width=640, height=360))


class FakeCapture:
    """A pipeline whose pictures the test makes."""

    def __init__(self, plan: CapturePlan, deliver: Deliver, start_error: ArgusError | None) -> None:
        self.failure: ArgusError | None = None
        self.plan = plan
        self.deliver = deliver
        self.calls: list[str] = []
        self.key_frames: list[int] = []
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

    def request_key_frame(self, number: int) -> None:
        self.key_frames.append(number)

    def still(self, number: int) -> bytes:
        return b"JPEG %d" % number


class FakeEngine:
    """Encoders by name, and whether they pass their self-test."""

    def __init__(self, encoders: dict[str, bool] | None = None) -> None:
        self.encoders = {"x264enc": True} if encoders is None else encoders
        self.tested: list[str] = []
        self.captures: list[FakeCapture] = []
        self.start_errors: list[ArgusError] = []

    def installed_encoders(self) -> frozenset[str]:
        return frozenset(self.encoders)

    def self_test(self, encoder: Encoder, stream: StreamSettings) -> SelfTest:
        self.tested.append(encoder.element)
        passes = self.encoders[encoder.element]
        return SelfTest(
            element=encoder.element,
            key_frame_first=passes,
            parameter_sets=passes,
            key_frame_on_request=False,
            took_ms=1,
            detail="tried",
        )

    def capture(self, plan: CapturePlan, times: CaptureClock, deliver: Deliver) -> FakeCapture:
        error = self.start_errors.pop(0) if self.start_errors else None
        self.captures.append(FakeCapture(plan, deliver, error))
        return self.captures[-1]


async def until(condition: Callable[[], bool]) -> None:
    """Let threads and tasks work until the condition holds; the test's time limit is the bound."""
    while not condition():
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


def camera(
    clock: SimulatedClock,
    engine: FakeEngine,
    settings: VideoSourceSettings = SOURCE,
    devices: tuple[VideoDevice, ...] = (),
) -> VideoSource:
    return VideoSource(settings, STREAMS, clock, engine, SimulatedVideoDevices(devices))


@asynccontextmanager
async def running(source: VideoSource, engine: FakeEngine) -> AsyncIterator[FakeCapture]:
    """The camera in operation; cancelled at the end."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(source.run())
        await until(lambda: source.health().running)
        yield engine.captures[-1]
        task.cancel()


async def test_pictures_reach_the_hub_of_their_stream(clock: SimulatedClock, engine: FakeEngine) -> None:
    source = camera(clock, engine)
    reader = source.hub(SUB).open_reader("client")
    async with running(source, engine) as capture:
        capture.deliver(1, KEY_FRAME, clock.mono_ns())
        unit = await reader.read()
    assert unit.key_frame
    assert (unit.mono_ns, unit.utc_us) == (clock.mono_ns(), clock.utc_us())
    assert source.hub(MAIN).health().units == 0


async def test_stopping_the_camera_stops_the_pipeline_and_ends_the_streams(
    clock: SimulatedClock, engine: FakeEngine
) -> None:
    source = camera(clock, engine)
    reader = source.hub(MAIN).open_reader("client")
    async with running(source, engine) as capture:
        pass
    assert capture.calls == ["start", "attach", "detach", "stop"]
    with pytest.raises(Unavailable):
        await reader.read()


async def test_a_failed_pipeline_is_built_again_and_readers_stay(clock: SimulatedClock, engine: FakeEngine) -> None:
    source = camera(clock, engine)
    reader = source.hub(MAIN).open_reader("recorder")
    async with running(source, engine) as first:
        first.failure = Unavailable("video source", "the cable was pulled")
        await clock.advance(0.3)
        await until(lambda: source.health().failure == "the cable was pulled")
        assert first.calls[-1] == "stop"
        while len(engine.captures) < 2:
            await clock.advance(0.1)
        await until(lambda: source.health().running)
        engine.captures[1].deliver(0, KEY_FRAME, clock.mono_ns())
        assert (await reader.read()).key_frame
    assert source.health().starts == 2
    assert engine.tested == ["x264enc", "x264enc"]  # once per stream, not once per start


async def test_a_camera_that_stands_still_is_built_again(clock: SimulatedClock, engine: FakeEngine) -> None:
    source = camera(clock, engine)
    async with running(source, engine) as capture:
        beaten = 0.0
        while beaten < STALL_S * 2:  # the first stream moves, the second does not
            capture.deliver(0, KEY_FRAME, clock.mono_ns())
            await clock.advance(0.25)
            beaten += 0.25
            if "stop" in capture.calls:
                break
        await until(lambda: source.health().failure == "sub: no picture for 5 s")


async def test_a_device_that_does_not_start_is_told_and_tried_again(clock: SimulatedClock, engine: FakeEngine) -> None:
    engine.start_errors.append(Unavailable("video source", "the device is busy"))
    source = camera(clock, engine)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(source.run())
        await until(lambda: source.health().failure is not None)
        assert source.health().failure == "the device is busy"
        with pytest.raises(Unavailable, match="the device is busy"):
            await source.snapshot(MAIN)
        while len(engine.captures) < 2:
            await clock.advance(0.1)
        await until(lambda: source.health().running)
        task.cancel()


async def test_the_first_encoder_that_passes_its_self_test_is_taken(clock: SimulatedClock) -> None:
    engine = FakeEngine({"v4l2h264enc": False, "x264enc": True})
    source = camera(clock, engine)
    async with running(source, engine) as capture:
        assert [stream.encoder.element for stream in capture.plan.streams] == ["x264enc", "x264enc"]
    assert [stream.encoder.element for stream in source.health().streams if stream.encoder] == ["x264enc"] * 2


async def test_no_working_encoder_is_an_error(clock: SimulatedClock) -> None:
    with pytest.raises(NotSupported, match="no installed encoder passes"):
        await camera(clock, FakeEngine({"x264enc": False})).run_once()


async def test_a_camera_device_is_found_and_its_mode_negotiated(clock: SimulatedClock, engine: FakeEngine) -> None:
    table = CapabilityTable(
        card="USB Camera",
        driver="uvcvideo",
        capabilities=(
            Capability(fourcc="YUYV", sizes=FrameSizes.discrete(1280, 720), frame_intervals=(Fraction(1, 30),)),
        ),
    )
    settings = replace(SOURCE, kind=SourceKind.V4L2, device="usb camera")
    device = VideoDevice(path=Path("/dev/video2"), table=table)
    source = camera(clock, engine, settings, (device,))
    async with running(source, engine) as capture:
        assert capture.plan.device == Path("/dev/video2")
        assert capture.plan.mode is not None
        assert (capture.plan.mode.fourcc, capture.plan.mode.frame_interval) == ("YUYV", Fraction(1, 30))


async def test_a_missing_camera_device_is_told(clock: SimulatedClock, engine: FakeEngine) -> None:
    source = camera(clock, engine, replace(SOURCE, kind=SourceKind.V4L2, device="/dev/video9"))
    with pytest.raises(NotFound, match="/dev/video9"):
        await source.run_once()
    assert source.health().failure == "there is no video device '/dev/video9'"


async def test_snapshots_and_key_frames_go_to_the_running_pipeline(clock: SimulatedClock, engine: FakeEngine) -> None:
    source = camera(clock, engine)
    with pytest.raises(Unavailable, match="it is starting"):
        await source.snapshot(MAIN)
    async with running(source, engine) as capture:
        assert await source.snapshot(SUB) == b"JPEG 1"
        source.hub(SUB).request_key_frame()
        assert capture.key_frames == [1]
    with pytest.raises(NotFound):
        await source.snapshot(ProfileToken("third"))


async def test_times_rise_strictly_even_if_the_encoder_repeats_one(clock: SimulatedClock, engine: FakeEngine) -> None:
    source = camera(clock, engine)
    reader = source.hub(MAIN).open_reader("recorder")
    async with running(source, engine) as capture:
        for _ in range(3):
            capture.deliver(0, KEY_FRAME, clock.mono_ns())
        times = [(await reader.read()).utc_us for _ in range(3)]
    assert times == [clock.utc_us() + n for n in range(3)]


async def test_what_an_encoder_garbles_is_counted(clock: SimulatedClock, engine: FakeEngine) -> None:
    source = camera(clock, engine)
    async with running(source, engine) as capture:
        capture.deliver(0, byte_stream(b"\x67\x42", PPS, IDR), clock.mono_ns())
        assert source.health().streams[0].unreadable == 1


async def test_a_stuck_event_loop_loses_whole_groups_of_pictures(clock: SimulatedClock) -> None:
    hub = StreamHub("main", clock)
    reader = hub.open_reader("recorder")
    feed = StreamFeed(STREAMS[0], CaptureClock(clock), hub, Heartbeat("main", clock))
    feed.begin(asyncio.get_running_loop())
    feed.put(KEY_FRAME, 1)
    for number in range(MAX_UNDERWAY + 9):  # the loop does not run in between
        feed.put(DELTA_FRAME, number)
    assert feed.crossing.lost == 10
    await until(lambda: hub.health().units == MAX_UNDERWAY)
    feed.put(DELTA_FRAME, 10**9)
    feed.put(KEY_FRAME, 2 * 10**9)
    assert feed.crossing.lost == 11
    await until(lambda: hub.health().units == MAX_UNDERWAY + 1)
    reader.end()
    units = [await reader.read() for _ in range(MAX_UNDERWAY + 1)]
    assert units[-1].key_frame
