"""The recording service, asked as clients ask."""

from __future__ import annotations

import pytest
from tests.unit.onvif.recorder import (
    PROFILE,
    SPACES,
    RecorderDevice,
    job_configuration,
    recording_configuration,
    texts,
)

from argus.base.access import UserLevel

MISSING = "<trc:RecordingToken>none</trc:RecordingToken>"


async def configuration_of(device: RecorderDevice, token: str) -> list[str]:
    answer = await device.ask(
        f"<trc:GetRecordingConfiguration><trc:RecordingToken>{token}</trc:RecordingToken></trc:GetRecordingConfiguration>"
    )
    return [element.text or "" for element in answer[0].iter() if not len(element)]


async def job_of(device: RecorderDevice, token: str) -> dict[str, list[str]]:
    answer = await device.ask(
        f"<trc:GetRecordingJobConfiguration><trc:JobToken>{token}</trc:JobToken></trc:GetRecordingJobConfiguration>"
    )
    names = ("Mode", "Priority", "Source/tt:SourceToken/tt:Token", "Source/tt:Tracks/tt:Destination")
    return {name: texts(answer[0], f"tt:{name}") for name in names}


async def state_of(device: RecorderDevice, token: str) -> list[str]:
    answer = await device.ask(
        f"<trc:GetRecordingJobState><trc:JobToken>{token}</trc:JobToken></trc:GetRecordingJobState>"
    )
    state = answer[0]
    return [
        *texts(state, "tt:State"),
        *texts(state, "tt:Sources/tt:State"),
        *texts(state, "tt:Sources/tt:Tracks/tt:Track/tt:State"),
    ]


async def test_capabilities_are_what_profile_g_asks_for(device: RecorderDevice) -> None:
    answer = await device.ask("<trc:GetServiceCapabilities/>")
    assert dict(answer[0].attrib) == {
        "DynamicRecordings": "true",
        "DynamicTracks": "true",
        "Encoding": "H264",
        "MaxRate": "20000",
        "MaxTotalRate": "40000",
        "MaxRecordings": "4",
        "MaxRecordingJobs": "4",
        "Options": "true",
        "MetadataRecording": "false",
        "EventRecording": "true",
        "BeforeEventLimit": "PT30S",
        "AfterEventLimit": "PT1H",
        "ScheduledRecording": "true",
    }


async def test_a_new_recording_has_one_track_of_each_kind(device: RecorderDevice) -> None:
    token = await device.create_recording()
    answer = await device.ask("<trc:GetRecordings/>")
    assert texts(answer, "trc:RecordingItem/tt:RecordingToken") == [token]
    assert texts(answer, ".//tt:TrackToken") == ["VIDEO001", "AUDIO001", "META001"]
    assert texts(answer, ".//tt:TrackType") == ["Video", "Audio", "Metadata"]


async def test_names_come_back_as_given_and_long_descriptions_are_cut(device: RecorderDevice) -> None:
    name, long_id, description = "é" * 64, "urn:" + "x" * 124, " d " * 2000
    token = await device.create_recording(name=name, id=long_id, description=description, retention="P1DT12H")
    got = await configuration_of(device, token)
    assert got[0] == got[4] == long_id
    assert got[1] == name
    assert description.startswith(got[3])
    assert got[6] == "P1DT12H"


@pytest.mark.parametrize("parts", [{"retention": "-PT1S"}, {"name": "n" * 65}])
async def test_a_configuration_that_breaks_a_rule_is_bad(device: RecorderDevice, parts: dict[str, str]) -> None:
    body = f"<trc:CreateRecording>{recording_configuration(**parts)}</trc:CreateRecording>"
    assert await device.refused(body) == "Sender/InvalidArgVal/BadConfiguration"
    assert device.catalog.recordings() == ()


async def test_a_retention_that_is_no_duration_is_a_wrong_argument(device: RecorderDevice) -> None:
    body = f"<trc:CreateRecording>{recording_configuration(retention='soon')}</trc:CreateRecording>"
    assert await device.refused(body) == "Sender/InvalidArgs"


async def test_recordings_have_a_maximum(device: RecorderDevice) -> None:
    for _ in range(4):
        await device.create_recording()
    body = f"<trc:CreateRecording>{recording_configuration()}</trc:CreateRecording>"
    assert await device.refused(body) == "Receiver/Action/MaxRecordings"
    assert len(device.catalog.recordings()) == 4


