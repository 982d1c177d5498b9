"""A camera's pipeline: from its sensor to coded pictures, and stills on request."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from argus.base.clock import Clock
from argus.base.errors import Unavailable
from argus.media import launch
from argus.media.capture_clock import CaptureClock
from argus.media.gstreamer.key_frames import request_key_frame
from argus.media.gstreamer.pictures import Pictures, pictures_of
from argus.media.gstreamer.pipeline import Gst, WatchedPipeline, play, running_ns, sample_bytes
from argus.media.gstreamer.stills import StillEncoder
from argus.media.launch import CapturePlan
from argus.media.pacing import Pacer
from argus.media.settings import frame_rate_fraction

Deliver = Callable[[int, bytes, int], None]
"""(number of the stream, Annex B access unit, mono_ns of its capture); called on a GStreamer thread."""


class Capture(WatchedPipeline):
    """One running camera. `start` and `stop` block and may run in threads; everything ends with `stop`."""

    def __init__(self, plan: CapturePlan, clock: Clock, times: CaptureClock, deliver: Deliver) -> None:
        super().__init__(launch.capture_launch(plan), "video source")
        self._plan = plan
        self._lock = threading.Lock()
        self._encoders = [self.pipeline.get_by_name(f"encoder{n}") for n in range(len(plan.streams))]
        self._sinks = [self.pipeline.get_by_name(f"stream{n}") for n in range(len(plan.streams))]
        self._stills = [StillEncoder(stream.settings) for stream in plan.streams]
        for number, sink in enumerate(self._sinks):
            sink.connect("new-sample", functools.partial(_on_sample, number=number, deliver=deliver))
        sensor = self.pipeline.get_by_name("sensor")
        self._pictures = pictures_of(plan.source, times)
        self._pacer: Pacer | None = None
        if self._pictures is None:
            sensor.set_property("device", str(plan.device))
        else:
            take = functools.partial(_push, sensor, self._pictures)
            self._pacer = Pacer(1 / frame_rate_fraction(plan.source.frame_rate), clock, take, self.fail)

    def start(self) -> None:
        """Let pictures flow.

        Raises:
            Unavailable: subject "video source": device, file or encoder refused.
        """
        with self._lock:
            if self._pictures is not None:
                self._pictures.open()
            play(self.pipeline)
            if self._pacer is not None:
                self._pacer.start()

    def stop(self) -> None:
        """Stop and free everything. Returns after the last picture was delivered; may be called without `start`."""
        with self._lock:
            self.pipeline.set_state(Gst.State.NULL)  # wakes a sensor thread that waits for room
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
        request_key_frame(stream.encoder, stream.settings, self._encoders[number], self._sinks[number])

    def still(self, number: int) -> bytes:
        """The newest picture as JPEG in the size of the stream. Blocks for some milliseconds; one call at a time.

        Raises:
            Unavailable: subject "snapshot".
        """
        sample = self.pipeline.get_by_name("still").get_property("last-sample")
        if sample is None:
            raise Unavailable("snapshot", "the camera has not delivered a picture yet")
        return self._stills[number].encode(sample)


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
        deliver(number, sample_bytes(sample), running_ns(sample))
    return Gst.FlowReturn.OK
