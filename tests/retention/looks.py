"""Every way to look at recorded footage from outside, and the oldest time each way has to show."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.harness.recorder import Recorder, now_us, utc_us
from tests.harness.rtsp import RtspClient, clock_range
from tests.harness.soap import NAMESPACES, text


@dataclass(frozen=True, slots=True)
class Look:
    """The device showed `oldest_us` while its clock stood between the two other times.

    `is_edge`: by the rules this is the oldest footage there is; otherwise something newer is as good.
    """

    way: str
    before_us: int
    after_us: int
    oldest_us: int
    retention_us: int
    is_edge: bool

    @property
    def age_us(self) -> int:
        return self.before_us - self.oldest_us


class Eyes:
    """Looks at one recording; `retention_us` is what its footage may be old now."""

    def __init__(self, recorder: Recorder, recording: str, first_us: int, retention_us: int) -> None:
        self._recorder = recorder
        self._recording = recording
        self._first_us = first_us
        self.retention_us = retention_us
        self.looks: list[Look] = []
        self._replays: Iterator[Callable[[], None]] = itertools.cycle(
            (
                self._replay_from_the_edge,
                self._replay_from_long_ago,
                self._replay_at_the_edge_in_real_time,
                self._replay_of_nothing,
                self._reverse,
                self._reverse_over_the_edge_in_real_time,
                self._seek_at_once,
                self._resume_at_the_edge,
            )
        )

    def search(self) -> None:
        """Ask each operation that tells when there is footage."""
        with self._look("GetRecordingInformation") as shown:
            found = self._recorder.information(self._recording)
            assert found.earliest_us is not None
            shown += [found.earliest_us, *(start_us for start_us, _ in found.tracks.values())]
        with self._look("GetRecordingSummary", is_edge=False) as shown:
            answer = self._recorder.soap.call("<tse:GetRecordingSummary/>")
            shown.append(utc_us(text(answer, "tse:Summary/tt:DataFrom")))
        with self._look("FindRecordings") as shown:
            shown.append(self._found())
        with self._look("FindEvents") as shown:
            shown += [event.time_us for event in self._recorder.history(self._recording, self._first_us)]

    def replay(self) -> None:
        """Play in the next of several ways."""
        next(self._replays)()

    # -- ways to search -----------------------------------------------------------------------------------------

    def _found(self) -> int:
        scope = f"<tse:Scope><tt:IncludedRecordings>{self._recording}</tt:IncludedRecordings></tse:Scope>"
        find = f"<tse:FindRecordings>{scope}<tse:KeepAliveTime>PT10S</tse:KeepAliveTime></tse:FindRecordings>"
        token = text(self._recorder.soap.call(find), "tse:SearchToken")
        answer = self._recorder.soap.call(
            f"<tse:GetRecordingSearchResults><tse:SearchToken>{token}</tse:SearchToken><tse:MinResults>1</tse:MinResults>"
            "<tse:WaitTime>PT2S</tse:WaitTime></tse:GetRecordingSearchResults>"
        )
        times = answer.findall(".//tt:RecordingInformation/tt:EarliestRecording", NAMESPACES)
        return utc_us(times[0].text or "")

    # -- ways to play -------------------------------------------------------------------------------------------

    def _replay_from_the_edge(self) -> None:
        with self._look("replay") as shown, self._play(Rate_Control="no") as client:
            shown += [unit.utc_us for unit in client.units(3)]

    def _replay_from_long_ago(self) -> None:
        with (
            self._look("replay from long ago") as shown,
            self._play(Rate_Control="no", Range=clock_range(self._first_us)) as client,
        ):
            shown += [unit.utc_us for unit in client.units(3)]

    def _replay_of_nothing(self) -> None:
        """A range that lies before the limit altogether."""
        end_us = min(self._first_us + 1_000_000, now_us() - self.retention_us - 1_000_000)
        if self.retention_us and end_us > self._first_us:
            with (
                self._look("replay of what is gone", is_edge=False) as shown,
                self._play(Rate_Control="no", Range=clock_range(self._first_us, end_us)) as client,
            ):
                shown += [unit.utc_us for unit in client.units(1, quiet_s=0.3)]
                assert not shown, "nothing of the range exists"

    def _reverse(self) -> None:
        with (
            self._look("reverse replay", is_edge=False) as shown,
            self._play(Rate_Control="no", Scale="-1.0", Frames="intra") as client,
        ):
            shown += [unit.utc_us for unit in client.units(quiet_s=0.5)]

    def _replay_at_the_edge_in_real_time(self) -> None:
        with self._play(Range=clock_range(self._first_us)) as client:
            self._watch("replay at the edge in real time", client, 3)

    def _reverse_over_the_edge_in_real_time(self) -> None:
        start_us = now_us() - self.retention_us + 2_500_000
        with self._play(Range=clock_range(start_us) if self.retention_us else "npt=1.5-", Scale="-1.0") as client:
            self._watch("reverse replay over the edge in real time", client, 4)

    def _seek_at_once(self) -> None:
        with self._play(Range=clock_range(now_us() - 5_000_000)) as client:
            client.units(3)
            with self._look("replay at once (Immediate)") as shown:
                client.play(Range=clock_range(self._first_us), Immediate="yes")
                units = client.units(8)
                shown += [unit.utc_us for unit in units if unit.extension.cseq == client.cseq & 0xFF]

    def _resume_at_the_edge(self) -> None:
        """What was paused at is too old when playing goes on."""
        with self._play(Range=clock_range(self._first_us)) as client:
            client.units(10)
            client.pause()
            time.sleep(1.5)
            with self._look("replay resumed", is_edge=False) as shown:
                client.play()
                shown += [unit.utc_us for unit in client.units(3)]

    # -- parts --------------------------------------------------------------------------------------------------

    @contextmanager
    def _look(self, way: str, *, is_edge: bool = True) -> Iterator[list[int]]:
        """Times that are shown go into the list."""
        shown: list[int] = []
        retention_us, before_us = self.retention_us, now_us()
        yield shown
        if shown:
            self.looks.append(Look(way, before_us, now_us(), min(shown), retention_us, is_edge))

    def _play(self, **headers: str) -> RtspClient:
        client = self._recorder.replay(self._recording)
        client.play(**headers)
        return client

    def _watch(self, way: str, client: RtspClient, seconds: float) -> None:
        """Each packet counts with the time it came."""
        for packet in client.packets(quiet_s=0.5, limit_s=seconds):
            if packet.extension is not None:
                came_us = now_us()
                self.looks.append(Look(way, came_us, came_us, packet.extension.utc_us, self.retention_us, False))
