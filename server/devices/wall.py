"""The county wall: lessons now, next and failed today, each room's health, and how much the rooms are used.

Pure: rows of the store and devices as they were last heard go in, the wall comes out; time is an argument.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from server.devices.readiness import GRACE_MS, SOON_MS, Plan, Seen, common_faults, is_heard, room_readiness
from server.devices.verdict import FAULTS
from server.store.device_rows import RoomRow
from server.store.rows import Profile
from server.store.wall import WallLesson, WallMember

RoomState = Literal["green", "amber", "red", "off", "none"]
"""Green, amber and red as on the ready board; `off`: its devices are not heard and need not be; `none`: it has none."""
Why = Literal["not_started", "missed", "too_short"]
STATES: tuple[RoomState, ...] = ("green", "amber", "red", "off", "none")
DAY_MS = 86_400_000
NOW_AT_MOST, NEXT_AT_MOST, FAILED_AT_MOST, NAMED_AT_MOST = 26, 8, 12, 24


class WallRoom(Struct, frozen=True):
    """A room on the grid. reasons: codes of the ready board or of faults, the worst first. week: lessons held in it
    since Monday. idle: it had no lesson for longer than the county's policy says.
    """

    id: str
    name: str
    school: str
    state: RoomState
    reasons: list[str]
    week: int
    idle: bool


class WallCommunity(Struct, frozen=True):
    """A community with its rooms, the centre's first; with an empty id the rooms of no community."""

    id: str
    name: str
    week: int
    rooms: list[WallRoom]


class WallEntry(Struct, frozen=True):
    """A lesson on the wall. rooms: the remote schools. why: only of a failed one."""

    id: str
    title: str
    subject: str
    teacher: str
    school: str
    rooms: list[str]
    start_ms: int
    end_ms: int
    why: Why | None = None


class WallCounts(Struct, frozen=True):
    """Lessons of today: now, still to come, held, failed, called off with a reason; `week`: held since Monday."""

    now: int
    next: int
    held: int
    failed: int
    excused: int
    week: int


class Wall(Struct, frozen=True):
    """All of it. The lists of lessons are the first of each kind; the counts are of all."""

    counts: WallCounts
    now: list[WallEntry]
    next: list[WallEntry]
    failed: list[WallEntry]
    rooms: dict[RoomState, int]
    communities: list[WallCommunity]
    idle: int
    idle_rooms: list[str]
    idle_after_days: int
    week_per_room: float


@dataclass(frozen=True)
class Span:
    """Now, and the local day and week that it lies in, UTC milliseconds. A room without a lesson for more than
    `idle_after_days` is idle.
    """

    now_ms: int
    day_ms: int
    day_end_ms: int
    week_ms: int
    idle_after_days: int

    @property
    def idle_ms(self) -> int:
        """A room without a lesson since is idle."""
        return self.now_ms - self.idle_after_days * DAY_MS

    @property
    def from_ms(self) -> int:
        """From where on lessons are needed: of the week, and until a room is idle."""
        return min(self.week_ms, self.idle_ms)


def wall(
    span: Span,
    rooms: Sequence[RoomRow],
    members: Iterable[WallMember],
    lessons: Sequence[WallLesson],
    devices: Mapping[str, Sequence[Seen]],
) -> Wall:
    """The wall of these rooms. lessons: since `span.from_ms`, by time; devices: of each room that has any."""
    known = {room.id: room for room in rooms}
    today = [one for one in lessons if span.day_ms <= one.start_ms < span.day_end_ms or one.state == "live"]
    failed = [(one, why) for one in today for why in [_failure(one, span.now_ms)] if why is not None]
    live = [one for one in today if one.state == "live"]
    coming = [one for one in today if one.state == "planned" and span.now_ms - one.start_ms < GRACE_MS]
    held = [one for one in lessons if one.started_ms is not None]
    week = Counter(room for one in held if one.start_ms >= span.week_ms for room in _places(one))
    used = {room for one in held if one.start_ms >= span.idle_ms for room in _places(one)}
    plans = _soonest(today, span.now_ms)
    shown = [_room(room, plans.get(room.id), devices.get(room.id, ()), span, week[room.id], used) for room in rooms]
    states = Counter(room.state for room in shown)
    idle = [room for room in shown if room.idle]
    return Wall(
        counts=WallCounts(
            now=len(live),
            next=len(coming),
            held=sum(one.started_ms is not None and one.state not in ("live", "INVALID") for one in today),
            failed=len(failed),
            excused=sum(one.state == "REASONABLE_MISSED" for one in today),
            week=sum(one.start_ms >= span.week_ms for one in held),
        ),
        now=[_entry(one, known) for one in live[:NOW_AT_MOST]],
        next=[_entry(one, known) for one in coming[:NEXT_AT_MOST]],
        failed=[_entry(one, known, why) for one, why in failed[-FAILED_AT_MOST:]],
        rooms={state: states[state] for state in STATES},
        communities=_communities(shown, rooms, members, held, span.week_ms),
        idle=len(idle),
        idle_rooms=[f"{room.school} · {room.name}" for room in idle[:NAMED_AT_MOST]],
        idle_after_days=span.idle_after_days,
        week_per_room=round(sum(week[room.id] for room in rooms) / len(rooms), 1) if rooms else 0.0,
    )


