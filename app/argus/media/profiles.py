"""The media profiles of the device: which camera, cut how, encoded how, with what sound. Made from the board file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from argus.base.access_unit import MediaKind
from argus.base.errors import NotFound
from argus.base.tokens import AudioStreamToken, ProfileToken, VideoSourceToken
from argus.media import configurations as made
from argus.media.audio_settings import AudioSourceSettings, AudioStreamSettings
from argus.media.configurations import (
    AudioEncoderConfiguration,
    AudioSourceConfiguration,
    AudioSourceDescription,
    MetadataConfiguration,
    VideoEncoderConfiguration,
    VideoSourceConfiguration,
    VideoSourceDescription,
)
from argus.media.hub import StreamHub
from argus.media.settings import StreamSettings, VideoSourceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """tt:Profile. `fixed` profiles cannot be deleted; what a profile has not is None."""

    token: ProfileToken
    name: str
    fixed: bool
    video_source: VideoSourceConfiguration
    video_encoder: VideoEncoderConfiguration
    audio_source: AudioSourceConfiguration | None = None
    audio_encoder: AudioEncoderConfiguration | None = None
    metadata: MetadataConfiguration | None = None


class Camera(Protocol):
    """What profiles need of a running video source."""

    @property
    def settings(self) -> VideoSourceSettings: ...

    @property
    def streams(self) -> Sequence[StreamSettings]: ...

    @property
    def failure(self) -> str | None: ...

    def hub(self, token: ProfileToken) -> StreamHub: ...

    async def snapshot(self, token: ProfileToken) -> bytes: ...


class Microphone(Protocol):
    """What profiles need of a running audio source."""

    @property
    def settings(self) -> AudioSourceSettings: ...

    @property
    def streams(self) -> Sequence[AudioStreamSettings]: ...

    @property
    def failure(self) -> str | None: ...

    def hub(self, token: AudioStreamToken) -> StreamHub: ...


class Metadata(Protocol):
    """What profiles need of a metadata stream: that of one camera. `topics` are paths below tns1."""

    @property
    def video_source(self) -> VideoSourceToken: ...

    @property
    def analytics(self) -> bool: ...

    @property
    def topics(self) -> tuple[str, ...]: ...

    @property
    def hub(self) -> StreamHub: ...


_Configuration = TypeVar(
    "_Configuration",
    VideoSourceConfiguration,
    VideoEncoderConfiguration,
    AudioSourceConfiguration,
    AudioEncoderConfiguration,
    MetadataConfiguration,
)


class MediaProfiles:
    """Every profile, its hubs and its snapshot, by token.

    A profile whose board entry wants metadata has them where `metadata` holds a stream of its camera.
    """

    def __init__(
        self, cameras: Sequence[Camera], microphones: Sequence[Microphone] = (), metadata: Sequence[Metadata] = ()
    ) -> None:
        self._cameras = {stream.token: camera for camera in cameras for stream in camera.streams}
        self._streams = {stream.token: stream for camera in cameras for stream in camera.streams}
        self._microphones = {stream.token: microphone for microphone in microphones for stream in microphone.streams}
        self._metadata = {stream.video_source: stream for stream in metadata}
        self._sources = tuple(made.video_source_description(camera.settings) for camera in cameras)
        self._audio_sources = tuple(
            AudioSourceDescription(token=microphone.settings.token, channels=1) for microphone in microphones
        )
        used = [stream.audio for stream in self._streams.values() if stream.audio is not None]
        self._sound = {
            stream.token: (
                made.audio_source_configuration(microphone.settings, microphone.streams, used),
                made.audio_encoder_configuration(stream, used),
            )
            for microphone in microphones
            for stream in microphone.streams
        }
        self._told = {stream.video_source: self._metadata_configuration(stream) for stream in metadata}
        self._profiles = {
            stream.token: self._profile(camera, stream) for camera in cameras for stream in camera.streams
        }
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

    def audio_sources(self) -> tuple[AudioSourceDescription, ...]:
        return self._audio_sources

    def video_source_configurations(self) -> tuple[VideoSourceConfiguration, ...]:
        """Each once, in the order of the profiles."""
        return tuple({p.video_source.token: p.video_source for p in self._profiles.values()}.values())

    def video_encoder_configurations(self) -> tuple[VideoEncoderConfiguration, ...]:
        """Each once, in the order of the profiles."""
        return tuple({p.video_encoder.token: p.video_encoder for p in self._profiles.values()}.values())

    def audio_source_configurations(self) -> tuple[AudioSourceConfiguration, ...]:
        """Each once, whether a profile holds it or not."""
        return tuple({source.token: source for source, _ in self._sound.values()}.values())

    def audio_encoder_configurations(self) -> tuple[AudioEncoderConfiguration, ...]:
        """Each once, whether a profile holds it or not."""
        return tuple(encoder for _, encoder in self._sound.values())

    def metadata_configurations(self) -> tuple[MetadataConfiguration, ...]:
        """One for each camera that is told about."""
        return tuple(self._told.values())

    def video_source_configuration(self, token: str) -> VideoSourceConfiguration:
        """Raises NotFound "video source configuration"."""
        return _found("video source configuration", token, self.video_source_configurations())

    def video_encoder_configuration(self, token: str) -> VideoEncoderConfiguration:
        """Raises NotFound "video encoder configuration"."""
        return _found("video encoder configuration", token, self.video_encoder_configurations())

    def audio_source_configuration(self, token: str) -> AudioSourceConfiguration:
        """Raises NotFound "audio source configuration"."""
        return _found("audio source configuration", token, self.audio_source_configurations())

    def audio_encoder_configuration(self, token: str) -> AudioEncoderConfiguration:
        """Raises NotFound "audio encoder configuration"."""
        return _found("audio encoder configuration", token, self.audio_encoder_configurations())

    def metadata_configuration(self, token: str) -> MetadataConfiguration:
        """Raises NotFound "metadata configuration"."""
        return _found("metadata configuration", token, self.metadata_configurations())

    def hub(self, token: ProfileToken, kind: MediaKind = MediaKind.VIDEO) -> StreamHub:
        """One stream of the profile.

        Raises:
            NotFound: subject "profile", or, where it has no such media, e.g. "Audio of profile".
        """
        hub = self._hubs(token)[kind]
        if hub is None:
            raise NotFound(f"{kind} of profile", token)
        return hub

    def hubs(self, token: ProfileToken) -> tuple[StreamHub, ...]:
        """Every stream of the profile: video, audio, metadata. Raises NotFound "profile"."""
        return tuple(hub for hub in self._hubs(token).values() if hub is not None)

    def kinds(self, token: ProfileToken) -> tuple[MediaKind, ...]:
        """What the profile has, in the order of `hubs`. Raises NotFound "profile"."""
        return tuple(kind for kind, hub in self._hubs(token).items() if hub is not None)

    def failure(self, token: ProfileToken) -> str:
        """Why camera or microphone of the profile stand, as a sentence; empty while they run."""
        audio = self._streams[token].audio if token in self._streams else None
        sources = (self._camera(token), self._microphones.get(audio) if audio is not None else None)
        return "; ".join(source.failure for source in sources if source is not None and source.failure)

    async def snapshot(self, token: ProfileToken) -> bytes:
        """The newest picture as JPEG, in the resolution of the profile.

        Raises:
            NotFound: subject "profile".
            Unavailable: subject "snapshot": the camera delivers no pictures at the moment.
        """
        return await self._camera(token).snapshot(token)

    def request_key_frame(self, token: ProfileToken) -> None:
        """See to a point where decoding can start, soon, in every stream of the profile. Raises NotFound "profile"."""
        for hub in self.hubs(token):
            hub.request_key_frame()

    def _hubs(self, token: ProfileToken) -> dict[MediaKind, StreamHub | None]:
        camera, stream = self._camera(token), self._streams[token]
        metadata = self._metadata.get(camera.settings.token) if stream.metadata else None
        return {
            MediaKind.VIDEO: camera.hub(token),
            MediaKind.AUDIO: None if stream.audio is None else self._microphones[stream.audio].hub(stream.audio),
            MediaKind.METADATA: None if metadata is None else metadata.hub,
        }

    def _camera(self, token: ProfileToken) -> Camera:
        camera = self._cameras.get(token)
        if camera is None:
            raise NotFound("profile", token)
        return camera

    def _metadata_configuration(self, told: Metadata) -> MetadataConfiguration:
        cameras = (camera for camera in self._cameras.values() if camera.settings.token == told.video_source)
        camera = next(cameras)  # whoever makes a metadata stream makes it for a camera
        return made.metadata_configuration(
            camera.settings,
            sum(stream.metadata for stream in camera.streams),
            analytics=told.analytics,
            topics=told.topics,
        )

    def _profile(self, camera: Camera, stream: StreamSettings) -> Profile:
        audio_source, audio_encoder = self._sound[stream.audio] if stream.audio is not None else (None, None)
        return Profile(
            token=stream.token,
            name=stream.name,
            fixed=True,
            video_source=made.video_source_configuration(camera.settings, len(camera.streams)),
            video_encoder=made.video_encoder_configuration(stream),
            audio_source=audio_source,
            audio_encoder=audio_encoder,
            metadata=self._told.get(camera.settings.token) if stream.metadata else None,
        )


def _found(subject: str, token: str, among: Sequence[_Configuration]) -> _Configuration:
    for configuration in among:
        if configuration.token == token:
            return configuration
    raise NotFound(subject, token)