async def test_setting_a_configuration_replaces_it_in_every_view(device: RecorderDevice) -> None:
    token = await device.create_recording()
    await device.ask(
        f"<trc:SetRecordingConfiguration><trc:RecordingToken>{token}</trc:RecordingToken>"
        f"{recording_configuration(content='new', retention='PT20S')}</trc:SetRecordingConfiguration>"
    )
    answer = await device.ask("<trc:GetRecordings/>")
    listed = answer.find("trc:RecordingItem/tt:Configuration", SPACES)
    assert listed is not None
    assert [element.text or "" for element in listed.iter() if not len(element)] == await configuration_of(
        device, token
    )
    assert texts(listed, "tt:Content") == ["new"]


@pytest.mark.parametrize(
    "body",
    [
        f"<trc:DeleteRecording>{MISSING}</trc:DeleteRecording>",
        f"<trc:GetRecordingConfiguration>{MISSING}</trc:GetRecordingConfiguration>",
        f"<trc:SetRecordingConfiguration>{MISSING}{recording_configuration()}</trc:SetRecordingConfiguration>",
        f"<trc:GetRecordingOptions>{MISSING}</trc:GetRecordingOptions>",
        f"<trc:GetTrackConfiguration>{MISSING}<trc:TrackToken>VIDEO001</trc:TrackToken></trc:GetTrackConfiguration>",
        f"<trc:SetTrackConfiguration>{MISSING}<trc:TrackToken>none</trc:TrackToken><trc:TrackConfiguration>"
        "<tt:TrackType>Video</tt:TrackType><tt:Description/></trc:TrackConfiguration></trc:SetTrackConfiguration>",
        f"<trc:CreateRecordingJob>{job_configuration('none')}</trc:CreateRecordingJob>",
    ],
)
async def test_an_unknown_recording_is_no_recording(device: RecorderDevice, body: str) -> None:
    assert await device.refused(body) == "Sender/InvalidArgVal/NoRecording"


async def test_an_unknown_track_of_a_known_recording_is_no_track(device: RecorderDevice) -> None:
    token = await device.create_recording()
    asked = f"<trc:RecordingToken>{token}</trc:RecordingToken><trc:TrackToken>VIDEO002</trc:TrackToken>"
    body = f"<trc:GetTrackConfiguration>{asked}</trc:GetTrackConfiguration>"
    assert await device.refused(body) == "Sender/InvalidArgVal/NoTrack"


@pytest.mark.parametrize("kind", ["Audio", "Extended"])
async def test_setting_a_track_ignores_its_type(device: RecorderDevice, kind: str) -> None:
    token = await device.create_recording()
    track = f"<trc:RecordingToken>{token}</trc:RecordingToken><trc:TrackToken>VIDEO001</trc:TrackToken>"
    await device.ask(
        f"<trc:SetTrackConfiguration>{track}<trc:TrackConfiguration><tt:TrackType>{kind}</tt:TrackType>"
        "<tt:Description>new</tt:Description></trc:TrackConfiguration></trc:SetTrackConfiguration>"
    )
    answer = await device.ask(f"<trc:GetTrackConfiguration>{track}</trc:GetTrackConfiguration>")
    assert texts(answer, ".//tt:TrackType") == ["Video"]
    assert texts(answer, ".//tt:Description") == ["new"]


async def test_deleting_a_recording_takes_its_jobs(device: RecorderDevice) -> None:
    token = await device.create_recording()
    await device.create_job(token)
    await device.ask(f"<trc:DeleteRecording><trc:RecordingToken>{token}</trc:RecordingToken></trc:DeleteRecording>")
    assert len(await device.ask("<trc:GetRecordings/>")) == 0
    assert len(await device.ask("<trc:GetRecordingJobs/>")) == 0


async def test_an_event_filter_is_kept_as_it_was_meant_and_a_senseless_one_is_refused(device: RecorderDevice) -> None:
    token = await device.create_recording()
    fine = (
        '<tt:EventFilter xmlns:x="http://www.onvif.org/ver10/topics"><tt:Filter>'
        "<tt:Topic>x:Device/HardwareFailure/StorageFailure</tt:Topic></tt:Filter>"
        "<tt:Before>PT5S</tt:Before></tt:EventFilter>"
    )
    wanted = job_configuration(token).replace("</trc:JobConfiguration>", f"{fine}</trc:JobConfiguration>")
    answer = await device.ask(f"<trc:CreateRecordingJob>{wanted}</trc:CreateRecordingJob>")
    assert texts(answer, ".//tt:EventFilter/tt:Filter/tt:Topic") == ["tns1:Device/HardwareFailure/StorageFailure"]
    assert texts(answer, ".//tt:EventFilter/tt:Before") == ["PT5S"]
    senseless = wanted.replace("PT5S", "PT5H")
    refused = await device.refused(f"<trc:CreateRecordingJob>{senseless}</trc:CreateRecordingJob>")
    assert refused == "Sender/InvalidArgVal/BadConfiguration"


