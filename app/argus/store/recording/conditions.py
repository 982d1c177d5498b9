"""What a job waits for beside its mode: a schedule, an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from argus.base.tokens import RecordingJobToken
from argus.store.recording.event_windows import EventWindows
from argus.store.recording.job_state import Readiness
from argus.store.recording.recordings import Job, JobConfiguration, JobMode


class ScheduleStates(Protocol):
    """The schedules of the device."""

    def is_active(self, token: str) -> bool | None:
        """Whether a schedule is active now; None where there is none of that token."""

    def observe(self, observer: Callable[[], None]) -> None:
        """Call `observer` whenever the answers may have changed."""


class Conditions:
    """Tells how ready each job is.

    "If a schedule token is provided, the job shall only record if the schedule exists and is active."
    -- RecordingControl 19.06 § Recording job configuration
    """

    def __init__(self, schedules: ScheduleStates, windows: EventWindows) -> None:
        self._schedules = schedules
        self._windows = windows

    def observe(self, observer: Callable[[Iterable[RecordingJobToken] | None], None]) -> None:
        """Call `observer` with the jobs whose readiness may be another now; None stands for all."""
        self._schedules.observe(lambda: observer(None))
        self._windows.observe(observer)

    def check(self, configuration: JobConfiguration) -> None:
        """Raises InvalidValue("job configuration") where nobody could tell when its condition holds."""
        if configuration.event_filter is not None:
            self._windows.check(configuration.event_filter)

    def follow(self, job: Job) -> None:
        """Watch for what the job waits for, from now on; in the place of what it waited for before."""
        if job.configuration.event_filter is None:
            self._windows.unfollow(job.token)
        else:
            self._windows.follow(job.token, job.configuration.event_filter)

    def unfollow(self, job: RecordingJobToken) -> None:
        self._windows.unfollow(job)

    def readiness(self, job: Job) -> Readiness:
        configuration = job.configuration
        if configuration.mode is not JobMode.ACTIVE or not self._scheduled(configuration.schedule_token):
            return Readiness.OFF
        waits = configuration.event_filter is not None and not self._windows.is_open(job.token)
        return Readiness.WAITING if waits else Readiness.READY

    def look(self) -> None:
        """Take note of the time; called about once a second."""
        self._windows.look()

    def _scheduled(self, token: str | None) -> bool:
        return token is None or self._schedules.is_active(token) is True
