"""The search service, asked as clients ask."""

from __future__ import annotations

import pytest
from tests.unit.onvif.recorder import PROFILE, SPACES, RecorderDevice, texts

from argus.base.access_unit import Codec, StreamFormat
from argus.soap.namespaces import Element
from argus.store.recording.catalog import IMPLICIT_TRACKS

RESULTS = "<tse:GetRecordingSearchResults><tse:SearchToken>{}</tse:SearchToken>{}</tse:GetRecordingSearchResults>"
EVENTS = "<tse:GetEventSearchResults><tse:SearchToken>{}</tse:SearchToken>{}</tse:GetEventSearchResults>"
CONCRETE_SET = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
ITEM_FILTER = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"


def find(scope: str = "", *, most: int | None = None, keep_alive: str = "PT10S") -> str:
    matches = "" if most is None else f"<tse:MaxMatches>{most}</tse:MaxMatches>"
    return (
        f"<tse:FindRecordings><tse:Scope>{scope}</tse:Scope>{matches}"
        f"<tse:KeepAliveTime>{keep_alive}</tse:KeepAliveTime></tse:FindRecordings>"
    )


def find_events(
    start: str, end: str = "", *, scope: str = "", filters: str | None = "", start_state: str = "false", most: str = ""
) -> str:
    return (
        f"<tse:FindEvents><tse:StartPoint>{start}</tse:StartPoint>"
        + (f"<tse:EndPoint>{end}</tse:EndPoint>" if end else "")
        + f"<tse:Scope>{scope}</tse:Scope>"
        + ("" if filters is None else f"<tse:SearchFilter>{filters}</tse:SearchFilter>")
        + f"<tse:IncludeStartState>{start_state}</tse:IncludeStartState>"
        + (f"<tse:MaxMatches>{most}</tse:MaxMatches>" if most else "")
        + "<tse:KeepAliveTime>PT10S</tse:KeepAliveTime></tse:FindEvents>"
    )


async def token_of(device: RecorderDevice, body: str) -> str:
    return texts(await device.ask(body), "tse:SearchToken")[0]


async def found(device: RecorderDevice, scope: str = "") -> list[str]:
    """Tokens of all recordings of a search."""
    answer = await device.ask(RESULTS.format(await token_of(device, find(scope)), ""))
    assert texts(answer, ".//tt:SearchState") == ["Completed"]
    return texts(answer, ".//tt:RecordingInformation/tt:RecordingToken")


async def events(device: RecorderDevice, body: str) -> list[Element]:
    answer = await device.ask(EVENTS.format(await token_of(device, body), ""))
    assert texts(answer, ".//tt:SearchState") == ["Completed"]
    return answer.findall(".//tt:Result", SPACES)


def told(results: list[Element]) -> list[tuple[str, str, str]]:
    """Topic's second step, value and time of each result."""
    said = []
    for result in results:
        topic = texts(result, "tt:Event/wsnt:Topic")[0].split("/")[1]
        item = result.find(".//tt:Data/tt:SimpleItem", SPACES)
        assert item is not None
        said.append((topic, item.get("Value", ""), texts(result, "tt:Time")[0]))
    return said


async def test_capabilities_promise_no_metadata_search(device: RecorderDevice) -> None:
    answer = await device.ask("<tse:GetServiceCapabilities/>")
    assert dict(answer[0].attrib) == {"MetadataSearch": "false", "GeneralStartEvents": "false"}


async def test_a_summary_without_recordings_is_valid(device: RecorderDevice) -> None:
    answer = await device.ask("<tse:GetRecordingSummary/>")
    assert texts(answer[0], "tt:NumberRecordings") == ["0"]
    assert texts(answer[0], "tt:DataFrom") == texts(answer[0], "tt:DataUntil") == [device.at(0)]


async def test_a_summary_spans_all_data(device: RecorderDevice) -> None:
    recording = await device.create_recording()
    first, last = device.record(recording, -100, -40)
    answer = await device.ask("<tse:GetRecordingSummary/>")
    assert [*texts(answer[0], "tt:DataFrom"), *texts(answer[0], "tt:DataUntil")] == [first, last]


async def test_an_empty_scope_finds_every_recording(device: RecorderDevice) -> None:
    tokens = [await device.create_recording() for _ in range(3)]
    assert await found(device) == tokens


