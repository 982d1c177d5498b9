"""The one place where a request becomes a call and an error becomes a fault.

The order is fixed: HTTP, envelope, operation, caller, access, and only then the body. Nothing of a request is decoded
for someone who may not make it.

Spec: Core § SOAP, § User-based access control, § Generic faults.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from argus.base.access import ANONYMOUS, Access, Caller, UsernameToken
from argus.base.clock import Clock
from argus.base.errors import ArgusError
from argus.soap import faults
from argus.soap.addressing import Addressing, read_addressing, response_action
from argus.soap.envelope import MAX_BYTES, Envelope, read_envelope, write_fault, write_response
from argus.soap.faults import Fault, fault_for
from argus.soap.message import decode, element_name
from argus.soap.namespaces import QName
from argus.soap.operation import Call, Operation, Service
from argus.soap.security import read_username_token

logger = logging.getLogger(__name__)

_CONTENT_TYPE = ("Content-Type", "application/soap+xml; charset=utf-8")
# text/xml is SOAP 1.1's; clients are known to send SOAP 1.2 with it, and some send none at all.
_ACCEPTED_TYPES = ("application/soap+xml", "application/xml", "text/xml", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """An HTTP request, read to its end. Header names are in lower case or the mapping ignores case.

    `uri` is the request target as it stood in the request line; `base_url` scheme, host and port the client used. A
    request with several Authorization headers carries "" for them: which one counts is not ours to choose.
    """

    method: str
    path: str
    uri: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    peer: str = ""
    local_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What to send back; a header name may occur more than once."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Challenge(Protocol):
    """What an HTTP client without valid credentials is told."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The values of WWW-Authenticate, most preferred first."""


class Authenticator(Protocol):
    """Who is calling."""

    def http(self, method: str, uri: str, authorization: str | None, *, peer: str) -> Caller | Challenge:
        """The caller whom the Authorization header proves, or the challenge to answer with."""

    def username_token(self, token: UsernameToken, *, peer: str) -> Caller:
        """The caller whom a UsernameToken proves. Raises an ArgusError where it does not."""


class _Challenged(Exception):
    def __init__(self, challenge: Challenge) -> None:
        super().__init__("credentials wanted")
        self.headers = tuple(("WWW-Authenticate", value) for value in challenge.headers)


