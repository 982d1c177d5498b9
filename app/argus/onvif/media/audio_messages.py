"""Messages of the media service (trt) about sound."""

from __future__ import annotations

from argus.base.tokens import ProfileToken
from argus.onvif.media.configuration_types import (
    AudioEncoderConfiguration,
    AudioEncoderConfigurationOptions,
    AudioSource,
    AudioSourceConfiguration,
    AudioSourceConfigurationOptions,
)
from argus.soap.message import message
from argus.soap.namespaces import TRT


@message(TRT)
class GetAudioSources:
    pass


@message(TRT)
class GetAudioSourcesResponse:
    audio_sources: tuple[AudioSource, ...]


@message(TRT)
class GetAudioSourceConfigurations:
    pass


@message(TRT)
class GetAudioSourceConfigurationsResponse:
    configurations: tuple[AudioSourceConfiguration, ...]


@message(TRT)
class GetAudioSourceConfiguration:
    configuration_token: str


@message(TRT)
class GetAudioSourceConfigurationResponse:
    configuration: AudioSourceConfiguration


@message(TRT)
class GetCompatibleAudioSourceConfigurations:
    profile_token: ProfileToken


@message(TRT)
class GetCompatibleAudioSourceConfigurationsResponse:
    configurations: tuple[AudioSourceConfiguration, ...]


@message(TRT)
class GetAudioSourceConfigurationOptions:
    configuration_token: str | None = None
    profile_token: ProfileToken | None = None


@message(TRT)
class GetAudioSourceConfigurationOptionsResponse:
    options: AudioSourceConfigurationOptions


@message(TRT)
class GetAudioEncoderConfigurations:
    pass


@message(TRT)
class GetAudioEncoderConfigurationsResponse:
    configurations: tuple[AudioEncoderConfiguration, ...]


@message(TRT)
class GetAudioEncoderConfiguration:
    configuration_token: str


@message(TRT)
class GetAudioEncoderConfigurationResponse:
    configuration: AudioEncoderConfiguration


@message(TRT)
class GetCompatibleAudioEncoderConfigurations:
    profile_token: ProfileToken


@message(TRT)
class GetCompatibleAudioEncoderConfigurationsResponse:
    configurations: tuple[AudioEncoderConfiguration, ...]


@message(TRT)
class GetAudioEncoderConfigurationOptions:
    configuration_token: str | None = None
    profile_token: ProfileToken | None = None


@message(TRT)
class GetAudioEncoderConfigurationOptionsResponse:
    options: AudioEncoderConfigurationOptions
