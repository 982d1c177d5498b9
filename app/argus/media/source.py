"""The video source: keeps one camera running and feeds the hubs of its streams."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from argus.base.clock import Clock
from argus.base.errors import ArgusError, NotFound, NotSupported, Unavailable
from argus.base.tasks import Heartbeat, run_again
from argus.base.tokens import ProfileToken
from argus.linux.v4l2 import VideoDevices, Wish, negotiate
from argus.media.annexb import AccessUnitAssembler
from argus.media.capture_clock import CaptureClock
from argus.media.crossing import Crossing
from argus.media.encoders import Encoder, SelfTest, candidates
from argus.media.hub import HubHealth, StreamHub
from argus.media.launch import CapturePlan, EncodedStream
from argus.media.settings import SourceKind, StreamSettings, VideoSourceSettings, frame_rate_fraction

logger = logging.getLogger(__name__)

WATCH_PERIOD_S = 0.25
# A stream without a picture for so long is taken for dead: start-up of a slow sensor is shorter.
STALL_S = 5.0

Deliver = Callable[[int, bytes, int], None]


class Capture(Protocol):
    """A built pipeline."""

    failure: ArgusError | None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None: ...
    def detach(self, loop: asyncio.AbstractEventLoop) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def request_key_frame(self, number: int) -> None: ...
    def still(self, number: int) -> bytes: ...


class MediaEngine(Protocol):
    """What builds pipelines: `gstreamer.engine.Gstreamer`."""

    def installed_encoders(self) -> frozenset[str]: ...
    def self_test(self, encoder: Encoder, stream: StreamSettings) -> SelfTest: ...
    def capture(self, plan: CapturePlan, times: CaptureClock, deliver: Deliver) -> Capture: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHealth:
    """One stream of a camera; `encoder` is None until one has passed its self-test."""

    token: ProfileToken
    encoder: SelfTest | None
    hub: HubHealth
    lost_underway: int
    unreadable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """One camera. `failure` is the reason why it stands, None while it runs."""

    running: bool
    failure: str | None
    starts: int
    frame_age_s: float
    streams: tuple[StreamHealth, ...]


class StreamFeed:
    """Makes access units of coded pictures of one stream, on the encoder's thread, and sends them across.

    Times of consecutive units rise strictly, even if an encoder should repeat one.
    """

    def __init__(self, stream: StreamSettings, times: CaptureClock, hub: StreamHub, heartbeat: Heartbeat) -> None:
        self.crossing = Crossing(hub, heartbeat)
        self.hub = hub
        self.heartbeat = heartbeat
        self.unreadable = 0
        self._frame_rate = stream.frame_rate
        self._times = times
        self._last_mono_ns = 0
        self._assembler = AccessUnitAssembler(stream.frame_rate)

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """A new encoder starts: nothing of the old one is left."""
        self._assembler = AccessUnitAssembler(self._frame_rate)
        self.crossing.begin(loop)

    def put(self, data: bytes, mono_ns: int) -> None:
        """Called on the encoder's thread with an access unit as Annex B."""
        self._last_mono_ns = mono_ns = max(mono_ns, self._last_mono_ns + 1_000)
        try:
            unit = self._assembler.assemble(data, utc_us=self._times.utc_us(mono_ns), mono_ns=mono_ns)
        except ValueError as error:
            self.unreadable += 1
            if self.unreadable == 1:
                logger.error("the encoder of %s delivers what cannot be read: %s", self.hub.name, error)
            return
        if unit is not None:
            self.crossing.put(unit)


