"""Who speaks for a lesson, and who for a room that is not in it yet: for requests that go from one to the other."""

from __future__ import annotations

from server.api.registry import Call
from server.permissions import reach
from server.store.rows import Classroom


async def leads(call: Call, lesson_id: str) -> bool:
    """Whether the lesson is the caller's own; an administrator stands in for her."""
    return await call.services.store.grids.within(call.caller.subject, "lessons.change", lesson_id)


async def speaks_for(call: Call, room_id: str) -> bool:
    """Whether the caller speaks for the room: as the room itself, for its school, or for the county."""
    who = call.caller.subject
    if who.kind == "classroom":
        return room_id == who.id
    room = await call.services.store.registry.get(Classroom, who.county_id, room_id)
    return room is not None and (reach(who.roles, "lessons.cover") == "county" or room.school_id == who.school_id)
