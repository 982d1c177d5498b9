"""The lines of an iCalendar text, as clients really write them.

Lines end with CRLF, LF or CR. A line that begins with a blank continues the one before it -- unless it begins a known
property: the standard's own examples and its test tool indent whole calendars.

Spec: RFC 5545 § Content Lines
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from argus.base.errors import InvalidValue

SUBJECT = "calendar"

_BEGINNING = re.compile(
    r"(?:BEGIN|END|VERSION|PRODID|CALSCALE|METHOD|SUMMARY|DESCRIPTION|UID|DTSTAMP|DTSTART|DTEND|DURATION|RRULE|RDATE"
    r"|EXDATE|EXRULE|RECURRENCE-ID|CREATED|LAST-MODIFIED|SEQUENCE|LOCATION|CATEGORIES|CLASS|STATUS|TRANSP|PRIORITY"
    r"|COMMENT|CONTACT|ORGANIZER|ATTENDEE|URL|GEO|ACTION|TRIGGER|REPEAT|TZ[A-Z]+|X-[A-Z0-9-]{1,60})[;:]",
    re.IGNORECASE,
)
_PART = r'(?:"[^"]*"|[^";:,]*)'
_LINE = re.compile(rf"([A-Za-z0-9-]{{1,64}})((?:;[A-Za-z0-9-]{{1,64}}={_PART}(?:,{_PART})*)*):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentLine:
    """`NAME;PARAM=value:value`; name and parameter names in upper case."""

    name: str
    parameters: dict[str, str]
    value: str


def content_lines(text: str) -> Iterator[ContentLine]:
    """The lines one by one.

    Raises:
        InvalidValue: `calendar`: a line is none of iCalendar.
    """
    for line in _unfolded(text):
        match = _LINE.fullmatch(line)
        if match is None:
            raise InvalidValue(SUBJECT, f"not a line of iCalendar: {line!r:.80}")
        pairs = (part.partition("=") for part in _split(match[2]))
        parameters = {name.upper(): value.strip('"') for name, _, value in pairs}
        yield ContentLine(name=match[1].upper(), parameters=parameters, value=match[3].strip())


def _unfolded(text: str) -> list[str]:
    lines: list[list[str]] = []
    for line in re.split(r"\r\n|\n|\r", text):
        stripped = line.strip()
        if not stripped:
            continue
        if lines and line[0] in " \t" and _BEGINNING.match(stripped) is None:
            lines[-1].append(line[1:])
        else:
            lines.append([stripped])
    return ["".join(parts) for parts in lines]


def _split(parameters: str) -> list[str]:
    return re.findall(r';([^";]*(?:"[^"]*"[^";]*)*)', parameters)
