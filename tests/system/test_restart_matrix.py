"""The process is killed after, and in the middle of, every operation that changes what it remembers."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Callable

import pytest
from tests.conformance import recording as rc
from tests.harness.proxy import RecordingProxy
from tests.harness.recorder import Recorder, now_us, of_topic, pull_point
from tests.harness.soap import SoapClient, SoapFault, texts
from tests.harness.station import StationProcess, wait_for
from tests.system.restart_steps import LIVES, Check, Matrix, create_job, create_recording

KILLS = 3


@pytest.fixture(scope="module")
def matrix(station: StationProcess, proxy: RecordingProxy) -> Matrix:
    return Matrix(SoapClient(proxy.url))


def live(matrix: Matrix, station: StationProcess, number: int) -> list[tuple[str, Check]]:
    """Perform the operations of one life; kill the process with the last answer."""
    checks = []
    for service, name, step in LIVES[number]:
        if matrix.has_dynamic_tracks() if service == "tracks" else matrix.offers(service):
            checks.append((name, step(matrix)))
    station.kill()
    station.start()
    return checks


def forgotten(checks: list[tuple[str, Check]]) -> dict[str, str]:
    """What is not as it was answered, by operation."""
    wrong = {}
    for name, check in checks:
        try:
            check()
        except (AssertionError, SoapFault, KeyError) as error:
            wrong[name] = repr(error)
    return wrong


def test_what_was_created_is_there_and_records_on_without_a_client(matrix: Matrix, station: StationProcess) -> None:
    checks = live(matrix, station, 0)
    assert not forgotten(checks)
    recorder, began_us = Recorder(matrix.soap), now_us()

    def records() -> bool:
        latest_us = recorder.information(matrix.tokens["gate"]).latest_us
        return latest_us is not None and latest_us > began_us

    wait_for("the job records again by itself", records)
    assert recorder.job_state(matrix.tokens["gate job"]) in ("Active", "PartiallyActive")


def test_what_was_changed_is_as_it_was_answered_and_subscribers_are_told_the_states(
    matrix: Matrix, station: StationProcess
) -> None:
    checks = live(matrix, station, 1)
    with pull_point(matrix.soap, "tns1:RecordingConfig/JobState") as point:
        jobs = set(matrix.jobs())
        told = point.wait_for("every job's state", lambda seen: {n.source["RecordingJobToken"] for n in seen} >= jobs)
    assert not forgotten(checks)
    first = {event.source["RecordingJobToken"]: event for event in reversed(of_topic(told, "JobState"))}
    assert {event.operation for event in first.values()} == {"Initialized"}
    assert first[matrix.tokens["hall job"]].data["State"] == "Idle"
    assert first[matrix.tokens["gate job"]].data["State"] in ("Active", "PartiallyActive", "Idle")


def test_modes_and_jobs_are_as_they_were_answered(matrix: Matrix, station: StationProcess) -> None:
    assert not forgotten(live(matrix, station, 2))


def test_what_was_deleted_stays_deleted_and_nothing_else_changes_in_another_start(
    matrix: Matrix, station: StationProcess
) -> None:
    assert not forgotten(live(matrix, station, 3))
    before = matrix.view()
    station.kill()
    station.start()
    assert matrix.view() == before


class Client(threading.Thread):
    """Changes one thing again and again, from `value` to `value + 1`, until nobody answers."""

    def __init__(self, name: str, change: Callable[[int], object], read: Callable[[], int]) -> None:
        super().__init__(name=name)
        self.value = read()
        self._change, self.read = change, read
        self.problem = ""

    def run(self) -> None:
        while True:
            try:
                self._change(self.value + 1)
            except (OSError, http.client.HTTPException):
                return
            except Exception as error:
                self.problem = repr(error)
                return
            self.value += 1


def clients(matrix: Matrix, url: str, name: str) -> list[Client]:
    """Each with a connection of its own; all at once keep the process writing."""
    soap = [SoapClient(url) for _ in range(4)]
    hall, job = matrix.tokens["crowd"], matrix.tokens["crowd job"]

    def content() -> int:
        return int(rc.Recording.of(matrix.recordings()[hall][1]).content.split()[-1])

    def set_content(value: int) -> None:
        soap[0].call(rc.RecordingControl.set_configuration(hall, rc.Recording(name="crowd", content=f"was {value}")))

    def created() -> int:
        names = [texts(item, ".//tt:Name")[0] for item in matrix.recordings().values()]
        return names.count(name)

    def create(_value: int) -> None:
        soap[1].call(f"<trc:CreateRecording>{rc.Recording(name=name).xml()}</trc:CreateRecording>")

    def priority() -> int:
        return matrix.jobs()[job].priority

    def set_priority(value: int) -> None:
        wanted = rc.Job(recording=hall, mode="Active", priority=value, sources=(rc.Source(token="Main"),))
        soap[2].call(rc.set_job(job, wanted))

    def scopes() -> int:
        return max((int(scope.split("/")[-1]) for scope in matrix.scopes() if "/crowd/" in scope), default=0)

    def set_scopes(value: int) -> None:
        scope = f"<tds:Scopes>onvif://www.onvif.org/crowd/{value}</tds:Scopes>"
        soap[3].call(f"<tds:SetScopes>{scope}</tds:SetScopes>")

    return [
        Client("SetRecordingConfiguration", set_content, content),
        Client("CreateRecording", create, created),
        Client("SetRecordingJobConfiguration", set_priority, priority),
        Client("SetScopes", set_scopes, scopes),
    ]


def test_a_kill_in_the_middle_leaves_each_operation_done_or_not_begun(matrix: Matrix, station: StationProcess) -> None:
    create_recording("crowd")(matrix)
    matrix.soap.call(
        rc.RecordingControl.set_configuration(matrix.tokens["crowd"], rc.Recording(name="crowd", content="was 0"))
    )
    create_job("crowd", "Active")(matrix)
    rng, found = random.Random(4), []
    for number in range(KILLS):
        crowd = clients(matrix, station.url, f"hour {number}")
        for client in crowd:
            client.start()
        time.sleep(rng.uniform(0.1, 0.3))
        station.kill()
        for client in crowd:
            client.join()
        station.start()
        for client in crowd:
            assert not client.problem, (client.name, client.problem)
            found.append((client.name, client.read(), client.value))
        for token in [token for token, item in matrix.recordings().items() if "hour" in texts(item, ".//tt:Name")[0]]:
            matrix.soap.call(rc.request("trc:DeleteRecording", RecordingToken=token))
    assert not [entry for entry in found if entry[1] not in (entry[2], entry[2] + 1)]
    assert sum(answered for _, _, answered in found) > 4 * KILLS, "hardly anything was asked"
