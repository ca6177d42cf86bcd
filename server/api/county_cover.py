"""Cover: a room whose teacher is away asks to sit in on a lesson of the day, and its lead says yes or no."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from server.api.both_ends import leads, speaks_for
from server.api.county_fields import Identifier, summary
from server.api.county_problems import PROBLEMS, refused_in_words
from server.api.lessons import day_around
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.store.covers import CoverClass, CoverRequest
from server.store.grid import GridLesson
from server.store.rows import Subject


class CoverForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Which lesson to sit in on; `classroom_id` is left out by the room itself."""

    lesson_id: Identifier
    classroom_id: Identifier | None = None
    class_id: Identifier | None = None


class CoverAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The lead admits or refuses; who asked may take it back."""

    state: Literal["admitted", "refused", "withdrawn"]


async def cover_choices(call: Call) -> list[GridLesson]:
    """Lessons of the day that the room could join, the running ones first."""
    who, store = call.caller.subject, call.services.store
    room_id = await _room(call, call.request.query.get("room"))
    grade = call.request.query.get("grade", "")
    if grade and (not grade.isdecimal() or len(grade) > 2):
        raise Problem(400, "bad_grade")
    span = day_around(call.services.clock(), str(ZoneInfo(await store.people.time_zone(who.county_id))))
    chosen = await store.covers.choices(who.county_id, room_id, *span, int(grade) if grade else None)
    found = {lesson.id: lesson for lesson in await store.grids.named(chosen)}
    return [found[lesson_id] for lesson_id in chosen if lesson_id in found]


async def cover_classes(call: Call) -> list[CoverClass]:
    """The classes that may be the one in the room that asks: of several, somebody has to say which."""
    room_id = await _room(call, call.request.query.get("room"))
    return await call.services.store.covers.classes(room_id)


async def ask_cover(call: Call) -> CoverRequest:
    """Asks the lesson's lead to let a room sit in."""
    form, store = call.body, call.services.store
    room_id = await _room(call, form.classroom_id)
    async with refused_in_words(call):
        request = await store.covers.ask(
            call.caller.subject.county_id, form.lesson_id, room_id, form.class_id, call.services.clock()
        )
    call.visit.about = request.id
    await call.services.covers_changed(request.lesson_id)
    return request


async def answer_cover(call: Call) -> CoverRequest:
    """Admits or refuses a room, or takes the request back."""
    who, store, state = call.caller.subject, call.services.store, call.body.state
    request, led, asked = await _request(call)
    if not (asked if state == "withdrawn" else led):
        raise not_found()
    async with refused_in_words(call):
        answered = await store.covers.answer(who.county_id, request.id, state, call.services.clock())
    await call.services.covers_changed(request.lesson_id)
    return answered


async def cover(call: Call) -> CoverRequest:
    """What became of a request, for the room that asked, its school and the lead."""
    request, led, asked = await _request(call)
    if not (led or asked):
        raise not_found()
    return request


async def waiting_covers(call: Call) -> list[CoverRequest]:
    """Requests for one of the caller's lessons that wait for an answer."""
    if not await leads(call, call.part("id")):
        raise not_found()
    return await call.services.store.covers.waiting(call.part("id"))


async def _request(call: Call) -> tuple[CoverRequest, bool, bool]:
    """The request of the path, whether its lesson is the caller's, and whether its room is.

    All is looked for whether there is such a request or not: so that the time tells nobody.

    Raises:
        Problem: `not_found`.
    """
    request = await call.services.store.covers.find(call.part("id"))
    if request is None:
        raise not_found()
    led, asked = await leads(call, request.lesson_id), await speaks_for(call, request.classroom_id)
    if request.id != call.part("id"):
        raise not_found()
    return request, led, asked


async def _room(call: Call, room_id: str | None) -> str:
    """The room itself, or one within the reach of a member of staff.

    Raises:
        Problem: `not_found`.
    """
    who: Subject = call.caller.subject
    if room_id is None and who.kind == "classroom":
        return who.id
    if not await speaks_for(call, room_id or ""):
        raise not_found()
    return room_id or ""


ENDPOINTS = (
    Endpoint(
        "GET", "/api/county/cover", summary(cover_choices), cover_choices,
        action="lessons.cover", answer=list[GridLesson],
        query={"room": "the room, unless it asks itself", "grade": "the class's grade"},
        problems=((400, "bad_grade"), (404, "not_found")),
    ),
    Endpoint(
        "POST", "/api/county/cover", summary(ask_cover), ask_cover,
        action="lessons.cover", answer=CoverRequest, body=CoverForm, problems=PROBLEMS,
    ),
    Endpoint(
        "GET", "/api/county/cover/classes", summary(cover_classes), cover_classes,
        action="lessons.cover", answer=list[CoverClass],
        query={"room": "the room, unless it asks itself"}, problems=PROBLEMS[:1],
    ),
    Endpoint(
        "GET", "/api/county/cover/{id}", summary(cover), cover,
        action="lessons.cover", answer=CoverRequest, problems=PROBLEMS[:1],
    ),
    Endpoint(
        "POST", "/api/county/cover/{id}", summary(answer_cover), answer_cover,
        action="lessons.cover", answer=CoverRequest, body=CoverAnswer, problems=PROBLEMS,
    ),
    Endpoint(
        "GET", "/api/county/lessons/{id}/covers", summary(waiting_covers), waiting_covers,
        action="lessons.cover", answer=list[CoverRequest], problems=PROBLEMS[:1],
    ),
)  # fmt: skip
