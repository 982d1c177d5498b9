"""The receiver service, seen from outside: one station records what another one sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.harness.recorder import Notification, PullPoint, Recorder
from tests.harness.soap import NAMESPACES, SoapClient, SoapFault, text, texts
from tests.harness.station import PASSWORD, USERNAME, StationProcess, free_port, wait_for, write_board

RECEIVER_TYPE = "http://www.onvif.org/ver10/schema/Receiver"


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StationProcess]:
    """A station of which nothing is wanted but its pictures."""
    folder = tmp_path_factory.mktemp("camera")
    running = StationProcess(folder / "data", board=write_board(folder)).start()
    yield running
    assert running.stop() == 0


@dataclass
class Receivers:
    """What one client does with the receiver service."""

    soap: SoapClient

    def create(self, uri: str, mode: str = "AutoConnect", protocol: str = "RTSP") -> str:
        answer = self.soap.call(f"<trv:CreateReceiver>{configuration(uri, mode, protocol)}</trv:CreateReceiver>")
        return text(answer, "trv:Receiver/tt:Token")

    def configure(self, token: str, uri: str, mode: str = "AutoConnect", protocol: str = "RTSP") -> None:
        body = named(token) + configuration(uri, mode, protocol)
        self.soap.call(f"<trv:ConfigureReceiver>{body}</trv:ConfigureReceiver>")

    def set_mode(self, token: str, mode: str) -> None:
        self.soap.call(f"<trv:SetReceiverMode>{named(token)}<trv:Mode>{mode}</trv:Mode></trv:SetReceiverMode>")

    def delete(self, *tokens: str) -> None:
        for token in tokens:
            self.soap.call(f"<trv:DeleteReceiver>{named(token)}</trv:DeleteReceiver>")

    def told(self, token: str) -> list[str]:
        """Mode, URI, stream and protocol as they are told."""
        answer = self.soap.call(f"<trv:GetReceiver>{named(token)}</trv:GetReceiver>")
        paths = ("Mode", "MediaUri", "StreamSetup/tt:Stream", "StreamSetup/tt:Transport/tt:Protocol")
        return [text(answer, f"trv:Receiver/tt:Configuration/tt:{path}") for path in paths]

    def state(self, token: str) -> list[str]:
        answer = self.soap.call(f"<trv:GetReceiverState>{named(token)}</trv:GetReceiverState>")
        return texts(answer, "trv:ReceiverState/*")

    def wait_for_state(self, token: str, state: str) -> None:
        wait_for(f"the receiver is {state}", lambda: self.state(token)[0] == state)

    def tokens(self) -> list[str]:
        return texts(self.soap.call("<trv:GetReceivers/>"), "trv:Receivers/tt:Token")


@pytest.fixture
def receivers(soap: SoapClient) -> Receivers:
    return Receivers(soap)


@pytest.fixture
def events(soap: SoapClient) -> PullPoint:
    return PullPoint(soap, "tns1:Receiver//.").open()


def configuration(uri: str, mode: str = "AutoConnect", protocol: str = "RTSP") -> str:
    return (
        f"<trv:Configuration><tt:Mode>{mode}</tt:Mode><tt:MediaUri>{uri}</tt:MediaUri><tt:StreamSetup>"
        f"<tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>{protocol}</tt:Protocol></tt:Transport>"
        "</tt:StreamSetup></trv:Configuration>"
    )


def named(token: str) -> str:
    return f"<trv:ReceiverToken>{token}</trv:ReceiverToken>"


def live(camera: StationProcess, profile: str = "Main") -> str:
    return f"rtsp://{USERNAME}:{PASSWORD}@127.0.0.1:{camera.rtsp_port}/live/{profile}"


def create_job(soap: SoapClient, recording: str, receiver: str = "", mode: str = "Active") -> tuple[str, str]:
    """A job that records a receiver, or one that comes with it; both tokens."""
    wanted = f'<tt:SourceToken Type="{RECEIVER_TYPE}"><tt:Token>{receiver}</tt:Token></tt:SourceToken>'
    if not receiver:
        wanted = "<tt:AutoCreateReceiver>true</tt:AutoCreateReceiver>"
    answer = soap.call(
        f"<trc:CreateRecordingJob><trc:JobConfiguration><tt:RecordingToken>{recording}</tt:RecordingToken>"
        f"<tt:Mode>{mode}</tt:Mode><tt:Priority>1</tt:Priority><tt:Source>{wanted}</tt:Source>"
        "</trc:JobConfiguration></trc:CreateRecordingJob>"
    )
    found = answer.findtext(".//tt:SourceToken/tt:Token", "", NAMESPACES)
    return text(answer, "trc:JobToken"), found


def refusal(soap: SoapClient, body: str) -> tuple[str, ...]:
    with pytest.raises(SoapFault) as refused:
        soap.call(body)
    return refused.value.codes


def states(seen: list[Notification], token: str) -> list[str]:
    """The states told of a receiver."""
    told = (one for one in seen if one.topic.endswith("Receiver/ChangeState") and one.source["ReceiverToken"] == token)
    return [one.data["NewState"] for one in told]


def connections(port: int) -> int:
    """How many TCP connections the server at this port has."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[1].rpartition(":")[2], 16) == port and row[3] == "01" for row in rows)


