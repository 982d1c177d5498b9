"""The conformance suite itself: independent of the product, complete, and able to see mistakes."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from subprocess import run

import pytest
from lxml import etree
from tests.conformance.camera import Camera
from tests.conformance.durations import seconds
from tests.conformance.events import Notification, problems_of
from tests.conformance.features import TopicDescription
from tests.conformance.names import NAMESPACES, clark, same_content
from tests.conformance.pictures import PAYLOAD_TYPES, packets, sdp_lines
from tests.conformance.requests import REQUESTS, access_class
from tests.conformance.target import Target
from tests.conformance.tunnel import Decoder
from tests.contract.schemas import official_schemas

SUITE = Path(__file__).parents[1] / "conformance"
ROOT = SUITE.parents[1]
FACTS = json.loads(Path(__file__).with_name("data").joinpath("operations.json").read_text())
SERVICES = {"trc": "recording", "trv": "receiver", "tsc": "schedule"}
# Of releases after 19.06, for what no device is asked here.
LATER = {
    "AmbiguousConfiguration", "NoLocalRecording", "UnsupportedStorageStrategy", "OverrideSegmentDuration",
    "ListRecordedSegments", "ExportRecordedSegments", "StopExportRecordedSegments", "MissingToken",
}  # fmt: skip
XS, TT = NAMESPACES["xs"], NAMESPACES["tt"]


def test_the_suite_runs_without_the_product() -> None:
    modules = sorted(f"tests.conformance.{file.stem}" for file in SUITE.glob("*.py") if file.stem != "__main__")
    code = f"import sys, importlib; [importlib.import_module(m) for m in {modules}]; print(*sys.modules)"
    loaded = run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "tests.conformance.client" in loaded
    assert not [name for name in loaded if name.split(".")[0] == "argus"]


@pytest.mark.parametrize("prefix", SERVICES)
def test_every_operation_of_a_service_has_a_request_that_the_schema_accepts(prefix: str) -> None:
    namespace = NAMESPACES[prefix]
    known = {name.rpartition("}")[2] for name in official_schemas().responses if name.startswith(f"{{{namespace}}}")}
    asked = {name.partition(":")[2] for name in REQUESTS if name.startswith(f"{prefix}:")}
    assert asked == known - LATER


@pytest.mark.parametrize("prefix", [prefix for prefix in SERVICES if NAMESPACES[prefix] in FACTS])
def test_access_classes_are_the_published_ones(prefix: str) -> None:
    published = FACTS[NAMESPACES[prefix]]
    for operation in REQUESTS:
        if operation.startswith(f"{prefix}:"):
            assert access_class(operation) == published[operation.partition(":")[2]]["access"], operation


@pytest.mark.parametrize("prefix", [prefix for prefix in SERVICES if NAMESPACES[prefix] in FACTS])
def test_every_published_fault_is_asked_for_somewhere(prefix: str) -> None:
    source = "".join(file.read_text() for file in SUITE.glob("*.py"))
    published = {
        fault.rpartition("/")[2]
        for operation, facts in FACTS[NAMESPACES[prefix]].items()
        if operation not in LATER
        for fault in facts["faults"]
    }
    assert {fault for fault in published - LATER if f'"{fault}"' not in source} == set()


def test_every_test_has_a_requirement_and_a_section() -> None:
    for file in SUITE.glob("test_*.py"):
        text = file.read_text()
        tests, marks = re.findall(r"^def test_", text, re.M), re.findall(r"^@proves\(\"\w\w-\d\d\"", text, re.M)
        assert len(tests) == len(marks), file.name


def told(**changes: object) -> Notification:
    element = etree.fromstring(
        f'<tt:C xmlns:tt="{TT}"><tt:TrackType>Video</tt:TrackType><tt:Description/></tt:C>'.encode()
    )
    fields = {
        "topic": "RecordingConfig/TrackConfiguration",
        "operation": "",
        "utc_time": "2026-01-01T00:00:00Z",
        "source": {"RecordingToken": "r", "TrackToken": "t"},
        "data": {},
        "elements": {"Configuration": element},
    }
    return Notification(**{**fields, **changes})


DESCRIBED = TopicDescription(
    is_property=False,
    source={"RecordingToken": (TT, "RecordingReference"), "TrackToken": (TT, "TrackReference")},
    data={"Time": (XS, "dateTime")},
    elements={"Configuration": (TT, "TrackConfiguration")},
)
WRONG_TYPE = f'<tt:C xmlns:tt="{TT}"><tt:TrackType>Smell</tt:TrackType><tt:Description/></tt:C>'


def test_a_right_notification_passes() -> None:
    assert list(problems_of(told(), DESCRIBED)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"operation": "Changed"},
        {"utc_time": "2026-01-01T00:00:00"},
        {"source": {"RecordingToken": "r"}},
        {"source": {"RecordingToken": "r" * 65, "TrackToken": "t"}},
        {"data": {"Time": "today"}},
        {"data": {"Colour": "red"}},
        {"elements": {"Configuration": etree.fromstring(WRONG_TYPE)}},
    ],
)
def test_each_mistake_in_a_notification_is_seen(changes: dict[str, object]) -> None:
    assert list(problems_of(told(**changes), DESCRIBED))


@pytest.mark.parametrize(("written", "length_s"), [("PT0S", 0), ("P1DT1M", 86_460), ("-PT1.5S", -1.5), ("PT0H", 0)])
def test_durations_are_read_by_value(written: str, length_s: float) -> None:
    assert seconds(written) == length_s


def test_elements_are_compared_without_their_own_name() -> None:
    left, right, other = (etree.fromstring(xml) for xml in ("<a><x>1</x></a>", "<b> <x>1</x> </b>", "<a><x>2</x></a>"))
    assert same_content(left, right)
    assert not same_content(left, other)


@pytest.mark.parametrize("host", ["192.0.2.7", "192.0.2.7:8080", "https://camera.example", "[2001:db8::1]:80"])
def test_a_device_is_named_by_host_or_url(host: str) -> None:
    target = Target.at(host, "a", "b")
    assert target.host
    assert target.port


@pytest.mark.parametrize("host", ["", "ftp://192.0.2.7", "http://"])
def test_what_is_no_device_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="neither a host nor"):
        Target.at(host, "a", "b")


def test_base64_is_decoded_in_pieces_that_are_padded_by_themselves() -> None:
    decoder = Decoder()
    assert b"".join(decoder.push(bytes([byte])) for byte in b"YQ==\r\nYmM=ZGVm") == b"abcdef"


@pytest.mark.parametrize("codec", PAYLOAD_TYPES)
def test_the_camera_describes_what_it_sends(codec: str) -> None:
    assert sdp_lines(codec)[0].endswith(str(PAYLOAD_TYPES[codec]))
    assert all(0 < len(packet) < 1_400 for packet in packets(codec, 0))
    assert (
        Camera("127.0.0.1", codec=codec, username="u", password="p", port=1).uri == "rtsp://u:p@127.0.0.1:1/conformance"
    )


def test_names_have_the_prefixes_of_the_standard() -> None:
    assert clark("trc:GetRecordings") == "{http://www.onvif.org/ver10/recording/wsdl}GetRecordings"
