"""The words of the Receiver service."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.conformance.client import Client
from tests.conformance.names import NAMESPACES, Element, child, one, request, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """tt:ReceiverConfiguration."""

    mode: str = "NeverConnect"
    uri: str = "rtsp://192.0.2.1/stream"
    stream: str = "RTP-Unicast"
    protocol: str = "RTSP"

    def xml(self) -> str:
        transport = f"<tt:Transport>{child('tt:Protocol', self.protocol)}</tt:Transport>"
        setup = f"<tt:StreamSetup>{child('tt:Stream', self.stream)}{transport}</tt:StreamSetup>"
        inner = child("tt:Mode", self.mode) + child("tt:MediaUri", self.uri) + setup
        return f"<trv:Configuration>{inner}</trv:Configuration>"

    @classmethod
    def of(cls, element: Element) -> Receiver:
        return cls(
            mode=text(element, "tt:Mode"),
            uri=text(element, "tt:MediaUri"),
            stream=text(element, "tt:StreamSetup/tt:Stream"),
            protocol=text(element, "tt:StreamSetup/tt:Transport/tt:Protocol"),
        )

    def to(self, **changes: str) -> Receiver:
        return replace(self, **changes)


class Receivers:
    """The receiver service as one client uses it."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def all(self) -> dict[str, Receiver]:
        answer = self.client.call("<trv:GetReceivers/>")
        items = answer.findall("trv:Receivers", NAMESPACES)
        return {text(item, "tt:Token"): Receiver.of(one(item, "tt:Configuration")) for item in items}

    def get(self, token: str) -> Receiver:
        answer = self.client.call(request("trv:GetReceiver", ReceiverToken=token))
        assert text(answer, "trv:Receiver/tt:Token") == token
        return Receiver.of(one(answer, "trv:Receiver/tt:Configuration"))

    def create(self, configuration: Receiver) -> tuple[str, Receiver]:
        found = one(self.client.call(create(configuration)), "trv:Receiver")
        return text(found, "tt:Token"), Receiver.of(one(found, "tt:Configuration"))

    def delete(self, token: str) -> None:
        self.client.call(request("trv:DeleteReceiver", ReceiverToken=token))

    def configure(self, token: str, configuration: Receiver) -> None:
        self.client.call(configure(token, configuration))

    def set_mode(self, token: str, mode: str) -> None:
        self.client.call(request("trv:SetReceiverMode", ReceiverToken=token, Mode=mode))

    def state(self, token: str) -> tuple[str, bool]:
        """The state, and whether a job created the receiver."""
        answer = self.client.call(request("trv:GetReceiverState", ReceiverToken=token))
        state = one(answer, "trv:ReceiverState")
        return text(state, "tt:State"), text(state, "tt:AutoCreated") in ("true", "1")


def create(configuration: Receiver) -> str:
    return f"<trv:CreateReceiver>{configuration.xml()}</trv:CreateReceiver>"


def configure(token: str, configuration: Receiver) -> str:
    inner = child("trv:ReceiverToken", token) + configuration.xml()
    return f"<trv:ConfigureReceiver>{inner}</trv:ConfigureReceiver>"
