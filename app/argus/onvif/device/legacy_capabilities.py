"""GetCapabilities, the fixed tree that GetServices superseded, derived from the same services.

Spec: Core § GetCapabilities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from argus.onvif.device import capability_messages as m
from argus.onvif.device.advertised import Advertised
from argus.onvif.media.messages import Capabilities as MediaCapabilities
from argus.onvif.receiver.messages import Capabilities as ReceiverCapabilities
from argus.onvif.recording.messages import Capabilities as RecordingCapabilities
from argus.onvif.search.messages import Capabilities as SearchCapabilities
from argus.soap.namespaces import TDS, TEV, TRC, TRP, TRT, TRV, TSE
from argus.store.recording.recording_rules import MAX_TEXT_LENGTH

# The categories of tt:CapabilityCategory for which a service exists.
CATEGORIES = ("All", "Device", "Events", "Media")

Services = Mapping[str, Advertised]


def legacy_capabilities(services: Services, categories: Sequence[str], base_url: str) -> m.LegacyCapabilities:
    """The branches of the asked categories; Recording, Search, Replay and Receiver hang below All only."""
    whole = "All" in categories

    def wanted(category: str) -> bool:
        return whole or category in categories

    return m.LegacyCapabilities(
        device=_device(services, base_url) if wanted("Device") else None,
        events=_events(services, base_url) if wanted("Events") and TEV in services else None,
        media=_media(services, base_url) if wanted("Media") and TRT in services else None,
        extension=_extension(services, base_url) if whole else None,
    )


def _device(services: Services, base_url: str) -> m.LegacyDevice:
    device = services[TDS]
    own = device.capabilities()
    assert isinstance(own, m.DeviceServiceCapabilities)
    network, system, security = own.network, own.system, own.security
    major, minor = device.version
    return m.LegacyDevice(
        x_addr=base_url + device.path,
        network=m.LegacyNetwork(
            ip_filter=network.ip_filter,
            zero_configuration=network.zero_configuration,
            ip_version6=network.ip_version6,
            dyn_dns=network.dyn_dns,
        ),
        system=m.LegacySystem(
            discovery_resolve=system.discovery_resolve,
            discovery_bye=system.discovery_bye,
            remote_discovery=system.remote_discovery,
            system_backup=system.system_backup,
            system_logging=system.system_logging,
            firmware_upgrade=system.firmware_upgrade,
            supported_versions=(m.OnvifVersion(major=major, minor=minor),),
        ),
        io=m.LegacyIO(input_connectors=0, relay_outputs=0),
        security=m.LegacySecurity(
            tls1_1=security.tls1_1,
            tls1_2=security.tls1_2,
            onboard_key_generation=security.onboard_key_generation,
            access_policy_config=security.access_policy_config,
            x509_token=security.x509_token,
            saml_token=security.saml_token,
            kerberos_token=security.kerberos_token,
            rel_token=security.rel_token,
        ),
    )


def _events(services: Services, base_url: str) -> m.LegacyEvents:
    return m.LegacyEvents(
        x_addr=base_url + services[TEV].path,
        ws_subscription_policy_support=False,
        ws_pull_point_support=True,
        ws_pausable_support=False,
    )


def _media(services: Services, base_url: str) -> m.LegacyMedia:
    media = services[TRT].capabilities()
    assert isinstance(media, MediaCapabilities)
    streaming = media.streaming_capabilities
    profiles = m.LegacyProfiles(maximum_number_of_profiles=media.profile_capabilities.maximum_number_of_profiles)
    return m.LegacyMedia(
        x_addr=base_url + services[TRT].path,
        streaming_capabilities=m.LegacyStreaming(
            rtp_multicast=streaming.rtp_multicast, rtp_tcp=streaming.rtp_tcp, rtp_rtsp_tcp=streaming.rtp_rtsp_tcp
        ),
        extension=m.LegacyMediaExtension(profile_capabilities=profiles),
    )


def _extension(services: Services, base_url: str) -> m.LegacyExtension | None:
    if not services.keys() & {TRC, TSE, TRP, TRV}:
        return None
    return m.LegacyExtension(
        recording=_recording(services, base_url) if TRC in services else None,
        search=_search(services, base_url) if TSE in services else None,
        replay=m.LegacyReplay(x_addr=base_url + services[TRP].path) if TRP in services else None,
        receiver=_receiver(services, base_url) if TRV in services else None,
    )


def _recording(services: Services, base_url: str) -> m.LegacyRecording:
    recording = services[TRC].capabilities()
    assert isinstance(recording, RecordingCapabilities)
    return m.LegacyRecording(
        x_addr=base_url + services[TRC].path,
        receiver_source=TRV in services,
        media_profile_source=True,
        dynamic_recordings=bool(recording.dynamic_recordings),
        dynamic_tracks=bool(recording.dynamic_tracks),
        max_string_length=MAX_TEXT_LENGTH,
    )


def _search(services: Services, base_url: str) -> m.LegacySearch:
    search = services[TSE].capabilities()
    assert isinstance(search, SearchCapabilities)
    return m.LegacySearch(x_addr=base_url + services[TSE].path, metadata_search=bool(search.metadata_search))


def _receiver(services: Services, base_url: str) -> m.LegacyReceiver:
    receiver = services[TRV].capabilities()
    assert isinstance(receiver, ReceiverCapabilities)
    return m.LegacyReceiver(
        x_addr=base_url + services[TRV].path,
        rtp_multicast=receiver.rtp_multicast,
        rtp_tcp=receiver.rtp_tcp,
        rtp_rtsp_tcp=receiver.rtp_rtsp_tcp,
        supported_receivers=receiver.supported_receivers,
        maximum_rtsp_uri_length=receiver.maximum_rtsp_uri_length,
    )
