"""A county with two communities and a term, for tests of the store and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from server.county.calendar import moment_ms
from server.county.timetable import Bell, Entry, SeatedClass
from server.store.county_rows import SchoolClass, SchoolSubject, SpecialDay, Term
from server.store.ids import new_id
from server.store.rows import Classroom, School, SchoolKind, Staff
from server.store.store import Store

ZONE = ZoneInfo("Asia/Shanghai")
BEFORE = moment_ms(date(2026, 8, 20), 9 * 60, ZONE)
TERM = Term("term-autumn", "", "2026 秋", date(2026, 9, 1), date(2026, 10, 31))
HOLIDAYS = [
    SpecialDay(date(2026, 10, 1), None, "国庆节"),
    SpecialDay(date(2026, 10, 10), date(2026, 10, 1), "调休"),
]
SCHOOLS: list[tuple[SchoolKind, str, str]] = [
    ("centre", "中心小学", "101"),
    ("teaching_point", "第一教学点", "102"),
    ("teaching_point", "第二教学点", "103"),
]
MONDAYS = 8
"""Mondays of the term: 7, 14, 21, 28 September, 5, 12, 19, 26 October."""


@dataclass(frozen=True)
class Town:
    """`rooms` and `classes`: the centre's, then those of the two teaching points."""

    county_id: str
    community_id: str
    centre: School
    points: list[School]
    rooms: list[Classroom]
    classes: list[SchoolClass]
    lead: Staff
    colleague: Staff
    admin: Staff
    art: SchoolSubject
    music: SchoolSubject
    term: Term

    def entry(self, **changes: object) -> Entry:
        """Art on Monday in period 1, the centre with its first point; `changes` replace fields."""
        fields: dict[str, object] = {
            "id": new_id("entry", BEFORE),
            "term_id": self.term.id,
            "community_id": self.community_id,
            "weekday": 1,
            "period": 1,
            "subject_id": self.art.id,
            "lead_id": self.lead.id,
            "lead_room_id": self.rooms[0].id,
            "mode": "blended",
            "rooms": (self.rooms[1].id,),
            "classes": (
                SeatedClass(self.classes[0].id, self.rooms[0].id),
                SeatedClass(self.classes[1].id, self.rooms[1].id),
            ),
        }
        return Entry(**(fields | changes))  # type: ignore[arg-type]


async def build_town(store: Store, name: str = "县") -> Town:
    """A county with one community of a centre and two points, and the term's calendar and bells."""
    county_id = await store.people.add_county(name, "Asia/Shanghai", BEFORE)
    schools = [
        School(new_id("school", BEFORE + number), county_id, kind, text, code)
        for number, (kind, text, code) in enumerate(SCHOOLS)
    ]
    centre, *points = schools
    rooms = [
        Classroom(new_id("room", BEFORE + number), school.id, "教室", "simple", "1")
        for number, school in enumerate(schools)
    ]
    classes = [
        SchoolClass(new_id("class", BEFORE + number), room.school_id, 3, "三年级", 10 + number, room.id)
        for number, room in enumerate(rooms)
    ]
    art = SchoolSubject(new_id("subject", BEFORE), county_id, "美术", "art", weak=True)
    music = SchoolSubject(new_id("subject", BEFORE + 1), county_id, "音乐", "music", weak=True)
    lead = Staff(new_id("staff", BEFORE), county_id, centre.id, "lead", "主讲教师", "t1")
    colleague = Staff(new_id("staff", BEFORE), county_id, centre.id, "lead", "另一位教师", "t2")
    admin = Staff(new_id("staff", BEFORE), county_id, None, "county_admin", "管理员")
    await store.registry.save(county_id, [centre, *points, *rooms, *classes, art, music, lead, colleague, admin])
    community = await store.communities.create(county_id, "共同体", centre.id, BEFORE)
    for point in points:
        await store.communities.add_teaching_point(community.id, point.id, BEFORE)
    term = Term(new_id("term", BEFORE), county_id, TERM.name, TERM.begins, TERM.ends)
    await store.terms.save(term)
    await store.terms.set_special_days(county_id, term.id, HOLIDAYS)
    bells = [Bell(school_id=None, period=n, starts_min=440 + 50 * n, ends_min=480 + 50 * n) for n in range(1, 7)]
    await store.terms.set_bells(county_id, None, bells, BEFORE)
    return Town(county_id, community.id, centre, points, rooms, classes, lead, colleague, admin, art, music, term)
