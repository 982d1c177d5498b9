"""Discovery on a real network: two namespaces joined by a cable, a client nobody here wrote, and hostile datagrams."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from lxml import etree

from argus.soap.discovery import GROUP_V4, GROUP_V6, PORT
from argus.station.discover import discover

T = TypeVar("T")

CLONE_NEWNET = 0x4000_0000
PROGRAM = Path(__file__).with_name("discovery_device.py")
DEVICE, CLIENT, ALONE = (f"argus-{os.getpid()}-{name}" for name in ("device", "client", "alone"))
ENDPOINT = uuid.UUID("3f2504e0-4f89-11d3-9a0c-0305e82c3301")
NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
}

# A cable between d0 (10.99.0.1) and c0 (10.99.0.2, and .3 for floods), and a machine that has only loopback.
NETWORK = f"""
netns add {DEVICE}
netns add {CLIENT}
netns add {ALONE}
-n {DEVICE} link set lo up
-n {CLIENT} link set lo up
-n {DEVICE} link add d0 type veth peer name c0 netns {CLIENT}
-n {DEVICE} addr add 10.99.0.1/24 dev d0
-n {CLIENT} addr add 10.99.0.2/24 dev c0
-n {CLIENT} addr add 10.99.0.3/24 dev c0
-n {DEVICE} addr add fd00:99::1/64 dev d0 nodad
-n {CLIENT} addr add fd00:99::2/64 dev c0 nodad
-n {DEVICE} link set d0 up
-n {CLIENT} link set c0 up
-n {ALONE} addr add 10.98.0.1/24 dev lo
-n {ALONE} link set lo up multicast on
"""


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True)


def within(namespace: str, work: Callable[[], T]) -> T:
    """The result of `work`, done by a thread that lives in the namespace; sockets made there stay there."""
    result: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with Path(f"/run/netns/{namespace}").open() as entered:
                if ctypes.CDLL(None, use_errno=True).setns(entered.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            result.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return result[0]


def why_no_namespaces() -> str:
    """Why this machine lets us have no network namespaces (not root, a container, a chroot), or nothing."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    try:
        ip(f"netns add {ALONE}")
        ip(f"-n {ALONE} link show lo")
    except subprocess.CalledProcessError as error:
        return f"no network namespaces here: {error.stderr.decode().strip()}"
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            ip(f"netns del {ALONE}")
    return ""


@pytest.fixture(scope="module")
def network() -> Iterator[None]:
    if reason := why_no_namespaces():
        pytest.skip(reason)
    try:
        for line in NETWORK.strip().splitlines():
            ip(line)
        for namespace, interface in ((DEVICE, "d0"), (CLIENT, "c0")):
            within(namespace, lambda name=interface: wait_for_ipv6(name))
        yield
    finally:
        for namespace in (DEVICE, CLIENT, ALONE):
            with contextlib.suppress(subprocess.CalledProcessError):
                ip(f"netns del {namespace}")


def wait_for_ipv6(interface: str) -> None:
    """Return when duplicate address detection ended: the link-local address can be used."""
    for _ in range(100):
        command = ["ip", "-6", "addr", "show", "dev", interface, "scope", "link", "-tentative"]
        if b"fe80" in subprocess.run(command, check=True, capture_output=True).stdout:
            return
        time.sleep(0.1)
    raise AssertionError(f"{interface} has no IPv6 address")


class Device:
    """A running responder."""

    def __init__(self, namespace: str, endpoint: uuid.UUID = ENDPOINT, http_port: int = 8080) -> None:
        command = ["ip", "netns", "exec", namespace, sys.executable, str(PROGRAM), str(endpoint), str(http_port)]
        self.endpoint = endpoint
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE)

    def stop(self) -> bytes:
        """End it as the supervisor does; what it wrote to stderr."""
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=5)
        return errors


@pytest.fixture(scope="module")
def device(network: None) -> Iterator[Device]:
    with listener() as ears:
        device = Device(DEVICE)
        hear(ears, "Hello", ENDPOINT)
    yield device
    assert device.process.poll() is None, "the responder died"
    assert device.stop() == b""


