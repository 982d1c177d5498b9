"""What a camera of the scenario is: whose software serves it, and what it sends to whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

WIDTH, HEIGHT, FRAME_RATE = 320, 176, 10
USERNAME, PASSWORD = "viewer", "open-sesame-3"


class Software(StrEnum):
    """Who serves RTSP."""

    GSTREAMER = "gst-rtsp-server"
    VLC = "VLC"


class Login(StrEnum):
    """How the camera wants to know who asks."""

    NONE = "none"
    BASIC = "basic"
    DIGEST = "digest"


@dataclass(frozen=True)
class Model:
    """One camera. `number` is burnt into its pictures; `transport` is what it is to be received over, as
    tt:TransportProtocol."""

    number: int
    name: str
    software: Software
    video: str
    audio: str
    login: Login
    transport: str


VIDEO_ENCODERS = {
    "H264": f"x264enc tune=zerolatency speed-preset=ultrafast bitrate=300 key-int-max={FRAME_RATE}",
    "H265": f"x265enc tune=zerolatency speed-preset=ultrafast bitrate=300 key-int-max={FRAME_RATE}",
    "JPEG": "jpegenc quality=80",
}
AUDIO_ENCODERS = {"PCMU": "mulawenc", "PCMA": "alawenc", "AAC": "voaacenc bitrate=32000"}
AUDIO_HZ = {"PCMU": 8000, "PCMA": 8000, "AAC": 16_000}


# The number in a picture: that of the camera in the upper bits, that of the frame in the lower.
NUMBER_SHIFT = 24

CAMERAS = {
    model.name: model
    for model in (
        Model(1, "door", Software.GSTREAMER, "H264", "PCMU", Login.DIGEST, "RTSP"),
        Model(2, "yard", Software.GSTREAMER, "H265", "AAC", Login.DIGEST, "UDP"),
        Model(3, "gate", Software.GSTREAMER, "JPEG", "", Login.NONE, "RTSP"),
        Model(4, "hall", Software.GSTREAMER, "H264", "PCMA", Login.BASIC, "HTTP"),
        Model(5, "ramp", Software.VLC, "H264", "AAC", Login.BASIC, "UDP"),
        Model(6, "dock", Software.VLC, "H265", "", Login.NONE, "UDP"),
        Model(7, "lobby", Software.GSTREAMER, "H264", "AAC", Login.DIGEST, "HTTP"),
        Model(8, "roof", Software.VLC, "H264", "", Login.NONE, "UDP"),
    )
}
