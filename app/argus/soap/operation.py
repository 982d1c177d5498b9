"""Operations and the services they belong to.

    class RecordingService(Service):
        namespace = TRC
        version = (19, 6)
        path = "/onvif/recording_service"
        known_operations = frozenset({"ExportRecordedData", ...})     # of the standard, not built here

        @operation(Access.ACTUATE, NoRecording, CannotDelete)
        async def delete_recording(self, request: DeleteRecording) -> DeleteRecordingResponse:
            await self.catalog.delete(request.recording_token)
            return DeleteRecordingResponse()

        @operation(Access.PRE_AUTH)
        async def get_services(self, request: GetServices, call: Call) -> GetServicesResponse: ...

The request's class names the element that calls the operation; the domain errors it lets rise become the declared
faults that answer them, otherwise a generic one.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, TypeVar, get_type_hints

from argus.base.access import Access, Caller
from argus.soap.addressing import Addressing
from argus.soap.faults import FaultKind
from argus.soap.message import element_name, is_message, plan_of
from argus.soap.namespaces import QName

F = TypeVar("F", bound=Callable[..., Awaitable[object]])
_MARK = "__soap_operation__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The circumstances of one request, for operations that need more than its message.

    `base_url` is scheme, host and port as the client wrote them ("http://192.0.2.7:8080", no slash at the end).
    `path` is what was posted to, `peer` the client's address, `local_address` ours on that connection.
    """

    caller: Caller
    base_url: str
    path: str = ""
    peer: str = ""
    local_address: str = ""
    addressing: Addressing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a service object, ready to be called."""

    name: QName
    access: Access
    faults: tuple[FaultKind, ...]
    request: type
    response: type
    call: Callable[[object, Call], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    access: Access
    faults: tuple[FaultKind, ...]


def operation(access: Access, *faults: FaultKind) -> Callable[[F], F]:
    """Make an async method `(self, request)` or `(self, request, call)` an operation with these access rights."""

    def declare(method: F) -> F:
        setattr(method, _MARK, _Declared(access=access, faults=faults))
        return method

    return declare


class Service:
    """Base of the services: a namespace, the path it is reached at, and its operations.

    `path` is the address the service is advertised with. `prefix`, where given, is a path below which the service
    answers too ("/onvif/subscription/"); the operation finds the whole path in its `Call`. `known_operations` names
    the standard's operations in `namespace` that are not built: they answer ActionNotSupported, not UnknownAction.
    """

    namespace: ClassVar[str]
    path: ClassVar[str]
    version: ClassVar[tuple[int, int]]
    prefix: ClassVar[str] = ""
    known_operations: ClassVar[frozenset[str]] = frozenset()

    @cached_property
    def operations(self) -> Mapping[QName, Operation]:
        """The operations by the qualified name of their request.

        Raises:
            TypeError: a method is not declared as an operation has to be; found when the station starts.
        """
        found: dict[QName, Operation] = {}
        for name, method in inspect.getmembers(type(self), inspect.isfunction):
            declared = getattr(method, _MARK, None)
            if isinstance(declared, _Declared):
                made = self._operation(name, method, declared)
                if made.name in found:
                    raise TypeError(f"{type(self).__name__} has two operations for {made.name.name}")
                found[made.name] = made
        return found

    def _operation(self, name: str, method: Callable[..., object], declared: _Declared) -> Operation:
        hints = get_type_hints(method)
        response = hints.pop("return", None)
        request, *rest = hints.values() or (None,)
        if not inspect.iscoroutinefunction(method) or rest not in ([], [Call]):
            raise TypeError(f"{type(self).__name__}.{name} is not `async def (self, request[, call: Call])`")
        if not (isinstance(request, type) and is_message(request) and isinstance(response, type)):
            raise TypeError(f"{type(self).__name__}.{name} lacks the types of its messages")
        plan_of(request), plan_of(response)
        bound = getattr(self, name)
        return Operation(
            name=element_name(request),
            access=declared.access,
            faults=declared.faults,
            request=request,
            response=response,
            call=bound if rest else lambda message, _: bound(message),
        )
