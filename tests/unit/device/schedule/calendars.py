"""Calendars for tests, written as clients write them."""

from __future__ import annotations

EMPLOYEES = """BEGIN:VCALENDAR
PRODID:
VERSION:2.0
BEGIN:VEVENT
SUMMARY:Access on weekdays from 9 AM to 5 PM for employees
DTSTART:19700105T090000
DTEND:19700105T170000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR
UID:Employee@ONVIF.com
END:VEVENT
END:VCALENDAR
"""


def event(start: str, end: str, rule: str = "") -> str:
    lines = ["BEGIN:VEVENT", f"DTSTART:{start}", f"DTEND:{end}", *([f"RRULE:{rule}"] if rule else []), "END:VEVENT"]
    return "\n".join(lines)


def calendar(*events: str) -> str:
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y", *events, "END:VCALENDAR"])