def test_a_job_brings_its_receiver_which_records_another_station_and_goes_with_the_job(
    soap: SoapClient, recorder: Recorder, receivers: Receivers, events: PullPoint, camera: StationProcess
) -> None:
    recording = recorder.create_recording("Neighbour")
    job, receiver = create_job(soap, recording)
    assert receivers.told(receiver) == ["AutoConnect", "", "RTP-Unicast", "UDP"]
    assert receivers.state(receiver) == ["NotConnected", "true"]
    assert recorder.job_state(job) == "Error", "nobody has said where the camera is"
    receivers.configure(receiver, live(camera), protocol="UDP")
    assert receivers.told(receiver) == ["AutoConnect", live(camera), "RTP-Unicast", "UDP"]
    recorder.wait_for_footage(recording, 2)
    assert recorder.job_state(job) in ("Active", "PartiallyActive")
    assert receivers.state(receiver) == ["Connected", "true"]
    deletion = f"<trv:DeleteReceiver>{named(receiver)}</trv:DeleteReceiver>"
    assert refusal(soap, deletion) == ("Receiver", "Action", "CannotDeleteReceiver")
    soap.call(f"<trc:DeleteRecordingJob><trc:JobToken>{job}</trc:JobToken></trc:DeleteRecordingJob>")
    assert receiver not in receivers.tokens()
    events.wait_for("the connection is closed", lambda seen: "NotConnected" in states(seen, receiver))
    assert states(events.seen, receiver) == ["Connecting", "Connected", "NotConnected"]
    wait_for("the camera is left alone", lambda: connections(camera.rtsp_port) == 0, timeout_s=1)
    recorder.delete_recording(recording)


def test_two_jobs_share_one_connection_which_ends_when_both_are_idle(
    soap: SoapClient, recorder: Recorder, receivers: Receivers, camera: StationProcess
) -> None:
    receiver = receivers.create(live(camera))
    recordings = [recorder.create_recording(name) for name in ("One", "Two")]
    jobs = [create_job(soap, recording, receiver)[0] for recording in recordings]
    for recording in recordings:
        recorder.wait_for_footage(recording, 1)
    assert connections(camera.rtsp_port) == 1
    recorder.set_mode(jobs[0], "Idle")
    assert receivers.state(receiver) == ["Connected", "false"]
    recorder.set_mode(jobs[1], "Idle")
    wait_for("the camera is left alone", lambda: connections(camera.rtsp_port) == 0, timeout_s=1)
    recorder.set_mode(jobs[0], "Active")
    receivers.wait_for_state(receiver, "Connected")
    for recording in recordings:
        recorder.delete_recording(recording)
    assert receiver in receivers.tokens(), "what a client created, a client deletes"
    receivers.delete(receiver)


