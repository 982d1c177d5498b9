"""The media profiles of the device: which camera, cut how, encoded how. Fixed ones, made from the board file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from argus.base.access_unit import Codec
from argus.base.errors import NotFound
from argus.base.tokens import ProfileToken, VideoSourceToken
from argus.media.hub import StreamHub
from argus.media.settings import H264Profile, StreamSettings, VideoSourceSettings

# How long an RTSP session lives without a sign from its client.
SESSION_TIMEOUT_S = 60
# Quality is a wish beside a bit rate limit; rate-controlled encoders have no such number.
QUALITY = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """tt:IntRectangle in pixels of the sensor."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MulticastParameters:
    """tt:MulticastConfiguration. Address 0.0.0.0 and port 0 mean that none is set."""

    address: str = "0.0.0.0"  # noqa: S104 - a value on the wire, nothing binds to it
    port: int = 0
    ttl: int = 0
    auto_start: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSourceDescription:
    """tt:VideoSource without imaging settings."""

    token: VideoSourceToken
    name: str
    frame_rate: float
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSourceConfiguration:
    """tt:VideoSourceConfiguration. `use_count` is the number of profiles that hold it."""

    token: str
    name: str
    use_count: int
    source_token: VideoSourceToken
    bounds: Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoEncoderConfiguration:
    """tt:VideoEncoderConfiguration. The bit rate is in kbit/s because the message is."""

    token: str
    name: str
    use_count: int
    encoding: Codec
    width: int
    height: int
    quality: float
    frame_rate_limit: float
    encoding_interval: int
    bitrate_limit_kbps: int
    gov_length: int
    h264_profile: H264Profile
    multicast: MulticastParameters
    session_timeout_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """tt:Profile. `fixed` profiles cannot be deleted."""

    token: ProfileToken
    name: str
    fixed: bool
    video_source: VideoSourceConfiguration
    video_encoder: VideoEncoderConfiguration


class Camera(Protocol):
    """What profiles need of a running video source."""

    @property
    def settings(self) -> VideoSourceSettings: ...

    @property
    def streams(self) -> Sequence[StreamSettings]: ...

    def hub(self, token: ProfileToken) -> StreamHub: ...

    async def snapshot(self, token: ProfileToken) -> bytes: ...


class MediaProfiles:
    """Every profile, its hub and its snapshot, by token."""

    def __init__(self, cameras: Sequence[Camera]) -> None:
        self._cameras = {stream.token: camera for camera in cameras for stream in camera.streams}
        self._sources = tuple(_description(camera.settings) for camera in cameras)
        self._profiles = {stream.token: _profile(camera, stream) for camera in cameras for stream in camera.streams}
        # tokens are compared once, by the board loader; here a duplicate would hide a stream
        assert len(self._profiles) == sum(len(camera.streams) for camera in cameras)

    def all(self) -> tuple[Profile, ...]:
        return tuple(self._profiles.values())

    def get(self, token: ProfileToken) -> Profile:
        """Raises NotFound "profile"."""
        profile = self._profiles.get(token)
        if profile is None:
            raise NotFound("profile", token)
        return profile

    def video_sources(self) -> tuple[VideoSourceDescription, ...]:
        return self._sources

    def video_source_configurations(self) -> tuple[VideoSourceConfiguration, ...]:
        """Each once, in the order of the profiles."""
        return tuple({p.video_source.token: p.video_source for p in self._profiles.values()}.values())

    def video_encoder_configurations(self) -> tuple[VideoEncoderConfiguration, ...]:
        """Each once, in the order of the profiles."""
        return tuple({p.video_encoder.token: p.video_encoder for p in self._profiles.values()}.values())

    def video_source_configuration(self, token: str) -> VideoSourceConfiguration:
        """Raises NotFound "video source configuration"."""
        for configuration in self.video_source_configurations():
            if configuration.token == token:
                return configuration
        raise NotFound("video source configuration", token)

    def video_encoder_configuration(self, token: str) -> VideoEncoderConfiguration:
        """Raises NotFound "video encoder configuration"."""
        for configuration in self.video_encoder_configurations():
            if configuration.token == token:
                return configuration
        raise NotFound("video encoder configuration", token)

    def hub(self, token: ProfileToken) -> StreamHub:
        """The stream of the profile. Raises NotFound "profile"."""
        return self._camera(token).hub(token)

    async def snapshot(self, token: ProfileToken) -> bytes:
        """The newest picture as JPEG, in the resolution of the profile.

        Raises:
            NotFound: subject "profile".
            Unavailable: subject "snapshot": the camera delivers no pictures at the moment.
        """
        return await self._camera(token).snapshot(token)

    def request_key_frame(self, token: ProfileToken) -> None:
        """See to a key frame soon. Raises NotFound "profile"."""
        self.hub(token).request_key_frame()

    def _camera(self, token: ProfileToken) -> Camera:
        camera = self._cameras.get(token)
        if camera is None:
            raise NotFound("profile", token)
        return camera


def _description(settings: VideoSourceSettings) -> VideoSourceDescription:
    return VideoSourceDescription(
        token=settings.token,
        name=settings.name,
        frame_rate=settings.frame_rate,
        width=settings.width,
        height=settings.height,
    )


def _profile(camera: Camera, stream: StreamSettings) -> Profile:
    source = VideoSourceConfiguration(
        token=f"VideoSource-{camera.settings.token}",
        name=camera.settings.name,
        use_count=len(camera.streams),
        source_token=camera.settings.token,
        bounds=Bounds(x=0, y=0, width=camera.settings.width, height=camera.settings.height),
    )
    return Profile(
        token=stream.token, name=stream.name, fixed=True, video_source=source, video_encoder=_encoder(stream)
    )


def _encoder(stream: StreamSettings) -> VideoEncoderConfiguration:
    return VideoEncoderConfiguration(
        token=f"VideoEncoder-{stream.token}",
        name=stream.name,
        use_count=1,
        encoding=stream.codec,
        width=stream.width,
        height=stream.height,
        quality=QUALITY,
        frame_rate_limit=stream.frame_rate,
        encoding_interval=1,
        bitrate_limit_kbps=stream.bitrate_bps // 1_000,
        gov_length=stream.gov_length,
        h264_profile=stream.profile,
        multicast=MulticastParameters(),
        session_timeout_s=SESSION_TIMEOUT_S,
    )
