"""WS-Addressing headers: read from requests, written into answers.

Spec: Core § Message addressing; Web Services Addressing 1.0 – SOAP Binding.
"""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass

from argus.soap import markup
from argus.soap.faults import OnlyAnonymousAddressSupported
from argus.soap.markup import escape
from argus.soap.namespaces import WSA, Element

ANONYMOUS_ADDRESS = f"{WSA}/anonymous"
FAULT_ACTION = f"{WSA}/soap/fault"
_MAX_LENGTH = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """The wsa: headers of a request. `reference_parameters` are the blocks its ReplyTo wants echoed.

    `parameters` are the other header blocks, among them reference parameters of an endpoint we gave out.
    """

    message_id: str = ""
    action: str = ""
    to: str = ""
    reference_parameters: tuple[Element, ...] = ()
    parameters: tuple[Element, ...] = ()


def read_addressing(header: Element | None) -> Addressing | None:
    """The addressing headers of a request, or None where it has none.

    Raises:
        Fault: wsa:OnlyAnonymousAddressSupported, where answers are wanted elsewhere than on the connection.
    """
    if header is None or header.find(f"{{{WSA}}}*") is None:
        return None
    return Addressing(
        message_id=_text(header, "MessageID"),
        action=_text(header, "Action"),
        to=_text(header, "To"),
        reference_parameters=_reply_parameters(header),
        parameters=tuple(block for block in header if not str(block.tag).startswith(f"{{{WSA}}}")),
    )


def write_addressing(request: Addressing, action: str) -> str:
    """The header of an answer as markup: the action, to whom it relates, and what ReplyTo wanted echoed."""
    related = f"<wsa:RelatesTo>{escape(request.message_id)}</wsa:RelatesTo>" if request.message_id else ""
    echoed = "".join(map(_echo, request.reference_parameters))
    return (
        f"<env:Header><wsa:MessageID>urn:uuid:{uuid.uuid4()}</wsa:MessageID>"
        f"<wsa:Action>{escape(action)}</wsa:Action>{related}{echoed}</env:Header>"
    )


def response_action(request_action: str) -> str:
    """The action of the answer: the suffix `Request` becomes `Response`, without it `Response` is appended.

    `…/PullPointSubscription/PullMessagesRequest` → `…/PullPointSubscription/PullMessagesResponse`.
    """
    return f"{request_action.removesuffix('Request')}Response"


def _reply_parameters(header: Element) -> tuple[Element, ...]:
    reply_to = header.find(f"{{{WSA}}}ReplyTo")
    for name in ("ReplyTo", "FaultTo"):
        block = header.find(f"{{{WSA}}}{name}")
        if block is not None and _text(block, "Address") not in ("", ANONYMOUS_ADDRESS):
            raise OnlyAnonymousAddressSupported(f"{name} asks for {_text(block, 'Address')}")
    parameters = None if reply_to is None else reply_to.find(f"{{{WSA}}}ReferenceParameters")
    return () if parameters is None else tuple(parameters)


def _text(parent: Element, name: str) -> str:
    return (parent.findtext(f"{{{WSA}}}{name}") or "").strip()[:_MAX_LENGTH]


def _echo(block: Element) -> str:
    echoed = copy.deepcopy(block)
    echoed.set(f"{{{WSA}}}IsReferenceParameter", "true")
    return markup.element(echoed)
