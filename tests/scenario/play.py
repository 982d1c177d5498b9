"""Plays a scenario from its beginning to its end and judges it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from tests.scenario.observer import Observer, wait_until
from tests.scenario.replaying import judge_pictures
from tests.scenario.stage import Stage, next_whole_second
from tests.scenario.table import Table
from tests.scenario.verdict import Verdict


def play(
    stage: Stage, table: Table, failing: Sequence[str], say: Callable[[str], None] = print
) -> tuple[list[str], list[str]]:
    """All mistakes, and figures for people."""
    observer = Observer(stage)
    observer.begin()
    try:
        stage.set_up()
        stage.wait_for_beginning(table)
        began_s = next_whole_second(ahead_s=2.0)
        _schedule(stage, table, began_s)
        for action in table.actions:
            wait_until(began_s + action.at_s)
            say(f"{action.at_s:6.1f} s: {action.verb} {action.name}")
            stage.do(action)
    finally:
        observer.end()
    verdict = Verdict(table, observer, int(began_s * 1e6))
    verdict.judge_jobs()
    verdict.judge_receivers(failing)
    verdict.judge_footage(stage.recorder)
    verdict.judge_answers(stage.recorder)
    mistakes, figures = judge_pictures(table, stage)
    delays = [f"{what} {state} {delay_s:.2f} s after {at_s:.0f}" for what, at_s, state, delay_s in verdict.delays]
    return verdict.mistakes + mistakes, delays + figures


def _schedule(stage: Stage, table: Table, began_s: float) -> None:
    """Create the schedule the table speaks of, and the jobs that follow it."""
    boundaries = [began_s + action.at_s for action in table.actions if action.verb == "schedule"]
    if boundaries:
        begin, end = (datetime.fromtimestamp(round(boundary), UTC) for boundary in boundaries)
        stage.create_schedule(begin, end)
    for job in stage.jobs:
        if job.scheduled:
            stage.create_job(job)
