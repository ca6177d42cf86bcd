"""Lessons of a county: grids of days, single lessons planned or begun on the spot, missed ones explained."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct
from msgspec.structs import replace

from server.api.county_fields import Identifier, NameOrNone, Words, summary
from server.api.county_problems import PROBLEMS, refused_in_words
from server.api.county_timetable import SeatForm
from server.api.own_account import Done
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.county.calendar import local_day, moment_ms
from server.county.figures import Counted, Figures, figures_of
from server.county.timetable import SeatedClass
from server.permissions import reach
from server.store.covers import AskedCover
from server.store.grid import GRIDS, GridLesson
from server.store.planning import Wish
from signaling.messages import Mode

MAX_DAYS = 42
MINUTE_MS = 60_000


class Grid(Struct, frozen=True, kw_only=True):
    """Lessons from the first day to the last, in the county's zone; `week` is the first day's in `term_id`.

    figures: of these lessons.
    """

    first: date
    last: date
    zone: str
    now_ms: int
    term_id: str | None
    week: int | None
    lessons: list[GridLesson]
    figures: Figures


class LessonForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A single lesson. `start_ms` is UTC; left out, it begins now. `lead_id` left out is the caller."""

    community_id: Identifier
    lead_id: Identifier | None = None
    lead_room_id: Identifier | None = None
    rooms: Annotated[list[Identifier], Meta(max_length=4)]
    classes: Annotated[list[SeatForm], Meta(max_length=20)] = []
    title: NameOrNone = ""
    subject_id: Identifier
    mode: Mode
    origin: Literal["planned", "self_initiated", "rehearsal"]
    start_ms: Annotated[int, Meta(ge=0, le=4_102_444_800_000)] | None = None
    minutes: Annotated[int, Meta(ge=5, le=240)] = 40


class LessonPlanned(Struct, frozen=True):
    """The new lesson."""

    id: str


