"""Plays an RTSP address with GStreamer's rtspsrc for some seconds and prints how many access units came.

Arguments: address, user, password, protocol (tcp or udp), seconds, further properties of rtspsrc.
"""

import sys
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402 - the version comes first

POLL_NS = 100_000_000


def main(address: str, user: str, password: str, protocol: str, seconds: str, *properties: str) -> None:
    Gst.init(None)
    source = f'rtspsrc location={address} protocols={protocol} latency=50 user-id={user} user-pw="{password}"'
    sink = "rtph264depay ! video/x-h264,alignment=au ! fakesink name=sink signal-handoffs=true sync=false"
    pipeline = Gst.parse_launch(f"{source} {' '.join(properties)} ! {sink}")
    units = []
    pipeline.get_by_name("sink").connect("handoff", lambda *_: units.append(1))
    pipeline.set_state(Gst.State.PLAYING)
    ends = Gst.MessageType.ERROR | Gst.MessageType.EOS
    until_s = time.monotonic() + float(seconds)
    message = None
    while message is None and time.monotonic() < until_s:
        message = pipeline.get_bus().timed_pop_filtered(POLL_NS, ends)
    if message is not None and message.type == Gst.MessageType.ERROR:
        print(message.parse_error(), file=sys.stderr)
    pipeline.set_state(Gst.State.NULL)
    print(len(units))


if __name__ == "__main__":
    main(*sys.argv[1:])
