"""From the profiles of the media room to the types of the ONVIF schema."""

from __future__ import annotations

from functools import lru_cache

from argus.base.access_unit import Codec
from argus.media import configurations as c
from argus.media.profiles import Profile
from argus.onvif.media import messages as m
from argus.onvif.media.convert_sound import (
    audio_encoder_configuration,
    audio_source_configuration,
    metadata_configuration,
    multicast,
    session_timeout,
)


# Clients poll GetProfiles; a profile is a value that hardly ever changes, and making its message takes longer than
# writing it.
@lru_cache(maxsize=64)
def profile(value: Profile) -> m.Profile:
    return m.Profile(
        token=value.token,
        fixed=value.fixed,
        name=value.name,
        video_source_configuration=video_source_configuration(value.video_source),
        audio_source_configuration=audio_source_configuration(value.audio_source)
        if value.audio_source is not None
        else None,
        video_encoder_configuration=video_encoder_configuration(value.video_encoder),
        audio_encoder_configuration=audio_encoder_configuration(value.audio_encoder)
        if value.audio_encoder is not None
        else None,
        metadata_configuration=metadata_configuration(value.metadata) if value.metadata is not None else None,
    )


def video_source(value: c.VideoSourceDescription) -> m.VideoSource:
    return m.VideoSource(
        token=value.token,
        framerate=value.frame_rate,
        resolution=m.VideoResolution(width=value.width, height=value.height),
    )


def video_source_configuration(value: c.VideoSourceConfiguration) -> m.VideoSourceConfiguration:
    bounds = value.bounds
    return m.VideoSourceConfiguration(
        token=value.token,
        name=value.name,
        use_count=value.use_count,
        source_token=value.source_token,
        bounds=m.IntRectangle(x=bounds.x, y=bounds.y, width=bounds.width, height=bounds.height),
    )


def video_encoder_configuration(value: c.VideoEncoderConfiguration) -> m.VideoEncoderConfiguration:
    return m.VideoEncoderConfiguration(
        token=value.token,
        name=value.name,
        use_count=value.use_count,
        encoding=value.encoding,
        resolution=m.VideoResolution(width=value.width, height=value.height),
        quality=value.quality,
        rate_control=m.VideoRateControl(
            frame_rate_limit=round(value.frame_rate_limit),
            encoding_interval=value.encoding_interval,
            bitrate_limit=value.bitrate_limit_kbps,
        ),
        h264=m.H264Configuration(gov_length=value.gov_length, h264_profile=value.h264_profile)
        if value.encoding is Codec.H264
        else None,
        multicast=multicast(value.multicast),
        session_timeout=session_timeout(value.session_timeout_s),
    )


def video_source_options(
    values: tuple[c.VideoSourceConfiguration, ...], maximum_profiles: int
) -> m.VideoSourceConfigurationOptions:
    """What the configurations may be set to: nothing but what they are, for the picture is not cropped here."""
    bounds = [value.bounds for value in values]
    return m.VideoSourceConfigurationOptions(
        maximum_number_of_profiles=maximum_profiles,
        bounds_range=m.IntRectangleRange(
            x_range=_range([b.x for b in bounds]),
            y_range=_range([b.y for b in bounds]),
            width_range=_range([b.width for b in bounds]),
            height_range=_range([b.height for b in bounds]),
        ),
        video_source_tokens_available=tuple(dict.fromkeys(value.source_token for value in values)),
    )


def video_encoder_options(
    values: tuple[c.VideoEncoderConfiguration, ...],
) -> m.VideoEncoderConfigurationOptions:
    """What the encoders run at; each is fixed by the board file, so the ranges are those of the board."""
    sizes = dict.fromkeys((value.width, value.height) for value in values)
    return m.VideoEncoderConfigurationOptions(
        quality_range=_range([round(value.quality) for value in values]),
        h264=m.H264Options(
            resolutions_available=tuple(m.VideoResolution(width=width, height=height) for width, height in sizes),
            gov_length_range=_range([value.gov_length for value in values]),
            frame_rate_range=_range([round(value.frame_rate_limit) for value in values]),
            encoding_interval_range=_range([value.encoding_interval for value in values]),
            h264_profiles_supported=tuple(dict.fromkeys(value.h264_profile for value in values)),
        ),
    )


def _range(values: list[int]) -> m.IntRange:
    return m.IntRange(min=min(values), max=max(values))