async def test_results_come_in_pieces_and_completed_with_the_last(device: RecorderDevice) -> None:
    tokens = [await device.create_recording() for _ in range(2)]
    search = await token_of(device, find())
    one = "<tse:MinResults>1</tse:MinResults><tse:MaxResults>1</tse:MaxResults><tse:WaitTime>PT5S</tse:WaitTime>"
    answers = [await device.ask(RESULTS.format(search, one)) for _ in range(2)]
    assert [texts(answer, ".//tt:RecordingToken")[0] for answer in answers] == tokens
    assert [texts(answer, ".//tt:SearchState")[0] for answer in answers] == ["Searching", "Completed"]
    assert await device.refused(RESULTS.format(search, "")) == "Sender/InvalidArgVal/InvalidToken"
    end = f"<tse:EndSearch><tse:SearchToken>{search}</tse:SearchToken></tse:EndSearch>"
    assert await device.refused(end) == "Sender/InvalidArgVal/InvalidToken"


async def test_max_matches_ends_the_search(device: RecorderDevice) -> None:
    for _ in range(2):
        await device.create_recording()
    answer = await device.ask(RESULTS.format(await token_of(device, find(most=1)), ""))
    assert len(texts(answer, ".//tt:RecordingToken")) == 1
    assert texts(answer, ".//tt:SearchState") == ["Completed"]


async def test_the_information_of_one_recording_is_the_search_result(device: RecorderDevice) -> None:
    recording = await device.create_recording(location="Basement 1")
    times = device.record(recording, -100, -40)
    searched = await device.ask(RESULTS.format(await token_of(device, find()), ""))
    asked = await device.ask(
        f"<tse:GetRecordingInformation><tse:RecordingToken>{recording}</tse:RecordingToken></tse:GetRecordingInformation>"
    )
    result = searched.find(".//tt:RecordingInformation", SPACES)
    assert result is not None
    information = asked[0]
    said = [[(str(part.tag), part.text) for part in element.iter()][1:] for element in (result, information)]
    assert said[0] == said[1]
    assert (texts(information, "tt:EarliestRecording")[0], texts(information, "tt:LatestRecording")[0]) == times
    assert texts(information, "tt:Track/tt:TrackToken") == ["VIDEO001"]
    assert texts(information, "tt:RecordingStatus") == ["Stopped"]


async def test_a_fresh_recording_has_neither_times_nor_tracks(device: RecorderDevice) -> None:
    await device.create_recording()
    answer = await device.ask(RESULTS.format(await token_of(device, find()), ""))
    information = answer.find(".//tt:RecordingInformation", SPACES)
    assert information is not None
    assert texts(information, "tt:RecordingStatus") == ["Initiated"]
    assert [child.tag.rpartition("}")[2] for child in information] == [
        "RecordingToken",
        "Source",
        "Content",
        "RecordingStatus",
    ]


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ('boolean(//Source[Location = "Basement 1"])', 1),
        ("boolean(//Source[Location='Basement 1'])", 1),
        ('contains(//Source/Location,"Base")', 1),
        ('boolean(//Source[Location = "Roof"])', 0),
        ('boolean(//Track[TrackType = "Video"])', 1),
        ('boolean(//Track[TrackType = "Audio"])', 0),
        ("", 1),
    ],
)
async def test_the_filter_looks_at_what_is_reported(device: RecorderDevice, expression: str, count: int) -> None:
    recording = await device.create_recording(location="Basement 1")
    device.record(recording, -100, -40)
    scope = f"<tt:RecordingInformationFilter>{expression}</tt:RecordingInformationFilter>"
    assert len(await found(device, scope)) == count


async def test_a_filter_that_cannot_be_read_is_refused(device: RecorderDevice) -> None:
    scope = "<tt:RecordingInformationFilter>boolean(//Track[</tt:RecordingInformationFilter>"
    assert await device.refused(find(scope)) == "Sender/InvalidArgVal/InvalidFilterFault"


async def test_sources_and_recordings_are_united(device: RecorderDevice) -> None:
    first, second = await device.create_recording(), await device.create_recording()
    await device.create_recording()
    await device.create_job(first)
    scope = (
        f'<tt:IncludedSources Type="{PROFILE}"><tt:Token>main</tt:Token></tt:IncludedSources>'
        f"<tt:IncludedRecordings>{second}</tt:IncludedRecordings>"
    )
    assert await found(device, scope) == [first, second]


