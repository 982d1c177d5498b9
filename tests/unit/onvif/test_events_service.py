"""The event service and its pull points, asked as clients ask."""

from __future__ import annotations

import asyncio
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

from argus.onvif.events.topics import LIVE_TOPICS
from argus.soap.namespaces import TNS1, WSTOP, Element

CONCRETE = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"
CONCRETE_SET = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
ITEM_FILTER = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"
JOB_STATE = "tns1:RecordingConfig/JobState"


def topic(expression: str, dialect: str = CONCRETE_SET) -> str:
    return f'<wsnt:TopicExpression Dialect="{dialect}">{expression}</wsnt:TopicExpression>'


def content(expression: str, dialect: str = ITEM_FILTER) -> str:
    escaped = expression.replace("&", "&amp;").replace("<", "&lt;")
    return f'<wsnt:MessageContent Dialect="{dialect}">{escaped}</wsnt:MessageContent>'


def create(filters: str = "", time: str = "", policy: str = "") -> str:
    parts = [
        f"<tev:Filter>{filters}</tev:Filter>" if filters else "",
        f"<tev:InitialTerminationTime>{time}</tev:InitialTerminationTime>" if time else "",
        f"<tev:SubscriptionPolicy>{policy}</tev:SubscriptionPolicy>" if policy else "",
    ]
    return f"<tev:CreatePullPointSubscription>{''.join(parts)}</tev:CreatePullPointSubscription>"


async def subscribe(device: RecorderDevice, filters: str = "", time: str = "", policy: str = "") -> str:
    """The path of a new subscription."""
    answer = await device.ask(create(filters, time, policy))
    return urlsplit(texts(answer, "tev:SubscriptionReference/wsa:Address")[0]).path


def pull(timeout: str = "PT0S", limit: int = 100) -> str:
    parts = f"<tev:Timeout>{timeout}</tev:Timeout><tev:MessageLimit>{limit}</tev:MessageLimit>"
    return f"<tev:PullMessages>{parts}</tev:PullMessages>"


async def messages(device: RecorderDevice, path: str, limit: int = 100) -> list[Element]:
    return (await device.ask(pull(limit=limit), path=path)).findall("wsnt:NotificationMessage", SPACES)


def heard(found: list[Element]) -> list[str]:
    """Last part of each topic, with the change of a property."""
    names = []
    for message in found:
        name = texts(message, "wsnt:Topic")[0].rpartition("/")[2]
        inner = message.find("wsnt:Message/tt:Message", SPACES)
        assert inner is not None
        names.append(f"{name} {inner.get('PropertyOperation')}" if inner.get("PropertyOperation") else name)
    return names


def items(message: Element, part: str) -> dict[str, str]:
    found = message.findall(f"wsnt:Message/tt:Message/tt:{part}/tt:SimpleItem", SPACES)
    return {item.get("Name", ""): item.get("Value", "") for item in found}


async def test_the_topic_set_describes_every_topic(device: RecorderDevice) -> None:
    answer = await device.ask("<tev:GetEventProperties/>")
    topics = [element for element in answer.iter() if element.get(f"{{{WSTOP}}}topic") == "true"]
    assert {element.tag for element in topics} == {path.partition("/")[2] for path in LIVE_TOPICS.paths}
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
        ("State", "xs:string"),
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


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_limit_that_lets_nothing_through_is_a_wrong_value(device: RecorderDevice, limit: int) -> None:
    path = await subscribe(device)
    answer = await device.send(pull(limit=limit), path=path)
    assert isinstance(answer, Refusal)
    assert answer.code == "Sender/InvalidArgVal"


@pytest.mark.parametrize("timeout", ["PT24H", "-PT1S"])
async def test_a_timeout_out_of_range_is_answered_with_the_range(device: RecorderDevice, timeout: str) -> None:
    path = await subscribe(device)
    answer = await device.send(pull(timeout), path=path)
    assert isinstance(answer, Refusal)
    assert (answer.status, answer.code) == (500, "Receiver/Action")
    detail = answer.element.find(".//tev:PullMessagesFaultResponse", SPACES)
    assert detail is not None
    assert texts(detail, "tev:MaxTimeout") == ["PT10M"]


async def test_an_empty_pull_ends_at_its_timeout_and_not_earlier(device: RecorderDevice) -> None:
    path = await subscribe(device)
    async with asyncio.TaskGroup() as group:
        pulling = group.create_task(device.ask(pull("PT60S"), path=path))
        await device.clock.advance(59.9)
        assert not pulling.done()
        await device.clock.advance(0.1)
        assert pulling.done()
    assert texts(pulling.result(), "tev:CurrentTime") == [device.at(0)]
    assert texts(pulling.result(), "tev:TerminationTime") == [device.at(60)]
    assert len(pulling.result()) == 2


async def test_a_waiting_pull_returns_with_the_first_event(device: RecorderDevice) -> None:
    path = await subscribe(device, topic("tns1:RecordingConfig/CreateRecording"))
    async with asyncio.TaskGroup() as group:
        pulling = group.create_task(device.ask(pull("PT60S"), path=path))
        await device.clock.advance(1)
        await device.create_recording()
        await device.clock.advance(0)
        assert pulling.done()
    assert heard(pulling.result().findall("wsnt:NotificationMessage", SPACES)) == ["CreateRecording"]


