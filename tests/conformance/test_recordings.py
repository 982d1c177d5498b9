"""Recordings: create, configure, list, delete."""

from __future__ import annotations

import pytest
from tests.conformance.durations import seconds
from tests.conformance.marks import RC, proves
from tests.conformance.names import one, request, same_content, text
from tests.conformance.recording import Recording, RecordingControl
from tests.conformance.requests import NONE
from tests.conformance.workbench import SOURCE_ID, Device, Workbench

NO_RECORDING = ("Sender", "InvalidArgVal", "NoRecording")
BAD_CONFIGURATION = ("Sender", "InvalidArgVal", "BadConfiguration")
INVALID_ARGS = ("Sender", "InvalidArgs")
UNKNOWN = '<x:Later xmlns:x="urn:conformance:later"><x:Inner>1</x:Inner></x:Later>'
# Beyond ASCII, beyond the basic plane, and what XML has to escape.
UNUSUAL = ["Überwachung Straße", "監視カメラ", "مدخل", "Kamera 🎥", "a<b>&\"c'", "  two blanks  around  "]


def equals(found: Recording, wanted: Recording) -> bool:
    """Equal fields; a retention time counts by value."""
    return seconds(found.retention) == seconds(wanted.retention) and (
        found == Recording(**{**_fields(wanted), "retention": found.retention})
    )


def _fields(recording: Recording) -> dict[str, str]:
    return {name: getattr(recording, name) for name in Recording.__dataclass_fields__}


@proves("RC-20", f"{RC} § CreateRecording", "DynamicRecordings")
def test_a_new_recording_is_listed_as_it_was_created(device: Device, bench: Workbench) -> None:
    wanted = Recording(source_id=f"{SOURCE_ID}new")
    before = device.recording.recordings()
    token = bench.recording(source_id=wanted.source_id)
    after = device.recording.recordings()
    assert token not in before
    assert set(after) == {*before, token}
    assert equals(Recording.of(one(after[token], "tt:Configuration")), wanted)
    assert all(same_content(before[other], after[other]) for other in before), "another recording changed"


@proves("RC-20", f"{RC} § CreateRecording", "DynamicRecordings")
def test_a_new_recording_has_the_three_tracks_with_empty_descriptions(device: Device, recording: str) -> None:
    expected = {"VIDEO001": "Video", "AUDIO001": "Audio", "META001": "Metadata"}
    found = device.recording.tracks(recording)
    if found != expected:
        device.client.grumble(f"the tracks are {found}")
    assert "Video" in found.values()
    assert {device.recording.track(recording, track)[1] for track in found} == {""}


@proves("RC-16", f"{RC} § CreateRecording", "DynamicRecordings")
def test_each_recording_has_tracks_and_a_token_of_its_own(device: Device, bench: Workbench) -> None:
    first, second = bench.recording(), bench.recording()
    assert first != second
    assert device.recording.tracks(first) == device.recording.tracks(second)
    track = next(iter(device.recording.tracks(first)))
    device.recording.configure_track(first, track, "Video", "changed")
    assert device.recording.track(second, track)[1] == ""


@proves("RC-05", f"{RC} § CreateRecording", "DynamicRecordings")
def test_texts_are_held_at_the_lengths_the_schema_demands(device: Device, bench: Workbench) -> None:
    wanted = Recording(
        source_id=(SOURCE_ID + "i" * 128)[:128],
        name="Conformance " + "n" * 52,
        address=("http://192.0.2.1/" + "a" * 128)[:128],
        location="l" * 200,
        description="d" * 5000,
        content="c" * 500,
    )
    found = device.recording.configuration(bench.recording(**_fields(wanted)))
    assert found.source_id == wanted.source_id
    assert found.address == wanted.address
    assert found.name[:20] == wanted.name[:20]
    assert wanted.name.startswith(found.name)
    for name in ("location", "description", "content"):
        assert getattr(wanted, name).startswith(getattr(found, name)), f"{name} is neither whole nor a beginning"


@proves("RC-55", f"{RC} § CreateRecording", "Recording")
@pytest.mark.parametrize("unusual", UNUSUAL)
def test_texts_come_back_as_they_went_in(device: Device, bench: Workbench, unusual: str) -> None:
    token = bench.recording(name=unusual, location=unusual, description=unusual, content=unusual)
    found = device.recording.configuration(token)
    told = {found.name, found.location, found.description, found.content}
    assert told == {unusual}


