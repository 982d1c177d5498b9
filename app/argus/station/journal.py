"""The log: one line a record on stderr, with the level the journal understands."""

from __future__ import annotations

import json
import logging
import os
import sys
from abc import ABC, abstractmethod

from argus.station.log_limit import LogRateLimit
from argus.station.printable import printable

LEVELS = ("debug", "info", "warning", "error")
# Loggers that a stranger can make write, as often as he likes.
RATE_LIMITED = (
    "aiohttp.server",
    "argus.device.access",
    "argus.onvif.endpoint",
    "argus.rtsp.client.session",
    "argus.rtsp.session",
    "argus.store.recording.receivers",
)
RECORDS_PER_MINUTE = 30
_SYSLOG = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class _LineFormatter(logging.Formatter, ABC):
    """A record is one line; only its traceback follows in indented lines. A client's text cannot begin a line."""

    def format(self, record: logging.LogRecord) -> str:
        first = printable(self.line(record))
        if not record.exc_info:
            return first
        traceback = self.formatException(record.exc_info).splitlines()
        return "\n".join((first, *(f"{self.margin(record)}    {printable(line)}" for line in traceback)))

    @abstractmethod
    def line(self, record: logging.LogRecord) -> str:
        """The record in one line, not yet safe to print."""

    def margin(self, record: logging.LogRecord) -> str:
        """What each further line begins with."""
        return ""


class _JournalFormatter(_LineFormatter):
    """`<6>room.module: message`: systemd reads the priority and adds time and process itself."""

    def line(self, record: logging.LogRecord) -> str:
        return f"{self.margin(record)}{_name(record)}: {record.getMessage()}"

    def margin(self, record: logging.LogRecord) -> str:
        return f"<{_SYSLOG.get(record.levelno, 6)}>"


class _TerminalFormatter(_LineFormatter):
    """Time of day, level, room.module and message."""

    def line(self, record: logging.LogRecord) -> str:
        time = self.formatTime(record, "%H:%M:%S")
        return f"{time} {record.levelname:<7} {_name(record)}: {record.getMessage()}"


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


def make_formatter(form: str, *, journal: bool) -> logging.Formatter:
    """The formatter for "json" or "text"; `journal` tells that journald reads the text."""
    if form == "json":
        return _JsonFormatter()
    return _JournalFormatter() if journal else _TerminalFormatter()


def configure(level: str, form: str = "text") -> None:
    """Log to stderr at `level`; `form` is "text" (journal or terminal, whichever reads) or "json"."""
    # Takes a quarter of a second to load, which `argus-station status` should not.
    from aiohttp.http import HttpProcessingError

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(make_formatter(form, journal="JOURNAL_STREAM" in os.environ))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for talkative in ("asyncio", "pyroute2"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    for name in RATE_LIMITED:
        logging.getLogger(name).addFilter(LogRateLimit(RECORDS_PER_MINUTE, plain=(HttpProcessingError,)))


def _name(record: logging.LogRecord) -> str:
    return record.name.removeprefix("argus.")
