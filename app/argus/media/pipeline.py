"""GStreamer: the only module that knows it.

There is no GLib main loop: the bus is a file descriptor of the asyncio loop, pictures arrive on GStreamer's own
threads. Every pipeline runs on CLOCK_MONOTONIC with base time 0, so a running time *is* the `mono_ns` of a capture.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

import gi

from argus.base.clock import Clock
from argus.base.errors import ArgusError, Unavailable
from argus.media import launch
from argus.media.annexb import NalType, nal_units
from argus.media.capture_clock import CaptureClock
from argus.media.encoders import Encoder, KeyFrameRequest, SelfTest, controls_text
from argus.media.launch import CapturePlan
from argus.media.pacing import Pacer
from argus.media.settings import SourceKind, StreamSettings, VideoSourceSettings, frame_rate_fraction
from argus.media.testcard import Stamp, TestCard

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstApp, GstVideo  # noqa: E402 - the versions come first

logger = logging.getLogger(__name__)

# Importing GstApp is what gives appsrc and appsink their methods.
assert GstApp

START_TIMEOUT_S = 10
PULL_TIMEOUT_S = 5
# Coded pictures the self-test takes before it asks for a key frame, and at most in all.
_WARM_UP_FRAMES, _TEST_FRAMES = 5, 30
_SELF_TEST_TIMEOUT_S = 10

Deliver = Callable[[int, bytes, int], None]
"""(number of the stream, Annex B access unit, mono_ns of its capture); called on a GStreamer thread."""


class Gstreamer:
    """Builds pipelines, and tells which encoders are installed and whether they work."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        Gst.init(None)

    def installed_encoders(self) -> frozenset[str]:
        """Names of all video encoder elements."""
        factories = Gst.ElementFactory.list_get_elements(Gst.ELEMENT_FACTORY_TYPE_VIDEO_ENCODER, Gst.Rank.NONE)
        return frozenset(factory.get_name() for factory in factories)

    def self_test(self, encoder: Encoder, stream: StreamSettings) -> SelfTest:
        """Encode some frames of the stream's size with the encoder. Blocks for about a second, 20 s at worst."""
        started_ns = self._clock.mono_ns()
        units: list[frozenset[int]] = []
        detail = "it delivered no picture"
        try:
            units = _encode_some(encoder, stream, self._clock)
        except Unavailable as error:
            detail = str(error)
        first = units[0] if units else frozenset()
        later = units[_WARM_UP_FRAMES:]
        result = SelfTest(
            element=encoder.element,
            key_frame_first=NalType.IDR in first,
            parameter_sets={NalType.SPS, NalType.PPS} <= first,
            key_frame_on_request=any(NalType.IDR in unit for unit in later),
            took_ms=(self._clock.mono_ns() - started_ns) // 1_000_000,
            detail=f"{len(units)} pictures were coded" if units else detail,
        )
        verdict = "works" if result.usable else "does not work"
        logger.info("encoder %s %s (self-test of %d ms: %s)", result.element, verdict, result.took_ms, result.detail)
        return result

    def capture(self, plan: CapturePlan, times: CaptureClock, deliver: Deliver) -> Capture:
        """A pipeline that is not started yet."""
        return Capture(plan, self._clock, times, deliver)