@contextlib.contextmanager
def listener() -> Iterator[socket.socket]:
    """Ears in the client's namespace for what the device says to the group."""
    ears = within(CLIENT, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ears.bind((GROUP_V4, PORT))
    membership = socket.inet_aton(GROUP_V4) + socket.inet_aton("10.99.0.2")
    ears.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    with ears:
        yield ears


def hear(ears: socket.socket, action: str, endpoint: uuid.UUID, *, timeout_s: float = 6) -> etree._Element:
    """The next message of this kind from this endpoint."""
    deadline = time.monotonic() + timeout_s
    while (left_s := deadline - time.monotonic()) > 0:
        ears.settimeout(left_s)
        with contextlib.suppress(TimeoutError):
            message = etree.fromstring(ears.recv(65_535))
            if text(message, "a:Action").endswith(f"/{action}") and text(message, "a:Address") == endpoint.urn:
                return message
    raise AssertionError(f"no {action} within {timeout_s} s")


def text(message: etree._Element, path: str) -> str:
    return message.findtext(f".//{path}", "", NAMES)


class Client:
    """A socket in the client's namespace that asks the group, or the device alone."""

    def __init__(self, source: str = "10.99.0.2") -> None:
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        self.socket = within(CLIENT, lambda: socket.socket(family, socket.SOCK_DGRAM))
        index = within(CLIENT, lambda: socket.if_nametoindex("c0"))
        if family == socket.AF_INET:
            self.socket.bind((source, 0))
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
            self.group: tuple[str, int] | tuple[str, int, int, int] = (GROUP_V4, PORT)
        else:
            self.socket.bind((source, 0))
            self.group = (GROUP_V6, PORT, 0, index)

    def ask(self, body: str = "<d:Probe/>", *, to: str = "") -> str:
        """Send a question; its MessageID."""
        message_id = uuid.uuid4().urn
        self.send(question(body, message_id), to=to)
        return message_id

    def send(self, datagram: bytes, *, to: str = "") -> None:
        self.socket.sendto(datagram, (to, PORT) if to else self.group)

    def answer(self, timeout_s: float = 1.0) -> etree._Element:
        self.socket.settimeout(timeout_s)
        return etree.fromstring(self.socket.recv(65_535))


@pytest.fixture
def client(device: Device) -> Iterator[Client]:
    client = Client()
    with client.socket:
        yield client


def question(body: str, message_id: str) -> bytes:
    return (
        f'<s:Envelope xmlns:s="{NAMES["s"]}" xmlns:a="{NAMES["a"]}" xmlns:d="{NAMES["d"]}"'
        ' xmlns:t="http://www.onvif.org/ver10/device/wsdl" xmlns:n="http://www.onvif.org/ver10/network/wsdl">'
        f"<s:Header><a:MessageID>{message_id}</a:MessageID></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def test_a_third_party_client_finds_the_device_and_reads_what_it_says(device: Device) -> None:
    (found,) = within(CLIENT, lambda: discover(3.0, ["c0"]))
    assert found.endpoint == ENDPOINT.urn
    assert (found.name, found.hardware, found.location) == ("Pier 4", "D1-566", "harbour")
    assert "http://10.99.0.1:8080/onvif/device_service" in found.xaddrs
    assert [name.name for name in found.types] == ["Device", "NetworkVideoTransmitter"]


def test_a_machine_with_nothing_but_loopback_finds_its_own_device(network: None) -> None:
    device = Device(ALONE)
    try:
        time.sleep(1.5)
        (found,) = within(ALONE, lambda: discover(2.0))
        assert found.xaddrs == ("http://10.98.0.1:8080/onvif/device_service",)
    finally:
        device.stop()


def test_a_probe_is_answered_from_the_address_it_is_told(client: Client) -> None:
    message_id = client.ask("<d:Probe><d:Types>n:NetworkVideoTransmitter t:Device</d:Types></d:Probe>")
    answer = client.answer()
    assert text(answer, "a:RelatesTo") == message_id
    assert text(answer, "d:XAddrs").split()[0] == "http://10.99.0.1:8080/onvif/device_service"
    assert text(answer, "a:EndpointReference/a:Address") == ENDPOINT.urn


def test_a_probe_for_somebody_else_is_met_with_silence(client: Client) -> None:
    for body in (
        "<d:Probe><d:Types>n:NetworkVideoDisplay</d:Types></d:Probe>",
        "<d:Probe><d:Types>t:NetworkVideoTransmitter</d:Types></d:Probe>",
        "<d:Probe><d:Scopes>onvif://www.onvif.org/hardware/D1</d:Scopes></d:Probe>",
        "<d:Probe><d:Scopes MatchBy='urn:unknown'>onvif://www.onvif.org</d:Scopes></d:Probe>",
        "<d:Resolve><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference></d:Resolve>",
    ):
        client.ask(body)
    time.sleep(0.6)
    message_id = client.ask()
    assert text(client.answer(), "a:RelatesTo") == message_id
    with pytest.raises(TimeoutError):
        client.answer(0.6)


def test_a_unicast_probe_by_an_unknown_rule_is_answered_with_the_rules_we_know(client: Client) -> None:
    client.ask("<d:Probe><d:Scopes MatchBy='urn:unknown'>o:x</d:Scopes></d:Probe>", to="10.99.0.1")
    answer = client.answer()
    assert text(answer, "s:Subcode/s:Value") == "d:MatchingRuleNotSupported"
    assert text(answer, "d:SupportedMatchingRules").split()


def test_a_resolve_gives_the_addresses(client: Client) -> None:
    endpoint = f"<a:EndpointReference><a:Address>{ENDPOINT.urn}</a:Address></a:EndpointReference>"
    client.ask(f"<d:Resolve>{endpoint}</d:Resolve>")
    assert "10.99.0.1" in text(client.answer(), "d:ResolveMatch/d:XAddrs")


@pytest.mark.parametrize("routable", [True, False])
def test_a_probe_by_ipv6_is_answered_with_an_address_its_sender_can_reach(device: Device, routable: bool) -> None:
    client = Client("fd00:99::2" if routable else "::")
    with client.socket:
        client.ask()
        xaddrs = text(client.answer(), "d:XAddrs").split()
    assert xaddrs[0].startswith("http://[fd00:99::1]:8080/" if routable else "http://[fe80::")
    assert "http://10.99.0.1:8080/onvif/device_service" in xaddrs


JUNK = (
    b"",
    b"<:/>",
    b"\x00" * 1_400,
    b"<?xml version='1.0'?><a" * 300,
    b"<s:Envelope xmlns:",
    b"\xff" * 60_000,
    b"<!DOCTYPE e [<!ENTITY a 'aaaa'>]><e>&a;</e>",
    question("<d:Probe/>", ""),
    question("", "urn:1"),
    question("<d:Hello/>", "urn:2").replace(b"</s:Header>", b"<d:AppSequence InstanceId='abc'/></s:Header>"),
    question("<d:Bye/>", "urn:3").replace(b"</s:Header>", b"<d:AppSequence MessageNumber='-1'/></s:Header>"),
    question("<d:ProbeMatches><d:ProbeMatch/></d:ProbeMatches>", "urn:4"),
    question("<d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe>", "urn:5")[:-20],
    question("<d:Probe>" + "<x>" * 1_000 + "</x>" * 1_000 + "</d:Probe>", "urn:6"),
)


def test_junk_is_survived_by_both_ip_versions(device: Device) -> None:
    for source in ("10.99.0.2", "fd00:99::2"):
        client = Client(source)
        with client.socket:
            for junk in JUNK:
                client.send(junk)
    for source in ("fd00:99::2", "10.99.0.2", "fd00:99::2", "10.99.0.2"):
        client = Client(source)
        with client.socket:
            message_id = client.ask()
            assert text(client.answer(), "a:RelatesTo") == message_id


@pytest.mark.parametrize("source", ["10.99.0.2", "10.99.0.3"])
def test_after_a_flood_of_probes_a_legitimate_one_is_answered_within_a_second(device: Device, source: str) -> None:
    flood, client = Client("10.99.0.3"), Client(source)
    resident_before = resident_kib(device)
    with flood.socket, client.socket:
        for number in range(2_000):
            flood.ask()
            if number % 20 == 0:
                time.sleep(0.01)
        time.sleep(0.05)
        started = time.monotonic()
        message_id = client.ask()
        assert text(client.answer(), "a:RelatesTo") == message_id
        assert time.monotonic() - started < 1
        assert count_waiting(flood.socket) < 150
    assert resident_kib(device) - resident_before < 1_024


def count_waiting(flooded: socket.socket) -> int:
    """How many answers a socket received; one flooder gets few."""
    flooded.settimeout(0.6)
    count = 0
    with contextlib.suppress(TimeoutError):
        while flooded.recv(65_535):
            count += 1
    return count


def resident_kib(device: Device) -> int:
    """Resident memory of the responder."""
    lines = Path(f"/proc/{device.process.pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def test_a_new_address_is_announced(device: Device) -> None:
    with listener() as ears:
        ip(f"-n {DEVICE} addr add 10.99.1.1/24 dev d0")
        try:
            hello = hear(ears, "Hello", ENDPOINT)
            assert "http://10.99.1.1:8080/onvif/device_service" in text(hello, "d:XAddrs").split()
        finally:
            ip(f"-n {DEVICE} addr del 10.99.1.1/24 dev d0")


def test_a_new_interface_is_joined(device: Device) -> None:
    ip(f"-n {DEVICE} link add d1 type veth peer name c1 netns {CLIENT}")
    try:
        ip(f"-n {CLIENT} addr add 10.97.0.2/24 dev c1")
        ip(f"-n {CLIENT} link set c1 up")
        ip(f"-n {DEVICE} addr add 10.97.0.1/24 dev d1")
        ip(f"-n {DEVICE} link set d1 up")
        client = Client("10.97.0.2")
        with client.socket:
            for _ in range(10):
                client.ask()
                with contextlib.suppress(TimeoutError):
                    assert text(client.answer(), "d:XAddrs").split()[0].startswith("http://10.97.0.1:")
                    return
        raise AssertionError("the new interface is silent")
    finally:
        ip(f"-n {DEVICE} link del d1")


def test_a_second_device_shares_the_host_and_says_bye_at_once_when_it_stops(device: Device, client: Client) -> None:
    with listener() as ears:
        second = Device(DEVICE, uuid.uuid4(), 8081)
        hello = hear(ears, "Hello", second.endpoint)
        client.ask()
        heard = {text(client.answer(), "a:EndpointReference/a:Address") for _ in range(2)}
        assert heard == {ENDPOINT.urn, second.endpoint.urn}
        started = time.monotonic()
        second.process.send_signal(signal.SIGTERM)
        bye = hear(ears, "Bye", second.endpoint, timeout_s=0.3)
        assert time.monotonic() - started < 0.3
        assert second.stop() == b""
    sequences = [message.find(".//d:AppSequence", NAMES) for message in (hello, bye)]
    assert len({sequence.get("InstanceId") for sequence in sequences}) == 1
    assert int(sequences[0].get("MessageNumber")) < int(sequences[1].get("MessageNumber"))
