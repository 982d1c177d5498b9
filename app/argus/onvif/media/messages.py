"""Messages of the media service (trt) and the types of the schema (tt) that only it uses."""

from __future__ import annotations

from argus.base.tokens import ProfileToken
from argus.onvif.media.configuration_types import (
    AudioEncoderConfiguration,
    AudioSourceConfiguration,
    MetadataConfiguration,
    MulticastConfiguration,
)
from argus.onvif.types import MediaUri, StreamSetup
from argus.soap.duration import Duration
from argus.soap.message import attribute, message, wire
from argus.soap.namespaces import TRT, TT


@message(TT)
class IntRectangle:
    x: int = attribute("x")
    y: int = attribute("y")
    width: int = attribute("width")
    height: int = attribute("height")


@message(TT)
class IntRange:
    min: int
    max: int


@message(TT)
class IntRectangleRange:
    x_range: IntRange = wire("XRange")
    y_range: IntRange = wire("YRange")
    width_range: IntRange
    height_range: IntRange


@message(TT)
class VideoResolution:
    width: int
    height: int


@message(TT)
class VideoSource:
    token: str = attribute("token")
    framerate: float
    resolution: VideoResolution


@message(TT)
class VideoSourceConfiguration:
    token: str = attribute("token")
    name: str
    use_count: int
    source_token: str
    bounds: IntRectangle


@message(TT)
class VideoRateControl:
    frame_rate_limit: int
    encoding_interval: int
    bitrate_limit: int


@message(TT)
class H264Configuration:
    gov_length: int
    h264_profile: str = wire("H264Profile")


@message(TT)
class VideoEncoderConfiguration:
    token: str = attribute("token")
    name: str
    use_count: int
    encoding: str
    resolution: VideoResolution
    quality: float
    rate_control: VideoRateControl
    h264: H264Configuration | None = wire("H264", default=None)
    multicast: MulticastConfiguration
    session_timeout: Duration


@message(TT)
class Profile:
    token: str = attribute("token")
    fixed: bool = attribute("fixed")
    name: str
    video_source_configuration: VideoSourceConfiguration | None = None
    audio_source_configuration: AudioSourceConfiguration | None = None
    video_encoder_configuration: VideoEncoderConfiguration | None = None
    audio_encoder_configuration: AudioEncoderConfiguration | None = None
    metadata_configuration: MetadataConfiguration | None = None


@message(TT)
class VideoSourceConfigurationOptions:
    maximum_number_of_profiles: int | None = attribute("MaximumNumberOfProfiles", default=None)
    bounds_range: IntRectangleRange
    video_source_tokens_available: tuple[str, ...]


@message(TT)
class H264Options:
    resolutions_available: tuple[VideoResolution, ...]
    gov_length_range: IntRange
    frame_rate_range: IntRange
    encoding_interval_range: IntRange
    h264_profiles_supported: tuple[str, ...] = wire("H264ProfilesSupported")


@message(TT)
class VideoEncoderConfigurationOptions:
    quality_range: IntRange
    h264: H264Options | None = wire("H264", default=None)


@message(TRT)
class ProfileCapabilities:
    maximum_number_of_profiles: int = attribute("MaximumNumberOfProfiles")


@message(TRT)
class StreamingCapabilities:
    rtp_multicast: bool = attribute("RTPMulticast")
    rtp_tcp: bool = attribute("RTP_TCP")
    rtp_rtsp_tcp: bool = attribute("RTP_RTSP_TCP")
    non_aggregate_control: bool = attribute("NonAggregateControl")


@message(TRT)
class Capabilities:
    snapshot_uri: bool = attribute("SnapshotUri")
    rotation: bool = attribute("Rotation")
    video_source_mode: bool = attribute("VideoSourceMode")
    osd: bool = attribute("OSD")
    profile_capabilities: ProfileCapabilities
    streaming_capabilities: StreamingCapabilities


@message(TRT)
class GetServiceCapabilities:
    pass


@message(TRT)
class GetServiceCapabilitiesResponse:
    capabilities: Capabilities


@message(TRT)
class GetProfiles:
    pass


@message(TRT)
class GetProfilesResponse:
    profiles: tuple[Profile, ...]


@message(TRT)
class GetProfile:
    profile_token: ProfileToken


@message(TRT)
class GetProfileResponse:
    profile: Profile


@message(TRT)
class GetVideoSources:
    pass


@message(TRT)
class GetVideoSourcesResponse:
    video_sources: tuple[VideoSource, ...]


@message(TRT)
class GetVideoSourceConfigurations:
    pass


@message(TRT)
class GetVideoSourceConfigurationsResponse:
    configurations: tuple[VideoSourceConfiguration, ...]


@message(TRT)
class GetVideoSourceConfiguration:
    configuration_token: str


@message(TRT)
class GetVideoSourceConfigurationResponse:
    configuration: VideoSourceConfiguration


@message(TRT)
class GetCompatibleVideoSourceConfigurations:
    profile_token: ProfileToken


@message(TRT)
class GetCompatibleVideoSourceConfigurationsResponse:
    configurations: tuple[VideoSourceConfiguration, ...]


@message(TRT)
class GetVideoSourceConfigurationOptions:
    configuration_token: str | None = None
    profile_token: ProfileToken | None = None


@message(TRT)
class GetVideoSourceConfigurationOptionsResponse:
    options: VideoSourceConfigurationOptions


@message(TRT)
class GetVideoEncoderConfigurations:
    pass


@message(TRT)
class GetVideoEncoderConfigurationsResponse:
    configurations: tuple[VideoEncoderConfiguration, ...]


@message(TRT)
class GetVideoEncoderConfiguration:
    configuration_token: str


@message(TRT)
class GetVideoEncoderConfigurationResponse:
    configuration: VideoEncoderConfiguration


@message(TRT)
class GetCompatibleVideoEncoderConfigurations:
    profile_token: ProfileToken


@message(TRT)
class GetCompatibleVideoEncoderConfigurationsResponse:
    configurations: tuple[VideoEncoderConfiguration, ...]


@message(TRT)
class GetVideoEncoderConfigurationOptions:
    configuration_token: str | None = None
    profile_token: ProfileToken | None = None


@message(TRT)
class GetVideoEncoderConfigurationOptionsResponse:
    options: VideoEncoderConfigurationOptions


@message(TRT)
class GetGuaranteedNumberOfVideoEncoderInstances:
    configuration_token: str


@message(TRT)
class GetGuaranteedNumberOfVideoEncoderInstancesResponse:
    total_number: int
    h264: int | None = wire("H264", default=None)


@message(TRT)
class GetStreamUri:
    stream_setup: StreamSetup
    profile_token: ProfileToken


@message(TRT)
class GetStreamUriResponse:
    media_uri: MediaUri


@message(TRT)
class GetSnapshotUri:
    profile_token: ProfileToken


@message(TRT)
class GetSnapshotUriResponse:
    media_uri: MediaUri


@message(TRT)
class SetSynchronizationPoint:
    profile_token: ProfileToken


@message(TRT)
class SetSynchronizationPointResponse:
    pass