class VideoSource:
    """A camera with its streams; a subsystem. Restarts its pipeline whenever that fails or stands still."""

    def __init__(
        self,
        settings: VideoSourceSettings,
        streams: tuple[StreamSettings, ...],
        clock: Clock,
        engine: MediaEngine,
        devices: VideoDevices,
        times: CaptureClock | None = None,
    ) -> None:
        self.name = f"video source {settings.token}"
        self.settings = settings
        self.streams = streams
        # proves that pictures arrive: beats with every unit of the first stream
        self.heartbeat = Heartbeat(self.name, clock)
        self._clock = clock
        self._engine = engine
        self._devices = devices
        # sources that share it agree on the wall time of every instant, also while the wall clock is set
        self._times = times or CaptureClock(clock)
        self._feeds = [self._feed(number, stream) for number, stream in enumerate(streams)]
        self._numbers = {stream.token: number for number, stream in enumerate(streams)}
        self._self_tests: dict[ProfileToken, SelfTest] = {}
        self._encoders: dict[ProfileToken, Encoder] = {}
        self._capture: Capture | None = None
        self._failure: str | None = None
        self._starts = 0
        self._snapshot_turn = asyncio.Lock()

    def hub(self, token: ProfileToken) -> StreamHub:
        """Raises NotFound "profile"."""
        return self._feeds[self._number(token)].hub

    async def snapshot(self, token: ProfileToken) -> bytes:
        """The newest picture as JPEG in the size of the stream.

        Raises:
            NotFound: subject "profile".
            Unavailable: subject "snapshot": the camera does not run, or the JPEG encoder failed.
        """
        number = self._number(token)
        async with self._snapshot_turn:
            if self._capture is None:
                raise Unavailable("snapshot", f"{self.name} delivers no pictures: {self._failure or 'it is starting'}")
            return await asyncio.to_thread(self._capture.still, number)

    @property
    def failure(self) -> str | None:
        """Why it stands; None while it runs, or has not been tried yet."""
        return self._failure

    async def run(self) -> None:
        """Run until cancelled; then the hubs are closed."""
        try:
            await run_again(self.name, self.run_once, self._clock)
        finally:
            for feed in self._feeds:
                feed.hub.close()

    async def run_once(self) -> None:
        """Build the pipeline and watch it.

        Raises:
            Unavailable: device, file or encoder failed, or pictures stopped to arrive.
            NotFound: there is no such device.
            NotSupported: no encoder is installed, or the device cannot deliver such pictures.
        """
        try:
            plan = await asyncio.to_thread(self._plan)
            await self._run_capture(self._engine.capture(plan, self._times, self._deliver))
        except ArgusError as error:
            self._failure = str(error)
            raise

    def health(self) -> SourceHealth:
        return SourceHealth(
            running=self._capture is not None,
            failure=self._failure,
            starts=self._starts,
            frame_age_s=self.heartbeat.age_s(),
            streams=tuple(
                StreamHealth(
                    token=stream.token,
                    encoder=self._self_tests.get(stream.token),
                    hub=feed.hub.health(),
                    lost_underway=feed.crossing.lost,
                    unreadable=feed.unreadable,
                )
                for stream, feed in zip(self.streams, self._feeds, strict=True)
            ),
        )

    async def _run_capture(self, capture: Capture) -> None:
        loop = asyncio.get_running_loop()
        self._times.correct()
        for feed in self._feeds:
            feed.begin(loop)
        try:
            await asyncio.to_thread(capture.start)
            # Only now: an error of the start belongs to `start`, which tells what the pipeline says of it.
            capture.attach(loop)
            self._open_hubs(capture)
            await self._watch(capture)
        finally:
            self._capture = None
            for feed in self._feeds:
                feed.hub.connect_encoder(None)
            capture.detach(loop)
            async with self._snapshot_turn:
                await asyncio.to_thread(capture.stop)

    def _open_hubs(self, capture: Capture) -> None:
        self._capture, self._failure = capture, None
        self._starts += 1
        logger.info("%s runs (start %d)", self.name, self._starts)
        for number, feed in enumerate(self._feeds):
            feed.hub.connect_encoder(functools.partial(capture.request_key_frame, number))
            feed.heartbeat.beat()

    async def _watch(self, capture: Capture) -> None:
        while capture.failure is None:
            await self._clock.sleep(WATCH_PERIOD_S)
            self._times.correct()
            for feed in self._feeds:
                if feed.heartbeat.age_s() > STALL_S:
                    raise Unavailable("video source", f"{feed.hub.name}: no picture for {STALL_S:g} s")
        raise capture.failure

    def _plan(self) -> CapturePlan:
        """Decide on everything. Blocks: asks the device, tries encoders."""
        streams = tuple(EncodedStream(settings=stream, encoder=self._encoder(stream)) for stream in self.streams)
        if self.settings.kind is not SourceKind.V4L2:
            return CapturePlan(source=self.settings, streams=streams)
        assert self.settings.device is not None  # VideoSourceSettings sees to that
        device = self._devices.find(self.settings.device)
        interval = 1 / frame_rate_fraction(self.settings.frame_rate)
        wish = Wish(width=self.settings.width, height=self.settings.height, frame_interval=interval)
        mode = negotiate(device.table, wish)
        logger.info("%s: %s (%s) delivers %s", self.name, device.path, device.table.card, mode)
        return CapturePlan(source=self.settings, streams=streams, device=device.path, mode=mode)

    def _encoder(self, stream: StreamSettings) -> Encoder:
        """The first encoder that passes its self-test; asked once, then remembered."""
        if stream.token not in self._encoders:
            for encoder in candidates(stream, self._engine.installed_encoders()):
                test = self._engine.self_test(encoder, stream)
                self._self_tests[stream.token] = test
                if test.usable:
                    self._encoders[stream.token] = encoder
                    break
                logger.warning("encoder %s fails its self-test: %s", encoder.element, test.detail)
            else:
                raise NotSupported("encoder", f"stream {stream.token!r}: no installed encoder passes its self-test")
        return self._encoders[stream.token]

    def _feed(self, number: int, stream: StreamSettings) -> StreamFeed:
        heartbeat = self.heartbeat if number == 0 else Heartbeat(f"stream {stream.token}", self._clock)
        return StreamFeed(stream, self._times, StreamHub(str(stream.token), self._clock), heartbeat)

    def _deliver(self, number: int, data: bytes, mono_ns: int) -> None:
        self._feeds[number].put(data, mono_ns)

    def _number(self, token: ProfileToken) -> int:
        if token not in self._numbers:
            raise NotFound("profile", token)
        return self._numbers[token]
