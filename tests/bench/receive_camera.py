"""A camera by gst-rtsp-server that sends one coded clip over and over: `... receive_camera PORT BITRATE_BPS`."""

from __future__ import annotations

import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

FPS = 25
_CLIP_S = 4
_CAPS = "video/x-h264,stream-format=byte-stream,alignment=au,width=1280,height=720,framerate=25/1"


def clip(bitrate_bps: int) -> list[bytes]:
    """Access units of noise that reach the bit rate, a key frame each second."""
    pipeline = Gst.parse_launch(
        f"videotestsrc pattern=snow num-buffers={FPS * _CLIP_S} ! video/x-raw,width=320,height=180 ! videoscale ! "
        f"video/x-raw,width=1280,height=720,framerate={FPS}/1 ! x264enc pass=cbr bitrate={bitrate_bps // 1000} "
        f"speed-preset=ultrafast bframes=0 sliced-threads=false key-int-max={FPS} ! {_CAPS} ! "
        "appsink name=taken sync=false"
    )
    pipeline.set_state(Gst.State.PLAYING)
    taken, units = pipeline.get_by_name("taken"), []
    while (sample := taken.emit("pull-sample")) is not None:
        buffer = sample.get_buffer()
        units.append(buffer.extract_dup(0, buffer.get_size()))
    pipeline.set_state(Gst.State.NULL)
    return units


class Camera:
    """One mount point whose media all clients share."""

    def __init__(self, units: list[bytes]) -> None:
        self._units = units
        self._taker: Gst.Element | None = None
        self._server = GstRtspServer.RTSPServer(address="127.0.0.1")
        factory = GstRtspServer.RTSPMediaFactory()
        source = f"appsrc name=clip is-live=true do-timestamp=true format=time caps={_CAPS}"
        factory.set_launch(f"( {source} ! rtph264pay config-interval=-1 name=pay0 pt=96 )")
        factory.set_shared(True)
        factory.connect("media-configure", self._configure)
        self._server.get_mount_points().add_factory("/stream", factory)

    def serve(self, port: int) -> None:
        self._server.set_service(str(port))
        if not self._server.attach(None):
            raise SystemExit(f"port {port} is taken")
        threading.Thread(target=self._send, daemon=True).start()
        print(sum(map(len, self._units)) * 8 / _CLIP_S, flush=True)
        GLib.MainLoop().run()

    def _configure(self, _factory: object, media: GstRtspServer.RTSPMedia) -> None:
        self._taker = media.get_element().get_by_name("clip")

    def _send(self) -> None:
        number, due = 0, time.monotonic()
        while True:
            number, due = number + 1, due + 1 / FPS
            time.sleep(max(0.0, due - time.monotonic()))
            if (taker := self._taker) is not None:
                taker.emit("push-buffer", Gst.Buffer.new_wrapped(self._units[number % len(self._units)]))


if __name__ == "__main__":
    Gst.init(None)
    port, bitrate_bps = sys.argv[1:]
    Camera(clip(int(bitrate_bps))).serve(int(port))
