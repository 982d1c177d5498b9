"""Receivers as values: what the receiver service configures, and the states it tells.

Spec: Receiver 19.06 § Data structures
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from argus.base.errors import InvalidValue
from argus.base.tokens import ReceiverToken


class ReceiverMode(StrEnum):
    """tt:ReceiverMode without its Unknown, which nobody can want."""

    AUTO_CONNECT = "AutoConnect"  # connected while a job wants the media
    ALWAYS_CONNECT = "AlwaysConnect"
    NEVER_CONNECT = "NeverConnect"


class ReceiverState(StrEnum):
    """tt:ReceiverState without its Unknown: the device always knows."""

    NOT_CONNECTED = "NotConnected"
    CONNECTING = "Connecting"
    CONNECTED = "Connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverConfiguration:
    """tt:ReceiverConfiguration. An empty `media_uri` is one that nobody has configured yet.

    `stream` and `protocol` are the words of tt:StreamType and tt:TransportProtocol.
    """

    mode: ReceiverMode = ReceiverMode.AUTO_CONNECT
    media_uri: str = ""
    stream: str = "RTP-Unicast"
    protocol: str = "UDP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One receiver. `auto_created` tells that it came with a recording job and goes with the last that uses it."""

    token: ReceiverToken
    configuration: ReceiverConfiguration
    auto_created: bool = False


def receiver_mode(text: str, subject: str = "receiver configuration") -> ReceiverMode:
    """The mode of that name, case-sensitive.

    Raises:
        InvalidValue: it is another word; `subject` is "receiver configuration" or "receiver mode".
    """
    try:
        return ReceiverMode(text)
    except ValueError as error:
        raise InvalidValue(subject, f"a receiver has no mode {text[:64]!r}") from error
