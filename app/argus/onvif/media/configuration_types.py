"""The types of configurations beside video: sound and metadata."""

from __future__ import annotations

from argus.onvif.events.filters import Filter
from argus.onvif.types import IPAddress
from argus.soap.duration import Duration
from argus.soap.message import attribute, message, wire
from argus.soap.namespaces import TT


@message(TT)
class MulticastConfiguration:
    address: IPAddress
    port: int
    ttl: int = wire("TTL")
    auto_start: bool


@message(TT)
class AudioSource:
    token: str = attribute("token")
    channels: int


@message(TT)
class AudioSourceConfiguration:
    token: str = attribute("token")
    name: str
    use_count: int
    source_token: str


@message(TT)
class AudioEncoderConfiguration:
    """tt:AudioEncoderConfiguration. The bit rate is in kbit/s, the sample rate in kHz."""

    token: str = attribute("token")
    name: str
    use_count: int
    encoding: str
    bitrate: int
    sample_rate: int
    multicast: MulticastConfiguration
    session_timeout: Duration


@message(TT)
class EventSubscription:
    filter: Filter | None = None


@message(TT)
class MetadataConfiguration:
    """tt:MetadataConfiguration. With `events` but no filter in it every event would be told."""

    token: str = attribute("token")
    name: str
    use_count: int
    events: EventSubscription | None = None
    analytics: bool
    multicast: MulticastConfiguration
    session_timeout: Duration


@message(TT)
class AudioSourceConfigurationOptions:
    input_tokens_available: tuple[str, ...]


@message(TT)
class IntList:
    items: tuple[int, ...]


@message(TT)
class AudioEncoderConfigurationOption:
    encoding: str
    bitrate_list: IntList
    sample_rate_list: IntList


@message(TT)
class AudioEncoderConfigurationOptions:
    options: tuple[AudioEncoderConfigurationOption, ...]


@message(TT)
class PTZStatusFilterOptions:
    pan_tilt_status_supported: bool
    zoom_status_supported: bool


@message(TT)
class MetadataConfigurationOptions:
    ptz_status_filter_options: PTZStatusFilterOptions = wire("PTZStatusFilterOptions")
