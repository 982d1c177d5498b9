"""What the technician's search makes of the answers, honest and hostile ones."""

import pytest
from wsdiscovery.message import parseSOAPMessage

from argus.base.errors import NotFound
from argus.soap.discovery import TYPES, Announcement, Stamp, encode_hello, encode_probe_matches
from argus.soap.namespaces import QName
from argus.station.discover import FoundDevice, _Search, _speaks_onvif, discover

SCOPES = (
    "onvif://www.onvif.org/name/Pier%204",
    "onvif://www.onvif.org/hardware/A1",
    "onvif://www.onvif.org/location/country/no",
    "onvif://www.onvif.org/location/harbour",
)


def heard(*scopes: str, xaddrs: tuple[str, ...] = ("http://10.0.0.5/",), endpoint: str = "urn:uuid:1") -> FoundDevice:
    return search(announcement(*scopes, xaddrs=xaddrs, endpoint=endpoint)).found[endpoint]


def announcement(*scopes: str, xaddrs: tuple[str, ...], endpoint: str = "urn:uuid:1") -> bytes:
    said = Announcement(endpoint=endpoint, scopes=scopes, xaddrs=xaddrs, metadata_version=1)
    return encode_probe_matches(said, Stamp(message_id="urn:m", instance_id=1, message_number=1), "urn:q")


def search(*datagrams: bytes) -> _Search:
    searching = _Search(None)
    for datagram in datagrams:
        searching.envReceived(parseSOAPMessage(datagram, "10.0.0.5"), ("10.0.0.5", 3702))
    return searching


def test_a_device_is_known_by_its_scopes() -> None:
    device = heard(*SCOPES)
    assert (device.name, device.hardware, device.location) == ("Pier 4", "A1", "country/no, harbour")
    assert device.types == TYPES
    assert device.xaddrs == ("http://10.0.0.5/",)


def test_a_device_heard_by_two_ways_has_the_addresses_of_both() -> None:
    found = search(*(announcement(xaddrs=(xaddr,)) for xaddr in ("http://a/", "http://b/", "http://a/"))).found
    assert [device.xaddrs for device in found.values()] == [("http://a/", "http://b/")]


def test_a_hello_during_the_search_counts() -> None:
    said = Announcement(endpoint="urn:uuid:9", scopes=(), xaddrs=("http://a/",), metadata_version=1)
    found = search(encode_hello(said, Stamp(message_id="urn:m", instance_id=1, message_number=1))).found
    assert list(found) == ["urn:uuid:9"]


def test_a_name_cannot_write_to_the_terminal() -> None:
    assert heard("onvif://www.onvif.org/name/%1B%5B31mRed%0Aline").name == "[31mRedline"


def test_an_address_is_never_a_format() -> None:
    hostile = "http://{ip}{ip:>2000000000}/{ip.__class__}"
    assert heard(xaddrs=(hostile,)).xaddrs == (hostile,)


def test_a_crowd_of_inventions_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("argus.station.discover._MAX_DEVICES", 20)
    crowd = [announcement(xaddrs=("http://a/",), endpoint=f"urn:uuid:{number}") for number in range(30)]
    assert len(search(*crowd).found) == 20


def test_a_printer_is_not_an_onvif_device() -> None:
    printer = FoundDevice(endpoint="e", types=(QName("urn:p", "Printer"),), scopes=("ldap:///ou=x",), xaddrs=())
    assert not _speaks_onvif(printer)
    assert _speaks_onvif(heard())


def test_an_unknown_interface_is_said_so() -> None:
    with pytest.raises(NotFound, match="no-such0"):
        discover(0.1, ["no-such0"])
