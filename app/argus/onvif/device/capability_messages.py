"""Messages of the device service that tell what the device can do (tds, and tt for GetCapabilities)."""

from __future__ import annotations

from argus.soap.message import anything, attribute, message, wire
from argus.soap.namespaces import TDS, TT, Element


@message(TT)
class OnvifVersion:
    major: int
    minor: int


@message(TDS)
class AnyCapabilities:
    """The content of tds:Service/Capabilities: the capabilities element of that service."""

    content: tuple[Element, ...] = anything()


@message(TDS)
class ServiceEntry:
    namespace: str
    x_addr: str = wire("XAddr")
    capabilities: AnyCapabilities | None = None
    version: OnvifVersion


@message(TDS)
class GetServices:
    include_capability: bool


@message(TDS)
class GetServicesResponse:
    service: tuple[ServiceEntry, ...]


@message(TDS)
class NetworkCapabilities:
    ip_filter: bool = attribute("IPFilter")
    zero_configuration: bool = attribute("ZeroConfiguration")
    ip_version6: bool = attribute("IPVersion6")
    dyn_dns: bool = attribute("DynDNS")
    dot11_configuration: bool = attribute("Dot11Configuration")
    hostname_from_dhcp: bool = attribute("HostnameFromDHCP")
    ntp: int = attribute("NTP")
    dhcpv6: bool = attribute("DHCPv6")


@message(TDS)
class SecurityCapabilities:
    tls1_0: bool = attribute("TLS1.0")
    tls1_1: bool = attribute("TLS1.1")
    tls1_2: bool = attribute("TLS1.2")
    onboard_key_generation: bool = attribute("OnboardKeyGeneration")
    access_policy_config: bool = attribute("AccessPolicyConfig")
    default_access_policy: bool = attribute("DefaultAccessPolicy")
    dot1x: bool = attribute("Dot1X")
    remote_user_handling: bool = attribute("RemoteUserHandling")
    x509_token: bool = attribute("X.509Token")
    saml_token: bool = attribute("SAMLToken")
    kerberos_token: bool = attribute("KerberosToken")
    username_token: bool = attribute("UsernameToken")
    http_digest: bool = attribute("HttpDigest")
    rel_token: bool = attribute("RELToken")
    max_users: int = attribute("MaxUsers")
    max_user_name_length: int = attribute("MaxUserNameLength")
    max_password_length: int = attribute("MaxPasswordLength")
    hashing_algorithms: tuple[str, ...] = attribute("HashingAlgorithms")


@message(TDS)
class SystemCapabilities:
    discovery_resolve: bool = attribute("DiscoveryResolve")
    discovery_bye: bool = attribute("DiscoveryBye")
    remote_discovery: bool = attribute("RemoteDiscovery")
    system_backup: bool = attribute("SystemBackup")
    system_logging: bool = attribute("SystemLogging")
    firmware_upgrade: bool = attribute("FirmwareUpgrade")
    http_firmware_upgrade: bool = attribute("HttpFirmwareUpgrade")
    http_system_backup: bool = attribute("HttpSystemBackup")
    http_system_logging: bool = attribute("HttpSystemLogging")
    http_support_information: bool = attribute("HttpSupportInformation")
    storage_configuration: bool = attribute("StorageConfiguration")


@message(TDS)
class DeviceServiceCapabilities:
    network: NetworkCapabilities
    security: SecurityCapabilities
    system: SystemCapabilities


@message(TDS)
class GetServiceCapabilities:
    pass


@message(TDS)
class GetServiceCapabilitiesResponse:
    capabilities: DeviceServiceCapabilities


@message(TT)
class LegacyNetwork:
    ip_filter: bool = wire("IPFilter")
    zero_configuration: bool
    ip_version6: bool = wire("IPVersion6")
    dyn_dns: bool = wire("DynDNS")


@message(TT)
class LegacySystem:
    discovery_resolve: bool
    discovery_bye: bool
    remote_discovery: bool
    system_backup: bool
    system_logging: bool
    firmware_upgrade: bool
    supported_versions: tuple[OnvifVersion, ...]


@message(TT)
class LegacyIO:
    input_connectors: int
    relay_outputs: int


@message(TT)
class LegacySecurity:
    tls1_1: bool = wire("TLS1.1")
    tls1_2: bool = wire("TLS1.2")
    onboard_key_generation: bool
    access_policy_config: bool
    x509_token: bool = wire("X.509Token")
    saml_token: bool = wire("SAMLToken")
    kerberos_token: bool = wire("KerberosToken")
    rel_token: bool = wire("RELToken")


@message(TT)
class LegacyDevice:
    x_addr: str = wire("XAddr")
    network: LegacyNetwork
    system: LegacySystem
    io: LegacyIO = wire("IO")
    security: LegacySecurity


@message(TT)
class LegacyEvents:
    x_addr: str = wire("XAddr")
    ws_subscription_policy_support: bool = wire("WSSubscriptionPolicySupport")
    ws_pull_point_support: bool = wire("WSPullPointSupport")
    ws_pausable_support: bool = wire("WSPausableSubscriptionManagerInterfaceSupport")


@message(TT)
class LegacyStreaming:
    rtp_multicast: bool = wire("RTPMulticast")
    rtp_tcp: bool = wire("RTP_TCP")
    rtp_rtsp_tcp: bool = wire("RTP_RTSP_TCP")


@message(TT)
class LegacyProfiles:
    maximum_number_of_profiles: int


@message(TT)
class LegacyMediaExtension:
    profile_capabilities: LegacyProfiles


@message(TT)
class LegacyMedia:
    x_addr: str = wire("XAddr")
    streaming_capabilities: LegacyStreaming
    extension: LegacyMediaExtension


@message(TT)
class LegacyRecording:
    x_addr: str = wire("XAddr")
    receiver_source: bool
    media_profile_source: bool
    dynamic_recordings: bool
    dynamic_tracks: bool
    max_string_length: int


@message(TT)
class LegacySearch:
    x_addr: str = wire("XAddr")
    metadata_search: bool


@message(TT)
class LegacyReplay:
    x_addr: str = wire("XAddr")


@message(TT)
class LegacyReceiver:
    x_addr: str = wire("XAddr")
    rtp_multicast: bool = wire("RTP_Multicast")
    rtp_tcp: bool = wire("RTP_TCP")
    rtp_rtsp_tcp: bool = wire("RTP_RTSP_TCP")
    supported_receivers: int
    maximum_rtsp_uri_length: int = wire("MaximumRTSPURILength")


@message(TT)
class LegacyExtension:
    recording: LegacyRecording | None = None
    search: LegacySearch | None = None
    replay: LegacyReplay | None = None
    receiver: LegacyReceiver | None = None


@message(TT)
class LegacyCapabilities:
    """tt:Capabilities, which GetServices superseded and older clients still ask for."""

    device: LegacyDevice | None = None
    events: LegacyEvents | None = None
    media: LegacyMedia | None = None
    extension: LegacyExtension | None = None


@message(TDS)
class GetCapabilities:
    category: tuple[str, ...] = ()


@message(TDS)
class GetCapabilitiesResponse:
    capabilities: LegacyCapabilities


@message(TDS)
class GetWsdlUrl:
    pass


@message(TDS)
class GetWsdlUrlResponse:
    wsdl_url: str
