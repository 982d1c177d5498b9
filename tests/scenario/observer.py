"""What a client on the outside sees while a scenario runs: events as they come, and states when it asks."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from tests.harness.recorder import Notification, PullPoint, now_us
from tests.harness.soap import SoapClient, SoapFault, text, texts
from tests.scenario.stage import Stage

LOOK_EVERY_S = 2.0


@dataclass(frozen=True)
class Sight:
    """That something was in a state at a time."""

    utc_us: int
    state: str


@dataclass
class Observer:
    """Follows all events in one thread and asks for states in another."""

    stage: Stage
    events: list[Notification] = field(default_factory=list)
    looks: dict[str, list[Sight]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        self._soap = SoapClient(self.stage.station.url)
        self._point = PullPoint(self._soap, "", self.events).open()
        self._threads = [threading.Thread(target=self._guard, args=(task,)) for task in (self._pull, self._look)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self._point.unsubscribe()

    def of(self, topic: str, item: str, token: str) -> list[Notification]:
        """Events of a topic about one thing."""
        return [event for event in self.events if event.topic.endswith(topic) and event.source.get(item) == token]

    def _guard(self, task: object) -> None:
        try:
            task()  # type: ignore[operator]
        except Exception as error:
            self.errors.append(f"the observer could not go on: {type(error).__name__} {error}")

    def _pull(self) -> None:
        while not self._ended.is_set():
            self._point.pull()

    def _look(self) -> None:
        soap = SoapClient(self.stage.station.url)
        while not self._ended.wait(LOOK_EVERY_S):
            for name, token in tuple(self.stage.job_tokens.items()):
                try:
                    sight = _look_at(soap, token)
                except SoapFault:
                    assert name in self.stage.deleted, f"no state of {name}"
                else:
                    self.looks.setdefault(name, []).append(sight)


def _look_at(soap: SoapClient, token: str) -> Sight:
    """The state of a job, with the texts of its errors."""
    asked_us = now_us()
    job = f"<trc:JobToken>{token}</trc:JobToken>"
    answer = soap.call(f"<trc:GetRecordingJobState>{job}</trc:GetRecordingJobState>")
    state = text(answer, "trc:State/tt:State")
    errors = {found for found in texts(answer, ".//tt:Error") if found}
    return Sight((asked_us + now_us()) // 2, f"{state} ({', '.join(sorted(errors))})" if errors else state)


def wait_until(epoch_s: float) -> None:
    time.sleep(max(0.0, epoch_s - time.time()))
