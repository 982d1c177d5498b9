"""The operations of the media service about metadata, as far as they read.

Spec: Media 26.06.
"""

from __future__ import annotations

from argus.base.access import Access
from argus.media.profiles import MediaProfiles
from argus.onvif.media import configuration_types as t
from argus.onvif.media import convert_sound as convert
from argus.onvif.media import metadata_messages as m
from argus.onvif.media.faults import NoConfig, NoProfile
from argus.soap.operation import operation


class MetadataOperations:
    """Part of the media service, which has the profiles."""

    _profiles: MediaProfiles

    @operation(Access.READ_MEDIA)
    async def get_metadata_configurations(
        self, _request: m.GetMetadataConfigurations
    ) -> m.GetMetadataConfigurationsResponse:
        """Every metadata configuration.   Spec: Media § GetMetadataConfigurations"""
        found = self._profiles.metadata_configurations()
        return m.GetMetadataConfigurationsResponse(configurations=tuple(map(convert.metadata_configuration, found)))

    @operation(Access.READ_MEDIA, NoConfig)
    async def get_metadata_configuration(
        self, request: m.GetMetadataConfiguration
    ) -> m.GetMetadataConfigurationResponse:
        """One metadata configuration.   Spec: Media § GetMetadataConfiguration"""
        found = self._profiles.metadata_configuration(request.configuration_token)
        return m.GetMetadataConfigurationResponse(configuration=convert.metadata_configuration(found))

    @operation(Access.READ_MEDIA, NoProfile)
    async def get_compatible_metadata_configurations(
        self, request: m.GetCompatibleMetadataConfigurations
    ) -> m.GetCompatibleMetadataConfigurationsResponse:
        """What could be in the profile: what is.   Spec: Media § GetCompatibleMetadataConfigurations"""
        found = self._profiles.get(request.profile_token).metadata
        held = (found,) if found is not None else ()
        return m.GetCompatibleMetadataConfigurationsResponse(
            configurations=tuple(map(convert.metadata_configuration, held))
        )

    @operation(Access.READ_MEDIA, NoProfile, NoConfig)
    async def get_metadata_configuration_options(
        self, request: m.GetMetadataConfigurationOptions
    ) -> m.GetMetadataConfigurationOptionsResponse:
        """What the configuration may be set to: there is no PTZ.   Spec: Media § GetMetadataConfigurationOptions"""
        if request.profile_token:
            self._profiles.get(request.profile_token)
        if request.configuration_token:
            self._profiles.metadata_configuration(request.configuration_token)
        ptz = t.PTZStatusFilterOptions(pan_tilt_status_supported=False, zoom_status_supported=False)
        return m.GetMetadataConfigurationOptionsResponse(
            options=t.MetadataConfigurationOptions(ptz_status_filter_options=ptz)
        )
