"""Today's lessons of the caller."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from server.api.problems import not_found
from server.api.registry import Call, Endpoint
from server.store.rows import LessonState, LessonWithCast, StaffRole, Subject
from signaling.messages import LessonCard, Role

_PARTS: dict[str, Role] = {
    "county_admin": "admin",
    "school_admin": "admin",
    "assistant": "assistant",
    "classroom": "classroom",
}


class Lead(Struct, frozen=True):
    """Who teaches."""

    id: str
    name: str
    school: str


class Room(Struct, frozen=True):
    """A remote classroom."""

    id: str
    school: str
    name: str


class You(Struct, frozen=True):
    """The caller's part in the lesson."""

    id: str
    role: Role


class LessonToday(Struct, frozen=True):
    """A lesson card with what a start page shows on it."""

    lesson: LessonCard
    state: LessonState
    lead: Lead
    classrooms: list[Room]
    you: You
    recording_id: str | None


async def today(call: Call) -> list[LessonToday]:
    """The caller's lessons of this day in the county's zone, and any that is live."""
    services, who = call.services, call.caller.subject
    zone = await services.store.people.time_zone(who.county_id)
    start_ms, end_ms = day_around(services.clock(), zone)
    entries = await services.store.lessons.cards(who, start_ms, end_ms)
    recorded = await services.recordings.recorded([entry.lesson.id for entry in entries])
    recorded -= await services.store.deletions.hidden(recorded)
    return [card(entry, who, entry.lesson.id in recorded) for entry in entries]


def day_around(now_ms: int, zone: str) -> tuple[int, int]:
    """The local day that `now_ms` lies in, as UTC milliseconds; days of a daylight change have 23 or 25 hours."""
    local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    end = (start.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=start.tzinfo)
    return int(start.timestamp() * 1000), int(end.timestamp() * 1000)


def card(entry: LessonWithCast, who: Subject, recorded: bool) -> LessonToday:
    """What `who` sees of a lesson."""
    lead = entry.cast[0]
    return LessonToday(
        lesson=entry.lesson.card(),
        state=entry.lesson.state,
        lead=Lead(id=lead.id, name=lead.name, school=lead.school),
        classrooms=[Room(id=room.id, school=room.school, name=room.name) for room in entry.cast[1:]],
        you=You(id=who.id, role=role_in(entry, who)),
        recording_id=entry.lesson.id if recorded else None,
    )


def role_in(entry: LessonWithCast, who: Subject) -> Role:
    """The part of somebody who sees the lesson's card."""
    if who.id == entry.lesson.lead_id:
        return "lead"
    return _PARTS.get(who.role, "observer")


class Watcher(Struct, frozen=True):
    """Somebody who only watches, with her first role; `school` is empty for the county's own people."""

    name: str
    role: StaffRole
    school: str


async def watchers(call: Call) -> list[Watcher]:
    """Who watches a lesson now, by name, for who leads it; classes' screens and the lesson's log tell offices only."""
    lesson_id = call.part("id")
    if not await call.services.store.grids.within(call.caller.subject, "lessons.change", lesson_id):
        raise not_found()
    there = call.services.watching(lesson_id)
    return [Watcher(who.name, who.role, who.school) for who in there if who.role != "classroom"]


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/lessons/{id}/watchers",
        "Who watches a lesson now, for its teacher",
        watchers,
        answer=list[Watcher],
        action="lessons.read",
        problems=((404, "not_found"),),
    ),
    Endpoint(
        "GET",
        "/api/lessons",
        "Today's lessons of the caller",
        today,
        answer=list[LessonToday],
        action="lessons.read",
    ),
)
