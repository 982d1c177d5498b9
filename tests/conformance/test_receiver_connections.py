"""Receivers at work: connections, their events, and the jobs that live from them."""

from __future__ import annotations

import itertools
import time

import pytest
from tests.conformance.events import PullPoint
from tests.conformance.marks import RC, RX, proves
from tests.conformance.receiver import Receiver
from tests.conformance.recording import RECEIVER_SOURCE, Job, Source
from tests.conformance.workbench import Device, Workbench

RECEIVER_TOPICS = "tns1:Receiver//."
JOB_STATE = "tns1:RecordingConfig/JobState"
ACTIVE = ("Active", "PartiallyActive")


@pytest.fixture
def camera(device: Device) -> Receiver:
    """A receiver of a working camera that connects when it is wanted."""
    return Receiver(mode="AutoConnect", uri=device.camera_uri(), protocol="RTSP")


def job_of(recording: str, receiver: str, **changes: object) -> Job:
    source = Source(token=receiver, type=RECEIVER_SOURCE)
    return Job(recording=recording, mode="Active", sources=(source,)).to(**changes)


def wait_for_connection(device: Device, receiver: str, state: str) -> None:
    device.eventually(f"the receiver is {state}", lambda: device.receivers.state(receiver)[0] == state)


def states(events: PullPoint, receiver: str) -> list[str]:
    return [event.data["NewState"] for event in events.of("ChangeState", ReceiverToken=receiver)]


@proves("RX-04", f"{RX} § Receiver modes", "Receiver")
def test_always_connect_connects_without_a_job_and_tells_it(device: Device, bench: Workbench, camera: Receiver) -> None:
    with device.listen(RECEIVER_TOPICS) as events:
        token = bench.receiver(camera.to(mode="AlwaysConnect"))
        events.wait("it is connected", lambda _: "Connected" in states(events, token))
        assert device.receivers.state(token)[0] == "Connected"
        device.receivers.set_mode(token, "NeverConnect")
        events.wait("it is not connected", lambda _: states(events, token)[-1] == "NotConnected")
    assert device.receivers.state(token)[0] == "NotConnected"
    told = states(events, token)
    assert all(a != b for a, b in itertools.pairwise(told)), f"a transition is told once: {told}"


@proves("RX-04", f"{RX} § Receiver modes", "Receiver")
def test_auto_connect_does_not_connect_without_a_job(device: Device, bench: Workbench, camera: Receiver) -> None:
    token = bench.receiver(camera)
    time.sleep(0.5)
    assert device.receivers.state(token)[0] == "NotConnected"


@proves("RX-06", f"{RX} § Receiver modes", "Receiver", "Recording")
def test_auto_connect_is_connected_as_long_as_a_job_is_active(
    device: Device, bench: Workbench, recording: str, camera: Receiver
) -> None:
    token = bench.receiver(camera)
    first = bench.job(job_of(recording, token))
    wait_for_connection(device, token, "Connected")
    other = bench.recording()
    second = bench.job(job_of(other, token))
    bench.wait_for_state(second, *ACTIVE)
    device.recording.set_mode(first, "Idle")
    time.sleep(0.3)
    assert device.receivers.state(token)[0] == "Connected", "the second job still wants it"
    device.recording.set_mode(second, "Idle")
    wait_for_connection(device, token, "NotConnected")


@proves("RX-09", f"{RX} § Transport", "Receiver", "Recording")
@pytest.mark.parametrize("protocol", ["UDP", "RTSP", "HTTP"])
def test_a_job_records_over_each_transport(
    device: Device, bench: Workbench, recording: str, camera: Receiver, protocol: str
) -> None:
    token = bench.receiver(camera.to(protocol=protocol))
    bench.wait_for_state(bench.job(job_of(recording, token)), *ACTIVE)


@proves("RX-17", f"{RX} § Events", "Receiver")
def test_a_camera_that_is_not_there_is_told_and_retried(device: Device, bench: Workbench) -> None:
    wanted = Receiver(mode="AlwaysConnect", uri=device.unreachable_uri())
    with device.listen(RECEIVER_TOPICS) as events:
        token = bench.receiver(Receiver())
        device.receivers.configure(token, wanted)
        [told, *_] = events.expect("ConnectionFailed", ReceiverToken=token)
    assert told.data["MediaUri"] == wanted.uri
    assert device.receivers.get(token) == wanted
    device.eventually("it is NotConnected between attempts", lambda: device.receivers.state(token)[0] == "NotConnected")


@proves("RC-29", f"{RC} § GetRecordingJobState", "Receiver", "Recording")
def test_a_job_of_a_receiver_becomes_active_and_idle_again(
    device: Device, bench: Workbench, recording: str, camera: Receiver
) -> None:
    token = bench.receiver(camera)
    job = bench.job(job_of(recording, token))
    state = bench.wait_for_state(job, *ACTIVE)
    assert [source.token for source in state.sources] == [token]
    assert state.sources[0].state in ACTIVE
    device.recording.set_mode(job, "Idle")
    assert {source.state for source in bench.wait_for_state(job, "Idle").sources} == {"Idle"}