@pytest.mark.parametrize(
    ("scope", "fault"),
    [
        ("<tt:IncludedRecordings>x</tt:IncludedRecordings>", "InvalidToken"),
        ("<tt:IncludedSources><tt:Token>x</tt:Token></tt:IncludedSources>", "InvalidSource"),
    ],
)
async def test_an_unknown_part_of_the_scope_is_refused(device: RecorderDevice, scope: str, fault: str) -> None:
    assert await device.refused(find(scope)) == f"Sender/InvalidArgVal/{fault}"
    assert await device.refused(find_events(device.at(0), scope=scope)) == f"Sender/InvalidArgVal/{fault}"


@pytest.mark.parametrize("keep_alive", ["PT0S", "-PT5S"])
async def test_a_keep_alive_time_that_is_none_is_a_wrong_value(device: RecorderDevice, keep_alive: str) -> None:
    assert await device.refused(find(keep_alive=keep_alive)) == "Sender/InvalidArgVal"


async def test_an_abandoned_search_ends(device: RecorderDevice) -> None:
    await device.create_recording()
    search = await token_of(device, find(keep_alive="PT10S"))
    await device.clock.advance(10.1)
    assert await device.refused(RESULTS.format(search, "")) == "Sender/InvalidArgVal/InvalidToken"


async def test_searches_have_a_maximum(device: RecorderDevice) -> None:
    await device.create_recording()
    tokens = {await token_of(device, find()) for _ in range(16)}
    assert len(tokens) == 16
    assert await device.refused(find()) == "Receiver/Action/ResourceProblem"


async def test_tokens_of_one_kind_of_search_are_unknown_to_the_other(device: RecorderDevice) -> None:
    search = await token_of(device, find_events(device.at(0)))
    assert await device.refused(RESULTS.format(search, "")) == "Sender/InvalidArgVal/InvalidToken"


async def test_the_state_of_a_search_can_be_asked(device: RecorderDevice) -> None:
    await device.create_recording()
    search = await token_of(device, find())
    state = f"<tse:GetSearchState><tse:SearchToken>{search}</tse:SearchToken></tse:GetSearchState>"
    assert texts(await device.ask(state), "tse:State") == ["Searching"]
    answer = await device.ask(f"<tse:EndSearch><tse:SearchToken>{search}</tse:SearchToken></tse:EndSearch>")
    assert texts(answer, "tse:Endpoint")[0].endswith("Z")
    assert await device.refused(state) == "Sender/InvalidArgVal/InvalidToken"


async def test_events_of_the_whole_recording_come_in_order_both_ways(device: RecorderDevice) -> None:
    recording = await device.create_recording()
    first, last = device.record(recording, -100, -40)
    forward = await events(device, find_events(first, last))
    assert told(forward) == [
        ("Recording", "true", first),
        ("Track", "true", first),
        ("Track", "false", last),
        ("Recording", "false", last),
    ]
    backward = await events(device, find_events(last, first))
    assert told(backward) == told(forward)[::-1]
    assert texts(forward[0], "tt:TrackToken") == [""]
    assert texts(forward[1], "tt:TrackToken") == ["VIDEO001"]
    message = forward[0].find(".//tt:Message", SPACES)
    assert message is not None
    assert (message.get("UtcTime"), message.get("PropertyOperation")) == (first, "Changed")


async def test_a_start_state_is_told_when_asked_for(device: RecorderDevice) -> None:
    recording = await device.create_recording()
    device.record(recording, -100, -40)
    body = find_events(device.at(-60), device.at(-50), start_state="true")
    results = await events(device, body)
    assert [texts(result, "tt:StartStateEvent")[0] for result in results] == ["true"] * len(results)
    assert ("Track", "true", device.at(-60)) in told(results)
    assert await events(device, body.replace(">true<", ">false<")) == []


async def test_one_match_is_the_first_in_either_direction(device: RecorderDevice) -> None:
    first, last = device.record(await device.create_recording(), -100, -40)
    assert told(await events(device, find_events(first, last, most="1"))) == [("Recording", "true", first)]
    assert told(await events(device, find_events(last, first, most="1"))) == [("Recording", "false", last)]


async def test_a_search_filter_may_be_missing(device: RecorderDevice) -> None:
    first, last = device.record(await device.create_recording(), -100, -40)
    assert len(await events(device, find_events(first, last, filters=None))) == 4


