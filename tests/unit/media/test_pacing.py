"""Pictures of a simulated sensor are due on an exact grid."""

import threading
from fractions import Fraction

from argus.base.clock import SimulatedClock
from argus.base.errors import ArgusError, Unavailable
from argus.media.pacing import MAX_LATE_FRAMES, Grid, Pacer

NS = 1_000_000_000


def test_thousand_frames_of_ntsc_take_their_exact_time() -> None:
    grid = Grid(Fraction(1_001, 30_000), start_ns=5)
    for _ in range(1_000):
        grid.advance(0)
    assert grid.due_ns() == 5 + 1_001 * NS // 30


def test_pictures_that_are_a_little_late_are_delivered() -> None:
    grid = Grid(Fraction(1, 25), start_ns=0)
    grid.advance(NS // 25 * (1 + MAX_LATE_FRAMES))
    assert (grid.due_ns(), grid.skipped) == (NS // 25, 0)


def test_pictures_that_are_hopelessly_late_are_skipped() -> None:
    grid = Grid(Fraction(1, 25), start_ns=0)
    grid.advance(NS)
    assert (grid.due_ns(), grid.skipped) == (NS, 24)


def test_numbers_have_no_holes_and_an_error_ends_the_sensor() -> None:
    taken: list[tuple[int, int]] = []
    failures: list[ArgusError] = []
    ended = threading.Event()
    clock = SimulatedClock(mono_ns=NS)

    def take(number: int, mono_ns: int) -> None:
        if number == 3:
            raise Unavailable("video source", "the clip broke off")
        taken.append((number, mono_ns))

    def failed(error: ArgusError) -> None:
        failures.append(error)
        ended.set()

    # a fast grid on a clock that stands: the waits are a millisecond each
    pacer = Pacer(Fraction(1, 100_000), clock, take, failed)
    pacer.start()
    assert ended.wait(5)
    pacer.stop()
    assert taken == [(n, NS + n * 10_000) for n in range(3)]
    assert [error.subject for error in failures] == ["video source"]


def test_a_sensor_that_was_never_started_can_be_stopped() -> None:
    Pacer(Fraction(1, 25), SimulatedClock(), lambda number, mono_ns: None, lambda error: None).stop()


def test_who_is_allowed_to_be_later_leaves_nothing_out() -> None:
    grid = Grid(Fraction(1, 25), 0, max_late=50)
    grid.advance(2 * NS)
    assert (grid.due_ns(), grid.skipped) == (NS // 25, 0)
