"""The configurations that media profiles hold, as values in the words of the media service, and their making."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from argus.base.access_unit import Codec
from argus.base.tokens import AudioSourceToken, AudioStreamToken, VideoSourceToken
from argus.media.audio_settings import AudioSourceSettings, AudioStreamSettings
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
class AudioSourceDescription:
    """tt:AudioSource."""

    token: AudioSourceToken
    channels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSourceConfiguration:
    """tt:AudioSourceConfiguration."""

    token: str
    name: str
    use_count: int
    source_token: AudioSourceToken


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioEncoderConfiguration:
    """tt:AudioEncoderConfiguration. Bit rate in kbit/s and samples in kHz because the message has them so."""

    token: str
    name: str
    use_count: int
    encoding: Codec
    bitrate_kbps: int
    sample_rate_khz: int
    multicast: MulticastParameters
    session_timeout_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataConfiguration:
    """tt:MetadataConfiguration. `topics` are those whose events are in the stream, as paths below tns1."""

    token: str
    name: str
    use_count: int
    analytics: bool
    topics: tuple[str, ...]
    multicast: MulticastParameters
    session_timeout_s: int


def video_source_description(settings: VideoSourceSettings) -> VideoSourceDescription:
    """What a camera is."""
    return VideoSourceDescription(
        token=settings.token,
        name=settings.name,
        frame_rate=settings.frame_rate,
        width=settings.width,
        height=settings.height,
    )


def video_source_configuration(source: VideoSourceSettings, use_count: int) -> VideoSourceConfiguration:
    """The whole picture of a camera."""
    return VideoSourceConfiguration(
        token=f"VideoSource-{source.token}",
        name=source.name,
        use_count=use_count,
        source_token=source.token,
        bounds=Bounds(x=0, y=0, width=source.width, height=source.height),
    )


def video_encoder_configuration(stream: StreamSettings) -> VideoEncoderConfiguration:
    """How a stream is encoded; it belongs to one profile."""
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


def audio_source_configuration(
    source: AudioSourceSettings, streams: Sequence[AudioStreamSettings], used: Sequence[AudioStreamToken]
) -> AudioSourceConfiguration:
    """The sound of a microphone. `used` has the token of an audio stream once for each profile that holds it."""
    return AudioSourceConfiguration(
        token=f"AudioSource-{source.token}",
        name=source.name,
        use_count=sum(used.count(stream.token) for stream in streams),
        source_token=source.token,
    )


def audio_encoder_configuration(
    stream: AudioStreamSettings, used: Sequence[AudioStreamToken]
) -> AudioEncoderConfiguration:
    """How the sound is encoded."""
    return AudioEncoderConfiguration(
        token=f"AudioEncoder-{stream.token}",
        name=stream.name,
        use_count=used.count(stream.token),
        encoding=stream.codec,
        bitrate_kbps=stream.bitrate_bps // 1_000,
        sample_rate_khz=stream.sample_rate_hz // 1_000,
        multicast=MulticastParameters(),
        session_timeout_s=SESSION_TIMEOUT_S,
    )


def metadata_configuration(
    source: VideoSourceSettings, use_count: int, *, analytics: bool, topics: tuple[str, ...]
) -> MetadataConfiguration:
    """What is told beside the pictures of a camera."""
    return MetadataConfiguration(
        token=f"Metadata-{source.token}",
        name=source.name,
        use_count=use_count,
        analytics=analytics,
        topics=topics,
        multicast=MulticastParameters(),
        session_timeout_s=SESSION_TIMEOUT_S,
    )