@pytest.mark.parametrize("name", ["ExportRecordedData", "StopExportRecordedData", "GetExportRecordedDataState"])
async def test_export_is_not_offered(device: RecorderDevice, name: str) -> None:
    assert await device.refused(f"<trc:{name}/>") == "Receiver/ActionNotSupported"


async def test_a_job_is_answered_with_the_tracks_the_device_chose(device: RecorderDevice) -> None:
    token = await device.create_recording()
    answer = await device.ask(f"<trc:CreateRecordingJob>{job_configuration(token)}</trc:CreateRecordingJob>")
    assert texts(answer, "trc:JobConfiguration/tt:Source/tt:Tracks/tt:Destination") == ["VIDEO001"]
    source = answer.find("trc:JobConfiguration/tt:Source/tt:SourceToken", SPACES)
    assert source is not None
    assert source.get("Type") == PROFILE


async def test_what_clients_send_wrongly_but_plainly_is_understood(device: RecorderDevice) -> None:
    token = await device.create_recording()
    # Type as an element, children in the namespace of the service, empty optional elements, another order.
    source = (
        f"<trc:Source><trc:Tracks/><trc:AutoCreateReceiver/><trc:SourceToken><trc:Type>{PROFILE}</trc:Type>"
        "<trc:Token>main</trc:Token></trc:SourceToken></trc:Source>"
    )
    configuration = job_configuration(token, source=source).replace("<tt:", "<trc:").replace("</tt:", "</trc:")
    answer = await device.ask(f"<trc:CreateRecordingJob>{configuration}</trc:CreateRecordingJob>")
    assert texts(answer, ".//tt:Token") == ["main"]
    assert answer.findall(".//tt:AutoCreateReceiver", SPACES) == []


async def test_unknown_children_of_later_releases_are_ignored(device: RecorderDevice) -> None:
    configuration = recording_configuration().replace(
        "</trc:RecordingConfiguration>", "<x xmlns='urn:x'><y/></x></trc:RecordingConfiguration>"
    )
    await device.ask(f"<trc:CreateRecording>{configuration}</trc:CreateRecording>")


@pytest.mark.parametrize("auto", ["true", "false"])
async def test_a_token_beside_auto_create_receiver_is_used(device: RecorderDevice, auto: str) -> None:
    token = await device.create_recording()
    source = (
        f'<tt:Source><tt:SourceToken Type="{PROFILE}"><tt:Token>main</tt:Token></tt:SourceToken>'
        f"<tt:AutoCreateReceiver>{auto}</tt:AutoCreateReceiver></tt:Source>"
    )
    answer = await device.ask(
        f"<trc:CreateRecordingJob>{job_configuration(token, source=source)}</trc:CreateRecordingJob>"
    )
    assert texts(answer, ".//tt:Token") == ["main"]
    assert answer.findall(".//tt:AutoCreateReceiver", SPACES) == []


@pytest.mark.parametrize(
    "parts",
    [
        {"mode": "active"},
        {"priority": -1},
        {"source": "<tt:Source/>"},
        {"source": "<tt:Source><tt:SourceToken><tt:Token>main</tt:Token></tt:SourceToken></tt:Source>"},
        {
            "source": f'<tt:Source><tt:SourceToken Type="{PROFILE}"><tt:Token>main</tt:Token></tt:SourceToken>'
            "<tt:Tracks><tt:SourceTag/><tt:Destination>T9</tt:Destination></tt:Tracks></tt:Source>"
        },
    ],
)
async def test_a_job_that_breaks_a_rule_is_bad(device: RecorderDevice, parts: dict[str, object]) -> None:
    token = await device.create_recording()
    body = f"<trc:CreateRecordingJob>{job_configuration(token, **parts)}</trc:CreateRecordingJob>"  # type: ignore[arg-type]
    assert await device.refused(body) == "Sender/InvalidArgVal/BadConfiguration"
    assert device.jobs.jobs() == ()


async def test_a_schedule_token_is_an_attribute_and_keeps_the_job_idle(device: RecorderDevice) -> None:
    token = await device.create_recording()
    answer = await device.ask(
        f"<trc:CreateRecordingJob>{job_configuration(token, schedule='night')}</trc:CreateRecordingJob>"
    )
    configuration = answer.find("trc:JobConfiguration", SPACES)
    assert configuration is not None
    assert configuration.get("ScheduleToken") == "night"
    assert (await state_of(device, texts(answer, "trc:JobToken")[0]))[0] == "Idle"


