"""A log line tells the truth: nobody but the station begins one."""

import json
import logging

import pytest

from argus.station.journal import make_formatter

HOSTILE = "quay\n<0>systemd: all is lost\r\x1b[2J\x9b31m\u2028next\x00"


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("argus.onvif.endpoint", logging.WARNING, "f", 1, message, arguments, exc_info)


def failed() -> BaseException:
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        return error


def test_the_journal_reads_the_level_from_every_line() -> None:
    text = make_formatter("text", journal=True).format(record("refused %s", "x", error=failed()))
    first, *rest = text.split("\n")
    assert first == "<4>onvif.endpoint: refused x"
    assert len(rest) > 2
    assert all(line.startswith("<4>    ") for line in rest)


def test_the_terminal_shows_time_level_and_place() -> None:
    text = make_formatter("text", journal=False).format(record("refused %s", "x"))
    assert text[2] == text[5] == ":"
    assert text[8:] == " WARNING onvif.endpoint: refused x"


@pytest.mark.parametrize("journal", [True, False])
def test_a_clients_text_can_neither_begin_a_line_nor_steer_the_terminal(journal: bool) -> None:
    text = make_formatter("text", journal=journal).format(record("refused %s", HOSTILE, error=failed()))
    first, *rest = text.split("\n")
    assert "quay\ufffd<0>systemd: all is lost\ufffd\ufffd[2J\ufffd31m\ufffdnext\ufffd" in first
    assert all(line.removeprefix("<4>").startswith("    ") for line in rest)
    assert all(character.isprintable() for character in text.replace("\n", ""))


def test_json_is_one_object_a_line() -> None:
    text = make_formatter("json", journal=True).format(record("refused %s", HOSTILE, error=failed()))
    assert text.isprintable()
    entry = json.loads(text)
    assert (entry["level"], entry["logger"], entry["message"]) == (
        "warning",
        "argus.onvif.endpoint",
        f"refused {HOSTILE}",
    )
    assert "ValueError" in entry["exception"]
