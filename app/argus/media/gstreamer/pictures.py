"""The pictures of simulated sensors: test cards, and video files that play in a loop."""

from __future__ import annotations

from typing import Any, Protocol

from argus.base.errors import Unavailable
from argus.media import launch
from argus.media.capture_clock import CaptureClock
from argus.media.gstreamer.pipeline import Gst, error_text, parse, play
from argus.media.settings import SourceKind, VideoSourceSettings
from argus.media.testcard import Stamp, TestCard

PULL_TIMEOUT_S = 5


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
        self._pipeline = parse(launch.clip_launch(source))
        self._pipeline.get_by_name("clip").set_property("location", str(source.path))
        self._sink = self._pipeline.get_by_name("pictures")
        self._next: Any = None

    def open(self) -> None:
        """Raises Unavailable "video source" where the file is missing or holds nothing that can be decoded."""
        try:
            play(self._pipeline)
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
            reason = error_text(message) if message is not None else "no picture could be decoded"
            raise Unavailable("video source", f"{self._path}: {reason}")
        return sample


def pictures_of(source: VideoSourceSettings, times: CaptureClock) -> Pictures | None:
    """What a simulated sensor shows; None where the sensor is a real one."""
    if source.kind is SourceKind.TEST:
        return CardPictures(source, times)
    return ClipPictures(source) if source.kind is SourceKind.FILE else None
