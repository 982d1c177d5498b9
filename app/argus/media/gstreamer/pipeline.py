"""What every pipeline needs: being built, started, watched for errors, and its samples read."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import gi

from argus.base.errors import ArgusError, Unavailable

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp  # noqa: E402 - the versions come first

logger = logging.getLogger(__name__)

__all__ = (
    "Gst",
    "WatchedPipeline",
    "buffer_bytes",
    "error_text",
    "parse",
    "play",
    "running_ns",
    "sample_bytes",
)

# Importing GstApp is what gives appsrc and appsink their methods.
assert GstApp

START_TIMEOUT_S = 10


class WatchedPipeline:
    """A pipeline whose errors end up in `failure`; the first is kept. `subject` says whose errors they are."""

    def __init__(self, description: str, subject: str) -> None:
        self.failure: ArgusError | None = None
        self.pipeline = parse(description, subject)
        self._subject = subject
        self._bus = self.pipeline.get_bus()
        self._pollfd = self._bus.get_pollfd()

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch for errors of the pipeline; the first is found in `failure`."""
        loop.add_reader(self._pollfd.fd, self._drain_bus)

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._pollfd.fd)

    def fail(self, error: ArgusError) -> None:
        self.failure = self.failure or error

    def _drain_bus(self) -> None:
        while (message := self._bus.pop()) is not None:
            if message.type == Gst.MessageType.ERROR:
                self.fail(Unavailable(self._subject, error_text(message)))
            elif message.type == Gst.MessageType.EOS:
                self.fail(Unavailable(self._subject, "the device ended the stream"))


def parse(description: str, subject: str = "video source") -> Any:
    """A pipeline on CLOCK_MONOTONIC. Raises Unavailable where an element is not installed."""
    logger.debug("pipeline: %s", description)
    try:
        pipeline = Gst.parse_launch(description)
    except gi.repository.GLib.Error as error:
        raise Unavailable(subject, f"the pipeline cannot be built: {error.message}") from error
    pipeline.use_clock(Gst.SystemClock.obtain())
    pipeline.set_start_time(Gst.CLOCK_TIME_NONE)
    pipeline.set_base_time(0)
    return pipeline


def play(pipeline: Any, subject: str = "video source") -> None:
    """Start it. Raises Unavailable with the reason the pipeline gives."""
    outcome = pipeline.set_state(Gst.State.PLAYING)
    if outcome == Gst.StateChangeReturn.ASYNC:
        outcome = pipeline.get_state(START_TIMEOUT_S * Gst.SECOND)[0]
    if outcome == Gst.StateChangeReturn.FAILURE:
        message = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
        raise Unavailable(subject, error_text(message) if message is not None else "the pipeline did not start")


def running_ns(sample: Any) -> int:
    """Running time of a sample. Not its PTS: x264enc starts those at 1000 hours, with a segment to match."""
    return int(sample.get_segment().to_running_time(Gst.Format.TIME, sample.get_buffer().pts))


def sample_bytes(sample: Any) -> bytes:
    return buffer_bytes(sample.get_buffer())


def buffer_bytes(buffer: Any) -> bytes:
    return bytes(buffer.extract_dup(0, buffer.get_size()))


def error_text(message: Any) -> str:
    error, _ = message.parse_error()
    return f"{message.src.get_name()}: {error.message}"
