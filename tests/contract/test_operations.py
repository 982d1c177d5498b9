"""Every operation the services declare, against the published facts: its access class and its faults."""

from __future__ import annotations

import ast
import inspect
import json
import re
from pathlib import Path
from textwrap import dedent
from typing import TypedDict

import pytest
from tests.harness.operations import Declared, declared_operations, services

from argus.soap.namespaces import WSNT
from argus.soap.operation import Service


class Facts(TypedDict):
    access: str
    faults: list[str]


FACTS: dict[str, dict[str, Facts]] = json.loads(
    Path(__file__).with_name("data").joinpath("operations.json").read_text()
)
EVENTS = "http://www.onvif.org/ver10/events/wsdl"

# Faults of the standard that cannot happen here, each with its reason.
NOT_RAISED = {
    "Sender/InvalidArgVal/AmbiguousConfiguration": "Target of a recording came with RecordingControl 23.06",
    "Receiver/Action/NoLocalRecording": "Target of a recording came with RecordingControl 23.06",
    "Receiver/Action/UnsupportedStorageStrategy": "Target of a recording came with RecordingControl 23.06",
    "Receiver/Action/EmptyScope": "the fixed scopes are always there",
    "Receiver/Action/MaxTracks": "CreateTrack is answered with NotImplemented: tracks come with their recording",
    "Receiver/Action/IncompleteConfiguration": "every profile is complete, by construction",
    "Sender/OperationProhibited/StreamConflict": "any number of clients share one encoder",
    "Receiver/CapabilityViolated/ClientSuppliedTokenSupported": "clients may supply tokens",
    "Sender/InvalidArgVal/InvalidMulticastSettings": "multicast is refused as InvalidStreamSetup",
}
# Faults beyond the standard's list, each with its reason.
BEYOND = {
    ("FindEvents", "Sender/InvalidArgVal/InvalidToken"): "as FindRecordings: its scope names recordings too",
    ("FindEvents", "Sender/InvalidArgVal/InvalidSource"): "as FindRecordings: its scope names sources too",
    ("FindRecordings", "Sender/InvalidArgVal/InvalidFilterFault"): "no fault is defined for a malformed XPath filter",
    ("PullMessages", "Receiver/Action"): "its detail is tev:PullMessagesFaultResponse, which the WSDL alone declares",
}
# Sections that are not called as their operation.
OTHER_TITLES = {
    "GetServiceCapabilities": {"capabilities"},
    "SetSynchronizationPoint": {"synchronizationpoint"},
    "Subscribe": {"basicnotificationinterface"},
}
DOCUMENTS = {"Core", "Media", "Receiver", "RecordingControl", "RecordingSearch", "Replay", "Schedule"}


def published(declared: Declared) -> Facts:
    """What the standard says of an operation."""
    namespace = EVENTS if declared.namespace == WSNT else declared.namespace
    return FACTS[namespace][declared.name]


DECLARED = declared_operations()
each_operation = pytest.mark.parametrize("declared", DECLARED, ids=lambda one: f"{one.service.__name__}-{one.name}")


def test_the_services_declare_operations() -> None:
    assert len(DECLARED) > 60
    assert {one.service.namespace for one in DECLARED} == set(FACTS)


@each_operation
def test_an_operation_has_the_access_class_of_the_standard(declared: Declared) -> None:
    assert declared.operation.access == published(declared)["access"]


@each_operation
def test_an_operation_declares_every_fault_of_the_standard(declared: Declared) -> None:
    missing = set(published(declared)["faults"]) - declared.faults - set(NOT_RAISED)
    assert not missing


@each_operation
def test_an_operation_declares_no_fault_the_standard_does_not_know(declared: Declared) -> None:
    allowed = {fault for name, fault in BEYOND if name == declared.name}
    assert declared.faults <= set(published(declared)["faults"]) | allowed


@each_operation
def test_an_operation_cites_the_section_that_defines_it(declared: Declared) -> None:
    method = declared.method
    cited = re.search(r"Spec: (\w+)(?: \d\d\.\d\d)? § ([^,.\n]+)", inspect.getdoc(method) or "")
    assert cited, f"{method.__qualname__} cites no section"
    assert cited[1] in DOCUMENTS
    title = re.sub(r"\W", "", cited[2]).lower()
    assert title in {declared.name.lower()} | OTHER_TITLES.get(declared.name, set())


@each_operation
def test_an_operation_fits_on_a_few_lines_and_catches_nothing(declared: Declared) -> None:
    source = ast.parse(dedent(inspect.getsource(declared.method)))
    function = next(node for node in ast.walk(source) if isinstance(node, ast.AsyncFunctionDef))
    lines = (function.end_lineno or 0) - function.lineno + 1
    assert lines <= 16, "an operation fits in 12 lines and its signature"
    assert not [node for node in ast.walk(function) if isinstance(node, ast.Try)]


def test_the_reasons_for_exceptions_are_still_needed() -> None:
    known = {fault for one in DECLARED for fault in published(one)["faults"]}
    assert set(NOT_RAISED) <= known, "a fault that no operation here has"
    for name, fault in BEYOND:
        assert any(one.name == name and fault in one.faults for one in DECLARED)


@pytest.mark.parametrize("service", [s for s in services() if s.known_operations], ids=lambda s: s.__name__)
def test_every_operation_of_the_standard_is_built_or_named_as_not_built(service: type[Service]) -> None:
    namespaces = {service.namespace, WSNT} if service.namespace == EVENTS else {service.namespace}
    built = {one.name for one in DECLARED if one.operation.name.namespace in namespaces}
    assert not built & service.known_operations
    assert set(FACTS[service.namespace]) - built <= service.known_operations | _withdrawn()


def _withdrawn() -> set[str]:
    """Operations the current schemas no longer have, and those of releases after the one that is implemented."""
    return {"GetSearchState", "SearchImageByNL", "GetNLSearchResults", "SearchImageByImage", "GetImageSearchResults"}
