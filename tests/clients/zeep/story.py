"""The story of a recording as Home Assistant's ONVIF library lives it; prints what it saw as JSON.

    python story.py HOST PORT USERNAME PASSWORD

Runs in an environment of its own, because three client libraries own the package name `onvif`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta

from onvif import ONVIFCamera

DEADLINE_S = 30


async def tell(host: str, port: int, username: str, password: str) -> dict[str, object]:
    camera = ONVIFCamera(host, port, username, password)
    try:
        await camera.update_xaddrs()
        seen = await look_around(camera)
        listener = await camera.create_pullpoint_manager(timedelta(minutes=2), lambda: None)
        seen |= await record(camera)
        seen["topics"] = await listen(listener)
        await listener.shutdown()
        return seen
    finally:
        await camera.close()


async def look_around(camera: ONVIFCamera) -> dict[str, object]:
    device = await camera.create_devicemgmt_service()
    media = await camera.create_media_service()
    information = await device.GetDeviceInformation()
    profiles = await media.GetProfiles()
    request = media.create_type("GetStreamUri")
    request.ProfileToken = profiles[0].token
    request.StreamSetup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    capabilities = await camera.get_capabilities()
    return {
        "model": information.Model,
        "profiles": [profile.token for profile in profiles],
        "size": [
            profiles[0].VideoEncoderConfiguration.Resolution.Width,
            profiles[0].VideoEncoderConfiguration.Resolution.Height,
        ],
        "stream_uri": (await media.GetStreamUri(request)).Uri,
        "snapshot": len(await camera.get_snapshot(profiles[0].token) or b""),
        "capabilities": sorted(name for name, value in capabilities.items() if value),
    }


async def record(camera: ONVIFCamera) -> dict[str, object]:
    recording = await camera.create_recording_service()
    search = await camera.create_search_service()
    replay = await camera.create_replay_service()
    source = {"SourceId": "zeep", "Name": "Zeep", "Location": "here", "Description": "by zeep", "Address": "a"}
    configuration = {"Source": source, "Content": "story", "MaximumRetentionTime": timedelta(0)}
    token = await recording.CreateRecording({"RecordingConfiguration": configuration})
    job = {
        "RecordingToken": token,
        "Mode": "Active",
        "Priority": 1,
        "Source": [{"SourceToken": {"Token": "Main", "Type": "http://www.onvif.org/ver10/schema/Profile"}}],
    }
    created = await recording.CreateRecordingJob({"JobConfiguration": job})
    state = await wait_for_state(recording, created.JobToken)
    found = await find(search, token)
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    uri = await replay.GetReplayUri({"StreamSetup": setup, "RecordingToken": token})
    await recording.SetRecordingJobMode({"JobToken": created.JobToken, "Mode": "Idle"})
    return {"recording": token, "job": created.JobToken, "state": state, "found": found, "replay_uri": uri}


async def wait_for_state(recording: object, job: str) -> str:
    async with asyncio.timeout(DEADLINE_S):
        while (state := (await recording.GetRecordingJobState({"JobToken": job})).State) != "Active":
            await asyncio.sleep(0.2)
    return state


async def find(search: object, token: str) -> dict[str, object]:
    """Search until the recording holds more than two seconds."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            scope = {"Scope": {"IncludedRecordings": [token]}, "KeepAliveTime": timedelta(seconds=10)}
            session = await search.FindRecordings(scope)
            results = await search.GetRecordingSearchResults({"SearchToken": session, "WaitTime": timedelta(seconds=5)})
            [information] = results.RecordingInformation
            begin, end = information.EarliestRecording, information.LatestRecording
            if begin and end and (end - begin).total_seconds() > 2:
                return {
                    "name": information.Source.Name,
                    "status": information.RecordingStatus,
                    "seconds": (end - begin).total_seconds(),
                    "tracks": [track.TrackToken for track in information.Track],
                    "state": results.SearchState,
                }
            await asyncio.sleep(0.3)


async def listen(listener: object) -> list[str]:
    """The topics that came, until the job is known to be idle."""
    service = listener.get_service()
    topics: list[str] = []
    async with asyncio.timeout(DEADLINE_S):
        while sum(topic.endswith("JobState") for topic in topics) < 2:
            answer = await service.PullMessages({"MessageLimit": 100, "Timeout": timedelta(seconds=1)})
            topics += [message.Topic._value_1 for message in answer.NotificationMessage]
    return topics


if __name__ == "__main__":
    host, port, username, password = sys.argv[1:]
    print(json.dumps(asyncio.run(tell(host, int(port), username, password)), default=str))
