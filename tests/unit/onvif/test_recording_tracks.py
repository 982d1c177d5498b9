"""Tracks that come and go one by one, over the endpoint."""

from __future__ import annotations

from tests.unit.onvif.recorder import (
    SPACES,
    RecorderDevice,
    texts,
)

MISSING = "<trc:RecordingToken>none</trc:RecordingToken>"


def create_track(recording: str, kind: str = "Video") -> str:
    return (
        f"<trc:CreateTrack><trc:RecordingToken>{recording}</trc:RecordingToken><trc:TrackConfiguration>"
        f"<tt:TrackType>{kind}</tt:TrackType><tt:Description>d</tt:Description></trc:TrackConfiguration></trc:CreateTrack>"
    )


def delete_track(recording: str, track: str) -> str:
    tokens = f"<trc:RecordingToken>{recording}</trc:RecordingToken><trc:TrackToken>{track}</trc:TrackToken>"
    return f"<trc:DeleteTrack>{tokens}</trc:DeleteTrack>"


async def track_options(device: RecorderDevice, recording: str) -> dict[str, str]:
    body = f"<trc:GetRecordingOptions><trc:RecordingToken>{recording}</trc:RecordingToken></trc:GetRecordingOptions>"
    answer = await device.ask(body)
    (options,) = answer.findall("trc:Options/trc:Track", SPACES)
    return {str(name): str(value) for name, value in options.attrib.items()}


async def test_tracks_come_and_go_and_the_options_count_them(device: RecorderDevice) -> None:
    token = await device.create_recording()
    assert await track_options(device, token) == {
        "SpareTotal": "21",
        "SpareVideo": "7",
        "SpareAudio": "7",
        "SpareMetadata": "7",
    }
    device.told.clear()
    created = [texts(await device.ask(create_track(token)), "trc:TrackToken")[0] for _ in range(7)]
    assert device.topics() == ["CreateTrack"] * 7
    assert await device.refused(create_track(token)) == "Receiver/Action/MaxTracks"
    assert "SpareVideo" not in await track_options(device, token)
    await device.ask(delete_track(token, created[3]))
    assert device.topics() == ["DeleteTrack"]
    assert (await track_options(device, token))["SpareVideo"] == "1"
    listed = texts(await device.ask("<trc:GetRecordings/>"), ".//tt:TrackToken")
    assert listed == ["VIDEO001", "AUDIO001", "META001", *created[:3], *created[4:]]


async def test_a_track_that_is_recorded_to_stays_and_jobs_lose_lines_to_one_that_goes(device: RecorderDevice) -> None:
    token = await device.create_recording()
    job = await device.create_job(token)
    assert await device.refused(delete_track(token, "VIDEO001")) == "Receiver/Action/CannotDelete"
    assert await device.refused(delete_track(token, "T9")) == "Sender/InvalidArgVal/NoTrack"
    assert await device.refused(delete_track("nobody", "VIDEO001")) == "Sender/InvalidArgVal/NoRecording"
    assert await device.refused(create_track("nobody")) == "Sender/InvalidArgVal/NoRecording"
    assert await device.refused(create_track(token, "Extended")) == "Sender/InvalidArgVal/BadConfiguration"
    await device.ask(
        f"<trc:SetRecordingJobMode><trc:JobToken>{job}</trc:JobToken><trc:Mode>Idle</trc:Mode></trc:SetRecordingJobMode>"
    )
    device.told.clear()
    await device.ask(delete_track(token, "VIDEO001"))
    assert device.topics() == ["RecordingJobConfiguration", "JobState Changed", "DeleteTrack"]
    (line,) = device.jobs.jobs()
    assert line.configuration.sources[0].tracks == ()
    device.reopen()
    assert device.jobs.jobs() == (line,)
