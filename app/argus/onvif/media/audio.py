"""The operations of the media service about sound, as far as they read.

Spec: Media 26.06.
"""

from __future__ import annotations

from argus.base.access import Access
from argus.base.errors import NotSupported
from argus.base.tokens import ProfileToken
from argus.media.configurations import AudioEncoderConfiguration
from argus.media.profiles import MediaProfiles
from argus.onvif.media import audio_messages as m
from argus.onvif.media import configuration_types as t
from argus.onvif.media import convert_sound as convert
from argus.onvif.media.faults import AudioNotSupported, NoConfig, NoProfile
from argus.soap.operation import operation


class AudioOperations:
    """Part of the media service, which has the profiles. Where no microphone is, each answers AudioNotSupported."""

    _profiles: MediaProfiles

    @operation(Access.READ_MEDIA, AudioNotSupported)
    async def get_audio_sources(self, _request: m.GetAudioSources) -> m.GetAudioSourcesResponse:
        """Every microphone of the device.   Spec: Media § GetAudioSources"""
        return m.GetAudioSourcesResponse(audio_sources=tuple(map(convert.audio_source, self._heard.audio_sources())))

    @operation(Access.READ_MEDIA, AudioNotSupported)
    async def get_audio_source_configurations(
        self, _request: m.GetAudioSourceConfigurations
    ) -> m.GetAudioSourceConfigurationsResponse:
        """Every audio source configuration.   Spec: Media § GetAudioSourceConfigurations"""
        found = self._heard.audio_source_configurations()
        return m.GetAudioSourceConfigurationsResponse(
            configurations=tuple(map(convert.audio_source_configuration, found))
        )

    @operation(Access.READ_MEDIA, NoConfig, AudioNotSupported)
    async def get_audio_source_configuration(
        self, request: m.GetAudioSourceConfiguration
    ) -> m.GetAudioSourceConfigurationResponse:
        """One audio source configuration.   Spec: Media § GetAudioSourceConfiguration"""
        found = self._heard.audio_source_configuration(request.configuration_token)
        return m.GetAudioSourceConfigurationResponse(configuration=convert.audio_source_configuration(found))

    @operation(Access.READ_MEDIA, NoProfile, AudioNotSupported)
    async def get_compatible_audio_source_configurations(
        self, request: m.GetCompatibleAudioSourceConfigurations
    ) -> m.GetCompatibleAudioSourceConfigurationsResponse:
        """What could be in the profile: what is.   Spec: Media § GetCompatibleAudioSourceConfigurations"""
        found = self._heard.get(request.profile_token).audio_source
        held = (found,) if found is not None else ()
        return m.GetCompatibleAudioSourceConfigurationsResponse(
            configurations=tuple(map(convert.audio_source_configuration, held))
        )

    @operation(Access.READ_MEDIA, NoProfile, NoConfig, AudioNotSupported)
    async def get_audio_source_configuration_options(
        self, request: m.GetAudioSourceConfigurationOptions
    ) -> m.GetAudioSourceConfigurationOptionsResponse:
        """What the configuration may be set to: what it is.   Spec: Media § GetAudioSourceConfigurationOptions"""
        if request.profile_token:
            self._heard.get(request.profile_token)
        every = self._heard.audio_source_configurations()
        token = request.configuration_token
        chosen = (self._heard.audio_source_configuration(token),) if token else every
        return m.GetAudioSourceConfigurationOptionsResponse(
            options=t.AudioSourceConfigurationOptions(input_tokens_available=tuple(one.source_token for one in chosen))
        )

    @operation(Access.READ_MEDIA, AudioNotSupported)
    async def get_audio_encoder_configurations(
        self, _request: m.GetAudioEncoderConfigurations
    ) -> m.GetAudioEncoderConfigurationsResponse:
        """Every audio encoder configuration.   Spec: Media § GetAudioEncoderConfigurations"""
        found = self._heard.audio_encoder_configurations()
        return m.GetAudioEncoderConfigurationsResponse(
            configurations=tuple(map(convert.audio_encoder_configuration, found))
        )

    @operation(Access.READ_MEDIA, NoConfig, AudioNotSupported)
    async def get_audio_encoder_configuration(
        self, request: m.GetAudioEncoderConfiguration
    ) -> m.GetAudioEncoderConfigurationResponse:
        """One audio encoder configuration.   Spec: Media § GetAudioEncoderConfiguration"""
        found = self._heard.audio_encoder_configuration(request.configuration_token)
        return m.GetAudioEncoderConfigurationResponse(configuration=convert.audio_encoder_configuration(found))

    @operation(Access.READ_MEDIA, NoProfile, AudioNotSupported)
    async def get_compatible_audio_encoder_configurations(
        self, request: m.GetCompatibleAudioEncoderConfigurations
    ) -> m.GetCompatibleAudioEncoderConfigurationsResponse:
        """What could be in the profile: what is.   Spec: Media § GetCompatibleAudioEncoderConfigurations"""
        found = self._heard.get(request.profile_token).audio_encoder
        held = (found,) if found is not None else ()
        return m.GetCompatibleAudioEncoderConfigurationsResponse(
            configurations=tuple(map(convert.audio_encoder_configuration, held))
        )

    @operation(Access.READ_MEDIA, NoProfile, NoConfig, AudioNotSupported)
    async def get_audio_encoder_configuration_options(
        self, request: m.GetAudioEncoderConfigurationOptions
    ) -> m.GetAudioEncoderConfigurationOptionsResponse:
        """What the configuration may be set to: what it is.   Spec: Media § GetAudioEncoderConfigurationOptions"""
        chosen = self._encoders(request.configuration_token, request.profile_token)
        return m.GetAudioEncoderConfigurationOptionsResponse(options=convert.audio_encoder_options(chosen))

    @property
    def _heard(self) -> MediaProfiles:
        """The profiles of a device that hears. Raises NotSupported "audio"."""
        if not self._profiles.audio_sources():
            raise NotSupported("audio", "this board has no microphone")
        return self._profiles

    def _encoders(
        self, configuration: str | None, profile: ProfileToken | None
    ) -> tuple[AudioEncoderConfiguration, ...]:
        of_profile = self._heard.get(profile).audio_encoder if profile else None
        if configuration:
            return (self._heard.audio_encoder_configuration(configuration),)
        return (of_profile,) if of_profile is not None else self._heard.audio_encoder_configurations()