@proves("RC-10", f"{RC} § CreateRecording", "Recording")
@pytest.mark.parametrize("retention", ["PT0S", "PT60S", "PT1M", "P0D", "P1D", "PT36H", "PT0H0M0S", "P1Y", "PT1.5S"])
def test_a_retention_time_comes_back_by_value(device: Device, bench: Workbench, retention: str) -> None:
    token = bench.recording(retention=retention)
    assert seconds(device.recording.configuration(token).retention) == pytest.approx(seconds(retention), rel=0.01)


@proves("RC-06", f"{RC} § CreateRecording", "DynamicRecordings")
def test_a_negative_retention_time_is_a_bad_configuration(device: Device) -> None:
    body = f"<trc:CreateRecording>{Recording(retention='-PT1S').xml()}</trc:CreateRecording>"
    before = set(device.recording.recordings())
    device.client.refused(body, *BAD_CONFIGURATION)
    assert set(device.recording.recordings()) == before


@proves("RC-06", f"{RC} § CreateRecording", "DynamicRecordings")
@pytest.mark.parametrize("retention", ["60", "soon", ""])
def test_a_retention_time_that_is_no_duration_is_refused(device: Device, retention: str) -> None:
    body = f"<trc:CreateRecording>{Recording(retention=retention).xml()}</trc:CreateRecording>"
    device.client.refused(body, *INVALID_ARGS, also=[BAD_CONFIGURATION], malformed=True)


@proves("RC-57", f"{RC} § CreateRecording", "DynamicRecordings")
def test_a_recording_without_its_configuration_is_refused(device: Device) -> None:
    device.client.refused("<trc:CreateRecording/>", *INVALID_ARGS, malformed=True)


@proves("RC-57", f"{RC} § SetRecordingConfiguration", "Recording")
def test_a_configuration_without_a_source_is_refused(device: Device, recording: str) -> None:
    before = device.recording.configuration(recording)
    body = RecordingControl.set_configuration(recording, Recording())
    start, end = body.index("<tt:Source>"), body.index("</tt:Source>") + len("</tt:Source>")
    device.client.refused(body[:start] + body[end:], *INVALID_ARGS, also=[BAD_CONFIGURATION], malformed=True)
    assert device.recording.configuration(recording) == before


@proves("RC-58", f"{RC} § SetRecordingConfiguration", "Recording")
def test_a_name_that_is_too_long_is_refused(device: Device, recording: str) -> None:
    body = RecordingControl.set_configuration(recording, Recording(name="n" * 65))
    device.client.refused(body, *BAD_CONFIGURATION, also=[INVALID_ARGS], malformed=True)


@proves("RC-54", f"{RC} § CreateRecording", "DynamicRecordings")
def test_elements_of_later_releases_are_ignored(device: Device, bench: Workbench) -> None:
    wanted = Recording(source_id=f"{SOURCE_ID}later")
    token = bench.keep(device.recording.delete, device.recording.create(wanted, UNKNOWN))
    assert equals(device.recording.configuration(token), wanted)


@proves("RC-04", f"{RC} § CreateRecording", "DynamicRecordings")
def test_no_more_recordings_than_stated_can_be_created(device: Device, bench: Workbench) -> None:
    limit = int(device.features.number("trc", "MaxRecordings"))
    spare = limit - len(device.recording.recordings())
    if spare > 128 and not device.target.destructive:
        pytest.skip(f"{spare} recordings would have to be created; done with --destructive")
    for _ in range(spare):
        bench.recording()
    body = f"<trc:CreateRecording>{Recording(source_id=SOURCE_ID).xml()}</trc:CreateRecording>"
    device.client.refused(body, "Receiver", "Action", "MaxRecordings")
    assert len(device.recording.recordings()) == limit


@proves("RC-07", f"{RC} § GetRecordingConfiguration", "Recording")
def test_a_configuration_is_what_the_list_says(device: Device, bench: Workbench) -> None:
    if device.features.flag("trc", "DynamicRecordings"):
        bench.recording()
    listed = device.recording.recordings()
    assert listed or not device.features.flag("trc", "DynamicRecordings")
    for token, item in list(listed.items())[:20]:
        answer = device.client.call(request("trc:GetRecordingConfiguration", RecordingToken=token))
        assert same_content(one(answer, "trc:RecordingConfiguration"), one(item, "tt:Configuration"))


