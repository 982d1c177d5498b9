"""Export of recorded data: what is refused. What is exported is not judged here."""

from __future__ import annotations

import pytest
from tests.conformance.marks import RC, proves
from tests.conformance.names import NAMESPACES, request
from tests.conformance.requests import NONE, export_request
from tests.conformance.workbench import Device

BAD_CONFIGURATION = ("Sender", "InvalidArgVal", "BadConfiguration")


@proves("RC-47", f"{RC} § ExportRecordedData", "Export")
@pytest.mark.parametrize("case", ["unknown format", "unknown storage", "path out of the storage"])
def test_an_impossible_export_is_a_bad_configuration(device: Device, case: str) -> None:
    known = device.features.attribute("trc", "SupportedExportFileFormats").split()[0]
    asked = {
        "unknown format": export_request("XYZ"),
        "unknown storage": export_request(known),
        "path out of the storage": export_request(known, path="../../etc"),
    }
    device.client.refused(asked[case], *BAD_CONFIGURATION)


@proves("RC-50", f"{RC} § StopExportRecordedData", "Export")
@pytest.mark.parametrize("operation", ["StopExportRecordedData", "GetExportRecordedDataState"])
def test_an_unknown_export_is_a_bad_configuration(device: Device, operation: str) -> None:
    device.client.refused(request(f"trc:{operation}", OperationToken=NONE), *BAD_CONFIGURATION)


@proves("RC-48", f"{RC} § Events", "Export", "Events")
def test_the_progress_is_described_as_a_property(device: Device) -> None:
    described = device.features.topics.get("Monitoring/AsynchronousOperationStatus")
    assert described is not None, "the topic is not in the TopicSet"
    assert described.is_property
    assert set(described.source) == {"Token", "OperationName", "ServiceName"}
    assert described.data["Progress"] == (NAMESPACES["xs"], "float")