class Capture:
    """One running camera. `start` and `stop` block and may run in threads; everything ends with `stop`."""

    def __init__(self, plan: CapturePlan, clock: Clock, times: CaptureClock, deliver: Deliver) -> None:
        self.failure: ArgusError | None = None
        self._plan = plan
        self._lock = threading.Lock()
        self._pipeline = _parse(launch.capture_launch(plan))
        self._bus = self._pipeline.get_bus()
        self._pollfd = self._bus.get_pollfd()
        self._encoders = [self._pipeline.get_by_name(f"encoder{n}") for n in range(len(plan.streams))]
        self._sinks = [self._pipeline.get_by_name(f"stream{n}") for n in range(len(plan.streams))]
        self._stills = [StillEncoder(stream.settings) for stream in plan.streams]
        for number, sink in enumerate(self._sinks):
            sink.connect("new-sample", functools.partial(_on_sample, number=number, deliver=deliver))
        sensor = self._pipeline.get_by_name("sensor")
        self._pictures = _pictures(plan.source, times)
        self._pacer: Pacer | None = None
        if self._pictures is None:
            sensor.set_property("device", str(plan.device))
        else:
            take = functools.partial(_push, sensor, self._pictures)
            self._pacer = Pacer(1 / frame_rate_fraction(plan.source.frame_rate), clock, take, self._fail)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch for errors of the pipeline; the first is found in `failure`."""
        loop.add_reader(self._pollfd.fd, self._drain_bus)

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._pollfd.fd)

    def start(self) -> None:
        """Let pictures flow.

        Raises:
            Unavailable: subject "video source": device, file or encoder refused.
        """
        with self._lock:
            if self._pictures is not None:
                self._pictures.open()
            _play(self._pipeline)
            if self._pacer is not None:
                self._pacer.start()

    def stop(self) -> None:
        """Stop and free everything. Returns after the last picture was delivered; may be called without `start`."""
        with self._lock:
            self._pipeline.set_state(Gst.State.NULL)  # wakes a sensor thread that waits for room
            if self._pacer is not None:
                self._pacer.stop()
                self._pacer = None  # it refers to us: whole pipelines would wait for the garbage collector
            if self._pictures is not None:
                self._pictures.close()
            for still in self._stills:
                still.close()

    def request_key_frame(self, number: int) -> None:
        """Make the next picture of the stream a key frame, in the way its encoder understands."""
        stream = self._plan.streams[number]
        _request_key_frame(stream.encoder, stream.settings, self._encoders[number], self._sinks[number])

    def still(self, number: int) -> bytes:
        """The newest picture as JPEG in the size of the stream. Blocks for some milliseconds; one call at a time.

        Raises:
            Unavailable: subject "snapshot".
        """
        sample = self._pipeline.get_by_name("still").get_property("last-sample")
        if sample is None:
            raise Unavailable("snapshot", "the camera has not delivered a picture yet")
        return self._stills[number].encode(sample)

    def _fail(self, error: ArgusError) -> None:
        self.failure = self.failure or error

    def _drain_bus(self) -> None:
        while (message := self._bus.pop()) is not None:
            if message.type == Gst.MessageType.ERROR:
                self._fail(Unavailable("video source", _error_text(message)))
            elif message.type == Gst.MessageType.EOS:
                self._fail(Unavailable("video source", "the device ended the stream"))


class StillEncoder:
    """Raw pictures to JPEG, with a pipeline that stays: 2 to 3 ms for 1080p, a new pipeline takes ten times that."""

    def __init__(self, stream: StreamSettings) -> None:
        self._stream = stream
        self._pipeline: Any = None

    def encode(self, sample: Any) -> bytes:
        """Raises Unavailable "snapshot"."""
        if self._pipeline is None:
            self._pipeline = _parse(launch.still_launch(self._stream))
            _play(self._pipeline)
        self._pipeline.get_by_name("picture").push_sample(sample)
        coded = self._pipeline.get_by_name("jpeg").try_pull_sample(PULL_TIMEOUT_S * Gst.SECOND)
        if coded is None:
            self.close()
            raise Unavailable("snapshot", "the JPEG encoder delivered nothing")
        return _bytes(coded)

    def close(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.set_state(Gst.State.NULL)


class Pictures(Protocol):
    """Where a simulated sensor gets its pictures: raw buffers in the sensor's caps, without times."""

    def open(self) -> None: ...

    def picture(self, number: int, mono_ns: int) -> Any: ...

    def close(self) -> None: ...


class CardPictures:
    """Test cards stamped with number and time."""

    def __init__(self, source: VideoSourceSettings, times: CaptureClock) -> None:
        self._card = TestCard(source.width, source.height)
        self._times = times
        self._background = b""
        self._pool: Any = None

    def open(self) -> None:
        self._background = self._card.background()
        # Pictures of megabytes made anew for each frame would be mapped and unmapped by the allocator every time.
        self._pool = Gst.BufferPool.new()
        settings = self._pool.get_config()
        Gst.BufferPool.config_set_params(settings, None, len(self._background), 0, 0)
        self._pool.set_config(settings)
        self._pool.set_active(True)

    def picture(self, number: int, mono_ns: int) -> Any:
        _, buffer = self._pool.acquire_buffer(None)
        with buffer.map(Gst.MapFlags.WRITE) as mapped:
            mapped.data[:] = self._background
            self._card.draw(mapped.data, Stamp(number=number, utc_us=self._times.utc_us(mono_ns)))
        return buffer

    def close(self) -> None:
        if self._pool is not None:
            self._pool.set_active(False)
            self._pool = None


class ClipPictures:
    """Pictures of a video file, over and over. One is always held ready, so that rewinding delays nothing."""

    def __init__(self, source: VideoSourceSettings) -> None:
        self._path = source.path
        self._pipeline = _parse(launch.clip_launch(source))
        self._pipeline.get_by_name("clip").set_property("location", str(source.path))
        self._sink = self._pipeline.get_by_name("pictures")
        self._next: Any = None

    def open(self) -> None:
        """Raises Unavailable "video source" where the file is missing or holds nothing that can be decoded."""
        try:
            _play(self._pipeline)
        except Unavailable as error:
            raise Unavailable("video source", f"{self._path}: {error}") from error
        self._next = self._pull()

    def picture(self, number: int, mono_ns: int) -> Any:
        """A shallow copy: the decoder's memory is shared, only the times are ours."""
        sample, self._next = self._next, None
        picture = sample.get_buffer().copy()
        self._next = self._pull()
        return picture

    def close(self) -> None:
        self._next = None
        self._pipeline.set_state(Gst.State.NULL)

    def _pull(self) -> Any:
        sample = self._sink.try_pull_sample(PULL_TIMEOUT_S * Gst.SECOND)
        if sample is None and self._sink.get_property("eos"):
            self._pipeline.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT, 0)
            sample = self._sink.try_pull_sample(PULL_TIMEOUT_S * Gst.SECOND)
        if sample is None:
            message = self._pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
            reason = _error_text(message) if message is not None else "no picture could be decoded"
            raise Unavailable("video source", f"{self._path}: {reason}")
        return sample


