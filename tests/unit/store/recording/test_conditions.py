"""A job is off, waits or is ready: mode, schedule and event together."""

import pytest
from tests.unit.store.house import SimulatedSchedules, job, matching_topics, waiting_for

from argus.base.clock import SimulatedClock
from argus.base.errors import InvalidValue
from argus.base.events import EventBus
from argus.base.tokens import RecordingJobToken, RecordingToken
from argus.store.recording.conditions import Conditions
from argus.store.recording.event_windows import EventWindows
from argus.store.recording.job_state import Readiness
from argus.store.recording.recordings import Job, JobMode

RECORDING, JOB = RecordingToken("r"), RecordingJobToken("j")
OFF, WAITING, READY = Readiness.OFF, Readiness.WAITING, Readiness.READY


class Doorman(Conditions):
    """Conditions with a schedule, a bus and a job."""

    def __init__(self) -> None:
        self.schedules, clock = SimulatedSchedules(), SimulatedClock()
        self.bus = EventBus(clock)
        super().__init__(self.schedules, EventWindows(self.bus, matching_topics, clock))

    def alarm(self, on: bool) -> None:
        self.bus.set_property("Alarm", source=(), data=(("State", on),))


@pytest.mark.parametrize("mode", JobMode)
@pytest.mark.parametrize("schedule", [None, "none such", "closed", "open"])
@pytest.mark.parametrize("event", [None, False, True])
def test_a_job_records_where_mode_schedule_and_event_all_say_so(
    mode: JobMode, schedule: str | None, event: bool | None
) -> None:
    doorman = Doorman()
    doorman.schedules.active = {"closed": False, "open": True}
    event_filter = None if event is None else waiting_for()
    known = Job(token=JOB, configuration=job(RECORDING, mode=mode, schedule=schedule, event_filter=event_filter))
    doorman.follow(known)
    doorman.alarm(event is True)
    off = mode is JobMode.IDLE or schedule in ("none such", "closed")
    assert doorman.readiness(known) is (OFF if off else WAITING if event is False else READY)


def test_all_jobs_are_looked_at_with_schedules_and_only_those_concerned_with_events() -> None:
    doorman, heard = Doorman(), []
    doorman.observe(lambda jobs: heard.append(None if jobs is None else list(jobs)))
    doorman.follow(Job(token=JOB, configuration=job(RECORDING, event_filter=waiting_for())))
    doorman.follow(Job(token=RecordingJobToken("other"), configuration=job(RECORDING)))
    doorman.alarm(True)
    doorman.schedules.put("night", True)
    doorman.unfollow(JOB)
    doorman.alarm(False)
    assert heard == [[JOB], None]


def test_a_job_that_no_longer_waits_hears_of_no_events() -> None:
    doorman, heard = Doorman(), []
    doorman.observe(heard.append)
    doorman.follow(Job(token=JOB, configuration=job(RECORDING, event_filter=waiting_for())))
    doorman.follow(Job(token=JOB, configuration=job(RECORDING)))
    doorman.alarm(True)
    assert heard == []


def test_a_filter_that_nobody_understands_is_refused() -> None:
    doorman = Doorman()
    doorman.check(job(RECORDING))
    with pytest.raises(InvalidValue) as refused:
        doorman.check(job(RECORDING, event_filter=waiting_for("refuse")))
    assert refused.value.subject == "job configuration"
