"""The device service's own part: which services there are, and what each can do.

Spec: Core § Capabilities.
"""

from __future__ import annotations

from collections.abc import Sequence

from argus.base.access import Access
from argus.base.errors import NotSupported
from argus.device.access import HashAlgorithm
from argus.device.users import MAX_PASSWORD_LENGTH, MAX_USERNAME_LENGTH, MAX_USERS
from argus.onvif.device import capability_messages as m
from argus.onvif.device.advertised import Advertised
from argus.onvif.device.legacy_capabilities import CATEGORIES, legacy_capabilities
from argus.onvif.device.not_built import NOT_BUILT
from argus.onvif.device.paths import DEVICE_PATH, DEVICE_VERSION
from argus.soap.faults import Receiver, fault
from argus.soap.message import encode
from argus.soap.namespaces import TDS, QName
from argus.soap.operation import Call, Service, operation

NoSuchService = fault(
    Receiver,
    "ActionNotSupported",
    "NoSuchService",
    "The requested WSDL service category is not supported by the device",
    answers=(NotSupported, "service category"),
)
_WSDL_URL = "http://www.onvif.org/onvif/ver10/device/wsdl/devicemgmt.wsdl"


class DeviceService(Service):
    """Tells which services exist, at the address by which the client came."""

    namespace = TDS
    path = DEVICE_PATH
    version = DEVICE_VERSION
    known_operations = NOT_BUILT

    def __init__(self, others: Sequence[Advertised], *, ipv6: bool) -> None:
        self._advertised: tuple[Advertised, ...] = (self, *others)
        self._ipv6 = ipv6

    def capabilities(self) -> m.DeviceServiceCapabilities:
        """What the device service itself can do."""
        return m.DeviceServiceCapabilities(
            network=m.NetworkCapabilities(
                ip_filter=False,
                zero_configuration=False,
                ip_version6=self._ipv6,
                dyn_dns=False,
                dot11_configuration=False,
                hostname_from_dhcp=False,
                ntp=0,
                dhcpv6=False,
            ),
            security=_SECURITY,
            system=_SYSTEM,
        )

    @operation(Access.PRE_AUTH)
    async def get_service_capabilities(self, _request: m.GetServiceCapabilities) -> m.GetServiceCapabilitiesResponse:
        """What the device service can do.   Spec: Core § GetServiceCapabilities"""
        return m.GetServiceCapabilitiesResponse(capabilities=self.capabilities())

    @operation(Access.PRE_AUTH)
    async def get_services(self, request: m.GetServices, call: Call) -> m.GetServicesResponse:
        """Every service, where the client reaches it.   Spec: Core § GetServices"""
        entries = [_entry(service, call.base_url, request.include_capability) for service in self._advertised]
        return m.GetServicesResponse(service=tuple(entries))

    @operation(Access.PRE_AUTH, NoSuchService)
    async def get_capabilities(self, request: m.GetCapabilities, call: Call) -> m.GetCapabilitiesResponse:
        """The same for older clients.   Spec: Core § GetCapabilities"""
        for category in request.category:
            if category not in CATEGORIES:
                raise NotSupported("service category", f"there is no service of category {category!r}")
        services = {service.namespace: service for service in self._advertised}
        return m.GetCapabilitiesResponse(
            capabilities=legacy_capabilities(services, request.category or ("All",), call.base_url)
        )

    @operation(Access.PRE_AUTH)
    async def get_wsdl_url(self, _request: m.GetWsdlUrl) -> m.GetWsdlUrlResponse:
        """Where the standard keeps its WSDL.   Spec: Core § GetWsdlUrl"""
        return m.GetWsdlUrlResponse(wsdl_url=_WSDL_URL)


def _entry(service: Advertised, base_url: str, included: bool) -> m.ServiceEntry:
    major, minor = service.version
    content = encode(service.capabilities(), name=QName(service.namespace, "Capabilities")) if included else None
    return m.ServiceEntry(
        namespace=service.namespace,
        x_addr=base_url + service.path,
        capabilities=None if content is None else m.AnyCapabilities(content=(content,)),
        version=m.OnvifVersion(major=major, minor=minor),
    )


_SECURITY = m.SecurityCapabilities(
    tls1_0=False,
    tls1_1=False,
    tls1_2=False,
    onboard_key_generation=False,
    access_policy_config=False,
    default_access_policy=True,
    dot1x=False,
    remote_user_handling=False,
    x509_token=False,
    saml_token=False,
    kerberos_token=False,
    username_token=True,
    http_digest=True,
    rel_token=False,
    max_users=MAX_USERS,
    max_user_name_length=MAX_USERNAME_LENGTH,
    max_password_length=MAX_PASSWORD_LENGTH,
    hashing_algorithms=tuple(algorithm.value for algorithm in HashAlgorithm),
)
_SYSTEM = m.SystemCapabilities(
    discovery_resolve=True,
    discovery_bye=True,
    remote_discovery=False,
    system_backup=False,
    system_logging=False,
    firmware_upgrade=False,
    http_firmware_upgrade=False,
    http_system_backup=False,
    http_system_logging=False,
    http_support_information=False,
    storage_configuration=False,
)
