"""The peer: STREAMS times rtspsrc, depayloader, parser and appsink: `... receive_gstreamer URI STREAMS`.

For each line on standard input it says how many access units came so far.
"""

from __future__ import annotations

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


def launch(uri: str, number: int) -> str:
    return (
        f"rtspsrc location={uri} protocols=tcp latency=200 ! rtph264depay ! h264parse ! "
        f"video/x-h264,stream-format=avc,alignment=au ! appsink name=taken{number} sync=false max-buffers=50 drop=true"
    )


def _answer(pipeline: Gst.Pipeline, streams: int) -> None:
    sinks = [pipeline.get_by_name(f"taken{number}") for number in range(streams)]
    for _ in sys.stdin:
        print(sum(sink.get_property("stats").get_value("rendered") for sink in sinks), flush=True)


if __name__ == "__main__":
    Gst.init(None)
    uri, streams = sys.argv[1], int(sys.argv[2])
    pipeline = Gst.parse_launch(" ".join(launch(uri, number) for number in range(streams)))
    pipeline.set_state(Gst.State.PLAYING)
    threading.Thread(target=_answer, args=(pipeline, streams), daemon=True).start()
    GLib.MainLoop().run()