def test_a_receiver_led_to_another_stream_keeps_its_job_active(
    soap: SoapClient, recorder: Recorder, receivers: Receivers, events: PullPoint, camera: StationProcess
) -> None:
    receiver = receivers.create(live(camera))
    recording = recorder.create_recording("Led")
    job, _ = create_job(soap, recording, receiver)
    before = recorder.wait_for_footage(recording, 1)
    receivers.configure(receiver, live(camera, "Sub"), "AlwaysConnect")
    assert recorder.job_state(job) in ("Active", "PartiallyActive")
    again = ["Connecting", "Connected", "NotConnected", "Connecting", "Connected"]
    events.wait_for("it is connected again", lambda seen: states(seen, receiver) == again)
    assert recorder.job_state(job) in ("Active", "PartiallyActive")
    wait_for("the other stream is recorded", lambda: recorder.information(recording).length_s > before.length_s + 2)
    recorder.delete_recording(recording)
    receivers.delete(receiver)


def test_a_camera_that_cannot_be_reached_is_tried_without_anyone_waiting(
    receivers: Receivers, events: PullPoint, camera: StationProcess
) -> None:
    nowhere = f"rtsp://127.0.0.1:{free_port()}/live"
    receiver = receivers.create("", "NeverConnect")
    receivers.configure(receiver, nowhere, "AlwaysConnect")
    assert receivers.state(receiver) == ["NotConnected", "false"]
    [failed] = events.wait_for("a failure is told", lambda seen: any(one.topic.endswith("Failed") for one in seen))[-1:]
    assert (failed.source, failed.data) == ({"ReceiverToken": receiver}, {"MediaUri": nowhere})
    assert receivers.state(receiver) == ["NotConnected", "false"]
    receivers.configure(receiver, live(camera), "AlwaysConnect")
    receivers.wait_for_state(receiver, "Connected")
    receivers.set_mode(receiver, "NeverConnect")
    assert receivers.state(receiver) == ["NotConnected", "false"]
    receivers.delete(receiver)


def test_as_many_receivers_as_advertised_exist_and_are_there_after_a_restart(
    soap: SoapClient, receivers: Receivers, station: StationProcess
) -> None:
    capabilities = soap.call("<trv:GetServiceCapabilities/>")[0]
    most = int(capabilities.get("SupportedReceivers", "0"))
    uri = "rtsp://camera.invalid/" + "x" * (128 - len("rtsp://camera.invalid/"))
    created = [receivers.create(uri, "NeverConnect", "HTTP") for _ in range(most - len(receivers.tokens()))]
    body = f"<trv:CreateReceiver>{configuration(uri)}</trv:CreateReceiver>"
    assert refusal(soap, body) == ("Receiver", "Action", "MaxReceivers")
    receivers.configure(created[0], "", "AlwaysConnect", "UDP")
    station.kill()
    station.start()
    assert receivers.tokens() == created
    assert receivers.told(created[0]) == ["AlwaysConnect", "", "RTP-Unicast", "UDP"]
    assert receivers.told(created[1]) == ["NeverConnect", uri, "RTP-Unicast", "HTTP"]
    receivers.delete(*created)


@pytest.mark.parametrize(
    "wrong",
    [
        configuration("ftp://camera/"),
        configuration("rtsp://camera/" + "x" * 256),
        configuration("rtsp://camera/", protocol="TCP"),
        configuration("rtsp://camera/", mode="Unknown"),
        configuration("rtsp://224.0.0.1/"),
        configuration("http://169.254.169.254/latest/meta-data"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(soap: SoapClient, wrong: str) -> None:
    codes = refusal(soap, f"<trv:CreateReceiver>{wrong}</trv:CreateReceiver>")
    assert codes == ("Sender", "InvalidArgVal", "BadConfiguration")
