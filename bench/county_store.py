"""A county of 60 schools, 180 rooms, 300 staff and 5,000 lessons a term: writing it all, and week grids of it.

On SQLite with its syncs, as by default. The grids are asked one after the other, of the county and of every kind.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from bench.harness import Figure, Row, percentile
from server.county.calendar import moment_ms
from server.county.timetable import Bell, Entry, SeatedClass
from server.store.county_rows import SchoolClass, SchoolSubject, Term
from server.store.grid import GridOf
from server.store.ids import new_id
from server.store.rows import Classroom, School, Staff, Subject
from server.store.store import Store, open_store

ZONE = ZoneInfo("Asia/Shanghai")
BEGINS = date(2026, 9, 7)
"""A Monday."""
COMMUNITIES = 15
ROOMS_A_SCHOOL = 3
STAFF = 300
ENTRIES = 250
"""Of 20 weeks each: 5,000 lessons."""
GRIDS = 200
ROWS = (
    Row("60 schools, 180 rooms, 300 staff and 5,000 lessons of a term written", "s", "<=", 10.0),
    Row("Week grid of such a county, a room, teacher, class or school, p95", "ms", "<=", 100.0),
)


async def measure() -> dict[str, Figure]:
    """Both rows, on one store."""
    with tempfile.TemporaryDirectory(prefix="tongke-bench-") as folder:
        store = await open_store(Path(folder))
        began_s = time.monotonic()
        county = await write_county(store, BEGINS)
        took_s = time.monotonic() - began_s
        looks = await _look(store, county)
        await store.close()
    notes: dict[str, float | str] = {"lessons": county.lessons}
    grids: dict[str, float | str] = {"county_grid_ms": round(looks[0], 1), "grids": len(looks)}
    return {
        ROWS[0].name: Figure(took_s, [took_s], notes=notes),
        ROWS[1].name: Figure(percentile(looks, 0.95), looks[:10], notes=grids),
    }


@dataclass(frozen=True)
class County:
    """Its administrator, the entries of its timetable, and how many lessons were made of them."""

    who: Subject
    entries: list[Entry]
    lessons: int


async def write_county(store: Store, begins: date, days_a_week: int = 5) -> County:
    """The whole county, as an import does it: what stands, the timetable with its clash check, the lessons.

    begins: the Monday its term begins; it is written before that.
    """
    now_ms = moment_ms(begins - timedelta(days=18), 540, ZONE)
    county_id = await store.people.add_county("county", str(ZONE), now_ms)
    kinds = ("centre", "teaching_point", "teaching_point", "teaching_point")
    numbered = [(community, kind) for community in range(COMMUNITIES) for kind in kinds]
    schools = [
        School(new_id("school", now_ms + n), county_id, kind, f"school {n}", str(n))
        for n, (_, kind) in enumerate(numbered)
    ]
    rooms = [
        Classroom(new_id("room", now_ms), school.id, f"room {n}", "standard", str(n))
        for school, n in product(schools, range(ROOMS_A_SCHOOL))
    ]
    classes = [SchoolClass(new_id("class", now_ms), room.school_id, 3, room.name, 20, room.id) for room in rooms]
    staff = [
        Staff(new_id("staff", now_ms), county_id, schools[n % len(schools)].id, "lead", f"teacher {n}", str(n))
        for n in range(STAFF)
    ]
    admin = Staff(new_id("staff", now_ms), county_id, None, "county_admin", "admin")
    art = SchoolSubject(new_id("subject", now_ms), county_id, "art", weak=True)
    await store.registry.save(county_id, [*schools, *rooms, *classes, *staff, admin, art])
    term = Term(new_id("term", now_ms), county_id, "term", begins, begins + timedelta(days=139))
    await store.terms.save(term)
    bells = [Bell(school_id=None, period=n, starts_min=440 + 50 * n, ends_min=480 + 50 * n) for n in range(1, 8)]
    await store.terms.set_bells(county_id, None, bells, now_ms)
    communities = []
    for n in range(COMMUNITIES):
        centre, *points = schools[4 * n : 4 * n + 4]
        community = await store.communities.create(
            county_id, f"community {n}", centre.id, now_ms, term.id, [point.id for point in points]
        )
        communities.append(community.id)
    entries = [_entry(n, days_a_week, communities, term.id, art.id, rooms, classes, staff) for n in range(ENTRIES)]
    await store.timetable.save(county_id, term.id, entries, now_ms)
    made = await store.timetable.make(county_id, term.id, now_ms)
    who = await store.people.subject(admin.id)
    assert who is not None
    return County(who, entries, made.made)


def _entry(
    n: int,
    days_a_week: int,
    communities: list[str],
    term_id: str,
    subject_id: str,
    rooms: list[Classroom],
    classes: list[SchoolClass],
    staff: list[Staff],
) -> Entry:
    """Entry `n`: its community, then its hour, so that none clash."""
    community, hour = n % COMMUNITIES, n // COMMUNITIES
    first = 4 * community * ROOMS_A_SCHOOL
    chosen = [first + school * ROOMS_A_SCHOOL for school in range(4)]
    return Entry(
        id=new_id("entry", 0),
        term_id=term_id,
        community_id=communities[community],
        weekday=hour % days_a_week + 1,
        period=hour // days_a_week + 1,
        subject_id=subject_id,
        lead_id=staff[4 * community].id,
        lead_room_id=rooms[chosen[0]].id,
        mode="blended",
        rooms=tuple(rooms[place].id for place in chosen[1:]),
        classes=tuple(SeatedClass(classes[place].id, rooms[place].id) for place in chosen),
    )


async def _look(store: Store, county: County) -> list[float]:
    """How long each of GRIDS week grids took in ms, made into JSON as the API sends it."""
    took: list[float] = []
    for n in range(GRIDS):
        entry, week = county.entries[n % len(county.entries)], n % 18
        wanted: tuple[tuple[GridOf, str], ...] = (
            ("county", ""),
            ("room", entry.rooms[0]),
            ("teacher", entry.lead_id),
            ("class", entry.classes[0].class_id),
            ("community", entry.community_id),
        )
        of, identifier = wanted[n % len(wanted)]
        start_ms = moment_ms(BEGINS + timedelta(days=7 * week), 0, ZONE)
        began_s = time.perf_counter()
        lessons = await store.grids.lessons(county.who, of, identifier, start_ms, start_ms + 7 * 86_400_000)
        msgspec.json.encode(lessons)
        took.append((time.perf_counter() - began_s) * 1000)
        assert lessons
    return took