class Endpoint:
    """Answers every ONVIF request of every service; nothing a client sends makes it raise."""

    def __init__(self, services: Sequence[Service], authenticator: Authenticator, clock: Clock) -> None:
        self._services = tuple(services)
        self._authenticator = authenticator
        self._clock = clock
        self._operations: dict[QName, list[tuple[Service, Operation]]] = {}
        for service in self._services:
            for name, operation in service.operations.items():
                self._operations.setdefault(name, []).append((service, operation))

    async def answer(self, call: HttpCall) -> HttpAnswer:
        """The answer to one request: a response, a fault, or a bare HTTP status where there was no SOAP message."""
        refusal = _refusal(call)
        if refusal is not None:
            return refusal
        if not call.body.strip():
            return self._answer_nothing(call)
        addressing: Addressing | None = None
        declared: tuple[faults.FaultKind, ...] = ()
        try:
            envelope = read_envelope(call.body)
            addressing = read_addressing(envelope.header)
            operation = self._find(envelope.name, call.path)
            declared = operation.faults
            caller = self._caller(call, envelope, operation.access)
            request: object = decode(operation.request, envelope.body)
            response = await operation.call(request, _circumstances(call, caller, addressing))
            action = _action(operation, addressing)
            return HttpAnswer(status=200, headers=(_CONTENT_TYPE,), body=write_response(response, addressing, action))
        except _Challenged as challenged:
            return self._fault(faults.NotAuthorized(), addressing, status=401, headers=challenged.headers)
        except Fault as fault:
            return self._fault(fault, addressing)
        except ArgusError as error:
            return self._fault(fault_for(error, declared), addressing)
        except Exception:
            logger.exception("request to %s failed", call.path)
            return self._fault(faults.Action("internal error"), addressing)

    def _answer_nothing(self, call: HttpCall) -> HttpAnswer:
        """The bare HTTP status for a request without a message."""
        # Told to use Digest, libcurl first posts nothing, so that it is asked for credentials before the message goes.
        if not call.body and call.headers.get("content-type") and call.headers.get("authorization") is None:
            answer = self._authenticator.http(call.method, call.uri, None, peer=call.peer)
            if not isinstance(answer, Caller):
                return HttpAnswer(status=401, headers=_Challenged(answer).headers)
        return HttpAnswer(status=400)

    def _find(self, name: QName, path: str) -> Operation:
        """The operation a body element calls, wherever it was posted to; the path decides between equals."""
        candidates = self._operations.get(name)
        if candidates is None:
            raise self._unknown(name)
        for service, operation in candidates:
            if _lives_at(service, path):
                return operation
        return candidates[0][1]

    def _unknown(self, name: QName) -> Fault:
        at_home = [service for service in self._services if name.namespace in _namespaces(service)]
        if any(name.name in service.known_operations for service in at_home):
            return faults.ActionNotSupported(f"{name.name} is not implemented")
        # A service of the standard that this device lacks altogether.
        if not at_home and name.namespace.startswith("http://www.onvif.org/ver"):
            return faults.ActionNotSupported(f"no service for {name.namespace}")
        if not at_home and any(known.name == name.name for known in self._operations):
            return faults.TagMismatch(f"{name.name} is not in namespace {name.namespace!r}")
        return faults.UnknownAction(name.name)

    def _caller(self, call: HttpCall, envelope: Envelope, access: Access) -> Caller:
        """Who calls, if that caller may.

        Raises:
            Fault: Sender/NotAuthorized.
            _Challenged: HTTP credentials are missing or wrong.
        """
        # Home Assistant signs these too, with a clock it has not set yet: credentials are not looked at.
        if access is Access.PRE_AUTH:
            return ANONYMOUS
        token = read_username_token(envelope.header)
        authorization = call.headers.get("authorization")
        callers = []
        # "both levels supplied: HTTP first, then WS" -- Core § Authentication; without either, HTTP has the word.
        if authorization is not None or token is None:
            answer = self._authenticator.http(call.method, call.uri, authorization, peer=call.peer)
            if not isinstance(answer, Caller):
                raise _Challenged(answer)
            callers.append(answer)
        if token is not None:
            callers.append(self._named_by(token, call.peer))
        if len({caller.username for caller in callers}) != 1:
            raise faults.NotAuthorized("HTTP and WS-Security name different users")
        if not callers[0].may(access):
            raise faults.NotAuthorized(f"access class {access.value} is not for this user")
        return callers[0]

    def _named_by(self, token: UsernameToken, peer: str) -> Caller:
        try:
            return self._authenticator.username_token(token, peer=peer)
        except ArgusError as error:
            logger.info("UsernameToken refused: %s", error)
            raise faults.NotAuthorized() from error

    def _fault(
        self,
        fault: Fault,
        addressing: Addressing | None,
        *,
        status: int = 0,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> HttpAnswer:
        logger.debug("fault %s", fault)
        body = write_fault(fault, addressing, self._clock.utc_us())
        return HttpAnswer(status=status or fault.kind.status, headers=(_CONTENT_TYPE, *headers), body=body)


def _refusal(call: HttpCall) -> HttpAnswer | None:
    """The bare HTTP status for what is no SOAP message at all."""
    if call.method != "POST":
        return HttpAnswer(status=405, headers=(("Allow", "POST"),))
    content_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in _ACCEPTED_TYPES:
        return HttpAnswer(status=415)
    if call.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        return HttpAnswer(status=415)
    if len(call.body) > MAX_BYTES:
        return HttpAnswer(status=413)
    return None


def _circumstances(call: HttpCall, caller: Caller, addressing: Addressing | None) -> Call:
    return Call(
        caller=caller,
        base_url=call.base_url,
        path=call.path,
        peer=call.peer,
        local_address=call.local_address,
        addressing=addressing,
    )


def _action(operation: Operation, addressing: Addressing | None) -> str:
    if addressing is not None and addressing.action:
        return response_action(addressing.action)
    name = element_name(operation.response)
    return f"{name.namespace}/{name.name}"


def _lives_at(service: Service, path: str) -> bool:
    return path == service.path or bool(service.prefix and path.startswith(service.prefix))


def _namespaces(service: Service) -> set[str]:
    """The namespace of the service and those of its operations: subscriptions also speak wsnt:."""
    return {service.namespace, *(name.namespace for name in service.operations)}