async def test_a_second_pull_at_once_is_refused_and_leaves_the_first_waiting(device: RecorderDevice) -> None:
    path = await subscribe(device)
    async with asyncio.TaskGroup() as group:
        pulling = group.create_task(device.ask(pull("PT5S"), path=path))
        await device.clock.advance(1)
        assert await device.refused(pull("PT5S"), path=path) == "Receiver/UnableToGetMessagesFault"
        assert not pulling.done()
        await device.clock.advance(4)
    assert len(pulling.result()) == 2


async def test_each_pull_puts_the_end_off(device: RecorderDevice) -> None:
    path = await subscribe(device, time="PT20S")
    for _ in range(3):
        await device.clock.advance(15)
        answer = await device.ask(pull(), path=path)
        assert texts(answer, "tev:TerminationTime") == [device.at(20)]


async def test_a_pull_longer_than_the_subscription_keeps_it(device: RecorderDevice) -> None:
    path = await subscribe(device, time="PT20S")
    async with asyncio.TaskGroup() as group:
        pulling = group.create_task(device.ask(pull("PT60S"), path=path))
        await device.clock.advance(30)
        await device.ask(create())  # others' requests do not end it either
        await device.clock.advance(30)
    assert texts(pulling.result(), "tev:TerminationTime") == [device.at(60)]


OVER = [
    pull(),
    "<wsnt:Renew><wsnt:TerminationTime>PT60S</wsnt:TerminationTime></wsnt:Renew>",
    "<wsnt:Unsubscribe/>",
    "<tev:SetSynchronizationPoint/>",
]


@pytest.mark.parametrize("body", OVER)
async def test_an_expired_subscription_is_unknown(device: RecorderDevice, body: str) -> None:
    path = await subscribe(device, time="PT20S")
    await device.clock.advance(20)
    assert await device.refused(body, path=path) == "Receiver/ResourceUnknownFault"


@pytest.mark.parametrize("body", OVER)
async def test_a_subscription_that_was_ended_is_unknown(device: RecorderDevice, body: str) -> None:
    path = await subscribe(device)
    await device.ask("<wsnt:Unsubscribe/>", path=path)
    answer = await device.send(body, path=path)
    assert isinstance(answer, Refusal)
    assert (answer.status, answer.code) == (500, "Receiver/ResourceUnknownFault")
    assert texts(answer.element, ".//{http://docs.oasis-open.org/wsrf/bf-2}Timestamp") == [device.at(0)]


async def test_a_step_of_the_wall_clock_ends_no_subscription(device: RecorderDevice) -> None:
    path = await subscribe(device)
    device.clock.step(86_400)
    answer = await device.ask(pull(), path=path)
    assert texts(answer, "tev:TerminationTime") == [device.at(60)]


async def test_ending_a_subscription_ends_its_waiting_pull(device: RecorderDevice) -> None:
    path = await subscribe(device)
    async with asyncio.TaskGroup() as group:
        pulling = group.create_task(device.refused(pull("PT60S"), path=path))
        await device.clock.advance(1)
        await device.ask("<wsnt:Unsubscribe/>", path=path)
    assert pulling.result() == "Receiver/ResourceUnknownFault"


@pytest.mark.parametrize(("time", "lasts_s"), [("PT600S", 600), ("2026-01-01T00:05:00Z", 300), ("PT10S", 10)])
async def test_renewing_sets_the_end(device: RecorderDevice, time: str, lasts_s: int) -> None:
    path = await subscribe(device)
    answer = await device.ask(
        f"<wsnt:Renew><wsnt:TerminationTime>{time}</wsnt:TerminationTime></wsnt:Renew>", path=path
    )
    assert texts(answer, "wsnt:TerminationTime") == [device.at(lasts_s)]


async def test_renewing_out_of_bounds_is_refused(device: RecorderDevice) -> None:
    path = await subscribe(device)
    body = "<wsnt:Renew><wsnt:TerminationTime>P30D</wsnt:TerminationTime></wsnt:Renew>"
    assert await device.refused(body, path=path) == "Receiver/UnacceptableTerminationTimeFault"


async def test_a_request_sent_elsewhere_is_found_by_its_wsa_to(device: RecorderDevice) -> None:
    path = await subscribe(device)
    header = (
        f"<wsa:Action>http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesRequest</wsa:Action>"
        f"<wsa:To>{BASE_URL}{path}</wsa:To><wsa:MessageID>urn:uuid:1</wsa:MessageID>"
    )
    await device.ask(pull(), path="/onvif/event_service", header=header)
    assert await device.refused(pull(), path="/onvif/event_service") == "Receiver/ResourceUnknownFault"


async def test_pull_points_have_a_maximum_and_all_of_them_work(device: RecorderDevice) -> None:
    paths = [await subscribe(device, topic("tns1:RecordingConfig/CreateRecording")) for _ in range(4)]
    assert await device.refused(create()) == "Receiver/SubscribeCreationFailedFault"
    await device.create_recording()
    assert [len(await messages(device, path)) for path in paths] == [1, 1, 1, 1]
    await device.ask("<wsnt:Unsubscribe/>", path=paths[0])
    await subscribe(device)


async def test_a_full_queue_loses_the_oldest_and_counts(device: RecorderDevice) -> None:
    path = await subscribe(device)
    for number in range(300):
        device.events.publish("RecordingConfig/DeleteRecording", source=(("RecordingToken", f"r{number}"),))
    found = await messages(device, path, limit=1000)
    assert [items(message, "Source")["RecordingToken"] for message in found] == [f"r{n}" for n in range(44, 300)]
    assert device.pull_points.get(path.rpartition("/")[2]).dropped == 44


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