@pytest.mark.parametrize(
    ("filters", "topics"),
    [
        (f'<wsnt:TopicExpression Dialect="{CONCRETE_SET}">tns1:RecordingHistory//.</wsnt:TopicExpression>', 4),
        (f'<wsnt:TopicExpression Dialect="{CONCRETE_SET}">tns1:RecordingHistory/Track/State</wsnt:TopicExpression>', 2),
        (f'<wsnt:TopicExpression Dialect="{CONCRETE_SET}">tns1:RuleEngine//.</wsnt:TopicExpression>', 0),
        (
            f'<wsnt:MessageContent Dialect="{ITEM_FILTER}">boolean(//tt:SimpleItem[@Name="Track" and'
            ' @Value="VIDEO001"])</wsnt:MessageContent>',
            2,
        ),
        (
            f'<wsnt:MessageContent Dialect="{ITEM_FILTER}">boolean(//tt:SimpleItem[@Name="IsRecording" and'
            ' @Value="true"])</wsnt:MessageContent>',
            1,
        ),
    ],
)
async def test_events_are_filtered_by_topic_and_content(device: RecorderDevice, filters: str, topics: int) -> None:
    first, last = device.record(await device.create_recording(), -100, -40)
    assert len(await events(device, find_events(first, last, filters=filters))) == topics


@pytest.mark.parametrize(
    "filters",
    [
        '<wsnt:TopicExpression Dialect="urn:x">tns1:RecordingHistory</wsnt:TopicExpression>',
        f'<wsnt:TopicExpression Dialect="{CONCRETE_SET}">a b</wsnt:TopicExpression>',
        f'<wsnt:MessageContent Dialect="{ITEM_FILTER}">boolean(</wsnt:MessageContent>',
        '<wsnt:ProducerProperties Dialect="urn:x"/>',
    ],
)
async def test_a_search_filter_that_cannot_be_served_is_refused(device: RecorderDevice, filters: str) -> None:
    body = find_events(device.at(0), filters=filters)
    assert await device.refused(body) == "Sender/InvalidArgVal/InvalidFilterFault"


async def test_an_unknown_recording_is_an_invalid_token_here(device: RecorderDevice) -> None:
    body = "<tse:GetRecordingInformation><tse:RecordingToken>x</tse:RecordingToken></tse:GetRecordingInformation>"
    assert await device.refused(body) == "Sender/InvalidArgVal/InvalidToken"
    body = f"<tse:GetMediaAttributes><tse:RecordingTokens>x</tse:RecordingTokens><tse:Time>{device.at(0)}</tse:Time>"
    assert await device.refused(f"{body}</tse:GetMediaAttributes>") == "Sender/InvalidArgVal/InvalidToken"


async def test_media_attributes_tell_the_format_of_each_kind(device: RecorderDevice) -> None:
    recording = await device.create_recording()
    device.record(recording, -100, -40)
    now_us = device.clock.utc_us()
    sound = StreamFormat(codec=Codec.PCMU, clock_hz=8_000)
    metadata = StreamFormat(codec=Codec.METADATA)
    tracks = {token: track for track in device.catalog.recordings()[0].tracks for token in [track.token]}
    for (token, _), known in zip(IMPLICIT_TRACKS[1:], (sound, metadata), strict=True):
        device.footage.add(tracks[token].track_id, now_us - 100_000_000, now_us - 40_000_000, known)
    answer = await device.ask(f"<tse:GetMediaAttributes><tse:Time>{device.at(-50)}</tse:Time></tse:GetMediaAttributes>")
    video, audio, other = answer.findall(".//tt:TrackAttributes", SPACES)
    assert texts(video, "tt:VideoAttributes/tt:Encoding") == ["H264"]
    assert texts(video, "tt:VideoAttributes/tt:Width") == ["1280"]
    assert texts(video, "tt:VideoAttributes/tt:Framerate") == ["25"]
    assert texts(audio, "tt:AudioAttributes/tt:Samplerate") == ["8"]
    assert texts(other, "tt:MetadataAttributes/tt:CanContainPTZ") == ["false"]
    gap = await device.ask(f"<tse:GetMediaAttributes><tse:Time>{device.at(-10)}</tse:Time></tse:GetMediaAttributes>")
    assert len(gap) == 0


async def test_searches_for_positions_and_metadata_are_not_offered(device: RecorderDevice) -> None:
    assert await device.refused("<tse:FindPTZPosition/>") == "Receiver/ActionNotSupported/NotImplemented"
    assert await device.refused("<tse:FindMetadata/>") == "Receiver/ActionNotSupported"
