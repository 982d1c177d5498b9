"""A microphone's pipeline: from its sensor to coded packets."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.media import audio_launch
from argus.media.audio_encoders import AudioDriver, AudioSelfTest
from argus.media.audio_launch import CHUNKS_PER_S, ListenPlan
from argus.media.audio_settings import AudioStreamSettings
from argus.media.capture_clock import CaptureClock
from argus.media.gstreamer.pipeline import Gst, WatchedPipeline, buffer_bytes, parse, play, running_ns, sample_bytes
from argus.media.pacing import Pacer
from argus.media.testtone import TestTone

DeliverAudio = Callable[[int, bytes, int, bytes], None]
"""(number of the stream, packet, mono_ns the encoder gives it, decoder configuration); on a GStreamer thread."""

_SUBJECT = "audio source"
# Two seconds: a hole is heard, a picture that is left out is hardly seen.
_MAX_LATE_CHUNKS = 2 * CHUNKS_PER_S
# Half a second of sound makes at least this many packets of any codec.
_TEST_PACKETS = 3
_SELF_TEST_TIMEOUT_S = 10


class Listening(WatchedPipeline):
    """One running microphone. `start` and `stop` block and may run in threads; everything ends with `stop`."""

    def __init__(self, plan: ListenPlan, clock: Clock, times: CaptureClock, deliver: DeliverAudio) -> None:
        super().__init__(audio_launch.listen_launch(plan), _SUBJECT)
        self._lock = threading.Lock()
        for number in range(len(plan.streams)):
            tap = _Tap(number, deliver)
            self.pipeline.get_by_name(f"stream{number}").connect("new-sample", tap.take)
        sensor = self.pipeline.get_by_name("sensor")
        self._pacer: Pacer | None = None
        if plan.source.device is not None:
            sensor.set_property("device", plan.source.device)
        else:
            tone = TestTone(plan.source.sample_rate_hz)
            chunk = plan.source.sample_rate_hz // CHUNKS_PER_S
            take = functools.partial(_push, sensor, tone, chunk, times)
            self._pacer = Pacer(Fraction(1, CHUNKS_PER_S), clock, take, self.fail, _MAX_LATE_CHUNKS)

    def start(self) -> None:
        """Let sound flow. Raises Unavailable "audio source": the device refused."""
        with self._lock:
            play(self.pipeline, _SUBJECT)
            if self._pacer is not None:
                self._pacer.start()

    def stop(self) -> None:
        """Stop and free everything. Returns after the last packet was delivered; may be called without `start`."""
        with self._lock:
            self.pipeline.set_state(Gst.State.NULL)  # wakes a sensor thread that waits for room
            if self._pacer is not None:
                self._pacer.stop()
                self._pacer = None  # it refers to us: whole pipelines would wait for the garbage collector


class _Tap:
    """Takes what one encoder delivers; what a decoder must know stands in the caps, and does not change."""

    def __init__(self, number: int, deliver: DeliverAudio) -> None:
        self._number = number
        self._deliver = deliver
        self._configuration: bytes | None = None

    def take(self, sink: Any) -> Any:
        sample = sink.pull_sample()
        if sample is not None:
            if self._configuration is None:
                self._configuration = _configuration(sample)
            self._deliver(self._number, sample_bytes(sample), running_ns(sample), self._configuration)
        return Gst.FlowReturn.OK


def try_audio_encoder(driver: AudioDriver, stream: AudioStreamSettings) -> AudioSelfTest:
    """Encode half a second of noise. Blocks for some milliseconds, 10 s at worst."""
    packets, configured, detail = 0, True, "it delivered nothing"
    try:
        pipeline = parse(audio_launch.audio_self_test_launch(driver, stream), _SUBJECT)
        sink = pipeline.get_by_name("stream0")
        try:
            play(pipeline, _SUBJECT)
            while (sample := sink.try_pull_sample(_SELF_TEST_TIMEOUT_S * Gst.SECOND)) is not None:
                packets += 1
                configured = configured and (not driver.configured or len(_configuration(sample)) > 0)
        finally:
            pipeline.set_state(Gst.State.NULL)
    except Unavailable as error:
        detail = str(error)
    if packets:
        detail = f"{packets} packets were coded" + ("" if configured else ", without their configuration")
    return AudioSelfTest(element=driver.element, usable=packets >= _TEST_PACKETS and configured, detail=detail)


def _configuration(sample: Any) -> bytes:
    value = sample.get_caps().get_structure(0).get_value("codec_data")
    return b"" if value is None else buffer_bytes(value)


def _push(sensor: Any, tone: TestTone, chunk: int, times: CaptureClock, _number: int, mono_ns: int) -> None:
    """Hand sound to appsrc; waits for room. What appsrc answers while the pipeline stops does not matter."""
    buffer = Gst.Buffer.new_wrapped(tone.chunk(times.utc_us(mono_ns), chunk))
    buffer.pts = mono_ns
    buffer.dts = Gst.CLOCK_TIME_NONE
    buffer.duration = Gst.SECOND // CHUNKS_PER_S
    sensor.push_buffer(buffer)