@pytest.mark.parametrize(
    "body",
    [
        "<trc:DeleteRecordingJob>{}</trc:DeleteRecordingJob>",
        "<trc:GetRecordingJobConfiguration>{}</trc:GetRecordingJobConfiguration>",
        "<trc:GetRecordingJobState>{}</trc:GetRecordingJobState>",
        "<trc:SetRecordingJobMode>{}<trc:Mode>Idle</trc:Mode></trc:SetRecordingJobMode>",
        f"<trc:SetRecordingJobConfiguration>{{}}{job_configuration('r')}</trc:SetRecordingJobConfiguration>",
    ],
)
async def test_an_unknown_job_is_no_recording_job(device: RecorderDevice, body: str) -> None:
    assert await device.refused(body.format("<trc:JobToken>x</trc:JobToken>")) == "Sender/InvalidArgVal/NoRecordingJob"


async def test_a_wrong_mode_is_a_bad_mode(device: RecorderDevice) -> None:
    job = await device.create_job(await device.create_recording())
    parts = f"<trc:JobToken>{job}</trc:JobToken><trc:Mode>Paused</trc:Mode>"
    assert (
        await device.refused(f"<trc:SetRecordingJobMode>{parts}</trc:SetRecordingJobMode>")
        == "Sender/InvalidArgVal/BadMode"
    )


async def test_the_state_mirrors_the_configuration_in_every_mode(device: RecorderDevice) -> None:
    job = await device.create_job(await device.create_recording())
    assert await state_of(device, job) == ["Active", "Active", "Active"]
    await device.ask(
        f"<trc:SetRecordingJobMode><trc:JobToken>{job}</trc:JobToken><trc:Mode>Idle</trc:Mode></trc:SetRecordingJobMode>"
    )
    assert await state_of(device, job) == ["Idle", "Idle", "Idle"]


async def test_a_job_loses_its_track_and_keeps_its_mode(device: RecorderDevice) -> None:
    recording = await device.create_recording()
    low, high = await device.create_job(recording, priority=1), await device.create_job(recording, priority=2)
    assert (await state_of(device, low))[0] == "Idle"
    assert (await job_of(device, low))["Mode"] == ["Active"]
    await device.ask(f"<trc:DeleteRecordingJob><trc:JobToken>{high}</trc:JobToken></trc:DeleteRecordingJob>")
    assert (await state_of(device, low))[0] == "Active"


async def test_setting_a_job_answers_the_configuration_in_use(device: RecorderDevice) -> None:
    recording = await device.create_recording()
    job = await device.create_job(recording)
    answer = await device.ask(
        f"<trc:SetRecordingJobConfiguration><trc:JobToken>{job}</trc:JobToken>"
        f"{job_configuration(recording, priority=7)}</trc:SetRecordingJobConfiguration>"
    )
    assert texts(answer, ".//tt:Priority") == ["7"]
    assert (await job_of(device, job))["Priority"] == ["7"]


async def test_a_job_cannot_move_to_another_recording(device: RecorderDevice) -> None:
    job = await device.create_job(await device.create_recording())
    other = await device.create_recording()
    body = (
        f"<trc:SetRecordingJobConfiguration><trc:JobToken>{job}</trc:JobToken>"
        f"{job_configuration(other, priority=9)}</trc:SetRecordingJobConfiguration>"
    )
    assert await device.refused(body) == "Sender/InvalidArgVal/BadConfiguration"
    assert (await job_of(device, job))["Priority"] == ["1"]


async def test_spare_jobs_count_down_and_vanish_at_none(device: RecorderDevice) -> None:
    recording = await device.create_recording()
    spares = []
    for _ in range(5):
        answer = await device.ask(
            f"<trc:GetRecordingOptions><trc:RecordingToken>{recording}</trc:RecordingToken></trc:GetRecordingOptions>"
        )
        job = answer.find("trc:Options/trc:Job", SPACES)
        assert job is not None
        assert job.get("CompatibleSources") == "main sub sound"
        spares.append(job.get("Spare"))
        if len(spares) < 5:
            await device.create_job(recording)
    assert spares == ["4", "3", "2", "1", None]
    body = f"<trc:CreateRecordingJob>{job_configuration(recording)}</trc:CreateRecordingJob>"
    assert await device.refused(body) == "Receiver/Action/MaxRecordingJobs"


async def test_users_may_look_and_not_touch(device: RecorderDevice) -> None:
    device.guard.level = UserLevel.USER
    await device.ask("<trc:GetRecordings/>")
    body = f"<trc:CreateRecording>{recording_configuration()}</trc:CreateRecording>"
    assert await device.refused(body) == "Sender/NotAuthorized"
