"""A county whose one lesson of today comes out of its timetable and has just begun, and people around it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from server.county.calendar import moment_ms
from server.county.timetable import Entry, SeatedClass
from server.store.county_rows import SchoolClass, SchoolSubject, Term
from server.store.ids import new_id
from server.store.rows import Classroom, School, Staff
from server.store.store import Store, open_store
from tests.e2e.running import Server
from tests.e2e.small_town import in_a_thread

CENTRE, POINT, COVERED, BESIDE = "东山中心小学", "石桥教学点", "柳沟教学点", "北坡教学点"
SUBJECT = "数学"
LASTS_MIN = 40


@dataclass(frozen=True)
class TimetabledTown:
    """Links of people and rooms, and ids. The class of `POINT` has consent; that of `COVERED` has not yet.

    covered_admin: of the school of the class that is covered. beside: of one that has nothing to do with the lesson.
    """

    base: str
    lesson: str
    start_ms: int
    teacher: str
    room: str
    covered_room: str
    covered_admin: str
    beside: str
    admin: str
    covered_room_id: str
    covered_class: str
    lead: str


def timetabled(server: Server, starts_in_min: int = -1) -> TimetabledTown:
    """Makes it beside the running server; the lesson's bell rings so many minutes from now."""
    base = str(server.links["http"])
    town: TimetabledTown = in_a_thread(_with_store(server, base, starts_in_min))
    return town


def agree(server: Server, town: TimetabledTown) -> None:
    """The guardians of the covered class consent."""

    async def work() -> None:
        store = await open_store(server.data)
        try:
            await store.consents.record(town.covered_class, "2026-09", town.lead, _now_ms())
        finally:
            await store.close()

    in_a_thread(work())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def noon_zone(now: datetime) -> str:
    """A zone in which it is noon, so that no lesson of this county reaches over midnight."""
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+d}"


async def _with_store(server: Server, base: str, starts_in_min: int) -> TimetabledTown:
    store = await open_store(server.data)
    try:
        return await _build(store, base, starts_in_min)
    finally:
        await store.close()


async def _build(store: Store, base: str, starts_in_min: int) -> TimetabledTown:
    at, now = _now_ms(), datetime.now(UTC)
    zone = ZoneInfo(noon_zone(now))
    county = await store.people.add_county("某县", str(zone), at)
    kinds = (("centre", CENTRE), ("teaching_point", POINT), ("teaching_point", COVERED), ("teaching_point", BESIDE))
    schools = [School(new_id("school", at + n), county, kind, name) for n, (kind, name) in enumerate(kinds)]
    rooms = [Classroom(new_id("room", at + n), one.id, "三年级教室", "simple") for n, one in enumerate(schools[:3])]
    classes = [
        SchoolClass(new_id("class", at + n), room.school_id, 3, "三年级", 12 + n, room.id)
        for n, room in enumerate(rooms[1:])
    ]
    home = SchoolClass(new_id("class", at + 9), schools[0].id, 3, "三年级", 30, rooms[0].id)
    subject = SchoolSubject(new_id("subject", at), county, SUBJECT, None, True)
    lead = Staff(new_id("staff", at), county, schools[0].id, "lead", "主讲教师")
    admins = [
        Staff(new_id("staff", at + n), county, one.id, "school_admin", "校长") for n, one in enumerate(schools[2:])
    ]
    chief = Staff(new_id("staff", at), county, None, "county_admin", "管理员")
    await store.registry.save(county, [*schools, *rooms, home, *classes, subject, lead, *admins, chief])
    for one in (home, classes[0]):
        await store.consents.record(one.id, "2026-09", lead.id, at)
    community = await store.communities.create(county, "东山共同体", schools[0].id, at)
    await store.communities.add_teaching_point(community.id, schools[1].id, at)
    today = now.astimezone(zone).date()
    term = Term(new_id("term", at), county, "本学期", today - timedelta(days=14), today + timedelta(days=14))
    await store.terms.save(term)
    local = now.astimezone(zone)
    starts_min = local.hour * 60 + local.minute + starts_in_min
    entry = Entry(
        id=new_id("entry", at), term_id=term.id, community_id=community.id, weekday=today.isoweekday(), period=None,
        starts_min=starts_min, ends_min=starts_min + LASTS_MIN, subject_id=subject.id, lead_id=lead.id,
        lead_room_id=rooms[0].id, mode="blended", rooms=(rooms[1].id,),
        classes=(SeatedClass(home.id, rooms[0].id), SeatedClass(classes[0].id, rooms[1].id)),
    )  # fmt: skip
    this_morning = moment_ms(today, 0, zone)
    await store.timetable.save(county, term.id, [entry], this_morning)
    await store.timetable.make(county, term.id, this_morning)
    start_ms = moment_ms(today, starts_min, zone)
    planned = [one.lesson for one in await store.lessons.of_community(community.id)]
    (lesson,) = [one for one in planned if one.planned_start_ms == start_ms]
    doors = {
        "teacher": ("teacher", lead.id), "room": ("classroom", rooms[1].id), "covered_room": ("classroom", rooms[2].id),
        "covered_admin": ("replay", admins[0].id), "beside": ("replay", admins[1].id),
        "admin": ("admin", chief.id),
    }  # fmt: skip
    tokens = await store.credentials.issue_many("link", [who for _, who in doors.values()], at)
    links = {
        name: f"{base}/{page}#token={token}" for (name, (page, _)), token in zip(doors.items(), tokens, strict=True)
    }
    return TimetabledTown(
        base=base, lesson=lesson.id, start_ms=start_ms, covered_room_id=rooms[2].id, covered_class=classes[1].id,
        lead=lead.id, **links,
    )  # fmt: skip
