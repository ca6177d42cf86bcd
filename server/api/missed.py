"""What a classroom missed while its line was down, to be caught up with while the lesson goes on and is recorded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import structlog
from aiohttp import hdrs, web
from msgspec import Meta, Struct

from server.api.devices import rooms_within
from server.api.folders import LESSON_ID
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint, json_response
from server.publishing.missed import (
    LONGEST_MS,
    Missed,
    MissedBoard,
    board_of,
    came_ms,
    is_recorded,
    missed_by,
    sound_of,
)
from signaling.messages import CatchUp

log = structlog.get_logger(__name__)

LESSON_LONGEST_MS = 86_400_000
CLOCKS_DIFFER_MS = 5_000
"""A room's own time of the lesson, and what it takes to notice that nothing comes any more."""
_SPAN = {"from_ms": "Lesson time at which the span begins", "until_ms": "Lesson time at which it ends"}


class MissedSpans(Struct, frozen=True):
    """When a classroom's line was down, oldest first. recorded: whether the lesson is being recorded now."""

    recorded: bool
    spans: list[Missed]


class AskRoom(Struct, frozen=True, forbid_unknown_fields=True):
    """The screen of this classroom plays what it missed; `on` false: it stops."""

    room: Annotated[str, Meta(min_length=1, max_length=64)]
    on: bool = True


class Asked(Struct, frozen=True):
    """reached: the screen's line is up, and it was told."""

    reached: bool


async def missed(call: Call) -> MissedSpans:
    """The caller's own classroom's spans, or those of `room`, by the lesson's log."""
    folder = await _lesson(call)
    who = call.caller.subject
    room = call.request.query.get("room", who.id)
    entry = await call.services.store.lessons.get(folder.name)
    cast = set() if entry is None else {member.id for member in entry.cast}
    if room not in cast or (who.role == "classroom" and room != who.id):
        raise not_found()
    recorded = await asyncio.to_thread(is_recorded, folder)
    return MissedSpans(recorded=recorded, spans=await asyncio.to_thread(missed_by, folder, room))


async def missed_sound(call: Call) -> web.Response:
    """The lead's sound of the span."""
    folder, span = await _recorded(call)
    found = await asyncio.to_thread(sound_of, folder, span)
    if found is None:
        raise Problem(409, "not_recorded")
    log.info("missed span heard", lesson=folder.name, by=call.caller.subject.id, ms=span.until_ms - span.from_ms)
    return web.Response(body=found, content_type="audio/webm", headers={hdrs.CACHE_CONTROL: "no-store"})


async def missed_board(call: Call) -> web.Response:
    """The board at the span's begin and what was done to it."""
    folder, span = await _recorded(call)
    response = json_response(await asyncio.to_thread(board_of, folder, span))
    response.enable_compression()
    return response


async def catch_up(call: Call) -> Asked:
    """Somebody who looks after the room asks its screen."""
    if call.body.room not in {room.id for room in await rooms_within(call, "devices.pair")}:
        raise not_found()
    call.visit.about = call.body.room
    return Asked(call.services.tell_screen(call.part("id"), call.body.room, CatchUp(on=call.body.on)))


async def _lesson(call: Call) -> Path:
    """The folder of the lesson of the path, if the caller may see its recording, and sits in it if it is a room.

    Raises:
        Problem: `not_found`, the same for what is not there and what is not theirs.
    """
    lesson_id, who, lessons = call.part("id"), call.caller.subject, call.services.store.lessons
    if not LESSON_ID.fullmatch(lesson_id):
        raise not_found()
    if not await call.services.store.grids.within(who, "recordings.watch", lesson_id):
        raise not_found()
    if who.role == "classroom":
        entry = await lessons.get(lesson_id)
        if entry is None or who.id not in {member.id for member in entry.cast}:
            raise not_found()
    return call.services.lessons_dir / lesson_id


async def _recorded(call: Call) -> tuple[Path, Missed]:
    """The folder and the span asked for; that the caller sees it is written down.

    It is for a room that was in the lesson then. Cuts of media alone are not in the log, so that the room says itself
    what it missed. Persons who may watch wait for the recording, or come in to watch, which the lesson is told.

    Raises:
        Problem: `not_found`; `bad_span`, none, too long, or from before the room came; `not_recorded`, the lesson is
            not recorded now.
    """
    folder, who = await _lesson(call), call.caller.subject
    if who.kind != "classroom":
        raise not_found()
    span = _span(call)
    came = await asyncio.to_thread(came_ms, folder, who.id)
    if came is None or span.from_ms < came - CLOCKS_DIFFER_MS:
        raise Problem(400, "bad_span")
    if not await asyncio.to_thread(is_recorded, folder):
        raise Problem(409, "not_recorded")
    await call.visit.seen(folder.name)
    return folder, span


def _span(call: Call) -> Missed:
    told = [call.request.query.get(name, "") for name in _SPAN]
    if not all(value.isascii() and value.isdigit() and len(value) <= 9 for value in told):
        raise Problem(400, "bad_span")
    span = Missed(*map(int, told))
    if not 0 < span.until_ms - span.from_ms <= LONGEST_MS or span.until_ms > LESSON_LONGEST_MS:
        raise Problem(400, "bad_span")
    return span


_PROBLEMS = ((400, "bad_span"), (404, "not_found"), (409, "not_recorded"))
ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/lessons/{id}/missed",
        "When a classroom's line was down in a lesson that is being recorded",
        missed,
        answer=MissedSpans,
        action="recordings.watch",
        query={"room": "The classroom; without it the caller's own"},
        problems=((404, "not_found"),),
    ),
    Endpoint(
        "GET",
        "/api/lessons/{id}/missed/sound",
        "For a room in the lesson that is being recorded, the lead's sound of a span, at most ten and a half minutes",
        missed_sound,
        action="recordings.watch",
        query=_SPAN,
        problems=_PROBLEMS,
        content_type="audio/webm",
    ),
    Endpoint(
        "GET",
        "/api/lessons/{id}/missed/board",
        "For such a room, the board at the begin of such a span, and its events until the end",
        missed_board,
        answer=MissedBoard,
        action="recordings.watch",
        query=_SPAN,
        problems=_PROBLEMS,
    ),
    Endpoint(
        "POST",
        "/api/lessons/{id}/catch-up",
        "Asks a classroom's screen to play what it missed, or to stop",
        catch_up,
        answer=Asked,
        body=AskRoom,
        action="devices.pair",
        problems=((404, "not_found"),),
    ),
)