class Excuse(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a lesson was, or will be, missed."""

    reason: Words


async def grid(call: Call) -> Grid:
    """A grid of lessons, of the county, or of a room, teacher, class, school or community."""
    who, store, now_ms = call.caller.subject, call.services.store, call.services.clock()
    zone = await store.people.time_zone(who.county_id)
    first, last = _span(call, local_day(now_ms, ZoneInfo(zone)))
    span = moment_ms(first, 0, ZoneInfo(zone)), moment_ms(last + timedelta(days=1), 0, ZoneInfo(zone))
    of, identifier = call.request.query.get("of", "county"), call.request.query.get("id", "")
    if of not in GRIDS:
        raise Problem(400, "bad_days")
    terms = await store.terms.all(who.county_id)
    term = next((term for term in terms if term.begins <= last and first <= term.ends), None)
    calendar = await store.terms.calendar(who.county_id, term.id) if term else None
    lessons = await store.grids.lessons(who, of, identifier, *span)
    return Grid(
        first=first,
        last=last,
        zone=zone,
        now_ms=now_ms,
        term_id=term.id if term else None,
        week=calendar.week_of(first) if calendar else None,
        lessons=lessons,
        figures=figures_of(map(_counted, lessons), now_ms),
    )


def _lasting(grid: Grid) -> Grid:
    """The grid without the time, which is another one in every answer."""
    return replace(grid, now_ms=0)


def _counted(lesson: GridLesson) -> Counted:
    """Listening is asked of the rooms a lesson was planned for."""
    planned = tuple(room.verdict for room in lesson.rooms if room.joined_as == "planned")
    return Counted(lesson.state, lesson.origin, lesson.end_ms, planned)


async def plan_lesson(call: Call) -> LessonPlanned:
    """Plans a single lesson, begins one on the spot, or rehearses."""
    who, store, form, now_ms = call.caller.subject, call.services.store, call.body, call.services.clock()
    lead_id = form.lead_id or who.id
    await _require_lead(call, lead_id)
    start_ms = now_ms - now_ms % MINUTE_MS if form.start_ms is None else form.start_ms
    wish = Wish(
        community_id=form.community_id,
        lead_id=lead_id,
        lead_room_id=form.lead_room_id,
        rooms=tuple(form.rooms),
        classes=tuple(SeatedClass(seat.class_id, seat.classroom_id) for seat in form.classes),
        title=form.title,
        subject_id=form.subject_id,
        mode=form.mode,
        origin=form.origin,
        start_ms=start_ms,
        end_ms=start_ms + form.minutes * MINUTE_MS,
    )
    async with refused_in_words(call):
        call.visit.about = await store.planning.plan(who.county_id, wish, now_ms)
    return LessonPlanned(call.visit.about)


async def excuse_lesson(call: Call) -> Done:
    """Says why a lesson was missed, or will not be held."""
    who, store = call.caller.subject, call.services.store
    lesson_id = await _within(call)
    async with refused_in_words(call):
        await store.judgements.excuse(who.county_id, lesson_id, call.body.reason, who.id, call.services.clock())
    return Done()


async def restore_lesson(call: Call) -> Done:
    """Takes the explanation back: the lesson is planned again, or counts as missed."""
    who, store = call.caller.subject, call.services.store
    lesson_id = await _within(call)
    async with refused_in_words(call):
        await store.judgements.take_back(who.county_id, lesson_id, call.services.clock(), who.id)
    return Done()


def _span(call: Call, today: date) -> tuple[date, date]:
    """The days asked for: `from` and `days`; by default this week, from Monday.

    Raises:
        Problem: `bad_query`.
    """
    query = call.request.query
    try:
        first = date.fromisoformat(query["from"]) if "from" in query else today - timedelta(days=today.weekday())
        days = int(query.get("days", "7"))
        last = first + timedelta(days=days - 1)
    except (ValueError, OverflowError) as error:
        raise Problem(400, "bad_days") from error
    if not 1 <= days <= MAX_DAYS or not 2000 <= first.year <= 2100:
        raise Problem(400, "bad_days")
    return first, last


async def asked_covers(call: Call) -> list[AskedCover]:
    """Requests for cover that wait for the caller's answer."""
    return await call.services.store.covers.asked_of(call.caller.subject)


async def _require_lead(call: Call, lead_id: str) -> None:
    """Everybody plans lessons of their own, a school's administrator those of its teachers.

    Raises:
        Problem: `not_found`.
    """
    who = call.caller.subject
    lead = await call.services.store.people.subject(lead_id)
    if lead is None or lead.kind != "staff" or lead.county_id != who.county_id:
        raise not_found()
    match reach(who.roles, "lessons.change"):
        case "county":
            return
        case "school" if lead.school_id == who.school_id:
            return
    if lead.id != who.id:
        raise not_found()


async def _within(call: Call) -> str:
    """The lesson that the path names, if the caller may change it.

    Raises:
        Problem: `not_found`.
    """
    lesson_id = call.part("id")
    if not await call.services.store.grids.within(call.caller.subject, "lessons.change", lesson_id):
        raise not_found()
    return lesson_id


_CHANGE = (
    (plan_lesson, "/api/county/lessons", LessonForm, LessonPlanned),
    (excuse_lesson, "/api/county/lessons/{id}/excuse", Excuse, Done),
    (restore_lesson, "/api/county/lessons/{id}/restore", None, Done),
)
ENDPOINTS = (
    Endpoint(
        "GET", "/api/county/grid", summary(grid), grid, action="timetable.read", answer=Grid, lasting=_lasting,
        query={
            "of": "county, room, teacher, class, school or community",
            "id": "whose grid",
            "from": "the first day, YYYY-MM-DD; by default Monday",
            "days": "how many days, 1 to 42; by default 7",
        },
        problems=((400, "bad_days"),),
    ),
    Endpoint(
        "GET", "/api/county/covers", summary(asked_covers), asked_covers,
        action="lessons.cover", answer=list[AskedCover],
    ),
    *(
        Endpoint(
            "POST", path, summary(handler), handler,
            action="lessons.change", answer=answer, body=body, problems=PROBLEMS,
        )
        for handler, path, body, answer in _CHANGE
    ),
)  # fmt: skip
