"""Messages of the media service (trt) about metadata."""

from __future__ import annotations

from argus.base.tokens import ProfileToken
from argus.onvif.media.configuration_types import (
    MetadataConfiguration,
    MetadataConfigurationOptions,
)
from argus.soap.message import message
from argus.soap.namespaces import TRT


@message(TRT)
class GetMetadataConfigurations:
    pass


@message(TRT)
class GetMetadataConfigurationsResponse:
    configurations: tuple[MetadataConfiguration, ...]


@message(TRT)
class GetMetadataConfiguration:
    configuration_token: str


@message(TRT)
class GetMetadataConfigurationResponse:
    configuration: MetadataConfiguration


@message(TRT)
class GetCompatibleMetadataConfigurations:
    profile_token: ProfileToken


@message(TRT)
class GetCompatibleMetadataConfigurationsResponse:
    configurations: tuple[MetadataConfiguration, ...]


@message(TRT)
class GetMetadataConfigurationOptions:
    configuration_token: str | None = None
    profile_token: ProfileToken | None = None


@message(TRT)
class GetMetadataConfigurationOptionsResponse:
    options: MetadataConfigurationOptions
