"""Receivers as configuration: create, configure, list, delete, and what is refused."""

from __future__ import annotations

import pytest
from tests.conformance.marks import RC, RX, proves
from tests.conformance.names import NAMESPACES, request
from tests.conformance.receiver import Receiver, configure, create
from tests.conformance.recording import RECEIVER_SOURCE, Job, Source
from tests.conformance.requests import NONE
from tests.conformance.workbench import Device, Workbench

UNKNOWN_TOKEN = ("Sender", "InvalidArgVal", "UnknownToken")
BAD_CONFIGURATION = ("Sender", "InvalidArgVal", "BadConfiguration")
INVALID_ARGS = ("Sender", "InvalidArgs")
REFERENCES = ("ReferenceToken", "ReceiverReference")
URI = "rtsp://192.0.2.1/conformance"


@proves("RX-01", f"{RX} § CreateReceiver", "Receiver")
@pytest.mark.parametrize("mode", ["NeverConnect", "AutoConnect", "AlwaysConnect"])
def test_a_new_receiver_is_answered_and_listed_as_asked(device: Device, bench: Workbench, mode: str) -> None:
    wanted = Receiver(mode=mode, uri=URI)
    before = device.receivers.all()
    token, used = device.receivers.create(wanted)
    bench.keep(device.receivers.delete, token)
    assert token not in before
    assert used == wanted
    assert device.receivers.all() == {**before, token: wanted}
    assert device.receivers.get(token) == wanted


@proves("RX-01", f"{RX} § GetReceiverState", "Receiver")
@pytest.mark.parametrize("mode", ["NeverConnect", "AutoConnect"])
def test_a_new_receiver_is_not_connected_and_not_auto_created(device: Device, bench: Workbench, mode: str) -> None:
    token = bench.receiver(Receiver(mode=mode, uri=URI))
    assert device.receivers.state(token) == ("NotConnected", False)


@proves("RX-09", f"{RX} § CreateReceiver", "Receiver")
@pytest.mark.parametrize("protocol", ["UDP", "HTTP"])
def test_the_transports_that_every_device_has_are_accepted(device: Device, bench: Workbench, protocol: str) -> None:
    token = bench.receiver(Receiver(uri=URI, protocol=protocol))
    assert device.receivers.get(token).protocol == protocol


@proves("RX-02", f"{RX} § CreateReceiver", "Receiver")
def test_as_many_receivers_as_stated_can_be_created(device: Device, bench: Workbench) -> None:
    limit = int(device.features.number("trv", "SupportedReceivers"))
    spare = limit - len(device.receivers.all())
    if spare > 128 and not device.target.destructive:
        pytest.skip(f"{spare} receivers would have to be created; done with --destructive")
    for _ in range(spare):
        bench.receiver()
    device.client.refused(create(Receiver(uri=URI)), "Receiver", "Action", "MaxReceivers")
    assert len(device.receivers.all()) == limit


@proves("RX-03", f"{RX} § Fault codes", "Receiver")
@pytest.mark.parametrize("operation", ["GetReceiver", "DeleteReceiver", "GetReceiverState"])
def test_an_unknown_receiver_is_an_unknown_token(device: Device, operation: str) -> None:
    device.client.refused(request(f"trv:{operation}", ReceiverToken=NONE), *UNKNOWN_TOKEN)


@proves("RX-03", f"{RX} § ConfigureReceiver", "Receiver")
def test_an_unknown_receiver_cannot_be_configured(device: Device) -> None:
    device.client.refused(configure(NONE, Receiver(uri=URI)), *UNKNOWN_TOKEN)


@proves("RX-03", f"{RX} § SetReceiverMode", "Receiver")
def test_the_mode_of_an_unknown_receiver_cannot_be_set(device: Device) -> None:
    body = request("trv:SetReceiverMode", ReceiverToken=NONE, Mode="NeverConnect")
    device.client.refused(body, *UNKNOWN_TOKEN)


@proves("RX-08", f"{RX} § CreateReceiver", "Receiver")
def test_an_address_of_128_octets_is_kept(device: Device, bench: Workbench) -> None:
    uri = (URI + "/" + "a" * 128)[:128]
    assert device.receivers.get(bench.receiver(Receiver(uri=uri))).uri == uri


