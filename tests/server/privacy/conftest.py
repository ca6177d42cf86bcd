"""A county with a lesson of two classes that was held, its recording on disk, and the keeper of recordings."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from server.privacy.keeper import RecordingKeeper
from server.store.store import FILE_NAME, Store, open_store
from signaling.log import encode_line
from signaling.messages import Ended, Joined, Logged, StrokeDrawn
from tests.server.store.county_town import Town, build_town

DAY_MS = 86_400_000


@dataclass
class Jobs:
    """The library's jobs: these are being published now."""

    busy: set[str] = field(default_factory=set)

    def give_up(self, lesson_id: str) -> bool:
        return lesson_id not in self.busy


@dataclass
class Kept:
    """What a test looks at. `over_ms`: when the lesson was over."""

    store: Store
    town: Town
    lessons: Path
    lesson_id: str
    over_ms: int
    jobs: Jobs
    keeper: RecordingKeeper

    @property
    def folder(self) -> Path:
        return self.lessons / self.lesson_id

    async def look(self, days: float) -> None:
        """A look so many days after the lesson."""
        await self.keeper.look(self.over_ms + round(days * DAY_MS))

    async def state(self, state: str) -> None:
        await self.store.database.write(
            lambda c: c.exec_driver_sql(f"UPDATE lesson SET state = '{state}' WHERE id = '{self.lesson_id}'")
        )


def record(folder: Path) -> None:
    """A recording as publishing leaves it: eight files of 100 bytes each, and the log with one stroke."""
    for name in ("manifest.json", "published.json", ".manifest.lock", "tracks/a-camera-1.mkv", "media/film.mp4",
                 "media/deep/seg-1.m4s", "thumbs/1.webp", "pages/1.png"):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x" * 100)
    stroke = StrokeDrawn(id="stroke-1", page=1, colour="#112233", width=8, points=[10, 10, 5, 900, 40, 5])
    events = (Joined(participant="staff-1", role="lead"), stroke, Ended(reason="lead"))
    lines = [
        encode_line(Logged(number=number, at=1000 * number, by="staff-1", event=event))
        for number, event in enumerate(events, 1)
    ]
    (folder / "log.jsonl").write_bytes(b"".join(lines))


@pytest.fixture
async def kept(tmp_path: Path, empty_database: Path) -> AsyncIterator[Kept]:
    shutil.copy(empty_database, tmp_path / FILE_NAME)
    store = await open_store(tmp_path)
    town = await build_town(store)
    await store.timetable.save(town.county_id, town.term.id, [town.entry(weeks="2")], town.term.begins.toordinal())
    await store.timetable.make(town.county_id, town.term.id, 0)
    (lesson,) = [entry.lesson for entry in await store.lessons.in_state("planned")]
    kept = Kept(store, town, tmp_path / "lessons", lesson.id, lesson.planned_end_ms, Jobs(), None)  # type: ignore[arg-type]
    kept.keeper = RecordingKeeper(store, kept.lessons, kept.jobs, lambda: kept.over_ms)
    await kept.state("VALID")
    record(kept.folder)
    yield kept
    await store.close()
    shutil.rmtree(kept.lessons, ignore_errors=True)
