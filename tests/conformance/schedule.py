"""The words of the Schedule service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from xml.sax.saxutils import quoteattr

from tests.conformance.client import Client
from tests.conformance.names import NAMESPACES, Element, child, one, request, text

ALL_DAYS = "MO,TU,WE,TH,FR,SA,SU"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDays:
    """tsc:SpecialDaysSchedule: other times on the days of a group; an end "" means midnight."""

    group: str
    ranges: tuple[tuple[str, str], ...] = ()

    def xml(self) -> str:
        ranges = "".join(
            f"<tsc:TimeRange>{child('tsc:From', start)}{child('tsc:Until', end) if end else ''}</tsc:TimeRange>"
            for start, end in self.ranges
        )
        return f"<tsc:SpecialDays>{child('tsc:GroupToken', self.group)}{ranges}</tsc:SpecialDays>"

    @classmethod
    def of(cls, element: Element) -> SpecialDays:
        ranges = element.iterfind("tsc:TimeRange", NAMESPACES)
        found = ((text(each, "tsc:From"), each.findtext("tsc:Until", "", NAMESPACES)) for each in ranges)
        return cls(group=text(element, "tsc:GroupToken"), ranges=tuple(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """tsc:Schedule; `standard` is an iCalendar text."""

    token: str = ""
    name: str = "Conformance"
    description: str | None = "Made by a conformance test"
    standard: str = ""
    special_days: tuple[SpecialDays, ...] = ()

    def xml(self) -> str:
        inner = (
            child("tsc:Name", self.name)
            + ("" if self.description is None else child("tsc:Description", self.description))
            + child("tsc:Standard", self.standard)
            + "".join(days.xml() for days in self.special_days)
        )
        return f"<tsc:Schedule token={quoteattr(self.token)}>{inner}</tsc:Schedule>"

    @classmethod
    def of(cls, element: Element) -> Schedule:
        return cls(
            token=element.get("token", ""),
            name=text(element, "tsc:Name"),
            description=element.findtext("tsc:Description", None, NAMESPACES),
            standard=text(element, "tsc:Standard"),
            special_days=tuple(SpecialDays.of(days) for days in element.iterfind("tsc:SpecialDays", NAMESPACES)),
        )

    def to(self, **changes: object) -> Schedule:
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayGroup:
    """tsc:SpecialDayGroup; `days` is an iCalendar text."""

    token: str = ""
    name: str = "Conformance"
    description: str | None = "Made by a conformance test"
    days: str = ""

    def xml(self) -> str:
        inner = (
            child("tsc:Name", self.name)
            + ("" if self.description is None else child("tsc:Description", self.description))
            + child("tsc:Days", self.days)
        )
        return f"<tsc:SpecialDayGroup token={quoteattr(self.token)}>{inner}</tsc:SpecialDayGroup>"

    @classmethod
    def of(cls, element: Element) -> DayGroup:
        return cls(
            token=element.get("token", ""),
            name=text(element, "tsc:Name"),
            description=element.findtext("tsc:Description", None, NAMESPACES),
            days=element.findtext("tsc:Days", "", NAMESPACES),
        )

    def to(self, **changes: object) -> DayGroup:
        return replace(self, **changes)  # type: ignore[arg-type]


def calendar(*events: Iterable[str]) -> str:
    """A VCALENDAR whose VEVENTs consist of these lines."""
    lines = ["BEGIN:VCALENDAR", "PRODID:-//Conformance//EN", "VERSION:2.0"]
    for number, event in enumerate(events):
        lines += ["BEGIN:VEVENT", *event, f"UID:conformance-{number}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def weekly(start: str, end: str, days: str = ALL_DAYS, *, name: str = "Period") -> list[str]:
    """A weekly period; times are written "083000", an end of "000000" is midnight after the day."""
    until = f"19700102T{end}" if end == "000000" else f"19700101T{end}"
    return [f"SUMMARY:{name}", f"DTSTART:19700101T{start}", f"DTEND:{until}", f"RRULE:FREQ=WEEKLY;BYDAY={days}"]


def whole_day(day: str, next_day: str) -> list[str]:
    """A special day; both are written "20270101"."""
    return ["SUMMARY:Special", f"DTSTART:{day}T000000", f"DTEND:{next_day}T000000"]


ALWAYS = calendar(weekly("000000", "000000"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """The names of the operations on one kind of thing."""

    name: str
    plural: str

    def body(self, operation: str, value: Schedule | DayGroup) -> str:
        return f"<tsc:{operation}{self.name}>{value.xml()}</tsc:{operation}{self.name}>"

    def get(self, *tokens: str, info: bool = False) -> str:
        operation = f"Get{self.name}Info" if info else f"Get{self.plural}"
        return f"<tsc:{operation}>{''.join(child('tsc:Token', token) for token in tokens)}</tsc:{operation}>"

    def list(self, limit: int | None = None, start: str | None = None, *, info: bool = False) -> str:
        operation = f"Get{self.name}InfoList" if info else f"Get{self.name}List"
        inner = ("" if limit is None else child("tsc:Limit", limit)) + (
            "" if start is None else child("tsc:StartReference", start)
        )
        return f"<tsc:{operation}>{inner}</tsc:{operation}>"

    def delete(self, token: str) -> str:
        return request(f"tsc:Delete{self.name}", Token=token)

    def items(self, answer: Element, *, info: bool = False) -> list[Element]:
        return answer.findall(f"tsc:{self.name}{'Info' if info else ''}", NAMESPACES)


SCHEDULE = Entity(name="Schedule", plural="Schedules")
GROUP = Entity(name="SpecialDayGroup", plural="SpecialDayGroups")


class Schedules:
    """The schedule service as one client uses it."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def create(self, value: Schedule | DayGroup) -> str:
        entity = SCHEDULE if isinstance(value, Schedule) else GROUP
        return text(self.client.call(entity.body("Create", value)), "tsc:Token")

    def modify(self, value: Schedule | DayGroup) -> None:
        self.client.call((SCHEDULE if isinstance(value, Schedule) else GROUP).body("Modify", value))

    def delete(self, entity: Entity, token: str) -> None:
        self.client.call(entity.delete(token))

    def schedule(self, token: str) -> Schedule:
        [found] = SCHEDULE.items(self.client.call(SCHEDULE.get(token)))
        return Schedule.of(found)

    def group(self, token: str) -> DayGroup:
        [found] = GROUP.items(self.client.call(GROUP.get(token)))
        return DayGroup.of(found)

    def all(self, entity: Entity, *, info: bool = False, limit: int | None = None) -> list[Element]:
        """All entries, page by page; a page is never larger than its limit."""
        found: list[Element] = []
        start: str | None = None
        for _ in range(10_000):
            answer = self.client.call(entity.list(limit, start, info=info))
            page = entity.items(answer, info=info)
            assert limit is None or len(page) <= limit, f"a page of {len(page)} where {limit} were asked for"
            found += page
            start = answer.findtext("tsc:NextStartReference", None, NAMESPACES)
            if not start:
                return found
        raise AssertionError("the list never ends")

    def tokens(self, entity: Entity) -> list[str]:
        return [item.get("token", "") for item in self.all(entity, info=True)]

    def state(self, token: str) -> tuple[bool, bool | None]:
        """Whether the schedule is active, and whether today is a special day (None: not told)."""
        state = one(self.client.call(request("tsc:GetScheduleState", Token=token)), "tsc:ScheduleState")
        special = state.findtext("tsc:SpecialDay", None, NAMESPACES)
        return text(state, "tsc:Active") in ("true", "1"), None if special is None else special in ("true", "1")
