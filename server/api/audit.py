"""The audit log, for inspectors and county administrators: to read in words, and to verify."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from server.api.problems import Problem
from server.api.registry import Call, Endpoint
from server.audit.chain import Entry, Row
from server.store.audit import Verdict, Wanted

PAGE = 100
MOST = 500
OUTCOMES = ("seen", "changed", "refused")


class AuditRow(Struct, frozen=True):
    """A row of the log; `hash` seals it and all before it."""

    number: int
    entry: Entry
    hash: str


class AuditPage(Struct, frozen=True):
    """Newest first. `next` is the `before` of the following page, null on the last. `names`: what the ids of these
    rows are called now, those that have a name; times are shown in `zone`.
    """

    rows: list[AuditRow]
    next: int | None
    names: dict[str, str]
    zone: str


class AuditPerson(Struct, frozen=True):
    """Somebody who is in the log; `name` is empty where the store has none."""

    id: str
    name: str


class AuditPeople(Struct, frozen=True):
    """Everybody who is in the log, whoever did something last first; rooms are there by their screens."""

    people: list[AuditPerson]


async def audit(call: Call) -> AuditPage:
    """A page of the log, of what is asked for."""
    services, query = call.services, call.request.query
    await services.trail.flush()
    county_id = call.caller.subject.county_id
    zone = await services.store.people.time_zone(county_id)
    limit = min(_number(query.get("limit"), PAGE), MOST)
    before = _number(query["before"], 0) if "before" in query else None
    rows = await services.store.audit.page(county_id, before, limit, await _wanted(call, zone))
    more = rows[-1].number if len(rows) == limit and rows[-1].number > 1 else None
    ids = {one for row in rows for one in (row.entry.who, row.entry.about) if one}
    names = await services.store.called.names(county_id, ids)
    return AuditPage([_shown(row) for row in rows], more, names, zone)


async def audit_people(call: Call) -> AuditPeople:
    """Who is in the log, to choose from."""
    services = call.services
    await services.trail.flush()
    county_id = call.caller.subject.county_id
    people = await services.store.audit.people(county_id)
    names = await services.store.called.names(county_id, people)
    return AuditPeople([AuditPerson(one, names.get(one, "")) for one in people])


async def verify_audit(call: Call) -> Verdict:
    """Reads the whole log and names every row that is not as it was written."""
    await call.services.trail.flush()
    return await call.services.store.audit.verify()


async def _wanted(call: Call, zone: str) -> Wanted:
    """What the request asks for. A room is asked for with every device it has or had.

    Raises:
        Problem: `bad_query`.
    """
    query = {key: value[:64] for key, value in call.request.query.items()}
    about = (query["about"],) if query.get("about") else ()
    if room := query.get("room", ""):
        about = (*about, room, *await call.services.store.called.devices_of(room))
    if query.get("outcome", "") not in ("", *OUTCOMES):
        raise Problem(400, "bad_query")
    from_ms, to_ms = _day(query.get("day", ""), zone)
    return Wanted(
        who=query.get("who", ""),
        about=about,
        what=query.get("what", ""),
        outcome=query.get("outcome", ""),
        from_ms=from_ms,
        to_ms=to_ms,
    )


def _day(text: str, zone: str) -> tuple[int, int] | tuple[None, None]:
    """The local day `YYYY-MM-DD` in UTC milliseconds; any time for an empty text.

    Raises:
        Problem: `bad_query`.
    """
    if not text:
        return None, None
    try:
        day = date.fromisoformat(text)
        ends = [datetime.combine(one, time(), ZoneInfo(zone)) for one in (day, day + timedelta(days=1))]
        first, last = (int(end.astimezone(UTC).timestamp() * 1000) for end in ends)
    except (ValueError, OverflowError) as error:
        raise Problem(400, "bad_query") from error
    return first, last


def _number(text: str | None, default: int) -> int:
    """A whole number from 1 on.

    Raises:
        Problem: `bad_query`.
    """
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 15 or int(text) < 1:
        raise Problem(400, "bad_query")
    return int(text)


def _shown(row: Row) -> AuditRow:
    return AuditRow(number=row.number, entry=row.entry, hash=row.hash.hex())


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/audit",
        "The audit log, newest first",
        audit,
        action="audit.read",
        answer=AuditPage,
        query={
            "before": "Only rows with smaller numbers",
            "limit": "How many, 100 unless told, at most 500",
            "who": "Only rows of this person or room",
            "about": "Only rows about this thing",
            "room": "Only rows about this room or a device of it",
            "what": "Only rows of this action",
            "outcome": "Only rows with this outcome: seen, changed or refused",
            "day": "Only rows of this day, YYYY-MM-DD in the county's zone",
        },
        problems=((400, "bad_query"),),
    ),
    Endpoint(
        "GET", "/api/audit/people", "Who is in the audit log", audit_people, action="audit.read", answer=AuditPeople
    ),
    Endpoint(
        "GET", "/api/audit/verify", "Whether the audit log is whole", verify_audit, action="audit.read", answer=Verdict
    ),
)
