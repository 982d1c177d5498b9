"""Receivers of a camera that these tests hold in their hands: counted, unplugged, locked, and sending otherwise.

The device has to be able to reach the machine that runs the tests.
"""

from __future__ import annotations

import time

import pytest
from tests.conformance.camera import Camera
from tests.conformance.marks import RC, RX, proves
from tests.conformance.receiver import Receiver
from tests.conformance.recording import RECEIVER_SOURCE, Job, Source
from tests.conformance.workbench import Device, Workbench, span_s

ACTIVE = ("Active", "PartiallyActive")
RECEIVER_TOPICS = "tns1:Receiver//."


@pytest.fixture
def camera(bench: Workbench) -> Camera:
    return bench.camera()


def watching(camera: Camera, mode: str = "AutoConnect", protocol: str = "RTSP") -> Receiver:
    return Receiver(mode=mode, uri=camera.uri, protocol=protocol)


def video_job(device: Device, recording: str, receiver: str) -> Job:
    video = next(token for token, kind in device.recording.tracks(recording).items() if kind == "Video")
    source = Source(token=receiver, type=RECEIVER_SOURCE, tracks=(("", video),))
    return Job(recording=recording, mode="Active", sources=(source,))


def wait_for_picture(device: Device, camera: Camera) -> None:
    device.eventually(f"the device plays {camera.uri}, on the machine of these tests", lambda: camera.sessions)


@proves("RX-05", f"{RX} § Receiver modes", "Receiver")
@pytest.mark.parametrize("mode", ["NeverConnect", "AutoConnect"])
def test_without_a_job_the_camera_is_left_alone(device: Device, bench: Workbench, camera: Camera, mode: str) -> None:
    bench.receiver(watching(camera, mode))
    time.sleep(0.7)
    assert camera.plays == 0
    assert not camera.sessions


@proves("RX-06", f"{RX} § Receiver modes", "Receiver", "DynamicRecordings")
def test_two_jobs_of_one_receiver_share_one_session(device: Device, bench: Workbench, camera: Camera) -> None:
    token = bench.receiver(watching(camera))
    jobs = [bench.job(video_job(device, bench.recording(), token)) for _ in range(2)]
    for job in jobs:
        bench.wait_for_state(job, *ACTIVE)
    assert len(camera.sessions) == 1
    device.recording.set_mode(jobs[0], "Idle")
    bench.wait_for_state(jobs[0], "Idle")
    assert len(camera.sessions) == 1
    device.recording.set_mode(jobs[1], "Idle")
    device.eventually("the session ends with the last job", lambda: not camera.sessions)
    assert camera.plays == 1


@proves("RX-09", f"{RX} § Transport", "Receiver", "Recording", "Search")
@pytest.mark.parametrize("protocol", ["UDP", "RTSP", "HTTP"])
def test_what_the_camera_sends_is_recorded(
    device: Device, bench: Workbench, recording: str, camera: Camera, protocol: str
) -> None:
    if protocol == "RTSP" and not device.features.flag("trv", "RTP_RTSP_TCP"):
        pytest.skip("the device does not state RTP_RTSP_TCP")
    token = bench.receiver(watching(camera, protocol=protocol))
    bench.wait_for_state(bench.job(video_job(device, recording, token)), "Active")
    device.eventually("there is footage", lambda: span_s(device, recording) > 0.5)


@proves("RX-09", f"{RX} § Transport", "Receiver")
def test_a_camera_with_a_password_is_logged_in_to(device: Device, bench: Workbench) -> None:
    camera = bench.camera(username="viewer", password="secret-7")
    token = bench.receiver(watching(camera, "AlwaysConnect"))
    wait_for_picture(device, camera)
    device.eventually("it is connected", lambda: device.receivers.state(token)[0] == "Connected")


