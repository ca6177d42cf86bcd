"""A centre and two teaching points in a running server's county: a lesson with a seat left, and people around it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.store.county_rows import SchoolClass
from server.store.ids import new_id
from server.store.store import Store, open_store
from tests.e2e.running import Server

MINUTE_MS = 60_000
TRAINER = "教研员"
"""The name of who watches."""
CENTRE, POINT, COVERED = "东山中心小学", "石桥教学点", "柳沟教学点"


@dataclass(frozen=True)
class SmallTown:
    """Addresses that sign their openers in; `lesson` is the lesson's id, `base` the server's address."""

    base: str
    lesson: str
    teacher: str
    room: str
    covered_room: str
    assistant: str
    stranger: str
    trainer: str


def settle(server: Server) -> SmallTown:
    """Makes it beside the running server, as the commands of this machine do."""
    base = str(server.lesson["teacher"]["url"]).partition("/teacher")[0]
    return SmallTown(base=base, **in_a_thread(_settle(server.data, base)))


def revoke_everything_of(server: Server, link: str) -> None:
    """Ends every credential of the person whom a link was made for, from another process's point of view."""
    in_a_thread(_revoke(server.data, link.partition("#token=")[2]))


def in_a_thread(work: Coroutine[Any, Any, Any]) -> Any:
    """Carries out work on the store: the browsers' driver keeps an event loop running in the test's own thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def _settle(data: Path, base: str) -> dict[str, str]:
    store = await open_store(data)
    try:
        return await _people(store, base)
    finally:
        await store.close()


async def _people(store: Store, base: str) -> dict[str, str]:
    now_ms = time.time_ns() // 1_000_000
    (county_id,) = {community.county_id for community in await store.communities.all()}
    centre = await store.people.add_school(county_id, "centre", CENTRE, now_ms)
    point = await store.people.add_school(county_id, "teaching_point", POINT, now_ms)
    covered = await store.people.add_school(county_id, "teaching_point", COVERED, now_ms)
    room = await store.people.add_classroom(point.id, "三年级教室", "simple", now_ms)
    covered_room = await store.people.add_classroom(covered.id, "三年级教室", "simple", now_ms)
    one = SchoolClass(new_id("class", now_ms), covered.id, 3, "三年级", 12, covered_room.id)
    await store.registry.save(county_id, [one])
    lead = await store.people.add_staff(county_id, centre.id, "lead", "主讲教师", now_ms)
    await store.consents.record(one.id, "2026-09", lead.id, now_ms)
    community = await store.communities.create(county_id, "东山共同体", centre.id, now_ms)
    await store.communities.add_teaching_point(community.id, point.id, now_ms)
    lesson = await store.lessons.plan(
        community_id=community.id, lead_id=lead.id, classrooms=[room.id], title="认识分数", subject="数学",
        mode="blended", planned_start_ms=now_ms - MINUTE_MS, planned_end_ms=now_ms + 40 * MINUTE_MS, now_ms=now_ms,
        origin="demo",
    )  # fmt: skip
    helper = await store.people.add_staff(county_id, point.id, "assistant", "助教", now_ms)
    stranger = await store.people.add_staff(county_id, covered.id, "assistant", "别校助教", now_ms)
    trainer = await store.people.add_staff(county_id, None, "trainer", TRAINER, now_ms)
    doors = {
        "teacher": ("teacher", lead.id), "room": ("classroom", room.id), "covered_room": ("classroom", covered_room.id),
        "assistant": ("assistant", helper.id), "stranger": ("assistant", stranger.id), "trainer": ("watch", trainer.id),
    }  # fmt: skip
    tokens = await store.credentials.issue_many("link", [who for _, who in doors.values()], now_ms)
    links = {
        name: f"{base}/{page}#token={token}" for (name, (page, _)), token in zip(doors.items(), tokens, strict=True)
    }
    return {"lesson": lesson.id, **links}


async def _revoke(data: Path, token: str) -> None:
    store = await open_store(data)
    try:
        now_ms = time.time_ns() // 1_000_000
        found = await store.credentials.find(token, now_ms)
        assert found is not None
        await store.credentials.revoke_subject(found[1].id, now_ms)
    finally:
        await store.close()
