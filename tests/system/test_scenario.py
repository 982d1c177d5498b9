"""Cameras of two other makes, three jobs that want one track, and a camera that is unplugged and comes back.

A short form of `make test-scenario`: what a client sees is held against rows of text.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scenario.play import play
from tests.scenario.stage import Job, staged
from tests.scenario.table import read_table

JOBS = (
    Job("door", "door", "door", video_and_audio=True),
    Job("yard", "yard", "yard", video_and_audio=True),
    Job("ramp", "ramp", "ramp", video_and_audio=True),
    Job("day", "entrance", "door", priority=1),
    Job("night", "entrance", "hall", priority=5, scheduled=True),
    Job("alarm", "entrance", "ramp", priority=9, mode="Idle"),
)

TABLE = read_table(
    actions="""
        2 | scheduled | schedule | night
        6 | scheduled | schedule | night
        9 | told      | activate | alarm
       12 | killed    | kill     | ramp
       25 | soon back | plug in  | ramp
       46 | told      | idle all | *
       49 | told      | end      | *
    """,
    jobs="""
        door  | 0 Active | 46 Idle
        yard  | 0 Active | 46 Idle
        ramp  | 0 Active | 12 Error | 25 Active | 46 Idle
        day   | 0 Active | 2 Idle   | 6 Active  | 9 Idle | 12 Active | 25 Idle
        night | 0 Idle   | 2 Active | 6 Idle
        alarm | 0 Idle   | 9 Active | 12 Error  | 25 Active | 46 Idle
    """,
    receivers="""
        door | 0 Connected    | 46 NotConnected
        yard | 0 Connected    | 46 NotConnected
        hall | 0 NotConnected | 2 Connected     | 6 NotConnected
        ramp | 0 Connected    | 12 NotConnected | 25 Connected | 46 NotConnected
    """,
    tracks="""
        door     VIDEO001 | 0-46 door
        door     AUDIO001 | 0-46 door
        yard     VIDEO001 | 0-46 yard
        yard     AUDIO001 | 0-46 yard
        ramp     VIDEO001 | 0-12 ramp | 25-46 ramp
        ramp     AUDIO001 | 0-12 ramp | 25-46 ramp
        entrance VIDEO001 | 0-2 door | 2-6 hall | 6-9 door | 9-12 ramp | 12-25 door | 25-46 ramp
    """,
)


@pytest.mark.timeout(180)
def test_jobs_connections_and_timeline_are_as_the_table_says(tmp_path: Path) -> None:
    with staged(tmp_path, JOBS, storage="256 MiB") as stage:
        mistakes, figures = play(stage, TABLE, failing=("ramp",))
    assert not mistakes, "\n".join([*mistakes, "", *figures])
