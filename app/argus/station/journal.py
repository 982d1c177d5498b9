"""The log: one line a record on stderr, with the level the journal understands."""

from __future__ import annotations

import json
import logging
import os
import sys

LEVELS = ("debug", "info", "warning", "error")
_SYSLOG = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class _JournalFormatter(logging.Formatter):
    """`<6>room.module: message`: systemd reads the priority and adds time and process itself."""

    def format(self, record: logging.LogRecord) -> str:
        priority = _SYSLOG.get(record.levelno, 6)
        text = f"{record.name.removeprefix('argus.')}: {super().format(record)}"
        return "\n".join(f"<{priority}>{_printable(line)}" for line in text.splitlines())


class _TerminalFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        record.name = record.name.removeprefix("argus.")
        return "\n".join(_printable(line) for line in super().format(record).splitlines())


class _JsonFormatter(logging.Formatter):
    """One JSON object a line, for collectors."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": record.created,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def configure(level: str, form: str = "text") -> None:
    """Log to stderr at `level`; `form` is "text" (journal or terminal, whichever reads) or "json"."""
    formatter: logging.Formatter
    if form == "json":
        formatter = _JsonFormatter()
    else:
        formatter = _JournalFormatter() if "JOURNAL_STREAM" in os.environ else _TerminalFormatter()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for talkative in ("asyncio", "pyroute2"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def _printable(line: str) -> str:
    """A client's text cannot forge a line or steer the terminal."""
    return "".join(character if character.isprintable() or character == "\t" else "\ufffd" for character in line)