@proves("RC-37", f"{RC} § GetRecordingJobState", "Receiver", "Recording")
def test_a_job_of_a_receiver_that_never_connects_is_idle(
    device: Device, bench: Workbench, recording: str, camera: Receiver
) -> None:
    job = bench.job(job_of(recording, bench.receiver(camera.to(mode="NeverConnect"))))
    time.sleep(0.5)
    state = device.recording.state(job)
    assert (state.state, [source.state for source in state.sources]) == ("Idle", ["Idle"])
    assert device.recording.job(job).mode == "Active"


@proves("RC-71", f"{RC} § GetRecordingJobState", "Receiver", "Recording")
def test_a_job_stays_active_while_its_receiver_is_configured_anew(
    device: Device, bench: Workbench, recording: str, camera: Receiver
) -> None:
    token = bench.receiver(camera.to(mode="AlwaysConnect"))
    job = bench.job(job_of(recording, token))
    bench.wait_for_state(job, *ACTIVE)
    device.receivers.configure(token, camera.to(mode="AlwaysConnect", protocol="UDP"))
    assert device.recording.state(job).state in ACTIVE
    wait_for_connection(device, token, "Connected")
    bench.wait_for_state(job, *ACTIVE)


@proves("RC-72", f"{RC} § Events", "Receiver", "Recording")
def test_activating_a_job_without_an_address_changes_its_state(
    device: Device, bench: Workbench, recording: str
) -> None:
    asked = Job(recording=recording, sources=(Source(auto_create=True),))
    token, _ = device.recording.create_job(asked)
    bench.keep(device.recording.delete_job, token)
    with device.listen(JOB_STATE) as events:
        events.expect("JobState", RecordingJobToken=token)
        device.recording.set_mode(token, "Active")
        told = events.expect("JobState", count=2, RecordingJobToken=token)
        assert told[1].operation == "Changed"
        device.recording.set_mode(token, "Idle")
        events.wait("it is idle", lambda _: events.of("JobState", RecordingJobToken=token)[-1].data["State"] == "Idle")


@proves("RC-20", f"{RC} § CreateRecordingJob", "Receiver", "Recording")
def test_a_receiver_made_for_a_job_records_once_it_is_configured(
    device: Device, bench: Workbench, recording: str, camera: Receiver
) -> None:
    token, used = device.recording.create_job(
        Job(recording=recording, mode="Active", sources=(Source(auto_create=True),))
    )
    bench.keep(device.recording.delete_job, token)
    device.receivers.configure(used.sources[0].token or "", camera)
    bench.wait_for_state(token, *ACTIVE)
    assert device.receivers.state(used.sources[0].token or "") == ("Connected", True)
    device.recording.delete_job(token)
    assert used.sources[0].token not in device.receivers.all()


@proves("RC-35", f"{RC} § GetRecordingJobState", "Receiver", "Recording")
def test_a_source_that_is_not_there_shows_in_the_job(
    device: Device, bench: Workbench, recording: str, camera: Receiver
) -> None:
    tracks = {kind: token for token, kind in device.recording.tracks(recording).items()}
    if not {"Video", "Metadata"} <= set(tracks):
        pytest.skip("the recording has no two kinds of tracks")
    good, bad = bench.receiver(camera), bench.receiver(Receiver(mode="AutoConnect", uri=device.unreachable_uri()))
    sources = tuple(
        Source(token=token, type=RECEIVER_SOURCE, tracks=(("", tracks[kind]),))
        for token, kind in ((good, "Video"), (bad, "Metadata"))
    )
    job = bench.job(Job(recording=recording, mode="Active", sources=sources))

    def settled() -> bool:
        state = device.recording.state(job)
        return state.sources[0].state == "Active" and state.sources[1].state in ("Error", "Idle")

    device.eventually("the good source records and the bad one does not", settled)
    device.eventually("the bad source fails", lambda: device.recording.state(job).sources[1].state == "Error")
    state = device.recording.state(job)
    assert state.state == "Error", "Error dominates"
    assert state.sources[1].tracks[0][2], "an Error has a text"


@proves("RC-31", f"{RC} § Priority", "Receiver", "Recording")
def test_the_lower_job_records_while_the_source_of_the_higher_is_away(
    device: Device, bench: Workbench, recording: str, camera: Receiver
) -> None:
    low = bench.job(job_of(recording, bench.receiver(camera), priority=1))
    bench.wait_for_state(low, *ACTIVE)
    away = bench.receiver(Receiver(mode="AutoConnect", uri=device.unreachable_uri()))
    bench.job(job_of(recording, away, priority=9))
    time.sleep(1)
    assert device.recording.state(low).state in ACTIVE
