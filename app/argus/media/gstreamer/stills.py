"""Snapshots: raw pictures to JPEG."""

from __future__ import annotations

from typing import Any

from argus.base.errors import Unavailable
from argus.media import launch
from argus.media.gstreamer.pipeline import Gst, parse, play, sample_bytes
from argus.media.settings import StreamSettings

PULL_TIMEOUT_S = 5
_SUBJECT = "snapshot"


class StillEncoder:
    """Raw pictures to JPEG, with a pipeline that stays: 2 to 3 ms for 1080p, a new pipeline takes ten times that."""

    def __init__(self, stream: StreamSettings) -> None:
        self._stream = stream
        self._pipeline: Any = None

    def encode(self, sample: Any) -> bytes:
        """Raises Unavailable "snapshot"."""
        if self._pipeline is None:
            pipeline = parse(launch.still_launch(self._stream), _SUBJECT)
            play(pipeline, _SUBJECT)
            self._pipeline = pipeline  # only now: one that did not start would be waited for each time
        self._pipeline.get_by_name("picture").push_sample(sample)
        coded = self._pipeline.get_by_name("jpeg").try_pull_sample(PULL_TIMEOUT_S * Gst.SECOND)
        if coded is None:
            self.close()
            raise Unavailable(_SUBJECT, "the JPEG encoder delivered nothing")
        return sample_bytes(coded)

    def close(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.set_state(Gst.State.NULL)
