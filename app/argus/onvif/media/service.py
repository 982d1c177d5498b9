"""The media service, read side: profiles, sources, encoders, and where to play them.

Spec: Media 26.06.
"""

from __future__ import annotations

from urllib.parse import quote

from argus.base.access import Access
from argus.base.access_unit import Codec
from argus.base.tokens import ProfileToken
from argus.media.configurations import VideoEncoderConfiguration, VideoSourceConfiguration
from argus.media.profiles import MediaProfiles
from argus.onvif.media import convert
from argus.onvif.media import messages as m
from argus.onvif.media.audio import AudioOperations
from argus.onvif.media.faults import InvalidStreamSetup, NoConfig, NoProfile
from argus.onvif.media.metadata import MetadataOperations
from argus.onvif.media.not_built import NOT_BUILT
from argus.onvif.types import MediaUri
from argus.onvif.uris import HTTP_SNAPSHOT_PATH, StreamUris
from argus.soap.duration import Duration
from argus.soap.namespaces import TRT
from argus.soap.operation import Call, Service, operation

_FOREVER = Duration.from_us(0)


class MediaService(AudioOperations, MetadataOperations, Service):
    """Media profiles over SOAP. The profiles are fixed by the board; changing them is not offered here."""

    namespace = TRT
    path = "/onvif/media_service"
    version = (26, 6)
    known_operations = NOT_BUILT

    def __init__(self, profiles: MediaProfiles, uris: StreamUris) -> None:
        self._profiles = profiles
        self._uris = uris

    def capabilities(self) -> m.Capabilities:
        """What this service offers; the same in GetServices."""
        return m.Capabilities(
            snapshot_uri=True,
            rotation=False,
            video_source_mode=False,
            osd=False,
            profile_capabilities=m.ProfileCapabilities(maximum_number_of_profiles=len(self._profiles.all())),
            streaming_capabilities=m.StreamingCapabilities(
                rtp_multicast=False, rtp_tcp=False, rtp_rtsp_tcp=True, non_aggregate_control=False
            ),
        )

    @operation(Access.PRE_AUTH)
    async def get_service_capabilities(self, _request: m.GetServiceCapabilities) -> m.GetServiceCapabilitiesResponse:
        """What this service offers.   Spec: Media § GetServiceCapabilities"""
        return m.GetServiceCapabilitiesResponse(capabilities=self.capabilities())

    @operation(Access.READ_MEDIA)
    async def get_profiles(self, _request: m.GetProfiles) -> m.GetProfilesResponse:
        """Every profile with its configurations.   Spec: Media § GetProfiles"""
        return m.GetProfilesResponse(profiles=tuple(map(convert.profile, self._profiles.all())))

    @operation(Access.READ_MEDIA, NoProfile)
    async def get_profile(self, request: m.GetProfile) -> m.GetProfileResponse:
        """One profile.   Spec: Media § GetProfile"""
        return m.GetProfileResponse(profile=convert.profile(self._profiles.get(request.profile_token)))

    @operation(Access.READ_MEDIA)
    async def get_video_sources(self, _request: m.GetVideoSources) -> m.GetVideoSourcesResponse:
        """Every camera of the device.   Spec: Media § GetVideoSources"""
        return m.GetVideoSourcesResponse(video_sources=tuple(map(convert.video_source, self._profiles.video_sources())))

    @operation(Access.READ_MEDIA)
    async def get_video_source_configurations(
        self, _request: m.GetVideoSourceConfigurations
    ) -> m.GetVideoSourceConfigurationsResponse:
        """Every video source configuration.   Spec: Media § GetVideoSourceConfigurations"""
        found = self._profiles.video_source_configurations()
        return m.GetVideoSourceConfigurationsResponse(
            configurations=tuple(map(convert.video_source_configuration, found))
        )

    @operation(Access.READ_MEDIA, NoConfig)
    async def get_video_source_configuration(
        self, request: m.GetVideoSourceConfiguration
    ) -> m.GetVideoSourceConfigurationResponse:
        """One video source configuration.   Spec: Media § GetVideoSourceConfiguration"""
        found = self._profiles.video_source_configuration(request.configuration_token)
        return m.GetVideoSourceConfigurationResponse(configuration=convert.video_source_configuration(found))

    @operation(Access.READ_MEDIA, NoProfile)
    async def get_compatible_video_source_configurations(
        self, request: m.GetCompatibleVideoSourceConfigurations
    ) -> m.GetCompatibleVideoSourceConfigurationsResponse:
        """What could be in the profile: what is.   Spec: Media § GetCompatibleVideoSourceConfigurations"""
        found = self._profiles.get(request.profile_token).video_source
        return m.GetCompatibleVideoSourceConfigurationsResponse(
            configurations=(convert.video_source_configuration(found),)
        )

    @operation(Access.READ_MEDIA, NoProfile, NoConfig)
    async def get_video_source_configuration_options(
        self, request: m.GetVideoSourceConfigurationOptions
    ) -> m.GetVideoSourceConfigurationOptionsResponse:
        """What the configuration may be set to.   Spec: Media § GetVideoSourceConfigurationOptions"""
        chosen = self._video_sources(request.configuration_token, request.profile_token)
        return m.GetVideoSourceConfigurationOptionsResponse(
            options=convert.video_source_options(chosen, len(self._profiles.all()))
        )

    @operation(Access.READ_MEDIA)
    async def get_video_encoder_configurations(
        self, _request: m.GetVideoEncoderConfigurations
    ) -> m.GetVideoEncoderConfigurationsResponse:
        """Every video encoder configuration.   Spec: Media § GetVideoEncoderConfigurations"""
        found = self._profiles.video_encoder_configurations()
        return m.GetVideoEncoderConfigurationsResponse(
            configurations=tuple(map(convert.video_encoder_configuration, found))
        )

    @operation(Access.READ_MEDIA, NoConfig)
    async def get_video_encoder_configuration(
        self, request: m.GetVideoEncoderConfiguration
    ) -> m.GetVideoEncoderConfigurationResponse:
        """One video encoder configuration.   Spec: Media § GetVideoEncoderConfiguration"""
        found = self._profiles.video_encoder_configuration(request.configuration_token)
        return m.GetVideoEncoderConfigurationResponse(configuration=convert.video_encoder_configuration(found))

    @operation(Access.READ_MEDIA, NoProfile)
    async def get_compatible_video_encoder_configurations(
        self, request: m.GetCompatibleVideoEncoderConfigurations
    ) -> m.GetCompatibleVideoEncoderConfigurationsResponse:
        """What could be in the profile: what is.   Spec: Media § GetCompatibleVideoEncoderConfigurations"""
        found = self._profiles.get(request.profile_token).video_encoder
        return m.GetCompatibleVideoEncoderConfigurationsResponse(
            configurations=(convert.video_encoder_configuration(found),)
        )

    @operation(Access.READ_MEDIA, NoProfile, NoConfig)
    async def get_video_encoder_configuration_options(
        self, request: m.GetVideoEncoderConfigurationOptions
    ) -> m.GetVideoEncoderConfigurationOptionsResponse:
        """What the configuration may be set to.   Spec: Media § GetVideoEncoderConfigurationOptions"""
        chosen = self._video_encoders(request.configuration_token, request.profile_token)
        return m.GetVideoEncoderConfigurationOptionsResponse(options=convert.video_encoder_options(chosen))

    @operation(Access.READ_MEDIA, NoConfig)
    async def get_guaranteed_number_of_video_encoder_instances(
        self, request: m.GetGuaranteedNumberOfVideoEncoderInstances
    ) -> m.GetGuaranteedNumberOfVideoEncoderInstancesResponse:
        """How many encoders run at once.   Spec: Media § GetGuaranteedNumberOfVideoEncoderInstances"""
        configuration = self._profiles.video_source_configuration(request.configuration_token)
        encoders = [p.video_encoder for p in self._profiles.all() if p.video_source == configuration]
        h264 = sum(encoder.encoding is Codec.H264 for encoder in encoders)
        return m.GetGuaranteedNumberOfVideoEncoderInstancesResponse(total_number=len(encoders), h264=h264)

    @operation(Access.READ_MEDIA, NoProfile, InvalidStreamSetup)
    async def get_stream_uri(self, request: m.GetStreamUri, call: Call) -> m.GetStreamUriResponse:
        """Where to play the profile live.   Spec: Media § GetStreamUri"""
        profile = self._profiles.get(request.profile_token)
        return m.GetStreamUriResponse(media_uri=_media_uri(self._uris.live(request.stream_setup, profile.token, call)))

    @operation(Access.READ_MEDIA, NoProfile)
    async def get_snapshot_uri(self, request: m.GetSnapshotUri, call: Call) -> m.GetSnapshotUriResponse:
        """Where to get a JPEG of the profile.   Spec: Media § GetSnapshotUri"""
        profile = self._profiles.get(request.profile_token)
        uri = f"{call.base_url}{HTTP_SNAPSHOT_PATH}{quote(profile.token, safe='')}"
        return m.GetSnapshotUriResponse(media_uri=_media_uri(uri))

    @operation(Access.ACTUATE, NoProfile)
    async def set_synchronization_point(self, request: m.SetSynchronizationPoint) -> m.SetSynchronizationPointResponse:
        """A key frame now, and all properties, for everyone who watches.   Spec: Media § SetSynchronizationPoint"""
        self._profiles.request_key_frame(request.profile_token)
        return m.SetSynchronizationPointResponse()

    def _video_sources(
        self, configuration: str | None, profile: ProfileToken | None
    ) -> tuple[VideoSourceConfiguration, ...]:
        of_profile = self._profiles.get(profile).video_source if profile else None
        if configuration:
            return (self._profiles.video_source_configuration(configuration),)
        if of_profile is not None:
            return (of_profile,)
        return self._profiles.video_source_configurations()

    def _video_encoders(
        self, configuration: str | None, profile: ProfileToken | None
    ) -> tuple[VideoEncoderConfiguration, ...]:
        of_profile = self._profiles.get(profile).video_encoder if profile else None
        if configuration:
            return (self._profiles.video_encoder_configuration(configuration),)
        if of_profile is not None:
            return (of_profile,)
        return self._profiles.video_encoder_configurations()


def _media_uri(uri: str) -> MediaUri:
    """A URI that stays valid: the profiles are fixed."""
    return MediaUri(uri=uri, invalid_after_connect=False, invalid_after_reboot=False, timeout=_FOREVER)
