"""A week's periods of weak subjects, prescribed against planned and held, by class (R5)."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from server.api.county_fields import school_within, summary
from server.api.problems import Problem
from server.api.registry import Call, Endpoint
from server.county.calendar import local_day, moment_ms
from server.county.provision import Due, Provided, provide
from server.store.county_rows import SchoolClass, SchoolSubject

MAX_LINES = 200
"""How many lines one answer has; the largest gaps are the first."""
OF = ("county", "school", "class", "community", "room")


class Provision(Struct, frozen=True, kw_only=True):
    """The week from `monday`. The totals are of all lines, those left off included."""

    monday: date
    prescribed: int
    planned: int
    held: int
    lines: list[Provided]
    left_off: int


async def provision(call: Call) -> Provision:
    """Periods of weak subjects in a week: prescribed, planned and held, by class."""
    store, query, county_id = call.services.store, call.request.query, call.caller.subject.county_id
    zone = ZoneInfo(await store.people.time_zone(county_id))
    monday = _monday(query.get("from"), local_day(call.services.clock(), zone))
    classes = await _classes(call, query.get("of", "county"), query.get("id", ""))
    lines = provide(await _due(call, classes), await store.grids.held_by_class(
        county_id, moment_ms(monday, 0, zone), moment_ms(monday + timedelta(days=7), 0, zone)
    ))  # fmt: skip
    return Provision(
        monday=monday,
        prescribed=sum(line.prescribed for line in lines),
        planned=sum(line.planned for line in lines),
        held=sum(line.held for line in lines),
        lines=lines[:MAX_LINES],
        left_off=max(0, len(lines) - MAX_LINES),
    )


def _monday(text: str | None, today: date) -> date:
    """The Monday of the week asked for.

    Raises:
        Problem: `bad_days`.
    """
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError as error:
        raise Problem(400, "bad_days") from error
    if not 2000 <= day.year <= 2100:
        raise Problem(400, "bad_days")
    return day - timedelta(days=day.weekday())


async def _classes(call: Call, of: str, identifier: str) -> list[SchoolClass]:
    """The open classes asked about, within the caller's reach.

    Raises:
        Problem: `bad_days`, for what has no classes.
    """
    store, county_id = call.services.store, call.caller.subject.county_id
    within, schools = school_within(call, "county.read"), {identifier}
    if of not in OF:
        raise Problem(400, "bad_days")
    if of == "community":
        stays = await store.communities.stays(county_id)
        schools = {stay.school_id for stay in stays if stay.community_id == identifier and stay.left_ms is None}
    known = await store.registry.all(SchoolClass, county_id)
    return [one for one in known if _asked(one, of, identifier, schools) and within in (None, one.school_id)]


def _asked(one: SchoolClass, of: str, identifier: str, schools: set[str]) -> bool:
    match of:
        case "county":
            return True
        case "class":
            return one.id == identifier
        case "room":
            return one.classroom_id == identifier
        case _:
            return one.school_id in schools


async def _due(call: Call, classes: list[SchoolClass]) -> list[Due]:
    """What is prescribed of weak subjects for the grades of `classes`."""
    registry, county_id = call.services.store.registry, call.caller.subject.county_id
    weak = {subject.id for subject in await registry.all(SchoolSubject, county_id) if subject.weak}
    prescribed = [one for one in await registry.prescribed(county_id) if one.subject_id in weak]
    return [
        Due(one.id, rule.subject_id, rule.per_week) for one in classes for rule in prescribed if rule.grade == one.grade
    ]


ENDPOINTS = (
    Endpoint(
        "GET", "/api/county/provision", summary(provision), provision, action="county.read", answer=Provision,
        query={
            "of": "county, room, class, school or community",
            "id": "whose classes",
            "from": "a day of the week, YYYY-MM-DD; by default today",
        },
        problems=((400, "bad_days"),),
    ),
)  # fmt: skip
