"""Client programs that others wrote: from the list of services to the replay of a recording."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from onvif import CacheMode, ONVIFClient, ONVIFOperationException
from tests.harness.pictures import assert_consecutive, stamps_of_stream
from tests.harness.proxy import RecordingProxy
from tests.harness.soap import SoapClient
from tests.harness.station import MAIN_SIZE, PASSWORD, USERNAME, wait_for

ROOT = Path(__file__).resolve().parents[2]
ZEEP = ROOT / ".venv-zeep" / "bin" / "python"
SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
SOURCE = {"SourceId": "urn:x", "Name": "Story", "Location": "here", "Description": "told", "Address": "http://a/"}


def client_of(proxy: RecordingProxy, password: str = PASSWORD, *, http_digest: bool = False) -> ONVIFClient:
    return ONVIFClient(
        "127.0.0.1", proxy.port, USERNAME, password, http_digest=http_digest, cache=CacheMode.MEM, apply_patch=False
    )


@pytest.mark.parametrize("http_digest", [False, True], ids=["UsernameToken", "Digest"])
def test_onvif_python_lives_from_services_to_replay(proxy: RecordingProxy, soap: SoapClient, http_digest: bool) -> None:
    client = client_of(proxy, http_digest=http_digest)
    device = client.devicemgmt()
    services = {service.Namespace for service in device.GetServices(IncludeCapability=True)}
    assert {f"http://www.onvif.org/ver10/{name}/wsdl" for name in ("recording", "search", "replay")} <= services
    assert device.GetCapabilities(Category="All").Media.XAddr.startswith(proxy.url)
    assert device.GetDeviceInformation().Manufacturer == "Argus"
    profiles = client.media().GetProfiles()
    assert [profile.token for profile in profiles] == ["Main", "Sub"]
    live = client.media().GetStreamUri(StreamSetup=SETUP, ProfileToken="Main").Uri
    assert_consecutive(stamps_of_stream(live, MAIN_SIZE, 10))
    assert client.media().GetSnapshotUri(ProfileToken="Main").Uri.startswith(proxy.url)
    recording = record_story(client)
    uri = client.replay().GetReplayUri(StreamSetup=SETUP, RecordingToken=recording)
    assert_consecutive(stamps_of_stream(uri, MAIN_SIZE, 25))
    client.recording().DeleteRecording(RecordingToken=recording)


def record_story(client: ONVIFClient) -> str:
    """Create a recording and its job, wait until it is found with two seconds of footage, and stop the job."""
    recording, search = client.recording(), client.search()
    configuration = {"Source": SOURCE, "Content": "told by onvif-python", "MaximumRetentionTime": "PT0S"}
    token = recording.CreateRecording(RecordingConfiguration=configuration)
    job = recording.CreateRecordingJob(
        JobConfiguration={
            "RecordingToken": token,
            "Mode": "Active",
            "Priority": 1,
            "Source": [{"SourceToken": {"Token": "Main", "Type": "http://www.onvif.org/ver10/schema/Profile"}}],
        }
    )
    wait_for("the job is active", lambda: recording.GetRecordingJobState(JobToken=job.JobToken).State == "Active")
    options = recording.GetRecordingOptions(RecordingToken=token)
    assert options.Job.Spare >= 1

    def found() -> bool:
        session = search.FindRecordings(Scope={"IncludedRecordings": [token]}, KeepAliveTime="PT10S")
        results = search.GetRecordingSearchResults(SearchToken=session, WaitTime="PT5S")
        [information] = results.RecordingInformation
        assert information.Source.Name == "Story"
        times = (information.EarliestRecording, information.LatestRecording)
        return all(times) and (times[1] - times[0]).total_seconds() > 2

    wait_for("two seconds are found", found)
    recording.SetRecordingJobMode(JobToken=job.JobToken, Mode="Idle")
    wait_for("the job is idle", lambda: recording.GetRecordingJobState(JobToken=job.JobToken).State == "Idle")
    return token


@pytest.mark.parametrize("http_digest", [False, True], ids=["UsernameToken", "Digest"])
def test_onvif_python_is_refused_with_a_wrong_password(proxy: RecordingProxy, http_digest: bool) -> None:
    client = client_of(proxy, "wrong", http_digest=http_digest)
    with pytest.raises(ONVIFOperationException, match=r"(?i)authori|401"):
        client.devicemgmt().GetUsers()


def test_home_assistants_library_lives_from_services_to_replay(proxy: RecordingProxy, soap: SoapClient) -> None:
    story = ROOT / "tests" / "clients" / "zeep" / "story.py"
    command = [ZEEP, story, "127.0.0.1", str(proxy.port), USERNAME, PASSWORD]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    seen = json.loads(outcome.stdout)
    assert seen["profiles"] == ["Main", "Sub"]
    assert tuple(seen["size"]) == MAIN_SIZE
    assert seen["snapshot"] > 1_000
    assert {"Device", "Media", "Events"} <= set(seen["capabilities"])
    assert seen["state"] == "Active"
    assert seen["found"]["status"] == "Recording"
    assert seen["found"]["state"] == "Completed"
    assert seen["found"]["tracks"] == ["VIDEO001"]
    topics = [topic.partition(":")[2] for topic in seen["topics"]]
    assert topics.count("RecordingConfig/CreateTrack") == 3
    assert "RecordingConfig/CreateRecording" in topics
    assert_consecutive(stamps_of_stream(seen["stream_uri"], MAIN_SIZE, 10))
    assert_consecutive(stamps_of_stream(seen["replay_uri"], MAIN_SIZE, 25))


def test_the_proxy_saw_and_judged_every_exchange(proxy: RecordingProxy) -> None:
    SoapClient(proxy.url, login="none").call("<tds:GetSystemDateAndTime/>")
    [exchange] = [e for e in proxy.exchanges if b"GetSystemDateAndTime" in e.request]
    assert not exchange.problems()
    exchange.answer = exchange.answer.replace(b"DateTimeType>", b"DateTimeKind>")
    assert exchange.problems()
    proxy.exchanges.clear()
