"""No consent, no recording: the lesson is held, what may not be kept is not, and the screens are told why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from server.recording.package import Participant, read_manifest
from server.recording.recorder import Recorder, RecorderStatus
from server.room_recording import LOOK_EVERY_S, RoomRecording
from server.store.rows import LessonOrigin
from server.store.store import Store
from server.taps import Taps
from signaling.messages import (
    Ended,
    EndLesson,
    LessonCard,
    RecordingChanged,
    Started,
    StartLesson,
)
from tests.server.room_server import ANY_DISK, RoomServer
from tests.server.store.county_town import BEFORE, Town

OFTEN_S = 0.01
BEGUN = RecordingChanged(on=True, reason="lesson")
TOLD = tuple[bool, str]


async def the_lesson(store: Store) -> str:
    (planned,) = await store.lessons.in_state("planned")
    return planned.lesson.id


async def agree(store: Store, town: Town, now_ms: int = BEFORE) -> None:
    """The guardians of both classes of the lesson agree."""
    for one in town.classes[:2]:
        await store.consents.record(one.id, "2026-09", town.admin.id, now_ms)


# --- the recording of one room ------------------------------------------------------------------------------


@dataclass
class Watched:
    """A recording and what it tells; `told` holds each change once."""

    recording: RoomRecording
    folder: Path
    news: asyncio.Queue[TOLD]

    async def until(self, wanted: TOLD) -> None:
        while await self.news.get() != wanted:
            pass

    def spans(self) -> list[str]:
        manifest = read_manifest(self.folder)
        return [] if manifest is None else [span.reason for span in manifest.spans]


@asynccontextmanager
async def recording(store: Store, lesson_id: str, folder: Path) -> AsyncIterator[Watched]:
    """A recording that looks often; it is finished at the end."""
    card = LessonCard(
        id=lesson_id, title="课", subject="美术", mode="blended",
        planned_start="2026-09-07T00:10:00Z", planned_end="2026-09-07T00:50:00Z",
    )  # fmt: skip
    begun_s = time.monotonic()

    def make(on_status: Callable[[RecorderStatus], None]) -> Recorder:
        people = [Participant(id="staff-1", role="lead", school="中心小学", name="主讲教师", colour="#112233")]
        return Recorder(
            folder, card, people, lambda: int((time.monotonic() - begun_s) * 1000),
            on_status=on_status, on_keyframe=lambda source: None, policy=ANY_DISK,
        )  # fmt: skip

    room = RoomRecording(lesson_id, make, Taps(), lambda: store.consents.missing_in(lesson_id), OFTEN_S)
    watched = Watched(room, folder, asyncio.Queue())
    async with asyncio.timeout(90), asyncio.TaskGroup() as tasks:
        tasks.create_task(room.run(lambda on, reason: watched.news.put_nowait((on, reason))))
        try:
            yield watched
        finally:
            room.finish()


async def test_a_withdrawn_consent_stops_the_recording_and_a_new_one_lets_it_go_on(
    store: Store, town: Town, tmp_path: Path
) -> None:
    await agree(store, town)
    folder = tmp_path / "lesson"
    async with recording(store, await the_lesson(store), folder) as watched:
        await watched.until((True, "lesson"))
        await store.consents.withdraw(town.classes[1].id, town.admin.id, BEFORE + 1)
        await watched.until((False, "consent"))
        assert not watched.recording.running
        assert watched.spans() == ["consent"]
        await store.consents.record(town.classes[1].id, "2027-02", town.admin.id, BEFORE + 2)
        await watched.until((True, "lesson"))
    assert watched.spans() == ["consent", "lesson"]


async def test_a_lesson_with_one_class_without_consent_leaves_nothing_on_the_disk(
    store: Store, town: Town, tmp_path: Path
) -> None:
    await store.consents.record(town.classes[0].id, "2026-09", town.admin.id, BEFORE)
    folder = tmp_path / "lesson"
    async with recording(store, await the_lesson(store), folder) as watched:
        for _ in range(3):
            assert await watched.news.get() == (False, "consent")
        assert not watched.recording.running
    assert not folder.exists()


async def test_nothing_is_recorded_while_it_cannot_be_known_who_agreed(
    store: Store, town: Town, tmp_path: Path
) -> None:
    await agree(store, town)
    lesson_id = await the_lesson(store)
    await store.database.write(lambda c: c.exec_driver_sql("ALTER TABLE consent RENAME TO lost"))
    async with recording(store, lesson_id, tmp_path / "lesson") as watched:
        assert await watched.news.get() == (False, "failed")
        await store.database.write(lambda c: c.exec_driver_sql("ALTER TABLE lost RENAME TO consent"))
        await watched.until((True, "lesson"))


def test_a_withdrawal_is_noticed_within_a_minute_with_time_to_spare() -> None:
    assert LOOK_EVERY_S <= 30.0


# --- the whole room -----------------------------------------------------------------------------------------


async def held(server: RoomServer, lesson_id: str, lead: str, *told: RecordingChanged) -> None:
    """The lead begins the class, is told of its recording, ends it and leaves; returns when the room is closed."""
    page = await (await server.page(lead)).join(lesson_id)
    await page.send(StartLesson())
    assert await page.hears(Started) == Started()
    for news in told:
        assert await page.hears(RecordingChanged) == news
    await page.send(EndLesson())
    assert await page.hears(Ended) == Ended(reason="lead")
    await page.leave()
    assert await server.closed.get() == lesson_id


async def test_P19_a_class_without_consent_is_held_and_every_screen_hears_why_it_is_not_recorded(
    server: RoomServer, store: Store, town: Town
) -> None:
    lesson_id = await the_lesson(store)
    async with asyncio.timeout(60):
        await held(server, lesson_id, town.lead.id, BEGUN, RecordingChanged(on=False, reason="consent"))
    assert read_manifest(server.folder / lesson_id) is None
    (over,) = await store.lessons.in_state("UNJUDGED")
    assert over.lesson.id == lesson_id


async def test_a_lesson_whose_classes_agreed_is_recorded(server: RoomServer, store: Store, town: Town) -> None:
    await agree(store, town)
    lesson_id = await the_lesson(store)
    async with asyncio.timeout(60):
        await held(server, lesson_id, town.lead.id, BEGUN)
    check_recorded(server, lesson_id)


async def planned_without_classes(store: Store, town: Town, origin: LessonOrigin) -> str:
    lesson = await store.lessons.plan(
        community_id=town.community_id, lead_id=town.lead.id, classrooms=[town.rooms[1].id], title="课", subject="美术",
        mode="blended", planned_start_ms=BEFORE, planned_end_ms=BEFORE + 1, now_ms=BEFORE, origin=origin,
    )  # fmt: skip
    return lesson.id


async def test_P19_a_lesson_that_names_no_class_is_held_not_recorded_and_every_screen_hears_why(
    server: RoomServer, store: Store, town: Town
) -> None:
    lesson_id = await planned_without_classes(store, town, "planned")
    async with asyncio.timeout(60):
        await held(server, lesson_id, town.lead.id, BEGUN, RecordingChanged(on=False, reason="no_class"))
    assert read_manifest(server.folder / lesson_id) is None


async def test_a_rehearsal_names_no_class_and_is_recorded(server: RoomServer, store: Store, town: Town) -> None:
    lesson_id = await planned_without_classes(store, town, "rehearsal")
    async with asyncio.timeout(60):
        await held(server, lesson_id, town.lead.id, BEGUN)
    check_recorded(server, lesson_id)


def check_recorded(server: RoomServer, lesson_id: str) -> None:
    manifest = read_manifest(server.folder / lesson_id)
    assert manifest is not None
    assert (manifest.state, [span.reason for span in manifest.spans]) == ("finished", ["lesson"])
