"""A recording with a retention time under watch: a thread that looks at it in every way, again and again."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.harness.recorder import PullPoint, Recorder, configuration, now_us
from tests.harness.soap import SoapClient, SoapFault
from tests.harness.station import StationProcess, wait_for
from tests.retention.deletions import (
    FRAME_US,
    GOP_US,
    MARGIN_US,
    STEP_US,
    TICK_US,
    Deletion,
    at,
    early,
    footage_between,
    late,
    of_event,
    of_log,
    untiled,
)
from tests.retention.looks import Eyes, Look

NAME = "Under watch"
RETENTION_US = 30_000_000
# From the moment the device decides what to send to the moment it is received; one way of looking at a time.
ON_THE_WAY_US = 250_000
_PAUSE_S = 0.2
_RENEW_S = 30


class Watch:
    """Sees to a recording of its own from the first frame to its deletion; afterwards tells what was wrong.

    The device must log at level debug: what it tells while nobody can listen is found in its log.
    """

    def __init__(self, station: StationProcess) -> None:
        self.station = station
        self.recorder = Recorder(SoapClient(station.url))
        self.told: list[Deletion] = []
        self.kills = 0
        self.ready_us = 0
        self.gaps: list[tuple[int, int]] = []
        self._mistakes: list[str] = []
        self._looking = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def begin(self) -> Watch:
        """Returns when the first frame is there."""
        self.recording = self.recorder.create_recording(NAME, f"PT{RETENTION_US // 1_000_000}S")
        self.recorder.create_job(self.recording)
        found = self.recorder.wait_for_footage(self.recording, 0.5)
        assert found.earliest_us is not None
        self.first_us = self.steady_us = found.earliest_us
        self.eyes = Eyes(self.recorder, self.recording, self.first_us, RETENTION_US)
        self._thread.start()
        return self

    def wait_until(self, age_s: float) -> None:
        """Return when the recording has that age."""
        while (left_s := age_s - (now_us() - self.first_us) / 1e6) > 0:
            time.sleep(min(left_s, 1))
            assert self._thread.is_alive(), self.mistakes()

    # -- what happens to the device -------------------------------------------------------------------------------

    def kill(self) -> None:
        """End the process at once and start it again."""
        with self._looking:
            before = self.recorder.information(self.recording)
            self.station.kill()
            self.kills += 1
            self.station.start()
            self.ready_us = now_us()
            wait_for("it records again", lambda: self._latest_us() > self.ready_us)
            assert before.latest_us is not None
            self.gaps.append((before.latest_us, self._newest_start_us()))

    def shorten(self, retention_us: int) -> int:
        """Set a shorter retention time; the age of the oldest footage right after it."""
        with self._looking:
            duration = f"PT{retention_us // 1_000_000}S"
            self.recorder.set_configuration(self.recording, configuration(NAME, duration))
            asked_us = now_us()
            self.eyes.retention_us = retention_us
            self.steady_us = asked_us
            earliest_us = self.recorder.information(self.recording).earliest_us
            assert earliest_us is not None
            return asked_us - earliest_us

    def keep_all(self, seconds: float) -> tuple[int, int]:
        """Set no limit; the oldest footage before and some time after."""
        with self._looking:
            self.recorder.set_configuration(self.recording, configuration(NAME, "PT0S"))
            self.eyes.retention_us = 0
            before_us = self.recorder.information(self.recording).earliest_us
            time.sleep(seconds)
            after_us = self.recorder.information(self.recording).earliest_us
        assert before_us is not None
        assert after_us is not None
        return before_us, after_us

    def end(self) -> int:
        """Delete the recording and look no more; the newest frame seen of it."""
        with self._looking:
            newest_us = self._latest_us()
            self.recorder.delete_recording(self.recording)
            self._over.set()
        self._thread.join(30)
        return newest_us

    # -- what was seen --------------------------------------------------------------------------------------------

    def mistakes(self) -> list[str]:
        """Everything that was wrong, as sentences; empty where nothing was."""
        wrong = list(self._mistakes)
        for look in self.eyes.looks:
            wrong += _judge_age(look)
        wrong += [
            f"log: {hole}"
            for hole in untiled(of_log(self.station.log, self.recording), self.first_us, repeats=self.kills > 0)
        ]
        heard = {(told.track, told.start_us, told.end_us) for told in of_log(self.station.log, self.recording)}
        wrong += [
            f"{told} is not what the device says"
            for told in self.told
            if (told.track, told.start_us, told.end_us) not in heard
        ]
        if not self.kills:
            wrong += untiled(self.told, self.first_us)
        return wrong

    def punctual(self, until_us: int) -> list[str]:
        """What was told too late, or deleted or hidden too early, before the retention time changed at `until_us`."""
        wrong = []
        for deletion in (told for told in self.told if told.told_us < until_us):
            if late(deletion, RETENTION_US, self._resumed_us(deletion.told_us)) > STEP_US + TICK_US + MARGIN_US:
                wrong.append(f"{deletion} was told {late(deletion, RETENTION_US) / 1e6} s after it had expired")
            if early(deletion, RETENTION_US, self.gaps) > GOP_US + FRAME_US:
                wrong.append(f"{deletion} ends {early(deletion, RETENTION_US, self.gaps) / 1e6} s too early")
        for look in (look for look in self.eyes.looks if look.is_edge and look.after_us < until_us):
            limit_us = max(self.first_us, look.after_us - RETENTION_US)
            hidden_us = footage_between(limit_us, look.oldest_us, self.gaps)
            if hidden_us > GOP_US + FRAME_US:
                wrong.append(f"{look.way} at {at(look.before_us)} hides {hidden_us / 1e6} s that are not too old")
        return wrong

    def figures(self, until_us: int) -> str:
        """What a person wants to know, before the retention time changed at `until_us`."""
        lines = [f"{'way':45} looks  oldest shown [s] (limit {RETENTION_US / 1e6:.0f})"]
        ages: dict[str, list[int]] = defaultdict(list)
        for look in self.eyes.looks:
            if look.after_us < until_us:
                ages[look.way].append(look.age_us)
        lines += [f"{way:45} {len(seen):5}  {max(seen) / 1e6:.3f}" for way, seen in ages.items()]
        steady = [told for told in self.told if told.told_us < until_us]
        told = len(of_log(self.station.log, self.recording))
        lines.append(
            f"{told} deletions were told, {len(self.told)} of them while somebody listened; {self.kills} kills"
        )
        if steady:
            latest_s = max(late(told, RETENTION_US, self._resumed_us(told.told_us)) for told in steady) / 1e6
            youngest_s = max(early(told, RETENTION_US, self.gaps) for told in steady) / 1e6
            lines.append(f"told at most {latest_s:.3f} s after expiry; took at most {youngest_s:.3f} s not yet expired")
        return "\n".join(lines)

    # -- parts ----------------------------------------------------------------------------------------------------

    def _look_on(self) -> None:
        while not self._over.is_set():
            # The device is there: it is killed and started under the lock.
            with self._looking:
                kills = self.kills
                events = PullPoint(self.recorder.soap, "tns1:RecordingConfig/DeleteTrackData").open()
            self._look_while_subscribed(events, kills)

    def _look_while_subscribed(self, events: PullPoint, kills: int) -> None:
        renew_s = time.monotonic() + _RENEW_S
        while True:
            with self._looking:
                if self.kills != kills:
                    return
                if self._over.is_set():
                    # What is told last comes when the recording is gone.
                    while self._listen(events, 2.0):
                        pass
                    events.unsubscribe()
                    return
                self._listen(events, 0.05)
                if time.monotonic() > renew_s:
                    events.renew()
                    renew_s = time.monotonic() + _RENEW_S
                self._round()
            time.sleep(_PAUSE_S)

    def _round(self) -> None:
        try:
            self.eyes.search()
            self.eyes.replay()
        except (AssertionError, OSError, SoapFault) as error:
            self._mistakes.append(f"{at(now_us())}: {error!r}")

    def _listen(self, events: PullPoint, timeout_s: float) -> bool:
        """Whether anything was told, of this recording or of another."""
        heard = events.pull(timeout_s)
        self.told += (of_event(event) for event in heard if event.source["RecordingToken"] == self.recording)
        return bool(heard)

    def _latest_us(self) -> int:
        with suppress(OSError):
            return self.recorder.information(self.recording).latest_us or 0
        return 0

    def _newest_start_us(self) -> int:
        """Where footage begins behind the newest gap."""
        events = self.recorder.history(self.recording, self.first_us)
        starts = [event.time_us for event in events if event.notification.data.get("IsDataPresent") == "true"]
        return max(starts)

    def _resumed_us(self, told_us: int) -> int:
        return self.ready_us if self.ready_us <= told_us else 0


def _judge_age(look: Look) -> Iterator[str]:
    too_old_us = look.age_us - look.retention_us - (ON_THE_WAY_US if look.before_us == look.after_us else 0)
    if look.retention_us and too_old_us > 0:
        yield f"{look.way} at {at(look.before_us)} shows what is {too_old_us / 1e6} s too old"


@contextmanager
def watching(station: StationProcess) -> Iterator[Watch]:
    watch = Watch(station).begin()
    try:
        yield watch
    finally:
        watch._over.set()
