"""From configurations of sound and metadata to the types of the ONVIF schema."""

from __future__ import annotations

from argus.base.units import US_PER_S
from argus.media import configurations as c
from argus.onvif.events.filters import Filter, TopicExpression
from argus.onvif.events.topic_filter import CONCRETE_SET
from argus.onvif.media import configuration_types as t
from argus.onvif.types import IPAddress
from argus.soap.duration import Duration
from argus.soap.namespaces import PREFIXES, TNS1


def multicast(value: c.MulticastParameters) -> t.MulticastConfiguration:
    return t.MulticastConfiguration(
        address=IPAddress(type="IPv4", ipv4_address=value.address),
        port=value.port,
        ttl=value.ttl,
        auto_start=value.auto_start,
    )


def session_timeout(seconds: int) -> Duration:
    return Duration.from_us(seconds * US_PER_S)


def audio_source(value: c.AudioSourceDescription) -> t.AudioSource:
    return t.AudioSource(token=value.token, channels=value.channels)


def audio_source_configuration(value: c.AudioSourceConfiguration) -> t.AudioSourceConfiguration:
    return t.AudioSourceConfiguration(
        token=value.token, name=value.name, use_count=value.use_count, source_token=value.source_token
    )


def audio_encoder_configuration(value: c.AudioEncoderConfiguration) -> t.AudioEncoderConfiguration:
    return t.AudioEncoderConfiguration(
        token=value.token,
        name=value.name,
        use_count=value.use_count,
        encoding=value.encoding.onvif_name,
        bitrate=value.bitrate_kbps,
        sample_rate=value.sample_rate_khz,
        multicast=multicast(value.multicast),
        session_timeout=session_timeout(value.session_timeout_s),
    )


def metadata_configuration(value: c.MetadataConfiguration) -> t.MetadataConfiguration:
    """With the topics spelled out, because not every event of the device is in the stream."""
    prefix = PREFIXES[TNS1]
    topics = TopicExpression(
        dialect=CONCRETE_SET,
        expression="|".join(f"{prefix}:{topic}" for topic in value.topics),
        prefixes={prefix: TNS1},
    )
    return t.MetadataConfiguration(
        token=value.token,
        name=value.name,
        use_count=value.use_count,
        events=t.EventSubscription(filter=Filter(topic_expression=(topics,), others=())),
        analytics=value.analytics,
        multicast=multicast(value.multicast),
        session_timeout=session_timeout(value.session_timeout_s),
    )


def audio_encoder_options(values: tuple[c.AudioEncoderConfiguration, ...]) -> t.AudioEncoderConfigurationOptions:
    """What the encoders run at; each is fixed by the board file."""
    return t.AudioEncoderConfigurationOptions(
        options=tuple(
            t.AudioEncoderConfigurationOption(
                encoding=encoding,
                bitrate_list=t.IntList(items=tuple(sorted({v.bitrate_kbps for v in chosen}))),
                sample_rate_list=t.IntList(items=tuple(sorted({v.sample_rate_khz for v in chosen}))),
            )
            for encoding, chosen in _by_encoding(values).items()
        )
    )


def _by_encoding(
    values: tuple[c.AudioEncoderConfiguration, ...],
) -> dict[str, list[c.AudioEncoderConfiguration]]:
    found: dict[str, list[c.AudioEncoderConfiguration]] = {}
    for value in values:
        found.setdefault(value.encoding.onvif_name, []).append(value)
    return found
