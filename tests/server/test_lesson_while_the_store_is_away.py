"""A lesson goes on while the database is read-only or away; what it missed is written once it is back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.lesson_judge import judge_once
from server.lesson_log import read_log
from server.lesson_phases import LessonPhases
from server.store.errors import StoreAway
from server.store.rows import LessonWithCast
from server.store.store import Store
from signaling.errors import TurnedAway
from signaling.messages import (
    CallOn,
    DrawStroke,
    Ended,
    EndLesson,
    FloorGiven,
    Started,
    StartLesson,
    StrokeDrawn,
)
from tests.server.room_server import RoomServer
from tests.server.store.county_town import BEFORE, Town

STROKE = DrawStroke(id="stroke-0001", page=1, colour="#1a1a1a", width=40, points=[10, 20, 128])


@pytest.fixture
async def server(store: Store, tmp_path: Path) -> AsyncIterator[RoomServer]:
    server = RoomServer(store, tmp_path / "lessons")
    server.hub.rooms.phases = LessonPhases(store.lessons, again_after_s=0.01)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def lesson(store: Store, town: Town) -> LessonWithCast:
    (planned,) = await store.lessons.in_state("planned")
    return planned


async def only_reads(store: Store, on: bool) -> None:
    """As a disk that was mounted read-only after an error."""
    await store.database.read(lambda c: c.exec_driver_sql(f"PRAGMA query_only={'ON' if on else 'OFF'}"))


async def state_of(store: Store, lesson: LessonWithCast) -> str:
    found = await store.lessons.get(lesson.lesson.id)
    assert found is not None
    return found.lesson.state


async def test_a_whole_lesson_is_held_while_nothing_can_be_written_and_is_told_and_judged_later(
    server: RoomServer, store: Store, town: Town, lesson: LessonWithCast, tmp_path: Path
) -> None:
    lead = await (await server.page(town.lead.id)).join(lesson.lesson.id)
    room = await (await server.page(town.rooms[1].id)).join(lesson.lesson.id)
    await only_reads(store, True)
    await lead.send(StartLesson(record=True))
    await room.hears(Started)
    await lead.send(STROKE)
    assert (await room.hears(StrokeDrawn)).id == "stroke-0001"
    await lead.send(CallOn(participant=room.who))
    assert (await lead.hears(FloorGiven)).participant == room.who
    await lead.send(EndLesson())
    await room.hears(Ended)
    for page in (lead, room):
        await page.leave()
    assert await server.closed.get() == lesson.lesson.id
    assert await state_of(store, lesson) == "planned", "nothing could be written"
    await only_reads(store, False)
    await server.hub.rooms.phases.told()
    assert await state_of(store, lesson) == "UNJUDGED"
    await judge_once(store, tmp_path / "lessons", BEFORE)
    assert await state_of(store, lesson) == "INVALID", "it was short, and it was held: the log knows"
    kept = [type(line.event) for line in read_log(tmp_path / "lessons" / lesson.lesson.id / "log.jsonl")]
    assert [kind for kind in kept if kind in (Started, StrokeDrawn, FloorGiven, Ended)] == [
        Started, StrokeDrawn, FloorGiven, Ended
    ]  # fmt: skip


async def test_phases_are_written_in_their_order_once_the_store_takes_them(
    store: Store, town: Town, lesson: LessonWithCast
) -> None:
    phases = LessonPhases(store.lessons, again_after_s=0.01)
    await only_reads(store, True)
    await phases.tell(lesson.lesson.id, "live", BEFORE + 1)
    await phases.tell(lesson.lesson.id, "ended", BEFORE + 2)
    assert await state_of(store, lesson) == "planned"
    await only_reads(store, False)
    await phases.told()
    found = await store.lessons.get(lesson.lesson.id)
    assert found is not None
    assert (found.lesson.state, found.lesson.started_ms, found.lesson.ended_ms) == ("UNJUDGED", BEFORE + 1, BEFORE + 2)


async def test_who_comes_while_nobody_can_say_who_may_is_asked_to_come_again_and_others_stay(
    server: RoomServer, store: Store, town: Town, lesson: LessonWithCast, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await (await server.page(town.lead.id)).join(lesson.lesson.id)
    late = await server.page(town.rooms[1].id)

    async def away(work):
        raise StoreAway("connection refused")

    with monkeypatch.context() as broken:
        broken.setattr(store.database, "read", away)
        with pytest.raises(TurnedAway) as turned:
            await late.join(lesson.lesson.id)
        assert (turned.value.code, turned.value.retry) == ("internal", True)
        await lead.send(StartLesson(record=False))
        await lead.hears(Started)
        await lead.send(STROKE)
        await lead.hears(StrokeDrawn)
    await (await server.page(town.rooms[1].id)).join(lesson.lesson.id)
