"""The event service, asked as clients ask."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from tests.unit.onvif.recorder import (
    BASE_URL,
    SPACES,
    RecorderDevice,
    Refusal,
    job_configuration,
    recording_configuration,
    texts,
)
from tests.unit.onvif.subscriber import (
    CONCRETE,
    CONCRETE_SET,
    ITEM_FILTER,
    JOB_STATE,
    content,
    create,
    heard,
    items,
    messages,
    subscribe,
    topic,
)

from argus.soap.namespaces import TNS1, WSTOP, Element
from argus.station.services import LIVE_TOPICS


async def test_the_topic_set_describes_every_topic(device: RecorderDevice) -> None:
    answer = await device.ask("<tev:GetEventProperties/>")
    topics = [element for element in answer.iter() if element.get(f"{{{WSTOP}}}topic") == "true"]
    assert {element.tag for element in topics} == {path.rpartition("/")[2] for path in LIVE_TOPICS.paths}
    root = answer.find(f".//{{{TNS1}}}RecordingConfig")
    assert root is not None
    described = {element.tag: element.find("tt:MessageDescription", SPACES) for element in root}
    assert [tag for tag, found in described.items() if found is not None and found.get("IsProperty") == "true"] == [
        "JobState"
    ]
    assert texts(answer, "wsnt:TopicExpressionDialect") == [CONCRETE, CONCRETE_SET]
    assert texts(answer, "tev:MessageContentFilterDialect") == [ITEM_FILTER]
    assert texts(answer, "wsnt:FixedTopicSet") == ["true"]


async def test_the_types_of_items_are_the_standards(device: RecorderDevice) -> None:
    answer = await device.ask("<tev:GetEventProperties/>")
    types = {
        (description.get("Name"), description.get("Type"))
        for description in (*answer.iterfind(".//tt:SimpleItemDescription", SPACES),)
    }
    assert types == {
        ("RecordingToken", "tt:RecordingReference"),
        ("TrackToken", "tt:TrackReference"),
        ("RecordingJobToken", "tt:RecordingJobReference"),
        ("ReceiverToken", "tt:ReceiverReference"),
        ("NewState", "tt:ReceiverState"),
        ("MediaUri", "xs:anyURI"),
        ("ScheduleToken", "pt:ReferenceToken"),
        ("SpecialDaysToken", "pt:ReferenceToken"),
        ("Name", "xs:string"),
        ("Active", "xs:boolean"),
        ("SpecialDay", "xs:boolean"),
        ("State", "xs:string"),
        ("Token", "tt:ReferenceToken"),
        ("Failed", "xs:boolean"),
        ("StartTime", "xs:dateTime"),
        ("EndTime", "xs:dateTime"),
    }


async def test_capabilities_promise_pull_points_and_no_push(device: RecorderDevice) -> None:
    answer = await device.ask("<tev:GetServiceCapabilities/>")
    assert answer[0].get("MaxPullPoints") == "4"
    assert answer[0].get("MaxNotificationProducers") == "0"
    assert answer[0].get("PersistentNotificationStorage") == "false"
    subscribe = "<wsnt:Subscribe><wsnt:ConsumerReference><wsa:Address>http://x</wsa:Address></wsnt:ConsumerReference></wsnt:Subscribe>"
    assert await device.refused(subscribe) == "Receiver/ActionNotSupported"
    assert await device.refused("<tev:Seek/>") == "Receiver/ActionNotSupported"


@pytest.mark.parametrize(
    ("time", "lasts_s"),
    [("", 60), ("PT60S", 60), ("P1D", 86_400), ("2026-01-01T00:00:20Z", 20), ("2026-01-01T02:00:00+01:00", 3_600)],
)
async def test_a_subscription_lasts_as_asked(device: RecorderDevice, time: str, lasts_s: int) -> None:
    answer = await device.ask(create(time=time))
    assert texts(answer, "wsnt:CurrentTime") == [device.at(0)]
    assert texts(answer, "wsnt:TerminationTime") == [device.at(lasts_s)]


@pytest.mark.parametrize("time", ["PT0S", "-PT60S", "PT4S", "P2D", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"])
async def test_a_time_out_of_bounds_is_answered_with_the_bounds(device: RecorderDevice, time: str) -> None:
    answer = await device.send(create(time=time))
    assert isinstance(answer, Refusal)
    assert (answer.status, answer.code) == (500, "Receiver/UnacceptableInitialTerminationTimeFault")
    assert texts(answer.element, ".//wsnt:MinimumTime") == [device.at(5)]
    assert texts(answer.element, ".//wsnt:MaximumTime") == [device.at(86_400)]


async def test_a_time_that_is_none_is_a_wrong_argument(device: RecorderDevice) -> None:
    assert await device.refused(create(time="soon")) == "Sender/InvalidArgs"


async def test_each_subscription_has_its_own_address_on_the_host_the_client_used(device: RecorderDevice) -> None:
    addresses = set()
    for base_url in (BASE_URL, "http://[2001:db8::7]:8080"):
        answer = await device.ask(create(), base_url=base_url)
        address = texts(answer, "tev:SubscriptionReference/wsa:Address")[0]
        assert address.startswith(f"{base_url}/onvif/subscription/")
        addresses.add(urlsplit(address).path)
    assert len(addresses) == 2


async def test_creating_a_recording_is_told_with_its_tracks(device: RecorderDevice) -> None:
    path = await subscribe(device, topic("tns1:RecordingConfig/CreateRecording|tns1:RecordingConfig/CreateTrack"))
    token = await device.create_recording()
    found = await messages(device, path)
    assert heard(found) == ["CreateRecording", "CreateTrack", "CreateTrack", "CreateTrack"]
    assert items(found[0], "Source") == {"RecordingToken": token}
    assert [items(message, "Source")["TrackToken"] for message in found[1:]] == ["VIDEO001", "AUDIO001", "META001"]


async def test_configuration_events_carry_what_the_service_answers(device: RecorderDevice) -> None:
    recording = await device.create_recording()
    job = await device.create_job(recording)
    path = await subscribe(
        device, topic("tns1:RecordingConfig/RecordingConfiguration|tns1:RecordingConfig/RecordingJobConfiguration")
    )
    await device.ask(
        f"<trc:SetRecordingConfiguration><trc:RecordingToken>{recording}</trc:RecordingToken>"
        f"{recording_configuration(content='new')}</trc:SetRecordingConfiguration>"
    )
    await device.ask(
        f"<trc:SetRecordingJobConfiguration><trc:JobToken>{job}</trc:JobToken>"
        f"{job_configuration(recording, priority=5)}</trc:SetRecordingJobConfiguration>"
    )
    found = await messages(device, path)
    asked = (
        f"<trc:GetRecordingConfiguration><trc:RecordingToken>{recording}</trc:RecordingToken></trc:GetRecordingConfiguration>",
        f"<trc:GetRecordingJobConfiguration><trc:JobToken>{job}</trc:JobToken></trc:GetRecordingJobConfiguration>",
    )
    for message, body in zip(found, asked, strict=True):
        told = message.find(".//tt:ElementItem[@Name='Configuration']/*", SPACES)
        answered = (await device.ask(body))[0]
        assert told is not None
        assert plain(told) == plain(answered)


def plain(element: Element) -> list[tuple[str, str]]:
    return [(str(part.tag), part.text or "") for part in element.iter()][1:]


async def test_job_states_are_told_as_a_property_from_birth_to_death(device: RecorderDevice) -> None:
    recording = await device.create_recording()
    path = await subscribe(device, topic(JOB_STATE, CONCRETE))
    job = await device.create_job(recording)
    await device.ask(
        f"<trc:SetRecordingJobMode><trc:JobToken>{job}</trc:JobToken><trc:Mode>Idle</trc:Mode></trc:SetRecordingJobMode>"
    )
    await device.ask(f"<trc:DeleteRecordingJob><trc:JobToken>{job}</trc:JobToken></trc:DeleteRecordingJob>")
    found = await messages(device, path)
    assert heard(found) == ["JobState Initialized", "JobState Changed", "JobState Deleted"]
    assert [items(message, "Data")["State"] for message in found] == ["Active", "Idle", "Idle"]
    assert items(found[0], "Source") == {"RecordingJobToken": job}
    information = found[0].find(".//tt:ElementItem[@Name='Information']/tt:RecordingJobStateInformation", SPACES)
    assert information is not None
    assert texts(information, "tt:State") == ["Active"]


async def test_living_properties_come_first_and_again_at_a_synchronization_point(device: RecorderDevice) -> None:
    recording = await device.create_recording()
    await device.create_job(recording)
    await device.create_job(recording)
    path = await subscribe(device)
    assert heard(await messages(device, path)) == ["JobState Initialized"] * 2
    await device.ask("<tev:SetSynchronizationPoint/>", path=path)
    assert heard(await messages(device, path)) == ["JobState Initialized"] * 2


async def test_changed_only_keeps_away_what_is_no_change(device: RecorderDevice) -> None:
    job = await device.create_job(await device.create_recording())
    path = await subscribe(device, topic(JOB_STATE), policy="<tev:ChangedOnly/>")
    await device.ask(
        f"<trc:SetRecordingJobMode><trc:JobToken>{job}</trc:JobToken><trc:Mode>Idle</trc:Mode></trc:SetRecordingJobMode>"
    )
    await device.ask(f"<trc:DeleteRecordingJob><trc:JobToken>{job}</trc:JobToken></trc:DeleteRecordingJob>")
    assert heard(await messages(device, path)) == ["JobState Changed"]


async def test_an_unknown_policy_is_named(device: RecorderDevice) -> None:
    answer = await device.send(create(policy="<x:Sometimes xmlns:x='urn:x'/>"))
    assert isinstance(answer, Refusal)
    assert answer.code == "Receiver/UnrecognizedPolicyRequestFault"
    assert texts(answer.element, ".//wsnt:UnrecognizedPolicy") == ["q:Sometimes"]


async def test_the_message_limit_holds_and_loses_nothing(device: RecorderDevice) -> None:
    path = await subscribe(device, topic("tns1:RecordingConfig//."))
    await device.create_recording()
    counts = [len(await messages(device, path, limit)) for limit in (2, 1, 1_000_000, 5)]
    assert counts == [2, 1, 1, 0]


async def test_pull_points_have_a_maximum_and_all_of_them_work(device: RecorderDevice) -> None:
    paths = [await subscribe(device, topic("tns1:RecordingConfig/CreateRecording")) for _ in range(4)]
    assert await device.refused(create()) == "Receiver/SubscribeCreationFailedFault"
    await device.create_recording()
    assert [len(await messages(device, path)) for path in paths] == [1, 1, 1, 1]
    await device.ask("<wsnt:Unsubscribe/>", path=paths[0])
    await subscribe(device)


@pytest.mark.parametrize(
    ("filters", "fault"),
    [
        (topic("tns1:RecordingConfig", "urn:other"), "TopicExpressionDialectUnknownFault"),
        (topic("tns1:Recording Config"), "InvalidTopicExpressionFault"),
        (topic("nope:RecordingConfig//."), "InvalidTopicExpressionFault"),
        (topic("tns1:RecordingConfig//.", CONCRETE), "InvalidTopicExpressionFault"),
        (topic(""), "InvalidTopicExpressionFault"),
        (topic("tns1:Nonsense/Topic"), "TopicNotSupportedFault"),
        (topic("tns1:RecordingConfig"), "TopicNotSupportedFault"),
        (topic("tns1:RecordingHistory//."), "TopicNotSupportedFault"),
        (topic("tt:RecordingConfig//."), "TopicNotSupportedFault"),
        (content('boolean(//tt:SimpleItem[@Name="State")'), "InvalidMessageContentExpressionFault"),
        (content("1 = 1", "urn:other"), "InvalidMessageContentExpressionFault"),
        (
            content('boolean (//tt:SimpleItem[@Name="xyz" and @Value="xyz"])'),
            "InvalidMessageContentExpressionFault",
        ),
        ("<wsnt:ProducerProperties Dialect='urn:x'/>", "InvalidFilterFault"),
    ],
)
async def test_filters_that_cannot_be_served_are_refused(device: RecorderDevice, filters: str, fault: str) -> None:
    assert await device.refused(create(filters)) == f"Receiver/{fault}"


async def test_prefixes_of_topics_mean_what_is_declared(device: RecorderDevice) -> None:
    odd = (
        f'<wsnt:TopicExpression Dialect="{CONCRETE_SET}" xmlns:tt="{TNS1}">'
        "tt:RecordingConfig//.|tt:Receiver/ChangeState</wsnt:TopicExpression>"
    )
    path = await subscribe(device, odd)
    await device.create_recording()
    assert len(await messages(device, path)) == 4


async def test_topic_and_content_must_both_match(device: RecorderDevice) -> None:
    track = 'boolean(//tt:SimpleItem[@Name="TrackToken"and @Value="AUDIO001"])'
    path = await subscribe(device, topic("tns1:RecordingConfig/CreateTrack") + content(track))
    await device.create_recording()
    found = await messages(device, path)
    assert [items(message, "Source")["TrackToken"] for message in found] == ["AUDIO001"]
