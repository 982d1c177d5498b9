"""The operations that the services declare, read from their classes."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import FunctionType

import argus.onvif
from argus.soap.operation import Operation, Service


@dataclass(frozen=True)
class Declared:
    """One operation and the class that declares it."""

    service: type[Service]
    operation: Operation

    @property
    def name(self) -> str:
        return self.operation.name.name

    @property
    def namespace(self) -> str:
        return self.operation.name.namespace

    @property
    def faults(self) -> set[str]:
        """Without the faults of WS-BaseNotification, which the ONVIF specifications do not list."""
        return {str(kind) for kind in self.operation.faults if kind.base_fault is None}

    @property
    def method(self) -> FunctionType:
        methods = inspect.getmembers(self.service, inspect.isfunction)
        return next(method for name, method in methods if name.replace("_", "") == self.name.lower())


def services() -> Iterator[type[Service]]:
    """Every service class of the product."""
    for module in pkgutil.walk_packages(argus.onvif.__path__, "argus.onvif."):
        import_module(module.name)
    waiting = list(Service.__subclasses__())
    while waiting:
        service = waiting.pop()
        waiting += service.__subclasses__()
        if service.__module__.startswith("argus."):
            yield service


@cache
def declared_operations() -> tuple[Declared, ...]:
    """All operations, ordered by service and name."""
    found = []
    for service in services():
        # The declarations are on the class; the objects it works on are not needed to read them.
        blank = object.__new__(service)
        found += [Declared(service, operation) for operation in blank.operations.values()]
    return tuple(sorted(found, key=lambda one: (one.service.namespace, one.name)))
