"""Schedules and special day groups as rows of the box's database."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

from argus.base.database import Database, Row, Statement
from argus.base.errors import ArgusError
from argus.base.tokens import ScheduleToken, SpecialDayGroupToken
from argus.device.schedule.calendar import Calendar, read_calendar
from argus.device.schedule.values import Schedule, SpecialDayGroup, SpecialDays, TimePeriod

logger = logging.getLogger(__name__)


def read_schedules(database: Database) -> dict[ScheduleToken, Schedule]:
    """Every schedule in order of creation."""
    rows = database.read("SELECT token, name, description, standard, special_days FROM schedule ORDER BY rowid")
    return {schedule.token: schedule for schedule in map(_schedule, rows)}


def read_groups(database: Database) -> dict[SpecialDayGroupToken, SpecialDayGroup]:
    """Every special day group in order of creation."""
    rows = database.read("SELECT token, name, description, days FROM special_day_group ORDER BY rowid")
    return {group.token: group for group in map(_group, rows)}


def put_schedule(schedule: Schedule) -> Statement:
    """Create or replace; an upsert keeps the rowid and with it the order of creation."""
    special_days = json.dumps(
        [[one.group, [[period.from_us, period.until_us] for period in one.periods]] for one in schedule.special_days]
    )
    return (
        "INSERT INTO schedule VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (token)"
        " DO UPDATE SET name = ?2, description = ?3, standard = ?4, special_days = ?5",
        (schedule.token, schedule.name, schedule.description, schedule.standard.text, special_days),
    )


def put_group(group: SpecialDayGroup) -> Statement:
    return (
        "INSERT INTO special_day_group VALUES (?1, ?2, ?3, ?4) ON CONFLICT (token)"
        " DO UPDATE SET name = ?2, description = ?3, days = ?4",
        (group.token, group.name, group.description, None if group.days is None else group.days.text),
    )


def delete_schedule(token: ScheduleToken) -> Statement:
    return "DELETE FROM schedule WHERE token = ?", (token,)


def delete_group(token: SpecialDayGroupToken) -> Statement:
    return "DELETE FROM special_day_group WHERE token = ?", (token,)


def _schedule(row: Row) -> Schedule:
    token, name, description, standard, special_days = row
    return Schedule(
        token=ScheduleToken(str(token)),
        name=str(name),
        description=None if description is None else str(description),
        standard=_calendar(str(standard), str(token)),
        special_days=tuple(
            SpecialDays(
                group=SpecialDayGroupToken(group),
                periods=tuple(TimePeriod(from_us=from_us, until_us=until_us) for from_us, until_us in periods),
            )
            for group, periods in json.loads(str(special_days))
        ),
    )


def _group(row: Row) -> SpecialDayGroup:
    token, name, description, days = row
    group = SpecialDayGroup(
        token=SpecialDayGroupToken(str(token)),
        name=str(name),
        description=None if description is None else str(description),
    )
    return group if days is None else replace(group, days=_calendar(str(days), str(token)))


def _calendar(text: str, token: str) -> Calendar:
    try:
        return read_calendar(text)
    except ArgusError as error:
        # Another release may have understood more. The station must start, and the text must not be lost.
        logger.error("the calendar of %s is not understood and never active: %s", token, error)
        return Calendar(text=text, events=())