@proves("RX-08", f"{RX} § CreateReceiver", "Receiver")
def test_an_address_longer_than_stated_is_refused(device: Device) -> None:
    limit = int(device.features.number("trv", "MaximumRTSPURILength"))
    if not limit:
        pytest.skip("the device does not state MaximumRTSPURILength")
    uri = URI + "/" + "a" * (limit - len(URI))
    device.client.refused(create(Receiver(uri=uri)), *BAD_CONFIGURATION)


@proves("RX-12", f"{RX} § GetReceiver", "Receiver")
@pytest.mark.parametrize(
    "uri",
    [
        "rtsp://user:secret@192.0.2.1:8554/conformance",
        "rtsp://192.0.2.1/conformance?channel=1&stream=2",
        "rtsp://192.0.2.1/conformance%20live/%E6%BC%A2",
        "rtsp://camera.example/conformance",
        "rtsp://[2001:db8::1]/conformance",
    ],
)
def test_an_address_comes_back_as_it_went_in(device: Device, bench: Workbench, uri: str) -> None:
    assert device.receivers.get(bench.receiver(Receiver(uri=uri))).uri == uri


# What no device can receive: each with a change of a good configuration.
BAD_RECEIVERS = {
    "unknown scheme": {"uri": "gopher://192.0.2.1/conformance"},
    "a file": {"uri": "file:///etc/passwd#conformance"},
    "no scheme": {"uri": "192.0.2.1/conformance"},
    "no host": {"uri": "rtsp:///conformance"},
    "a port that is none": {"uri": "rtsp://192.0.2.1:99999/conformance"},
    "mode Unknown": {"mode": "Unknown"},
}


@proves("RX-13", f"{RX} § CreateReceiver", "Receiver")
@pytest.mark.parametrize("case", BAD_RECEIVERS)
def test_an_impossible_receiver_is_not_created(device: Device, case: str) -> None:
    before = device.receivers.all()
    device.client.refused(create(Receiver(uri=URI).to(**BAD_RECEIVERS[case])), *BAD_CONFIGURATION)
    assert device.receivers.all() == before


@proves("RX-13", f"{RX} § ConfigureReceiver", "Receiver")
@pytest.mark.parametrize("case", BAD_RECEIVERS)
def test_an_impossible_configuration_leaves_the_old_one(device: Device, bench: Workbench, case: str) -> None:
    wanted = Receiver(uri=URI)
    token = bench.receiver(wanted)
    device.client.refused(configure(token, wanted.to(**BAD_RECEIVERS[case])), *BAD_CONFIGURATION)
    assert device.receivers.get(token) == wanted


@proves("RX-13", f"{RX} § CreateReceiver", "Receiver")
def test_a_multicast_stream_needs_the_capability(device: Device) -> None:
    if device.features.flag("trv", "RTP_Multicast"):
        pytest.skip("the device states RTP_Multicast")
    device.client.refused(create(Receiver(uri=URI, stream="RTP-Multicast", protocol="UDP")), *BAD_CONFIGURATION)


@proves("RX-14", f"{RX} § ConfigureReceiver", "Receiver")
def test_a_configuration_is_replaced_as_a_whole(device: Device, bench: Workbench) -> None:
    token = bench.receiver(Receiver(uri=URI))
    wanted = Receiver(mode="AutoConnect", uri="rtsp://192.0.2.2/conformance/other", protocol="UDP")
    device.receivers.configure(token, wanted)
    assert device.receivers.get(token) == wanted
    assert device.receivers.all()[token] == wanted


@proves("RX-14", f"{RX} § SetReceiverMode", "Receiver")
def test_setting_the_mode_leaves_the_rest(device: Device, bench: Workbench) -> None:
    wanted = Receiver(uri=URI)
    token = bench.receiver(wanted)
    for mode in ("AutoConnect", "NeverConnect"):
        device.receivers.set_mode(token, mode)
        assert device.receivers.get(token) == wanted.to(mode=mode)


