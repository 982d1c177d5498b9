"""The audio source: keeps one microphone running and feeds the hubs of its streams."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from argus.base.access_unit import AccessUnit, StreamFormat
from argus.base.clock import Clock
from argus.base.errors import ArgusError, NotFound, NotSupported, Unavailable
from argus.base.tasks import Heartbeat, run_again
from argus.base.tokens import AudioStreamToken
from argus.media.audio_encoders import AudioDriver, AudioSelfTest, audio_candidates
from argus.media.audio_launch import EncodedAudio, ListenPlan
from argus.media.audio_settings import AudioSourceSettings, AudioStreamSettings
from argus.media.capture_clock import CaptureClock
from argus.media.crossing import Crossing
from argus.media.hub import HubHealth, StreamHub

logger = logging.getLogger(__name__)

_NS_PER_S = 1_000_000_000
WATCH_PERIOD_S = 0.25
# A stream without sound for so long is taken for dead.
STALL_S = 5.0

DeliverAudio = Callable[[int, bytes, int, bytes], None]


class Listening(Protocol):
    """A built pipeline."""

    failure: ArgusError | None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None: ...
    def detach(self, loop: asyncio.AbstractEventLoop) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


class AudioEngine(Protocol):
    """What builds pipelines: `gstreamer.engine.Gstreamer`."""

    def installed_audio_encoders(self) -> frozenset[str]: ...
    def audio_self_test(self, driver: AudioDriver, stream: AudioStreamSettings) -> AudioSelfTest: ...
    def listen(self, plan: ListenPlan, times: CaptureClock, deliver: DeliverAudio) -> Listening: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStreamHealth:
    """One stream of a microphone; `encoder` is None until one has been tried."""

    token: AudioStreamToken
    encoder: AudioSelfTest | None
    hub: HubHealth
    lost_underway: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSourceHealth:
    """One microphone. `failure` is the reason why it stands, None while it runs."""

    running: bool
    failure: str | None
    starts: int
    packet_age_s: float
    streams: tuple[AudioStreamHealth, ...]


class AudioFeed:
    """Makes access units of coded packets of one stream, on the encoder's thread, and sends them across.

    The first packet of each second is a key frame, and so is the next one after somebody asked. A packet's time is
    that of its first sample as a decoder plays it; times of consecutive packets rise strictly.
    """

    def __init__(self, stream: AudioStreamSettings, times: CaptureClock, hub: StreamHub, heartbeat: Heartbeat) -> None:
        self.crossing = Crossing(hub, heartbeat)
        self.hub = hub
        self.heartbeat = heartbeat
        self._stream = stream
        self._times = times
        self._delay_ns = 0
        self._format = StreamFormat(codec=stream.codec, clock_hz=stream.sample_rate_hz)
        self._last_mono_ns = 0
        self._key_frame_wanted = True

    def begin(self, loop: asyncio.AbstractEventLoop, driver: AudioDriver) -> None:
        """A new encoder starts."""
        self._delay_ns = driver.delay_ns(self._stream.sample_rate_hz)
        self._key_frame_wanted = True
        self.crossing.begin(loop)

    def request_key_frame(self) -> None:
        """Mark the next packet: decoding can start at any."""
        self._key_frame_wanted = True

    def put(self, data: bytes, running_ns: int, configuration: bytes) -> None:
        """Called on the encoder's thread with a packet."""
        mono_ns = max(running_ns - self._delay_ns, self._last_mono_ns + 1_000)
        sets = (configuration,) if configuration else ()
        if sets != self._format.parameter_sets:
            self._format = StreamFormat(
                codec=self._stream.codec, clock_hz=self._stream.sample_rate_hz, parameter_sets=sets
            )
        key_frame = self._key_frame_wanted or mono_ns // _NS_PER_S != self._last_mono_ns // _NS_PER_S
        self._key_frame_wanted = False
        self._last_mono_ns = mono_ns
        self.crossing.put(
            AccessUnit(
                format=self._format,
                data=data,
                key_frame=key_frame,
                utc_us=self._times.utc_us(mono_ns),
                mono_ns=mono_ns,
            )
        )


