"""The crash states of `python -m tests.crash`, and a few mistakes its judge must notice."""

import pytest
from tests.crash.mutants import MUTANTS
from tests.crash.run import judge, judge_in_processes

STATES = 20_000
PROCESSES = 2


@pytest.mark.timeout(600)
def test_no_power_cut_breaks_a_promise_of_the_ring(capsys: pytest.CaptureFixture[str]) -> None:
    tally = judge_in_processes(STATES, PROCESSES)
    with capsys.disabled():
        print(f"\n{tally}")
    assert tally.examples == []
    assert tally.states >= STATES


@pytest.mark.parametrize(
    "name", ["no flush at all", "tail of a closed segment unverified", "salt ignored", "intents out of order"]
)
def test_a_planted_mistake_is_noticed(name: str) -> None:
    with MUTANTS[name]():
        assert judge(400, share=0.3, stop_at=1).violations
