"""The county wall, for a big screen: one answer with everything on it."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from server.api.county_fields import school_within
from server.api.devices import rooms_within
from server.api.lessons import day_around
from server.api.registry import Call, Endpoint
from server.county.policy import decode_policy
from server.devices.alarms import KINDS
from server.devices.readiness import Seen
from server.devices.verdict import Severity
from server.devices.wall import Span, Wall, wall
from server.permissions import reach
from server.store.rows import Subject
from server.store.wall import WallLesson

TOLD = frozenset(kind for kind in KINDS if kind.startswith("server.")) | {"lesson.recording"}
ALARMS_AT_MOST = 3


class WallAlarm(Struct, frozen=True):
    """Something wrong that neither the list of lessons nor that of rooms shows. about: the lesson, if it is of one."""

    kind: str
    about: str
    severity: Severity


class CountyWall(Struct, frozen=True):
    """The wall at one moment. Times are UTC milliseconds, shown in `zone`."""

    now_ms: int
    zone: str
    wall: Wall
    alarms: list[WallAlarm]


async def county_wall(call: Call) -> CountyWall:
    """What is on the wall now: of the county, or of the caller's own school."""
    services, who = call.services, call.caller.subject
    now_ms = services.clock()
    county = await services.store.registry.county(who.county_id)
    assert county is not None, "a person's county is there as long as she is"
    rooms = await rooms_within(call, "rooms.read", fresh=False)
    zone, policy = county.time_zone, decode_policy(county.policy)
    span = span_around(now_ms, zone, policy.idle_after_days)
    lessons, members = await services.store.wall.read(who.county_id, span.from_ms, span.day_end_ms)
    devices: dict[str, list[Seen]] = defaultdict(list)
    for known in await services.devices.devices(room.id for room in rooms):
        devices[known.device.classroom_id].append(known.seen())
    near = _near(who, lessons, {room.id for room in rooms})
    alarms = await services.store.alarms.open_now(who.county_id, school_within(call, "rooms.read"))
    found = [WallAlarm(one.kind, one.told, KINDS.get(one.kind, "amber")) for one in alarms if one.kind in TOLD]
    found.sort(key=lambda alarm: alarm.severity != "red")
    return CountyWall(now_ms, zone, wall(span, rooms, members, near, devices), found[:ALARMS_AT_MOST])


def span_around(now_ms: int, zone: str, idle_after_days: int) -> Span:
    """The local day and week, from Monday, around `now_ms`."""
    day_ms, end_ms = day_around(now_ms, zone)
    today = datetime.fromtimestamp(day_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    monday = today.replace(tzinfo=None) - timedelta(days=today.weekday())
    week_ms = int(monday.replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    return Span(now_ms, day_ms, end_ms, week_ms, idle_after_days)


def _near(who: Subject, lessons: list[WallLesson], rooms: set[str]) -> list[WallLesson]:
    """Those that the caller's reach touches: all of them, or those a teacher or a room of its school takes part in."""
    if reach(who.roles, "rooms.read") == "county":
        return lessons
    return [one for one in lessons if one.school_id == who.school_id or rooms.intersection(one.rooms)]


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/wall",
        "Lessons, rooms and how much they are used, for a big screen",
        county_wall,
        answer=CountyWall,
        action="rooms.read",
    ),
)