@proves("RX-14", f"{RX} § SetReceiverMode", "Receiver")
def test_a_mode_that_does_not_exist_is_refused(device: Device, bench: Workbench) -> None:
    token = bench.receiver()
    body = request("trv:SetReceiverMode", ReceiverToken=token, Mode="Sometimes")
    device.client.refused(body, *INVALID_ARGS, also=[("Sender", "InvalidArgVal")], malformed=True)
    assert device.receivers.get(token).mode == "NeverConnect"


@proves("RX-15", f"{RX} § DeleteReceiver", "Receiver")
def test_a_deleted_receiver_is_gone(device: Device, bench: Workbench) -> None:
    token = bench.receiver()
    device.receivers.delete(token)
    assert token not in device.receivers.all()
    for operation in ("GetReceiver", "DeleteReceiver", "GetReceiverState"):
        device.client.refused(request(f"trv:{operation}", ReceiverToken=token), *UNKNOWN_TOKEN)


@proves("RX-15", f"{RX} § DeleteReceiver", "Receiver", "Recording")
def test_a_receiver_that_a_job_uses_cannot_be_deleted(device: Device, bench: Workbench, recording: str) -> None:
    token = bench.receiver()
    job = bench.job(Job(recording=recording, sources=(Source(token=token, type=RECEIVER_SOURCE),)))
    body = request("trv:DeleteReceiver", ReceiverToken=token)
    device.client.refused(body, "Receiver", "Action", "CannotDeleteReceiver")
    assert token in device.receivers.all()
    device.recording.delete_job(job)
    assert token in device.receivers.all(), "a receiver that a client made stays"
    device.receivers.delete(token)


@proves("RX-16", f"{RX} § Events", "Receiver", "Events")
@pytest.mark.parametrize(("topic", "item"), [("ChangeState", "NewState"), ("ConnectionFailed", "MediaUri")])
def test_a_topic_is_described_as_the_specification_has_it(device: Device, topic: str, item: str) -> None:
    described = device.features.topics.get(f"Receiver/{topic}")
    assert described is not None, "the topic is not in the TopicSet"
    assert not described.is_property
    # The schema has a ReceiverReference, which is a ReferenceToken of that name.
    assert set(described.source) == {"ReceiverToken"}
    assert described.source["ReceiverToken"] in [(NAMESPACES["tt"], kind) for kind in REFERENCES]
    assert item in described.data
    assert set(described.data) <= {"NewState", "MediaUri"}


def auto(job: Job) -> Job:
    """The job with a source that asks for a receiver."""
    return job.to(sources=(Source(auto_create=True),))


@pytest.fixture
def wanted(recording: str) -> Job:
    return Job(recording=recording)


@proves("RC-20", f"{RC} § CreateRecordingJob", "Receiver", "Recording")
def test_a_receiver_is_created_for_a_job_that_asks(device: Device, bench: Workbench, wanted: Job) -> None:
    before = device.receivers.all()
    token, used = device.recording.create_job(auto(wanted))
    bench.keep(device.recording.delete_job, token)
    [source] = used.sources
    assert source.auto_create is None, "AutoCreateReceiver is never answered"
    assert source.type == RECEIVER_SOURCE
    assert source.token
    assert set(device.receivers.all()) == {*before, source.token}
    assert device.receivers.state(source.token) == ("NotConnected", True)
    assert device.recording.job(token) == used
    assert device.receivers.get(source.token) == Receiver(mode="AutoConnect", uri="", protocol="UDP")


@proves("RC-21", f"{RC} § DeleteRecordingJob", "Receiver", "Recording")
def test_a_receiver_that_was_created_for_a_job_goes_with_it(device: Device, bench: Workbench, wanted: Job) -> None:
    before = device.receivers.all()
    token, used = device.recording.create_job(auto(wanted))
    bench.keep(device.recording.delete_job, token)
    body = request("trv:DeleteReceiver", ReceiverToken=used.sources[0].token)
    device.client.refused(body, "Receiver", "Action", "CannotDeleteReceiver")
    device.recording.delete_job(token)
    assert device.receivers.all() == before


