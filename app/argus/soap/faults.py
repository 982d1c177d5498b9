"""SOAP 1.2 faults: the generic ones of ONVIF Core, and a short way to declare those of a service.

    NoRecording = fault(Sender, "InvalidArgVal", "NoRecording", "No recording with that token",
                        answers=(NotFound, "recording"))

A fault kind is declared once, named in `@operation(access, NoRecording)`, and seldom raised by hand: the endpoint turns
the domain error it `answers` into it. Where an operation knows better, `raise NoRecording("why")` works as well.

Spec: Core § SOAP fault messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from argus.base.errors import (
    ArgusError,
    Conflict,
    InvalidValue,
    LimitReached,
    NotFound,
    NotSupported,
    Unavailable,
)
from argus.soap.namespaces import TER, WSA, WSNT, Element, QName


class Code(StrEnum):
    """Fault codes of SOAP 1.2."""

    SENDER = "Sender"
    RECEIVER = "Receiver"
    VERSION_MISMATCH = "VersionMismatch"
    MUST_UNDERSTAND = "MustUnderstand"


Sender = Code.SENDER
Receiver = Code.RECEIVER

Answers = tuple[type[ArgusError], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """What a fault says on the wire, and which domain errors become it.

    `answers` holds (error class, subject) pairs; subject "" answers every subject. `base_fault` is the element of a
    WS-BaseNotification fault that goes into the detail with Timestamp and Description; such faults are always
    HTTP 500. Calling a kind makes the exception: `raise NoRecording("there is no recording 'x'")`.
    """

    code: Code
    subcodes: tuple[QName, ...]
    reason: str
    answers: tuple[Answers, ...] = ()
    base_fault: QName | None = None

    @property
    def status(self) -> int:
        """The HTTP status: 400 for env:Sender, 500 for all others, as the SOAP 1.2 HTTP binding maps them."""
        return 400 if self.code is Code.SENDER else 500

    def answers_error(self, error: ArgusError) -> bool:
        return any(isinstance(error, kind) and subject in ("", error.subject) for kind, subject in self.answers)

    def __call__(self, explanation: str = "", *content: Element) -> Fault:
        return Fault(self, explanation, content)

    def __str__(self) -> str:
        return "/".join((self.code.value, *(subcode.name for subcode in self.subcodes)))


class Fault(Exception):
    """A fault on its way to the client. `explanation` is a sentence for the detail; `content` goes there as it is."""

    def __init__(self, kind: FaultKind, explanation: str = "", content: tuple[Element, ...] = ()) -> None:
        super().__init__(f"{kind}: {explanation or kind.reason}")
        self.kind = kind
        self.explanation = explanation
        self.content = content


def fault(code: Code, *subcodes_and_reason: str, answers: Answers | tuple[Answers, ...] = ()) -> FaultKind:
    """A fault kind: `fault(Sender, "InvalidArgVal", "NoRecording", "No such recording", answers=(NotFound, …))`.

    The last text is the reason, those before it are subcodes of the namespace ter:, outermost first. `answers` is one
    pair or several.
    """
    *subcodes, reason = subcodes_and_reason
    return FaultKind(
        code=code,
        subcodes=tuple(QName(TER, name) for name in subcodes),
        reason=reason,
        answers=_pairs(answers),
    )


def notification_fault(
    name: str, reason: str, *, namespace: str = WSNT, answers: Answers | tuple[Answers, ...] = ()
) -> FaultKind:
    """A WS-BaseNotification or WS-ResourceFramework fault: env:Receiver, HTTP 500, a BaseFault as detail.

    `notification_fault("ResourceUnknownFault", "…", namespace=WSRF_RW)`; the explanation becomes its Description and
    `content` its further children.  Spec: Core § Fault handling of the event service.
    """
    element = QName(namespace, name)
    return FaultKind(code=Receiver, subcodes=(element,), reason=reason, answers=_pairs(answers), base_fault=element)


def _pairs(answers: Answers | tuple[Answers, ...]) -> tuple[Answers, ...]:
    if not answers:
        return ()
    if isinstance(answers[0], tuple):
        return tuple(pair for pair in answers if isinstance(pair, tuple))
    kind, subject = answers
    assert isinstance(kind, type)
    assert isinstance(subject, str)
    return ((kind, subject),)


# Reason texts are normative: Core § Generic faults.
VersionMismatch = fault(Code.VERSION_MISMATCH, "SOAP version mismatch")
MustUnderstand = fault(Code.MUST_UNDERSTAND, "SOAP header blocks not understood")
WellFormed = fault(Sender, "WellFormed", "Well-formed Error")
TagMismatch = fault(Sender, "TagMismatch", "Tag Mismatch")
Tag = fault(Sender, "Tag", "No Tag")
Namespace = fault(Sender, "Namespace", "Namespace Error")
MissingAttr = fault(Sender, "MissingAttr", "Required Attribute not present")
ProhibAttr = fault(Sender, "ProhibAttr", "Prohibited Attribute")
InvalidArgs = fault(Sender, "InvalidArgs", "Invalid Args")
InvalidArgVal = fault(Sender, "InvalidArgVal", "Argument Value Invalid", answers=((NotFound, ""), (InvalidValue, "")))
UnknownAction = fault(Sender, "UnknownAction", "Unknown Action")
OperationProhibited = fault(Sender, "OperationProhibited", "Operation not Permitted", answers=(Conflict, ""))
NotAuthorized = fault(Sender, "NotAuthorized", "Sender not Authorized")
ActionNotSupported = fault(
    Receiver, "ActionNotSupported", "Optional Action Not Implemented", answers=(NotSupported, "")
)
Action = fault(Receiver, "Action", "Action Failed", answers=((LimitReached, ""), (Unavailable, "")))
# "ter:OutofMemory" -- spelt so in Core § Generic faults.
OutofMemory = fault(Receiver, "OutofMemory", "Out of Memory")
CriticalError = fault(Receiver, "CriticalError", "Critical Error")
OnlyAnonymousAddressSupported = FaultKind(
    code=Sender,
    subcodes=(QName(WSA, "InvalidAddressingHeader"), QName(WSA, "OnlyAnonymousAddressSupported")),
    reason="Only the anonymous address is supported",
)

_FALLBACK = (InvalidArgVal, OperationProhibited, Action, ActionNotSupported)


def fault_for(error: ArgusError, declared: tuple[FaultKind, ...] = ()) -> Fault:
    """The fault that answers a domain error: the first declared one that does, otherwise the generic one.

    NotFound and InvalidValue are Sender/InvalidArgVal, Conflict is Sender/OperationProhibited, LimitReached and
    Unavailable are Receiver/Action, NotSupported is Receiver/ActionNotSupported.
    """
    for kind in (*declared, *_FALLBACK):
        if kind.answers_error(error):
            return kind(str(error))
    return Action(str(error))
