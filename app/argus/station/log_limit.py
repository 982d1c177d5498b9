"""A bound on what one logger may write: hostile clients must not fill the flash with our log."""

from __future__ import annotations

import logging


class LogRateLimit(logging.Filter):
    """Lets `per_minute` records a minute pass; tells how many it kept back.

    Of the errors `plain` only the sentence is logged: they tell about a client, their traceback only about us.
    """

    def __init__(self, per_minute: int, plain: tuple[type[BaseException], ...] = ()) -> None:
        super().__init__()
        self._per_minute = per_minute
        self._plain = plain
        self._minute = -1
        self._passed = 0
        self._kept_back = 0

    def filter(self, record: logging.LogRecord) -> bool:
        minute = int(record.created // 60)
        if minute != self._minute:
            if self._kept_back:
                record.msg = f"{record.msg} ({self._kept_back} similar records were kept back before)"
            self._minute, self._passed, self._kept_back = minute, 0, 0
        self._passed += 1
        if self._passed > self._per_minute:
            self._kept_back += 1
            return False
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, self._plain):
            record.exc_info = None
        return True