def _pictures(source: VideoSourceSettings, times: CaptureClock) -> Pictures | None:
    if source.kind is SourceKind.TEST:
        return CardPictures(source, times)
    return ClipPictures(source) if source.kind is SourceKind.FILE else None


def _push(sensor: Any, pictures: Pictures, number: int, mono_ns: int) -> None:
    """Hand a picture to appsrc; waits for room. What appsrc answers while the pipeline stops does not matter."""
    buffer = pictures.picture(number, mono_ns)
    buffer.pts = mono_ns
    buffer.dts = Gst.CLOCK_TIME_NONE
    buffer.duration = Gst.CLOCK_TIME_NONE
    sensor.push_buffer(buffer)


def _on_sample(sink: Any, *, number: int, deliver: Deliver) -> Any:
    sample = sink.pull_sample()
    if sample is not None:
        deliver(number, _bytes(sample), _mono_ns(sample))
    return Gst.FlowReturn.OK


def _mono_ns(sample: Any) -> int:
    """Running time of a sample. Not its PTS: x264enc starts those at 1000 hours, with a segment to match."""
    return int(sample.get_segment().to_running_time(Gst.Format.TIME, sample.get_buffer().pts))


def _bytes(sample: Any) -> bytes:
    buffer = sample.get_buffer()
    return bytes(buffer.extract_dup(0, buffer.get_size()))


def _parse(description: str) -> Any:
    """Raises Unavailable "video source" where an element is not installed."""
    logger.debug("pipeline: %s", description)
    try:
        pipeline = Gst.parse_launch(description)
    except gi.repository.GLib.Error as error:
        raise Unavailable("video source", f"the pipeline cannot be built: {error.message}") from error
    pipeline.use_clock(Gst.SystemClock.obtain())
    pipeline.set_start_time(Gst.CLOCK_TIME_NONE)
    pipeline.set_base_time(0)
    return pipeline


def _play(pipeline: Any) -> None:
    """Raises Unavailable "video source" with the reason the pipeline gives."""
    outcome = pipeline.set_state(Gst.State.PLAYING)
    if outcome == Gst.StateChangeReturn.ASYNC:
        outcome = pipeline.get_state(START_TIMEOUT_S * Gst.SECOND)[0]
    if outcome == Gst.StateChangeReturn.FAILURE:
        message = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        raise Unavailable("video source", _error_text(message) if message is not None else "the pipeline did not start")


def _request_key_frame(encoder: Encoder, stream: StreamSettings, element: Any, sink: Any) -> None:
    match encoder.driver.key_frame_request:
        case KeyFrameRequest.FORCE_KEY_UNIT:
            sink.send_event(GstVideo.video_event_new_upstream_force_key_unit(Gst.CLOCK_TIME_NONE, True, 0))
        case KeyFrameRequest.V4L2_CONTROL:
            # a structure set while the device is open is applied at once
            text = controls_text(encoder, stream, force_key_frame=True)
            element.set_property("extra-controls", Gst.Structure.from_string(text)[0])
        case KeyFrameRequest.ACTION_SIGNAL:
            element.emit("force-IDR")


def _encode_some(encoder: Encoder, stream: StreamSettings, clock: Clock) -> list[frozenset[int]]:
    """The NAL types of each access unit of the self-test. Raises Unavailable where the pipeline does not start."""
    pipeline = _parse(launch.self_test_launch(encoder, stream))
    sink = pipeline.get_by_name("stream0")
    units: list[frozenset[int]] = []
    deadline_ns = clock.mono_ns() + _SELF_TEST_TIMEOUT_S * Gst.SECOND
    try:
        _play(pipeline)
        while len(units) < _TEST_FRAMES:
            sample = sink.try_pull_sample(max(0, deadline_ns - clock.mono_ns()))
            if sample is None:
                break
            units.append(frozenset(nal[0] & 0x1F for nal in nal_units(_bytes(sample))))
            if len(units) == _WARM_UP_FRAMES:
                _request_key_frame(encoder, stream, pipeline.get_by_name("encoder0"), sink)
            elif len(units) > _WARM_UP_FRAMES and NalType.IDR in units[-1]:
                break
    finally:
        pipeline.set_state(Gst.State.NULL)
    return units


def _error_text(message: Any) -> str:
    error, _ = message.parse_error()
    return f"{message.src.get_name()}: {error.message}"
