import pytest

from argus.base.errors import ArgusError, Conflict, InvalidValue, LimitReached, NotFound, NotSupported, Unavailable
from argus.soap.faults import (
    Fault,
    FaultKind,
    MustUnderstand,
    Receiver,
    Sender,
    VersionMismatch,
    fault,
    fault_for,
    notification_fault,
)
from argus.soap.namespaces import TER, WSRF_RW, QName

NoRecording = fault(Sender, "InvalidArgVal", "NoRecording", "No such recording", answers=(NotFound, "recording"))
Busy = fault(Receiver, "Action", "Busy", "Busy", answers=((Conflict, "track"), (Unavailable, "")))


def test_a_declared_fault_carries_its_subcodes_outermost_first() -> None:
    assert NoRecording.subcodes == (QName(TER, "InvalidArgVal"), QName(TER, "NoRecording"))
    assert NoRecording.reason == "No such recording"
    assert str(NoRecording) == "Sender/InvalidArgVal/NoRecording"


@pytest.mark.parametrize(
    ("kind", "status"), [(NoRecording, 400), (Busy, 500), (VersionMismatch, 500), (MustUnderstand, 500)]
)
def test_only_the_senders_faults_are_http_400(kind: FaultKind, status: int) -> None:
    assert kind.status == status


def test_a_notification_fault_is_the_receivers_with_its_own_element() -> None:
    kind = notification_fault("ResourceUnknownFault", "Gone", namespace=WSRF_RW, answers=(NotFound, "subscription"))
    assert (kind.status, kind.base_fault) == (500, QName(WSRF_RW, "ResourceUnknownFault"))
    assert fault_for(NotFound("subscription", "s1"), (kind,)).kind is kind


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (NotFound("recording", "r1"), "Sender/InvalidArgVal/NoRecording"),
        (Conflict("track", "in use"), "Receiver/Action/Busy"),
        (Unavailable("anything", "later"), "Receiver/Action/Busy"),
    ],
)
def test_the_declared_fault_that_answers_the_error_is_taken(error: ArgusError, answer: str) -> None:
    made = fault_for(error, (NoRecording, Busy))
    assert str(made.kind) == answer
    assert made.explanation == str(error)


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (NotFound("track", "t"), "Sender/InvalidArgVal"),
        (InvalidValue("name", "too long"), "Sender/InvalidArgVal"),
        (Conflict("recording", "fixed"), "Sender/OperationProhibited"),
        (LimitReached("recordings", 3), "Receiver/Action"),
        (NotSupported("export", "not here"), "Receiver/ActionNotSupported"),
        (Unavailable("storage", "full"), "Receiver/Action"),
        (ArgusError("thing", "odd"), "Receiver/Action"),
    ],
)
def test_errors_nobody_declared_become_generic_faults(error: ArgusError, answer: str) -> None:
    assert str(fault_for(error, (NoRecording,)).kind) == answer


def test_a_kind_is_called_to_raise_it() -> None:
    with pytest.raises(Fault, match="there is no recording 'x'") as caught:
        raise NoRecording("there is no recording 'x'")
    assert caught.value.kind is NoRecording
