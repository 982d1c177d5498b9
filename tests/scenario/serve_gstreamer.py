"""A camera by gst-rtsp-server: `python -m tests.scenario.serve_gstreamer PORT NUMBER VIDEO AUDIO LOGIN`.

It says `ready` once it listens, and `clients N` whenever a connection comes or goes.
"""

from __future__ import annotations

import sys

import gi
from tests.scenario.models import AUDIO_ENCODERS, PASSWORD, USERNAME, VIDEO_ENCODERS, Login
from tests.scenario.painter import PICTURES, Painter, sound

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

_PAYLOADERS = {
    "H264": "rtph264pay config-interval=-1",
    "H265": "rtph265pay config-interval=-1",
    "JPEG": "rtpjpegpay",
    "PCMU": "rtppcmupay",
    "PCMA": "rtppcmapay",
    "AAC": "rtpmp4gpay",
}
_STATIC = {"JPEG": 26, "PCMU": 0, "PCMA": 8}
_ROLE = "viewer"


def launch(video: str, audio: str) -> str:
    """The media of the camera as gst-rtsp-server wants it: payloaders by the names pay0, pay1."""
    picture = (
        f"{PICTURES} ! queue ! {VIDEO_ENCODERS[video]} ! {_PAYLOADERS[video]} name=pay0 pt={_STATIC.get(video, 96)}"
    )
    if not audio:
        return f"( {picture} )"
    tone = (
        f"{sound(audio)} ! queue ! {AUDIO_ENCODERS[audio]} ! {_PAYLOADERS[audio]} name=pay1 pt={_STATIC.get(audio, 97)}"
    )
    return f"( {picture} {tone} )"


class Camera:
    """One server with one mount point, its media shared by all clients."""

    def __init__(self, number: int, video: str, audio: str, login: Login) -> None:
        self._painter = Painter(number, audio)
        self._clients = 0
        self._server = GstRtspServer.RTSPServer(address="127.0.0.1")
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch(video, audio))
        factory.set_shared(True)
        factory.connect("media-configure", self._configure)
        if login is not Login.NONE:
            self._server.set_auth(_guard(login))
            permissions = GstRtspServer.RTSPPermissions()
            for kind in ("access", "construct"):
                permissions.add_permission_for_role(_ROLE, f"media.factory.{kind}", True)
            factory.set_permissions(permissions)
        self._server.get_mount_points().add_factory("/stream", factory)
        self._server.connect("client-connected", self._connected)

    def serve(self, port: int) -> None:
        self._server.set_service(str(port))
        if not self._server.attach(None):
            raise SystemExit(f"port {port} is taken")
        print("ready", flush=True)
        GLib.MainLoop().run()

    def _configure(self, _factory: object, media: GstRtspServer.RTSPMedia) -> None:
        self._painter.give_to(media.get_element())

    def _connected(self, _server: object, client: GstRtspServer.RTSPClient) -> None:
        self._count(1)
        client.connect("closed", lambda _client: self._count(-1))

    def _count(self, step: int) -> None:
        self._clients += step
        print("clients", self._clients, flush=True)


def _guard(login: Login) -> GstRtspServer.RTSPAuth:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", _ROLE)
    if login is Login.BASIC:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(USERNAME, PASSWORD), token)
    else:
        auth.set_supported_methods(_digest_method())
        auth.add_digest(USERNAME, PASSWORD, token)
    return auth


def _digest_method() -> object:
    gi.require_version("GstRtsp", "1.0")
    from gi.repository import GstRtsp

    return GstRtsp.RTSPAuthMethod.DIGEST


if __name__ == "__main__":
    Gst.init(None)
    port, number, video, audio, login = sys.argv[1:]
    Camera(int(number), video, audio, Login(login)).serve(int(port))