@proves("RC-07", f"{RC} § SetRecordingConfiguration", "Recording")
def test_a_configuration_is_replaced_as_a_whole(device: Device, recording: str) -> None:
    wanted = Recording(
        source_id=f"{SOURCE_ID}replaced",
        name="Another name",
        location="",
        description="",
        address="http://192.0.2.7/",
        content="Exit",
        retention="PT1H",
    )
    device.recording.configure(recording, wanted)
    assert equals(device.recording.configuration(recording), wanted)
    assert equals(Recording.of(one(device.recording.recordings()[recording], "tt:Configuration")), wanted)


@proves("RC-06", f"{RC} § SetRecordingConfiguration", "Recording")
def test_a_bad_configuration_changes_nothing(device: Device, recording: str) -> None:
    before = device.recording.configuration(recording)
    body = RecordingControl.set_configuration(recording, Recording(retention="-P1D", content="Changed"))
    device.client.refused(body, *BAD_CONFIGURATION)
    assert device.recording.configuration(recording) == before


@proves("RC-08", f"{RC} § Fault codes", "Recording")
@pytest.mark.parametrize(
    ("operation", "feature"),
    [
        ("GetRecordingConfiguration", "Recording"),
        ("GetRecordingOptions", "Options"),
        ("DeleteRecording", "DynamicRecordings"),
    ],
)
def test_an_unknown_recording_is_no_recording(device: Device, operation: str, feature: str) -> None:
    device.need(feature)
    device.client.refused(request(f"trc:{operation}", RecordingToken=NONE), *NO_RECORDING)


@proves("RC-08", f"{RC} § SetRecordingConfiguration", "Recording")
def test_an_unknown_recording_cannot_be_configured(device: Device) -> None:
    device.client.refused(RecordingControl.set_configuration(NONE, Recording()), *NO_RECORDING)


@proves("RC-08", f"{RC} § Fault codes", "Recording")
@pytest.mark.parametrize("token", ["", " ", "t" * 64, "t" * 65, "<>&", "../../etc/passwd", "漢字🎥"])
def test_no_unusual_token_is_a_recording(device: Device, token: str) -> None:
    body = request("trc:GetRecordingConfiguration", RecordingToken=token)
    device.client.refused(body, *NO_RECORDING, also=[INVALID_ARGS], malformed=len(token) > 64)


@proves("RC-59", f"{RC} § DeleteRecording", "DynamicRecordings")
def test_a_deleted_recording_is_gone_everywhere(device: Device, bench: Workbench) -> None:
    token = bench.recording()
    track = next(iter(device.recording.tracks(token)))
    device.recording.delete(token)
    assert token not in device.recording.recordings()
    client = device.client
    for operation in ("GetRecordingConfiguration", "DeleteRecording"):
        client.refused(request(f"trc:{operation}", RecordingToken=token), *NO_RECORDING)
    client.refused(request("trc:GetTrackConfiguration", RecordingToken=token, TrackToken=track), *NO_RECORDING)
    if device.features.has_service("tse"):
        body = request("tse:GetRecordingInformation", RecordingToken=token)
        client.refused(body, "Sender", "InvalidArgVal", "InvalidToken")


@proves("RC-59", f"{RC} § DeleteRecording", "DynamicRecordings")
def test_a_token_is_not_given_again_at_once(device: Device, bench: Workbench) -> None:
    first = bench.recording()
    device.recording.delete(first)
    assert bench.recording() != first


@proves("RC-60", f"{RC} § CreateRecording", "DynamicRecordings", "Search")
def test_a_new_recording_can_be_searched_and_is_initiated(device: Device, recording: str) -> None:
    answer = device.client.call(request("tse:GetRecordingInformation", RecordingToken=recording))
    found = one(answer, "tse:RecordingInformation")
    assert text(found, "tt:RecordingStatus") in ("Initiated", "Stopped")
    assert text(found, "tt:Source/tt:SourceId") == device.recording.configuration(recording).source_id
    assert text(found, "tt:Content") == device.recording.configuration(recording).content
