"""Every WS-Discovery message we send is valid by the published schema."""

from pathlib import Path

import pytest
from lxml import etree

from argus.onvif.discovery.scope_rules import RULES
from argus.soap import discovery
from argus.soap.discovery import Announcement, Stamp

# The schema ships with a client library that lives in an environment of its own.
_PACKAGES = Path(__file__).parents[2] / ".venv-zeep/lib"
STAMP = Stamp(message_id="urn:uuid:m", instance_id=0xFFFF_FFFF, message_number=1)
ANNOUNCEMENT = Announcement(
    endpoint="urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    scopes=("onvif://www.onvif.org/name/Pier 4",),
    xaddrs=("http://10.0.0.1:8080/onvif/device_service", "http://[fe80::1]:8080/onvif/device_service"),
    metadata_version=4_294_967_295,
)


class _Local(etree.Resolver):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def resolve(self, url: str, public_id: str, context: object) -> object:
        if not url.endswith("/ws/2004/08/addressing"):
            return None
        return self.resolve_string((self._folder / "addressing").read_bytes().lstrip(b"\xef\xbb\xbf"), context)


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    (path,) = _PACKAGES.glob("python3*/site-packages/onvif/wsdl/ws-discovery.xsd")
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local(path.parent))
    return etree.XMLSchema(etree.parse(path, parser))


@pytest.mark.parametrize(
    "message",
    [
        discovery.encode_hello(ANNOUNCEMENT, STAMP),
        discovery.encode_bye(ANNOUNCEMENT.endpoint, STAMP),
        discovery.encode_probe_matches(ANNOUNCEMENT, STAMP, "urn:q"),
        discovery.encode_resolve_matches(ANNOUNCEMENT, STAMP, "urn:q"),
    ],
)
def test_body_and_sequence_are_valid(schema: etree.XMLSchema, message: bytes) -> None:
    envelope = etree.fromstring(message)
    schema.assertValid(envelope.find("{*}Body")[0])
    schema.assertValid(envelope.find("{*}Header/{*}AppSequence"))


def test_the_detail_of_the_fault_is_valid(schema: etree.XMLSchema) -> None:
    fault = etree.fromstring(discovery.encode_matching_rule_not_supported(RULES, STAMP, "urn:q"))
    schema.assertValid(fault.find("{*}Body/{*}Fault/{*}Detail")[0])