def _failure(lesson: WallLesson, now_ms: int) -> Why | None:
    match lesson.state:
        case "planned":
            return "not_started" if now_ms - lesson.start_ms >= GRACE_MS else None
        case "UNREASONABLE_MISSED":
            return "missed"
        case "INVALID":
            return "too_short"
        case _:
            return None


def _places(lesson: WallLesson) -> tuple[str, ...]:
    """Every room a lesson takes place in."""
    return lesson.rooms if lesson.lead_room_id is None else (lesson.lead_room_id, *lesson.rooms)


def _soonest(today: Iterable[WallLesson], now_ms: int) -> dict[str, Plan]:
    """The lesson that each remote room is in or has to be ready for now; a live one before one to come."""
    found: dict[str, Plan] = {}
    for one in today:
        soon = one.state == "planned" and one.start_ms - now_ms <= SOON_MS and now_ms < one.end_ms
        if one.state == "live" or soon:
            plan = Plan(one.id, one.state, one.start_ms, one.end_ms)
            for room in one.rooms:
                if room not in found or one.state == "live":
                    found[room] = plan
    return found


def _room(room: RoomRow, plan: Plan | None, devices: Sequence[Seen], span: Span, week: int, used: set[str]) -> WallRoom:
    state, reasons = room_health(plan, devices, span.now_ms, room.profile)
    return WallRoom(room.id, room.name, room.school, state, reasons, week, idle=room.id not in used)


def room_health(
    plan: Plan | None, devices: Sequence[Seen], now_ms: int, profile: Profile = "simple"
) -> tuple[RoomState, list[str]]:
    """How a room is, and why. One that has a lesson soon is judged as on the ready board; else it need not be on."""
    if plan is not None:
        ready = room_readiness(plan, devices, now_ms, profile)
        return ("green" if ready.light == "over" else ready.light), [reason.code for reason in ready.reasons]
    if not devices:
        return "none", []
    heard = [device.faults for device in devices if is_heard(device, now_ms)]
    if not heard:
        return "off", []
    faults = common_faults(heard)
    return FAULTS[faults[0]] if faults else "green", faults


def _entry(lesson: WallLesson, rooms: Mapping[str, RoomRow], why: Why | None = None) -> WallEntry:
    return WallEntry(
        id=lesson.id,
        title=lesson.title,
        subject=lesson.subject,
        teacher=lesson.teacher,
        school=lesson.school,
        rooms=[rooms[room].school for room in lesson.rooms if room in rooms],
        start_ms=lesson.start_ms,
        end_ms=lesson.end_ms,
        why=why,
    )


def _communities(
    shown: Sequence[WallRoom],
    rooms: Sequence[RoomRow],
    members: Iterable[WallMember],
    held: Iterable[WallLesson],
    week_ms: int,
) -> list[WallCommunity]:
    """Rooms by community; a school in two communities stands in the first by name."""
    by_school: dict[str, list[WallRoom]] = defaultdict(list)
    for row, room in zip(rooms, shown, strict=True):
        by_school[row.school_id].append(room)
    week = Counter(one.community_id for one in held if one.start_ms >= week_ms)
    names: dict[str, str] = {}
    grouped: dict[str, list[WallRoom]] = defaultdict(list)
    for member in members:
        names[member.community_id] = member.community
        grouped[member.community_id] += by_school.pop(member.school_id, [])
    found = [WallCommunity(one, names[one], week[one], grouped[one]) for one in names if grouped[one]]
    rest = [room for left in by_school.values() for room in left]
    return [*found, WallCommunity("", "", 0, rest)] if rest else found
