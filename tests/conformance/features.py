"""What a device says that it can do; this decides which tests apply to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.conformance.client import Client, Refused
from tests.conformance.names import NAMESPACES, Element, prefixed, text, texts

_TRUE = ("true", "1")
_GET_SERVICES = "<tds:GetServices><tds:IncludeCapability>{}</tds:IncludeCapability></tds:GetServices>"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicDescription:
    """What GetEventProperties says of one topic; items are `{name: (namespace, type)}`."""

    is_property: bool
    source: Mapping[str, tuple[str, str]]
    data: Mapping[str, tuple[str, str]]
    elements: Mapping[str, tuple[str, str]]


@dataclass(slots=True, kw_only=True)
class Features:
    """Services with their XAddrs and capabilities, the topics, and the media profiles."""

    addresses: dict[str, str] = field(default_factory=dict)
    versions: dict[str, tuple[int, int]] = field(default_factory=dict)
    capabilities: dict[str, dict[str, str]] = field(default_factory=dict)
    topics: dict[str, TopicDescription] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    device: dict[str, str] = field(default_factory=dict)

    def has_service(self, prefix: str) -> bool:
        return NAMESPACES[prefix] in self.addresses

    def attribute(self, prefix: str, name: str) -> str:
        """A capability attribute; empty where the device does not state it."""
        return self.capabilities.get(prefix, {}).get(name, "")

    def flag(self, prefix: str, name: str) -> bool:
        return self.attribute(prefix, name) in _TRUE

    def number(self, prefix: str, name: str, otherwise: float = 0) -> float:
        stated = self.attribute(prefix, name)
        return float(stated) if stated else otherwise

    @property
    def paths(self) -> dict[str, str]:
        """The path of each service; host and port are those the user gave, as devices behind NAT tell others."""
        return {namespace: urlsplit(address).path or "/" for namespace, address in self.addresses.items()}


# Conditions that tests name, each with what makes it true. The names are those of the capabilities.
CONDITIONS: dict[str, Callable[[Features], bool]] = {
    "Recording": lambda f: f.has_service("trc"),
    "DynamicRecordings": lambda f: f.flag("trc", "DynamicRecordings"),
    "DynamicTracks": lambda f: f.flag("trc", "DynamicTracks"),
    "Options": lambda f: f.flag("trc", "Options"),
    "MetadataRecording": lambda f: f.flag("trc", "MetadataRecording"),
    "ScheduledRecording": lambda f: f.flag("trc", "ScheduledRecording"),
    "EventRecording": lambda f: f.flag("trc", "EventRecording"),
    "Export": lambda f: bool(f.attribute("trc", "SupportedExportFileFormats")),
    "SegmentExport": lambda f: f.flag("trc", "SegmentExport"),
    "OverrideSegmentDuration": lambda f: f.flag("trc", "OverrideSegmentDuration"),
    "Search": lambda f: f.has_service("tse"),
    "Replay": lambda f: f.has_service("trp"),
    "Media": lambda f: f.has_service("trt"),
    "Profiles": lambda f: bool(f.profiles),
    "Receiver": lambda f: f.has_service("trv"),
    "Schedule": lambda f: f.has_service("tsc"),
    "SpecialDays": lambda f: f.has_service("tsc") and f.flag("tsc", "SpecialDaysSupported"),
    "StateReporting": lambda f: f.has_service("tsc") and f.flag("tsc", "StateReportingSupported"),
    "ExtendedRecurrence": lambda f: f.flag("tsc", "ExtendedRecurrenceSupported"),
    "ClientSuppliedToken": lambda f: f.flag("tsc", "ClientSuppliedTokenSupported"),
    "Events": lambda f: f.has_service("tev"),
}


def learn(client: Client) -> Features:
    """Ask the device what it is and can do."""
    features = Features()
    listed = client.call(_GET_SERVICES.format("false"), "/onvif/device_service")
    for service in listed.iterfind("tds:Service", NAMESPACES):
        namespace = text(service, "tds:Namespace")
        features.addresses[namespace] = text(service, "tds:XAddr")
        features.versions[namespace] = (
            int(text(service, "tds:Version/tt:Major")),
            int(text(service, "tds:Version/tt:Minor")),
        )
    client.paths = features.paths
    for prefix in ("trc", "trv", "tsc", "tev", "tse", "trp", "trt"):
        if features.has_service(prefix):
            answer = client.call(f"<{prefix}:GetServiceCapabilities/>")
            stated = answer.find(f"{prefix}:Capabilities", NAMESPACES)
            features.capabilities[prefix] = {} if stated is None else {str(k): str(v) for k, v in stated.items()}
    features.device = _device(client)
    features.topics = _topics(client) if features.has_service("tev") else {}
    features.profiles = _profiles(client, features)
    return features


def _device(client: Client) -> dict[str, str]:
    answer = client.call("<tds:GetDeviceInformation/>")
    names = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber")
    return {name: answer.findtext(f"tds:{name}", "", NAMESPACES) for name in names}


def _profiles(client: Client, features: Features) -> tuple[str, ...]:
    for prefix in ("trt", "tr2"):
        if features.has_service(prefix):
            try:
                answer = client.call(f"<{prefix}:GetProfiles/>")
            except Refused:
                continue
            return tuple(profile.get("token", "") for profile in answer.iterfind(f"{prefix}:Profiles", NAMESPACES))
    return ()


def _topics(client: Client) -> dict[str, TopicDescription]:
    answer = client.call("<tev:GetEventProperties/>")
    found: dict[str, TopicDescription] = {}
    topic_set = answer.find("wstop:TopicSet", NAMESPACES)
    for root in [] if topic_set is None else topic_set:
        _walk(root, "", found)
    return found


def _walk(node: Element, above: str, found: dict[str, TopicDescription]) -> None:
    """Topics by their path without a prefix: those of a device are in ONVIF's topic namespace or in its own."""
    namespace, _, local = str(node.tag)[1:].rpartition("}") if node.tag[0] == "{" else ("", "", str(node.tag))
    prefix = "" if above or namespace == NAMESPACES["tns1"] else f"{{{namespace}}}"
    path = f"{above}/{local}" if above else f"{prefix}{local}"
    description = node.find("tt:MessageDescription", NAMESPACES)
    if description is not None:
        found[path] = TopicDescription(
            is_property=description.get("IsProperty") in _TRUE,
            source=_items(description, "tt:Source/tt:SimpleItemDescription"),
            data=_items(description, "tt:Data/tt:SimpleItemDescription"),
            elements=_items(description, "tt:Data/tt:ElementItemDescription"),
        )
    for inner in node:
        if isinstance(inner.tag, str) and inner.tag != f"{{{NAMESPACES['tt']}}}MessageDescription":
            _walk(inner, path, found)


def _items(description: Element, path: str) -> dict[str, tuple[str, str]]:
    items = description.iterfind(path, NAMESPACES)
    return {item.get("Name", ""): prefixed(item, item.get("Type", "")) for item in items}


def stated_in_services(client: Client, prefix: str) -> dict[str, str] | None:
    """The capability attributes that GetServices tells of a service; None where it tells none."""
    listed = client.call(_GET_SERVICES.format("true"), "/onvif/device_service")
    for service in listed.iterfind("tds:Service", NAMESPACES):
        if text(service, "tds:Namespace") == NAMESPACES[prefix]:
            inner = service.find("tds:Capabilities/*", NAMESPACES)
            return None if inner is None else {str(k): str(v) for k, v in inner.items()}
    return None


def scopes(client: Client) -> list[str]:
    return texts(client.call("<tds:GetScopes/>"), "tds:Scopes/tt:ScopeItem")
