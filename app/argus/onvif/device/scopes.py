"""The device service's scope operations.

Spec: Core § Scopes.
"""

from __future__ import annotations

from argus.base.access import Access
from argus.base.errors import Conflict, LimitReached, NotFound
from argus.device.scopes import Scopes
from argus.onvif.device import system_messages as m
from argus.onvif.device.paths import DEVICE_PATH, DEVICE_VERSION
from argus.soap.faults import Receiver, Sender, fault
from argus.soap.namespaces import TDS
from argus.soap.operation import Service, operation

TooManyScopes = fault(
    Receiver, "Action", "TooManyScopes", "The requested scope list exceeds the supported number of scopes",
    answers=(LimitReached, "scopes"),
)  # fmt: skip
FixedScope = fault(
    Sender, "OperationProhibited", "FixedScope", "Trying to remove fixed scope parameter, command rejected",
    answers=(Conflict, "fixed scope"),
)  # fmt: skip
NoScope = fault(
    Sender, "InvalidArgVal", "NoScope", "Trying to remove scope which does not exist", answers=(NotFound, "scope")
)


class DeviceScopesService(Service):
    """What discovery tells about the device."""

    namespace = TDS
    path = DEVICE_PATH
    version = DEVICE_VERSION

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes

    @operation(Access.READ_SYSTEM)
    async def get_scopes(self, _request: m.GetScopes) -> m.GetScopesResponse:
        """Fixed and configurable scopes.   Spec: Core § GetScopes"""
        fixed = [m.Scope(scope_def=m.ScopeDefinition.FIXED, scope_item=item) for item in self._scopes.fixed]
        configurable = [
            m.Scope(scope_def=m.ScopeDefinition.CONFIGURABLE, scope_item=item) for item in self._scopes.configurable
        ]
        return m.GetScopesResponse(scopes=(*fixed, *configurable))

    @operation(Access.WRITE_SYSTEM, TooManyScopes)
    async def set_scopes(self, request: m.SetScopes) -> m.SetScopesResponse:
        """Replace the configurable scopes.   Spec: Core § SetScopes"""
        await self._scopes.replace(request.scopes)
        return m.SetScopesResponse()

    @operation(Access.WRITE_SYSTEM, TooManyScopes)
    async def add_scopes(self, request: m.AddScopes) -> m.AddScopesResponse:
        """Add configurable scopes.   Spec: Core § AddScopes"""
        await self._scopes.add(request.scope_item)
        return m.AddScopesResponse()

    @operation(Access.WRITE_SYSTEM, FixedScope, NoScope)
    async def remove_scopes(self, request: m.RemoveScopes) -> m.RemoveScopesResponse:
        """Remove configurable scopes, all or none.   Spec: Core § RemoveScopes"""
        return m.RemoveScopesResponse(scope_item=await self._scopes.remove(request.scope_item))
