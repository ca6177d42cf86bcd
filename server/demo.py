"""The demonstration county: N communities of one centre school and three teaching points, each with a lesson from now.

Nobody in it is a real person or place. A lesson that ended, or that nobody started in time, is followed by a new one,
so that there is always something to open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import structlog

from server.store.rows import Community, LessonWithCast
from server.store.store import Store
from server.texts import Texts

log = structlog.get_logger(__name__)

COMMUNITIES = "demo.communities"
MINUTE_MS = 60_000
LESSON_MS = 45 * MINUTE_MS
EXPIRES_MS = 15 * MINUTE_MS
"""An unstarted lesson is given up this long after its planned end."""
NEXT_AFTER_MS = MINUTE_MS
"""The next lesson appears this long after the last one ended, when its screens have said goodbye."""
LOOK_EVERY_S = 20.0
TEACHING_POINTS = 3


async def seed(store: Store, lessons: int, texts: Texts, now_ms: int) -> None:
    """Brings the demo to `lessons` communities, each with a lesson that can be taught now."""
    known: list[str] = msgspec.json.decode(await store.settings.get(COMMUNITIES) or "[]", type=list[str])
    if len(known) < lessons:
        county_id = await _county(store, texts, now_ms)
        known += [await _community(store, county_id, number, texts, now_ms) for number in range(len(known), lessons)]
        await store.settings.set(COMMUNITIES, msgspec.json.encode(known).decode())
    for community in await store.communities.all():
        if community.id in known:
            await _refresh(store, community, texts, now_ms, at_once=True)


async def keep(store: Store, texts: Texts, clock: Callable[[], int]) -> None:
    """Goes on offering lessons until cancelled."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        known = msgspec.json.decode(await store.settings.get(COMMUNITIES) or "[]", type=list[str])
        for community in await store.communities.all():
            if community.id in known:
                await _refresh(store, community, texts, clock(), at_once=False)


async def _refresh(store: Store, community: Community, texts: Texts, now_ms: int, *, at_once: bool) -> None:
    entries = await store.lessons.of_community(community.id)
    for entry in entries:
        if entry.lesson.state == "planned" and entry.lesson.planned_end_ms + EXPIRES_MS <= now_ms:
            await store.lessons.ended(entry.lesson.id, now_ms)
    if any(_teachable(entry, now_ms) for entry in entries):
        return
    last_end_ms = max((entry.lesson.ended_ms or 0 for entry in entries), default=0)
    if at_once or now_ms - last_end_ms >= NEXT_AFTER_MS:
        await _plan(store, community.id, texts, now_ms)


def _teachable(entry: LessonWithCast, now_ms: int) -> bool:
    lesson = entry.lesson
    return lesson.state == "live" or (lesson.state == "planned" and lesson.planned_end_ms + EXPIRES_MS > now_ms)


async def _county(store: Store, texts: Texts, now_ms: int) -> str:
    """The demo's county, made with its administrator the first time."""
    county_id = await store.settings.get("demo.county")
    if county_id is None:
        county_id = await store.people.add_county(texts("demo.county"), "Asia/Shanghai", now_ms)
        await store.people.add_staff(county_id, None, "county_admin", texts("demo.admin"), now_ms)
        await store.settings.set("demo.county", county_id)
    return county_id


async def _community(store: Store, county_id: str, number: int, texts: Texts, now_ms: int) -> str:
    """Community `number` with its schools, rooms and teacher; from the second on, names carry their number."""
    prefix = texts("demo.prefix", number=number + 1) if number else ""
    centre = await store.people.add_school(county_id, "centre", prefix + texts("demo.centre"), now_ms)
    await store.people.add_classroom(centre.id, texts("demo.room"), "recording", now_ms)
    await store.people.add_staff(county_id, centre.id, "lead", texts("demo.teacher"), now_ms)
    name = prefix + texts("demo.community")
    community = await store.communities.create(county_id, name, centre.id, now_ms)
    for point in range(1, TEACHING_POINTS + 1):
        school = await store.people.add_school(
            county_id, "teaching_point", prefix + texts(f"demo.point{point}"), now_ms
        )
        await store.communities.add_teaching_point(community.id, school.id, now_ms)
        await store.people.add_classroom(school.id, texts("demo.room"), "simple", now_ms)
    return community.id


async def _plan(store: Store, community_id: str, texts: Texts, now_ms: int) -> None:
    schools = await store.communities.schools(community_id)
    lead = (await store.people.staff_of(schools[0].id))[0]
    rooms = [room.id for school in schools[1:] for room in await store.people.classrooms_of(school.id)]
    start_ms = now_ms - now_ms % MINUTE_MS
    lesson = await store.lessons.plan(
        community_id=community_id,
        lead_id=lead.id,
        classrooms=rooms,
        title=texts("demo.title"),
        subject=texts("demo.subject"),
        mode="blended",
        planned_start_ms=start_ms,
        planned_end_ms=start_ms + LESSON_MS,
        now_ms=now_ms,
        origin="demo",
    )
    log.info("demo lesson planned", lesson=lesson.id)
