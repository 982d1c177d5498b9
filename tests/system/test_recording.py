"""Recording control and search, seen from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.harness.recorder import PROFILE_TYPE, Recorder, configuration, iso, now_us, utc_us
from tests.harness.soap import NAMESPACES, SoapClient, SoapFault, text, texts
from tests.harness.station import wait_for

UNKNOWN_SOURCE = f'<tt:SourceToken Type="{PROFILE_TYPE}"><tt:Token>none</tt:Token></tt:SourceToken>'
FOREIGN_TRACK = "<tt:Tracks><tt:SourceTag>v</tt:SourceTag><tt:Destination>T9</tt:Destination></tt:Tracks>"


def request(name: str, *tokens: str, **values: str) -> str:
    """A request whose children are tokens with the value "x", and others."""
    prefix = name.partition(":")[0]
    children = dict.fromkeys(tokens, "x") | values
    inner = "".join(f"<{prefix}:{child}>{value}</{prefix}:{child}>" for child, value in children.items())
    return f"<{name}>{inner}</{name}>"


def refusal(soap: SoapClient, body: str) -> tuple[str, ...]:
    with pytest.raises(SoapFault) as refused:
        soap.call(body)
    return refused.value.codes


def job_body(recording: str, *, mode: str = "Idle", priority: int = 1, source: str = "", tracks: str = "") -> str:
    token = source or f'<tt:SourceToken Type="{PROFILE_TYPE}"><tt:Token>Main</tt:Token></tt:SourceToken>'
    return (
        "<trc:CreateRecordingJob><trc:JobConfiguration>"
        f"<tt:RecordingToken>{recording}</tt:RecordingToken><tt:Mode>{mode}</tt:Mode><tt:Priority>{priority}</tt:Priority>"
        f"<tt:Source>{token}{tracks}</tt:Source></trc:JobConfiguration></trc:CreateRecordingJob>"
    )


@pytest.fixture
def recording(recorder: Recorder) -> Iterator[str]:
    token = recorder.create_recording("Fixture")
    yield token
    recorder.delete_recording(token)


def test_a_new_recording_has_three_tracks_and_nothing_in_it(
    soap: SoapClient, recorder: Recorder, recording: str
) -> None:
    found = recorder.information(recording)
    assert (found.status, found.earliest_us, found.tracks) == ("Initiated", None, {})
    listed = soap.call("<trc:GetRecordings/>")
    [item] = [i for i in listed if text(i, "tt:RecordingToken") == recording]
    assert texts(item, ".//tt:TrackToken") == ["VIDEO001", "AUDIO001", "META001"]
    assert texts(item, ".//tt:TrackType") == ["Video", "Audio", "Metadata"]


def test_long_texts_are_kept(soap: SoapClient, recorder: Recorder, recording: str) -> None:
    body = configuration("n" * 64).replace("urn:camera:1", "i" * 128).replace("http://192.0.2.1/", "a" * 128)
    recorder.set_configuration(recording, body)
    answer = soap.call(
        f"<trc:GetRecordingConfiguration><trc:RecordingToken>{recording}</trc:RecordingToken></trc:GetRecordingConfiguration>"
    )
    assert text(answer, ".//tt:Name") == "n" * 64
    assert text(answer, ".//tt:SourceId") == "i" * 128
    assert text(answer, ".//tt:Address") == "a" * 128


def test_a_negative_retention_time_is_refused(soap: SoapClient) -> None:
    body = f"<trc:CreateRecording>{configuration(retention='-PT1S')}</trc:CreateRecording>"
    assert refusal(soap, body) == ("Sender", "InvalidArgVal", "BadConfiguration")


def test_an_unknown_child_at_the_end_is_ignored(soap: SoapClient, recorder: Recorder) -> None:
    body = configuration("Extended").replace(
        "</trc:RecordingConfiguration>", '<x:Extra xmlns:x="urn:x">y</x:Extra></trc:RecordingConfiguration>'
    )
    token = text(soap.call(f"<trc:CreateRecording>{body}</trc:CreateRecording>"), "trc:RecordingToken")
    recorder.delete_recording(token)


def test_what_real_clients_get_wrong_is_understood(soap: SoapClient, recorder: Recorder) -> None:
    """Children in the wrong namespace and order, as recorded from clients in the field."""
    body = configuration("Liberal").replace("tt:", "trc:")
    token = text(soap.call(f"<trc:CreateRecording>{body}</trc:CreateRecording>"), "trc:RecordingToken")
    job = job_body(token).replace(
        f'<tt:SourceToken Type="{PROFILE_TYPE}"><tt:Token>Main</tt:Token></tt:SourceToken>',
        f"<tt:SourceToken><tt:Type>{PROFILE_TYPE}</tt:Type><tt:Token>Main</tt:Token></tt:SourceToken>"
        "<tt:AutoCreateReceiver/><tt:Tracks/>",
    )
    created = soap.call(job)
    assert text(created, ".//tt:SourceToken/tt:Token") == "Main"
    recorder.delete_recording(token)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"recording": "none"}, "NoRecording"),
        ({"mode": "active"}, "BadConfiguration"),
        ({"priority": -1}, "BadConfiguration"),
        ({"source": " "}, "BadConfiguration"),
        ({"source": UNKNOWN_SOURCE}, "BadConfiguration"),
        ({"tracks": FOREIGN_TRACK}, "BadConfiguration"),
    ],
)
def test_an_impossible_job_is_refused(soap: SoapClient, recording: str, change: dict[str, str], codes: str) -> None:
    arguments = {"recording": recording, **change}
    assert refusal(soap, job_body(**arguments)) == ("Sender", "InvalidArgVal", codes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (request("trc:SetRecordingJobMode", "JobToken", Mode="Idle"), "NoRecordingJob"),
        (request("trc:DeleteRecordingJob", "JobToken"), "NoRecordingJob"),
        (request("trc:GetRecordingOptions", "RecordingToken"), "NoRecording"),
        (request("trc:GetTrackConfiguration", "RecordingToken", "TrackToken"), "NoRecording"),
        (request("tse:EndSearch", "SearchToken"), "InvalidToken"),
        (request("tse:GetRecordingSearchResults", "SearchToken"), "InvalidToken"),
        (request("tse:GetRecordingInformation", "RecordingToken"), "InvalidToken"),
    ],
)
def test_an_unknown_token_is_refused_by_its_kind(soap: SoapClient, body: str, code: str) -> None:
    assert refusal(soap, body) == ("Sender", "InvalidArgVal", code)


def test_a_wrong_mode_has_a_fault_of_its_own(soap: SoapClient, recorder: Recorder, recording: str) -> None:
    job = recorder.create_job(recording, mode="Idle")
    body = f"<trc:JobToken>{job}</trc:JobToken><trc:Mode>Paused</trc:Mode>"
    assert refusal(soap, f"<trc:SetRecordingJobMode>{body}</trc:SetRecordingJobMode>")[-1] == "BadMode"


def test_the_higher_priority_records_and_the_lower_takes_over_when_it_is_gone(
    soap: SoapClient, recorder: Recorder, recording: str
) -> None:
    low = recorder.create_job(recording, "Sub", priority=1)
    wait_for("the only job is active", lambda: recorder.job_state(low) == "Active")
    high = recorder.create_job(recording, "Main", priority=2)
    wait_for("the higher one takes over", lambda: recorder.job_state(high) == "Active")
    assert recorder.job_state(low) == "Idle"
    soap.call(f"<trc:DeleteRecordingJob><trc:JobToken>{high}</trc:JobToken></trc:DeleteRecordingJob>")
    wait_for("the lower one is back", lambda: recorder.job_state(low) == "Active")


def test_spare_jobs_go_down_with_each_job(soap: SoapClient, recorder: Recorder, recording: str) -> None:
    def spare() -> int:
        body = (
            f"<trc:GetRecordingOptions><trc:RecordingToken>{recording}</trc:RecordingToken></trc:GetRecordingOptions>"
        )
        job = soap.call(body).find(".//trc:Job", NAMESPACES)
        assert job is not None
        assert "Main" in job.get("CompatibleSources", "").split()
        return int(job.get("Spare", "0"))

    before = spare()
    recorder.create_job(recording, mode="Idle")
    assert spare() == before - 1


def test_the_status_goes_from_initiated_over_recording_to_stopped(recorder: Recorder, recording: str) -> None:
    assert recorder.information(recording).status == "Initiated"
    job = recorder.create_job(recording)
    recorder.wait_for_footage(recording, 1)
    assert recorder.information(recording).status == "Recording"
    recorder.set_mode(job, "Idle")
    stopped = recorder.wait_for_status(recording, "Stopped")
    assert stopped.tracks.keys() == {"VIDEO001"}
    history = recorder.history(recording, stopped.earliest_us or 0)
    assert [(event.track, list(event.notification.data.values())) for event in history] == [
        ("", ["true"]), ("VIDEO001", ["true"]), ("VIDEO001", ["false"]), ("", ["false"]),
    ]  # fmt: skip


def find(soap: SoapClient, scope: str = "", limits: str = "") -> tuple[list[str], list[str], str]:
    """All results of FindRecordings one at a time: tokens, states, and the search token."""
    token = text(
        soap.call(
            f"<tse:FindRecordings><tse:Scope>{scope}</tse:Scope>{limits}"
            "<tse:KeepAliveTime>PT10S</tse:KeepAliveTime></tse:FindRecordings>"
        ),
        "tse:SearchToken",
    )
    found: list[str] = []
    states: list[str] = []
    while not states or states[-1] != "Completed":
        answer = soap.call(
            f"<tse:GetRecordingSearchResults><tse:SearchToken>{token}</tse:SearchToken><tse:MinResults>1</tse:MinResults>"
            "<tse:MaxResults>1</tse:MaxResults><tse:WaitTime>PT2S</tse:WaitTime></tse:GetRecordingSearchResults>"
        )
        tokens = texts(answer, ".//tt:RecordingInformation/tt:RecordingToken")
        assert len(tokens) <= 1
        found += tokens
        states.append(text(answer, "tse:ResultList/tt:SearchState"))
    return found, states, token


def test_every_recording_is_found_once_and_the_session_ends_with_the_last(
    soap: SoapClient, recorder: Recorder, recording: str
) -> None:
    other = recorder.create_recording("Other")
    found, _, session = find(soap)
    assert sorted(found) == sorted(recorder.recordings())
    body = f"<tse:EndSearch><tse:SearchToken>{session}</tse:SearchToken></tse:EndSearch>"
    assert refusal(soap, body) == ("Sender", "InvalidArgVal", "InvalidToken")
    assert len(find(soap, limits="<tse:MaxMatches>1</tse:MaxMatches>")[0]) == 1
    assert find(soap, f"<tt:IncludedRecordings>{other}</tt:IncludedRecordings>")[0] == [other]
    recorder.delete_recording(other)
    summary = soap.call("<tse:GetRecordingSummary/>")
    assert int(text(summary, ".//tt:NumberRecordings")) == len(recorder.recordings())
    assert utc_us(text(summary, ".//tt:DataFrom")) <= utc_us(text(summary, ".//tt:DataUntil"))


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ('boolean(//Source[Location = "Basement 1"])', True),
        ("boolean(//Source[Location='Basement 1'])", True),
        ('contains(//Source/Location,"Base")', True),
        ('boolean(//Source[Location = "Attic"])', False),
        ('boolean(//Source[Location = "Basement 1"]) and not(boolean(//Track[TrackType = "Video"]))', True),
    ],
)
def test_a_filter_selects_by_what_is_reported(soap: SoapClient, recording: str, expression: str, matches: bool) -> None:
    scope = f"<tt:RecordingInformationFilter>{expression}</tt:RecordingInformationFilter>"
    assert (recording in find(soap, scope)[0]) == matches


def test_a_malformed_filter_is_refused(soap: SoapClient) -> None:
    scope = "<tt:RecordingInformationFilter>boolean(//Source[</tt:RecordingInformationFilter>"
    with pytest.raises(SoapFault) as refused:
        find(soap, scope)
    assert refused.value.codes == ("Sender", "InvalidArgVal", "InvalidFilterFault")


def test_an_event_search_starts_with_the_state_when_asked(recorder: Recorder, recording: str) -> None:
    recorder.create_job(recording)
    found = recorder.wait_for_footage(recording, 2)
    middle_us = (found.earliest_us or 0) + 1_000_000
    events = recorder.history(recording, middle_us, start_state=True)
    assert all(event.start_state for event in events)
    assert {event.time_us for event in events} == {middle_us}
    states = {event.track: list(event.notification.data.values()) for event in events}
    assert states == {"": ["true"], "VIDEO001": ["true"], "AUDIO001": ["false"], "META001": ["false"]}
    only = recorder.history(recording, found.earliest_us or 0, topic="tns1:RecordingHistory/Track/State")
    assert {event.notification.topic for event in only} == {"tns1:RecordingHistory/Track/State"}


def test_media_attributes_are_told_for_a_time_with_footage(
    soap: SoapClient, recorder: Recorder, recording: str
) -> None:
    recorder.create_job(recording, "Sub")
    found = recorder.wait_for_footage(recording, 1.5)

    def attributes(moment_us: int) -> list[str]:
        body = f"<tse:RecordingTokens>{recording}</tse:RecordingTokens><tse:Time>{iso(moment_us)}</tse:Time>"
        answer = soap.call(f"<tse:GetMediaAttributes>{body}</tse:GetMediaAttributes>")
        return texts(answer, ".//tt:VideoAttributes/tt:Width") + texts(answer, ".//tt:VideoAttributes/tt:Encoding")

    assert attributes((found.earliest_us or 0) + 500_000) == ["320", "H264"]
    assert attributes(now_us() - 3_600_000_000) == []