@proves("RC-21", f"{RC} § DeleteRecordingJob", "Receiver", "Recording")
def test_a_receiver_that_two_jobs_use_goes_with_the_last(device: Device, bench: Workbench, wanted: Job) -> None:
    first, used = device.recording.create_job(auto(wanted))
    bench.keep(device.recording.delete_job, first)
    shared = used.sources[0].token
    second = bench.job(wanted.to(sources=(Source(token=shared, type=RECEIVER_SOURCE),)))
    device.recording.delete_job(first)
    assert shared in device.receivers.all()
    device.recording.delete_job(second)
    assert shared not in device.receivers.all()


@proves("RC-40", f"{RC} § DeleteRecording", "Receiver", "DynamicRecordings")
def test_with_a_recording_go_only_receivers_that_were_created_for_its_jobs(
    device: Device, bench: Workbench, wanted: Job
) -> None:
    mine = bench.receiver()
    video, audio = list(device.recording.tracks(wanted.recording))[:2]
    sources = (
        Source(auto_create=True, tracks=(("", video),)),
        Source(token=mine, type=RECEIVER_SOURCE, tracks=(("", audio),)),
    )
    token, used = device.recording.create_job(wanted.to(sources=sources))
    device.recording.delete(wanted.recording)
    assert token not in device.recording.jobs()
    assert used.sources[0].token not in device.receivers.all()
    assert mine in device.receivers.all()


@proves("RC-27", f"{RC} § SetRecordingJobConfiguration", "Receiver", "Recording")
def test_a_receiver_goes_when_its_job_drops_it_and_comes_when_it_asks(
    device: Device, bench: Workbench, wanted: Job
) -> None:
    mine = bench.receiver()
    token, used = device.recording.create_job(auto(wanted))
    bench.keep(device.recording.delete_job, token)
    old = used.sources[0].token
    device.recording.configure_job(token, wanted.to(sources=(Source(token=mine, type=RECEIVER_SOURCE),)))
    assert old not in device.receivers.all()
    again = device.recording.configure_job(token, auto(wanted)).sources[0].token
    assert again not in (old, mine)
    assert device.receivers.state(again or "") == ("NotConnected", True)
    assert mine in device.receivers.all()


@proves("RC-53", f"{RC} § CreateRecordingJob", "Receiver", "Recording")
def test_with_a_token_no_receiver_is_created(device: Device, bench: Workbench, wanted: Job) -> None:
    mine = bench.receiver()
    before = device.receivers.all()
    asked = wanted.to(sources=(Source(token=mine, type=RECEIVER_SOURCE, auto_create=True),))
    token, used = device.recording.create_job(asked)
    bench.keep(device.recording.delete_job, token)
    assert used.sources[0].token == mine
    assert device.receivers.all() == before
    assert device.receivers.state(mine) == ("NotConnected", False)


@proves("RC-24", f"{RC} § CreateRecordingJob", "Receiver", "Recording")
def test_without_room_for_its_receiver_no_job_is_created(device: Device, bench: Workbench, wanted: Job) -> None:
    spare = int(device.features.number("trv", "SupportedReceivers")) - len(device.receivers.all())
    if spare > 128 and not device.target.destructive:
        pytest.skip(f"{spare} receivers would have to be created; done with --destructive")
    tokens = [bench.receiver() for _ in range(spare)]
    jobs, receivers = device.recording.jobs(), device.receivers.all()
    body = f"<trc:CreateRecordingJob>{auto(wanted).xml()}</trc:CreateRecordingJob>"
    device.client.refused(body, "Receiver", "Action", "MaxReceivers")
    assert (device.recording.jobs(), device.receivers.all()) == (jobs, receivers)
    if tokens:
        kept = wanted.to(sources=(Source(token=tokens[0], type=RECEIVER_SOURCE),))
        job = bench.job(kept)
        before = device.recording.job(job)
        body = f"<trc:JobToken>{job}</trc:JobToken>{auto(wanted).xml()}"
        device.client.refused(
            f"<trc:SetRecordingJobConfiguration>{body}</trc:SetRecordingJobConfiguration>",
            "Receiver", "Action", "MaxReceivers",
        )  # fmt: skip
        assert device.recording.job(job) == before
