"""Capabilities: what a device states has to hold together."""

from __future__ import annotations

import pytest
from tests.conformance.durations import seconds
from tests.conformance.features import stated_in_services
from tests.conformance.marks import CO, RC, RX, SC, proves
from tests.conformance.names import NAMESPACES
from tests.conformance.workbench import Device

_ENCODINGS = {"JPEG", "MPEG4", "H264"}


@proves("RC-01", f"{RC} § Capabilities", "Recording")
def test_rates_and_limits_are_above_zero(device: Device) -> None:
    stated = device.features.number
    assert stated("trc", "MaxRate") > 0
    assert stated("trc", "MaxTotalRate") > 0
    assert stated("trc", "MaxRecordings") >= 1
    assert stated("trc", "MaxRecordingJobs", 1) >= 1


@proves("RC-01", f"{RC} § Capabilities", "Recording")
def test_an_encoding_that_profile_g_knows_is_recorded(device: Device) -> None:
    assert _ENCODINGS & set(device.features.attribute("trc", "Encoding").split())


@proves("RC-01", f"{RC} § Capabilities", "Recording")
def test_options_are_told_as_profile_g_demands(device: Device) -> None:
    assert device.features.flag("trc", "Options")


@proves("RC-01", f"{RC} § Capabilities", "Recording")
def test_export_formats_are_absent_or_named(device: Device) -> None:
    stated = device.features.capabilities["trc"].get("SupportedExportFileFormats")
    assert stated is None or stated.split()


@proves("RC-56", f"{RC} § Capabilities", "EventRecording")
def test_event_recording_states_its_limits(device: Device) -> None:
    for name in ("BeforeEventLimit", "AfterEventLimit"):
        assert seconds(device.features.attribute("trc", name)) >= 0


@proves("RX-11", f"{RX} § Capabilities", "Receiver")
def test_receivers_are_supported_in_some_number(device: Device) -> None:
    assert device.features.number("trv", "SupportedReceivers") >= 1
    assert device.features.number("trv", "MaximumRTSPURILength", 128) >= 128


@proves("SC-11", f"{SC} § ServiceCapabilities", "Schedule")
@pytest.mark.parametrize("name", ["MaxLimit", "MaxSchedules", "MaxTimePeriodsPerDay"])
def test_schedule_limits_are_above_zero(device: Device, name: str) -> None:
    assert device.features.number("tsc", name) >= 1


@proves("CO-17", f"{CO} § GetServices")
@pytest.mark.parametrize("prefix", ["trc", "trv", "tsc", "tev"])
def test_get_services_tells_the_same_capabilities(device: Device, prefix: str) -> None:
    if not device.features.has_service(prefix):
        pytest.skip("the device does not have this service")
    stated = stated_in_services(device.client, prefix)
    assert stated is not None, "GetServices tells no capabilities"
    assert stated == device.features.capabilities[prefix]


@proves("CO-02", f"{CO} § GetServices")
@pytest.mark.parametrize("prefix", ["trc", "trv", "tsc", "tev"])
def test_capabilities_need_no_login(device: Device, prefix: str) -> None:
    if not device.features.has_service(prefix):
        pytest.skip("the device does not have this service")
    device.client.anonymous().call(f"<{prefix}:GetServiceCapabilities/>")


@proves("CO-20", f"{CO} § GetServices")
def test_every_service_has_a_version_and_an_address_of_this_device(device: Device) -> None:
    scheme = device.target.url.partition(":")[0]
    for namespace, address in device.features.addresses.items():
        assert address.startswith((f"{scheme}://", "https://")), f"{namespace} is at {address}"
        assert device.features.versions[namespace] > (0, 0)
    assert NAMESPACES["tds"] in device.features.addresses