@proves("RX-17", f"{RX} § Events", "Receiver")
def test_a_wrong_password_is_a_failed_connection(device: Device, bench: Workbench) -> None:
    camera = bench.camera(username="viewer", password="secret-7")
    uri = camera.uri.replace("secret-7", "guess")
    with device.listen(RECEIVER_TOPICS) as events:
        token = bench.receiver(Receiver(mode="AlwaysConnect", uri=uri))
        events.expect("ConnectionFailed", ReceiverToken=token)
    assert camera.plays == 0
    assert device.receivers.state(token)[0] != "Connected"


@proves("RX-04", f"{RX} § Receiver modes", "Receiver")
def test_a_camera_that_is_unplugged_and_back_is_connected_again(
    device: Device, bench: Workbench, camera: Camera
) -> None:
    with device.listen(RECEIVER_TOPICS) as events:
        token = bench.receiver(watching(camera, "AlwaysConnect"))
        states = lambda: [event.data["NewState"] for event in events.of("ChangeState", ReceiverToken=token)]  # noqa: E731
        events.wait("it is connected", lambda _: states()[-1:] == ["Connected"])
        camera.unplug()
        events.wait("it is told", lambda _: "NotConnected" in states()[states().index("Connected") :])
        camera.plug()
        events.wait("it is connected again", lambda _: states()[-1] == "Connected")
    assert camera.plays == 2


@proves("RX-18", f"{RX} § DeleteReceiver", "Receiver")
def test_the_connection_of_a_deleted_receiver_ends(device: Device, bench: Workbench, camera: Camera) -> None:
    token = bench.receiver(watching(camera, "AlwaysConnect"))
    wait_for_picture(device, camera)
    device.receivers.delete(token)
    device.eventually("the session ends", lambda: not camera.sessions)


@proves("RX-18", f"{RX} § ConfigureReceiver", "Receiver")
def test_a_receiver_that_is_pointed_elsewhere_leaves_the_old_camera(
    device: Device, bench: Workbench, camera: Camera
) -> None:
    token = bench.receiver(watching(camera, "AlwaysConnect"))
    wait_for_picture(device, camera)
    other = bench.camera()
    device.receivers.configure(token, watching(other, "AlwaysConnect"))
    wait_for_picture(device, other)
    device.eventually("the old session ends", lambda: not camera.sessions)


@proves("RC-35", f"{RC} § GetRecordingJobState", "Receiver", "Recording")
def test_another_encoding_than_the_track_holds_is_an_incompatible_stream(
    device: Device, bench: Workbench, recording: str, camera: Camera
) -> None:
    if not {"JPEG", "H264"} <= set(device.features.attribute("trc", "Encoding").split()):
        pytest.skip("the device does not record both JPEG and H264")
    token = bench.receiver(watching(camera))
    first = bench.job(video_job(device, recording, token))
    bench.wait_for_state(first, "Active")
    if device.features.has_service("tse"):
        device.eventually("there is footage", lambda: span_s(device, recording) > 0)
    device.recording.delete_job(first)
    device.eventually("the session ends", lambda: not camera.sessions)
    camera.codec = "JPEG"
    state = bench.wait_for_state(bench.job(video_job(device, recording, token)), "Error")
    [(_, _, error, track)] = state.sources[0].tracks
    assert (track, state.sources[0].state) == ("Error", "Error")
    assert error == "Incompatible Stream"


@proves("RC-40", f"{RC} § DeleteRecording", "Receiver", "DynamicRecordings")
def test_with_a_recording_ends_the_connection_that_filled_it(
    device: Device, bench: Workbench, recording: str, camera: Camera
) -> None:
    job, used = device.recording.create_job(
        Job(recording=recording, mode="Active", sources=(Source(auto_create=True),))
    )
    receiver = used.sources[0].token or ""
    device.receivers.configure(receiver, watching(camera))
    bench.wait_for_state(job, *ACTIVE)
    with device.listen(RECEIVER_TOPICS) as events:
        device.recording.delete(recording)
        device.eventually("the session ends", lambda: not camera.sessions)
        events.drain()
    assert receiver not in device.receivers.all()
    assert job not in device.recording.jobs()
