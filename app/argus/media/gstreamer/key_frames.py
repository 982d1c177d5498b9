"""Key frames on request, in the way each encoder understands."""

from __future__ import annotations

from typing import Any

import gi

from argus.media.encoders import Encoder, KeyFrameRequest, controls_text
from argus.media.gstreamer.pipeline import Gst
from argus.media.settings import StreamSettings

gi.require_version("GstVideo", "1.0")
from gi.repository import GstVideo  # noqa: E402 - the version comes first


def request_key_frame(encoder: Encoder, stream: StreamSettings, element: Any, sink: Any) -> None:
    """Make the encoder `element` code its next picture as a key frame; `sink` is where its stream ends."""
    match encoder.driver.key_frame_request:
        case KeyFrameRequest.FORCE_KEY_UNIT:
            sink.send_event(GstVideo.video_event_new_upstream_force_key_unit(Gst.CLOCK_TIME_NONE, True, 0))
        case KeyFrameRequest.V4L2_CONTROL:
            # a structure set while the device is open is applied at once
            text = controls_text(encoder, stream, force_key_frame=True)
            element.set_property("extra-controls", Gst.Structure.from_string(text)[0])
        case KeyFrameRequest.ACTION_SIGNAL:
            element.emit("force-IDR")
