"""A talkative logger is cut short, and says by how much."""

import logging

from argus.station.log_limit import LogRateLimit


def record(second: float, message: str = "refused %s", error: BaseException | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, None) if error else None
    made = logging.LogRecord("x", logging.ERROR, "f", 1, message, ("you",), exc_info)
    made.created = second
    return made


def test_the_rest_of_a_minute_is_kept_back_and_counted() -> None:
    limit = LogRateLimit(per_minute=2)
    assert [limit.filter(record(60 + second)) for second in range(5)] == [True, True, False, False, False]
    first, second = record(120), record(121)
    assert limit.filter(first)
    assert limit.filter(second)
    assert first.getMessage() == "refused you (3 similar records were kept back before)"
    assert second.getMessage() == "refused you"


def test_a_clock_that_steps_back_does_not_silence_the_log() -> None:
    limit = LogRateLimit(per_minute=1)
    assert limit.filter(record(6_000))
    assert limit.filter(record(60))


def test_only_errors_that_tell_about_us_keep_their_traceback() -> None:
    limit = LogRateLimit(per_minute=9, plain=(ValueError,))
    theirs, ours = record(1, error=ValueError()), record(1, error=KeyError())
    assert limit.filter(theirs)
    assert limit.filter(ours)
    assert theirs.exc_info is None
    assert ours.exc_info is not None
