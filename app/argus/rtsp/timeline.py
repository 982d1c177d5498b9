"""When recorded frames leave, and which RTP time they carry, where the server controls the rate.

Spec: Streaming § Rate-Control header field, § Reverse replay; RFC 2326 § Scale.
"""

from __future__ import annotations

from argus.rtsp.frames import Frame

# Gaps are skipped: the frame behind one follows like the next frame of a 25 Hz stream.
STEP_US = 40_000
# A client that fell behind by more resumes where it is; less is made up for.
TOLERATED_DELAY_US = 2_000_000


class Timeline:
    """Places frames on CLOCK_MONOTONIC (in microseconds): the capture time `start_us` is presented at `origin_us`.

    Forward, a frame is presented when it leaves. In reverse, groups of pictures leave first frame first, evenly, while
    presentation times run against capture times: they fall inside a group and rise from one to the next.
    """

    def __init__(self, *, origin_us: int, start_us: int, reverse: bool) -> None:
        self._reverse = reverse
        self._send_us = origin_us
        # in reverse: presentation time = mirror - capture time
        self._mirror_us = origin_us + start_us
        self._last: Frame | None = None
        self._waited = False

    def wait(self) -> None:
        """There was no frame to place: the next may come late, and those behind it are paced from there."""
        self._waited = True

    def place(self, frame: Frame, now_us: int) -> tuple[int, int]:
        """When to send the frame, and when it is presented. Frames come in the order of sending."""
        last, self._last = self._last, frame
        if last is not None:
            self._send_us += self._step_us(last, frame)
        delay_us = now_us - self._send_us
        if delay_us > (0 if self._waited else TOLERATED_DELAY_US):
            self._send_us += delay_us
            self._mirror_us += delay_us
        self._waited = False
        return self._send_us, self._mirror_us - frame.unit.utc_us if self._reverse else self._send_us

    def _step_us(self, last: Frame, frame: Frame) -> int:
        passed_us = max(0, frame.unit.utc_us - last.unit.utc_us)
        if not self._reverse:
            return min(passed_us, STEP_US) if last.end or frame.discontinuity else passed_us
        if frame.gop_start_us == last.gop_start_us:
            return passed_us
        # What the client did not want of the group, and between the groups, takes its time all the same.
        rest_us = max(0, last.gop_end_us - last.unit.utc_us)
        apart_us = max(0, last.gop_start_us - frame.gop_end_us)
        if last.end:  # the gap between this group and the one sent before it is not presented
            self._mirror_us -= max(0, apart_us - STEP_US)
            apart_us = STEP_US
        return rest_us + apart_us
