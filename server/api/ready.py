"""The ready board: today's lessons by time, and whether each of their rooms is ready, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from server.api.devices import rooms_within
from server.api.lessons import day_around
from server.api.registry import Call, Endpoint
from server.devices.known import Known
from server.devices.readiness import Light, Plan, Readiness, lesson_readiness, room_readiness, worst
from server.store.rows import CastMember, LessonState, LessonWithCast, Profile, rfc3339
from signaling.messages import LessonCard


class ReadyRoom(Struct, frozen=True):
    """A room of a lesson. `heard` is when it was last heard, while it is not; RFC 3339."""

    id: str
    name: str
    school: str
    ready: Readiness
    heard: str | None


class ReadyLesson(Struct, frozen=True):
    """A lesson of today. `light` is the worst of the lesson's own and its rooms'."""

    lesson: LessonCard
    state: LessonState
    teacher: str
    school: str
    light: Light
    ready: Readiness
    rooms: list[ReadyRoom]


class ReadyBoard(Struct, frozen=True):
    """The board at one moment, in the county's zone."""

    now: str
    zone: str
    lessons: list[ReadyLesson]


async def board(call: Call) -> ReadyBoard:
    """Today's lessons in which a school of the caller's reach takes part, by time."""
    services, county_id = call.services, call.caller.subject.county_id
    now_ms = services.clock()
    zone = await services.store.people.time_zone(county_id)
    ids = await services.store.devices.lessons_between(county_id, *day_around(now_ms, zone))
    found = await services.store.lessons.get_many(ids)
    profiles = {one.id: one.profile for one in (await services.devices.rooms(fresh=True)).values()}
    schools = {room.school_id for room in await rooms_within(call, "rooms.read")}
    entries = [found[one] for one in ids if one in found and schools & {who.school_id for who in found[one].cast}]
    devices: dict[str, list[Known]] = {}
    for known in await services.devices.devices(member.id for entry in entries for member in entry.cast[1:]):
        devices.setdefault(known.device.classroom_id, []).append(known)
    return ReadyBoard(
        now=rfc3339(now_ms), zone=zone, lessons=[_lesson(entry, devices, profiles, now_ms) for entry in entries]
    )


def _lesson(
    entry: LessonWithCast, devices: dict[str, list[Known]], profiles: Mapping[str, Profile], now_ms: int
) -> ReadyLesson:
    lesson, lead = entry.lesson, entry.cast[0]
    plan = Plan(lesson.id, lesson.state, lesson.planned_start_ms, lesson.planned_end_ms)
    ready = lesson_readiness(plan, now_ms)
    rooms = [
        _room(plan, room, devices.get(room.id, []), profiles.get(room.id, "simple"), now_ms) for room in entry.cast[1:]
    ]
    return ReadyLesson(
        lesson=lesson.card(),
        state=lesson.state,
        teacher=lead.name,
        school=lead.school,
        light=worst([ready.light, *(room.ready.light for room in rooms)]),
        ready=ready,
        rooms=rooms,
    )


def _room(plan: Plan, room: CastMember, devices: list[Known], profile: Profile, now_ms: int) -> ReadyRoom:
    ready = room_readiness(plan, [known.seen() for known in devices], now_ms, profile)
    heard = None if ready.heard_ms is None else rfc3339(ready.heard_ms)
    return ReadyRoom(id=room.id, name=room.name, school=room.school, ready=ready, heard=heard)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/ready",
        "Today's lessons, and whether each room is ready",
        board,
        answer=ReadyBoard,
        action="rooms.read",
    ),
)
