"""Pictures and tone of a camera as MPEG-TS on standard output: `python -m tests.scenario.feed NUMBER VIDEO AUDIO`."""

from __future__ import annotations

import sys

import gi
from tests.scenario.models import AUDIO_ENCODERS, VIDEO_ENCODERS
from tests.scenario.painter import PICTURES, Painter, sound

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

_PARSERS = {"H264": "h264parse", "H265": "h265parse", "AAC": "aacparse"}


def launch(video: str, audio: str) -> str:
    picture = f"{PICTURES} ! queue ! {VIDEO_ENCODERS[video]} ! {_PARSERS[video]} ! mux."
    tone = f"{sound(audio)} ! queue ! {AUDIO_ENCODERS[audio]} ! {_PARSERS[audio]} ! mux." if audio else ""
    # Not Matroska: of a pipe with that VLC loses pictures.
    return f"mpegtsmux name=mux alignment=7 ! fdsink fd=1 sync=false {picture} {tone}"


if __name__ == "__main__":
    Gst.init(None)
    number, video, audio = sys.argv[1:]
    pipeline = Gst.parse_launch(launch(video, audio))
    painter = Painter(int(number), audio)
    painter.give_to(pipeline)
    pipeline.set_state(Gst.State.PLAYING)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message::error", lambda _bus, message: (print(message.parse_error(), file=sys.stderr), loop.quit()))
    loop.run()