class AudioSource:
    """A microphone with its streams; a subsystem. Restarts its pipeline whenever that fails or stands still."""

    def __init__(
        self,
        settings: AudioSourceSettings,
        streams: tuple[AudioStreamSettings, ...],
        clock: Clock,
        engine: AudioEngine,
        times: CaptureClock | None = None,
    ) -> None:
        self.name = f"audio source {settings.token}"
        self.settings = settings
        self.streams = streams
        # proves that sound arrives: beats with every packet of the first stream
        self.heartbeat = Heartbeat(self.name, clock)
        self._clock = clock
        self._engine = engine
        self._times = times or CaptureClock(clock)
        self._feeds = {stream.token: self._feed(stream) for stream in streams}
        self._drivers: dict[AudioStreamToken, AudioDriver] = {}
        self._self_tests: dict[AudioStreamToken, AudioSelfTest] = {}
        self._running = False
        self._failure: str | None = None
        self._starts = 0

    def hub(self, token: AudioStreamToken) -> StreamHub:
        """The hub of a stream; it outlives every restart. Raises NotFound "audio stream"."""
        if token not in self._feeds:
            raise NotFound("audio stream", token)
        return self._feeds[token].hub

    @property
    def failure(self) -> str | None:
        """Why it stands; None while it runs, or has not been tried yet."""
        return self._failure

    async def run(self) -> None:
        """Keep the microphone running until cancelled."""
        await run_again(self.name, self.run_once, self._clock)

    async def run_once(self) -> None:
        """Start the microphone and stay with it until it fails.

        Raises:
            Unavailable: "audio source": the device, or the pipeline, failed or delivered nothing for 5 s.
            NotSupported: no encoder of a stream's codec is installed, or none of them works.
        """
        try:
            plan = await asyncio.to_thread(self._plan)
            await self._run_listening(plan, self._engine.listen(plan, self._times, self._deliver))
        except ArgusError as error:
            self._failure = str(error)
            raise

    def health(self) -> AudioSourceHealth:
        return AudioSourceHealth(
            running=self._running,
            failure=self._failure,
            starts=self._starts,
            packet_age_s=self.heartbeat.age_s(),
            streams=tuple(
                AudioStreamHealth(
                    token=token,
                    encoder=self._self_tests.get(token),
                    hub=feed.hub.health(),
                    lost_underway=feed.crossing.lost,
                )
                for token, feed in self._feeds.items()
            ),
        )

    async def _run_listening(self, plan: ListenPlan, listening: Listening) -> None:
        loop = asyncio.get_running_loop()
        self._times.correct()
        for feed, stream in zip(self._feeds.values(), plan.streams, strict=True):
            feed.begin(loop, stream.driver)
        try:
            await asyncio.to_thread(listening.start)
            # Only now: an error of the start belongs to `start`, which tells what the pipeline says of it.
            listening.attach(loop)
            self._running, self._failure = True, None
            self._starts += 1
            logger.info("%s runs (start %d)", self.name, self._starts)
            for feed in self._feeds.values():
                feed.hub.connect_encoder(feed.request_key_frame)
                feed.heartbeat.beat()
            await self._watch(listening)
        finally:
            self._running = False
            for feed in self._feeds.values():
                feed.hub.connect_encoder(None)
            listening.detach(loop)
            await asyncio.to_thread(listening.stop)

    async def _watch(self, listening: Listening) -> None:
        while listening.failure is None:
            await self._clock.sleep(WATCH_PERIOD_S)
            self._times.correct()
            for feed in self._feeds.values():
                if feed.heartbeat.age_s() > STALL_S:
                    raise Unavailable("audio source", f"{feed.hub.name}: no sound for {STALL_S:g} s")
        raise listening.failure

    def _deliver(self, number: int, data: bytes, running_ns: int, configuration: bytes) -> None:
        self._feeds[self.streams[number].token].put(data, running_ns, configuration)

    def _plan(self) -> ListenPlan:
        """Decide on everything. Blocks: tries encoders."""
        streams = tuple(EncodedAudio(settings=stream, driver=self._driver(stream)) for stream in self.streams)
        return ListenPlan(source=self.settings, streams=streams)

    def _driver(self, stream: AudioStreamSettings) -> AudioDriver:
        """The first encoder that passes its self-test; asked once, then remembered."""
        if stream.token not in self._drivers:
            for driver in audio_candidates(stream, self._engine.installed_audio_encoders()):
                test = self._engine.audio_self_test(driver, stream)
                self._self_tests[stream.token] = test
                if test.usable:
                    self._drivers[stream.token] = driver
                    break
                logger.warning("audio encoder %s fails its self-test: %s", driver.element, test.detail)
            else:
                raise NotSupported(
                    "audio encoder", f"audio stream {stream.token!r}: no installed encoder passes its self-test"
                )
        return self._drivers[stream.token]

    def _feed(self, stream: AudioStreamSettings) -> AudioFeed:
        first = stream is self.streams[0]
        heartbeat = self.heartbeat if first else Heartbeat(f"audio stream {stream.token}", self._clock)
        return AudioFeed(stream, self._times, StreamHub(str(stream.token), self._clock), heartbeat)
