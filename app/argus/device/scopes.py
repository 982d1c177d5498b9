"""The scopes of the device: what discovery tells about it, in fixed and configurable parts.

Spec: Core § Scopes; § GetScopes, SetScopes, AddScopes, RemoveScopes.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from urllib.parse import quote

from argus.base.errors import Conflict, InvalidValue, LimitReached, NotFound
from argus.device.identity import Identity
from argus.device.settings import Settings

MAX_CONFIGURABLE = 32
MAX_SCOPE_LENGTH = 256
ROOT = "onvif://www.onvif.org"

_FIXED, _CONFIGURABLE, _VERSION = "scopes.fixed", "scopes.configurable", "discovery.metadata_version"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")


def fixed_scopes(identity: Identity, profiles: Sequence[str] = (), *, sound: bool = False) -> tuple[str, ...]:
    """The entries every device has. `profiles` are the last segments of the ONVIF profiles it is announced with;
    `sound` tells that it has microphones."""
    # "A device shall include at least one fixed entry of the profile, hardware and name categories respectively"
    # -- Core § Scopes.
    return (
        *(f"{ROOT}/Profile/{profile}" for profile in profiles),
        f"{ROOT}/type/video_encoder",
        *((f"{ROOT}/type/audio_encoder",) if sound else ()),
        f"{ROOT}/hardware/{quote(identity.hardware_id, safe='')}",
        f"{ROOT}/name/{quote(identity.model, safe='')}",
    )


class Scopes:
    """Fixed scopes from the firmware and configurable ones from the owner, durable, each list without duplicates.

    Every change, and a firmware that brings other fixed scopes, increments `metadata_version`, which never goes
    back. Subjects of the errors: `scope` (InvalidValue, NotFound), `fixed scope` (Conflict), `scopes` (LimitReached).
    """

    def __init__(self, settings: Settings, *, fixed: Sequence[str], defaults: Sequence[str] = ()) -> None:
        self.fixed = tuple(dict.fromkeys(fixed))
        self._settings = settings
        self._changing = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []
        stored = settings.get(_CONFIGURABLE)
        self._configurable: tuple[str, ...] = tuple(json.loads(stored)) if stored else tuple(defaults)
        if settings.get(_FIXED) != json.dumps(self.fixed):
            settings.put_now({_FIXED: json.dumps(self.fixed), _VERSION: str(self.metadata_version + 1)})

    @property
    def configurable(self) -> tuple[str, ...]:
        return tuple(scope for scope in self._configurable if scope not in self.fixed)

    @property
    def metadata_version(self) -> int:
        """MetadataVersion of Hello and ProbeMatch."""
        return int(self._settings.get(_VERSION, "0"))

    def all(self) -> tuple[str, ...]:
        """Fixed scopes first."""
        return self.fixed + self.configurable

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change of the scopes, once it is stored; it must only queue."""
        self._listeners.append(listener)

    async def replace(self, scopes: Sequence[str]) -> None:
        """Let these be the configurable scopes; fixed ones among them stay fixed.   Spec: Core § SetScopes"""
        async with self._changing:
            await self._store(scopes)

    async def add(self, scopes: Sequence[str]) -> None:
        """Add scopes; those that exist are ignored.   Spec: Core § AddScopes"""
        async with self._changing:
            await self._store((*self._configurable, *scopes))

    async def remove(self, scopes: Sequence[str]) -> tuple[str, ...]:
        """Remove configurable scopes, all or none, and return them.   Spec: Core § RemoveScopes"""
        async with self._changing:
            for scope in scopes:
                if scope in self.fixed:
                    raise Conflict("fixed scope", f"the scope {scope!r} is fixed")
                if scope not in self._configurable:
                    raise NotFound("scope", scope)
            await self._store([scope for scope in self._configurable if scope not in scopes])
        return tuple(dict.fromkeys(scopes))

    async def metadata_changed(self) -> None:
        """Increment `metadata_version` because something else that discovery tells has changed, an address say."""
        async with self._changing:
            await self._settings.put({_VERSION: str(self.metadata_version + 1)})

    async def _store(self, scopes: Sequence[str]) -> None:
        wanted = tuple(dict.fromkeys(_valid(scope) for scope in scopes if scope not in self.fixed))
        if len(wanted) > MAX_CONFIGURABLE:
            raise LimitReached("scopes", MAX_CONFIGURABLE + len(self.fixed))
        if wanted == self._configurable:
            return

        def adopt() -> None:
            self._configurable = wanted
            for listener in tuple(self._listeners):
                listener()

        await self._settings.put({_CONFIGURABLE: json.dumps(wanted), _VERSION: str(self.metadata_version + 1)}, adopt)


def _valid(scope: str) -> str:
    """The scope itself. In a Hello scopes are separated by white space, so it can hold none."""
    if len(scope) > MAX_SCOPE_LENGTH or not _ABSOLUTE.fullmatch(scope) or not scope.isprintable():
        raise InvalidValue(
            "scope", f"a scope is an absolute URI of at most {MAX_SCOPE_LENGTH} characters: {scope!r:.80}"
        )
    return scope
