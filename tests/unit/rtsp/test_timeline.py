"""Pacing and presentation times."""

from tests.unit.rtsp.twins import unit

from argus.rtsp.frames import Frame
from argus.rtsp.timeline import STEP_US, Timeline


def frame(utc_us: int, gop_start_us: int = 0, gop_end_us: int = 0, *, end: bool = False) -> Frame:
    return Frame(unit=unit(utc_us), gop_start_us=gop_start_us, gop_end_us=gop_end_us, end=end)


def test_forward_frames_leave_in_real_time_and_are_presented_as_they_leave() -> None:
    timeline = Timeline(origin_us=1_000, start_us=50, reverse=False)
    assert timeline.place(frame(50), 1_000) == (1_000, 1_000)
    assert timeline.place(frame(40_050), 1_000) == (41_000, 41_000)


def test_a_gap_is_skipped() -> None:
    timeline = Timeline(origin_us=0, start_us=0, reverse=False)
    timeline.place(frame(0, end=True), 0)
    assert timeline.place(frame(3_600_000_000), 0) == (STEP_US, STEP_US)


def test_a_client_far_behind_goes_on_from_where_it_is() -> None:
    timeline = Timeline(origin_us=0, start_us=0, reverse=False)
    timeline.place(frame(0), 0)
    assert timeline.place(frame(40_000), 1_000_000)[0] == 40_000
    assert timeline.place(frame(80_000), 9_000_000) == (9_000_000, 9_000_000)
    assert timeline.place(frame(120_000), 9_000_000)[0] == 9_040_000


def test_behind_the_live_edge_frames_are_paced_from_when_they_came() -> None:
    timeline = Timeline(origin_us=0, start_us=0, reverse=False)
    timeline.place(frame(0), 0)
    timeline.wait()
    assert timeline.place(frame(40_000), 900_000)[0] == 900_000
    assert timeline.place(frame(80_000), 900_000)[0] == 940_000


def test_in_reverse_presentation_falls_inside_a_group_and_rises_between_groups() -> None:
    timeline = Timeline(origin_us=0, start_us=1_960_000, reverse=True)
    shown = [
        timeline.place(frame(utc_us, start_us, start_us + 960_000), 0)[1]
        for start_us in (1_000_000, 0)
        for utc_us in (start_us, start_us + 480_000, start_us + 960_000)
    ]
    assert shown == [960_000, 480_000, 0, 1_960_000, 1_480_000, 1_000_000]


def test_in_reverse_frames_leave_evenly_and_gaps_are_not_presented() -> None:
    timeline = Timeline(origin_us=0, start_us=3_600_960_000, reverse=True)
    timeline.place(frame(3_600_000_000, 3_600_000_000, 3_600_960_000), 0)
    left_us, shown_us = timeline.place(frame(3_600_960_000, 3_600_000_000, 3_600_960_000, end=True), 0)
    assert (left_us, shown_us) == (960_000, 0)
    left_us, shown_us = timeline.place(frame(0, 0, 960_000), 0)
    assert (left_us, shown_us) == (960_000 + STEP_US, 960_000 + 960_000 + STEP_US)


def test_in_reverse_the_time_of_frames_nobody_wants_passes_all_the_same() -> None:
    timeline = Timeline(origin_us=0, start_us=8_960_000, reverse=True)
    key_frames = [frame(start_us, start_us, start_us + 960_000) for start_us in (8_000_000, 7_000_000, 3_000_000)]
    placed = [timeline.place(key_frame, 0) for key_frame in key_frames]
    assert [left_us for left_us, _ in placed] == [0, 1_000_000, 5_000_000]
    assert [shown_us for _, shown_us in placed] == [960_000, 1_960_000, 5_960_000]
