"""Erasing a class: the recordings it takes part in, as guardians may ask.

A recording cannot be cut apart by class, so it goes whole. It is hidden at once and deleted UNDO_MS later; until then
it can be taken back. What a legal hold keeps stays. The consent register stays: it is the proof of what was agreed.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec import Struct
from sqlalchemy import ColumnElement, select

from server.privacy import files
from server.store import schema
from server.store.deletions import Kept
from server.store.store import Store

UNDO_MS = 24 * 3_600_000


class ClassRecordings(Struct, frozen=True, kw_only=True):
    """How the recordings of a class stand, in numbers.

    recordings, files, bytes: what an erasure would delete. held: kept by a legal hold. not_over: lessons that are not
    over and judged. waiting: hidden, to be deleted at `waiting_until_ms`.
    """

    recordings: int
    files: int
    bytes: int
    held: int
    not_over: int
    waiting: int
    waiting_until_ms: int | None


async def look(store: Store, lessons_dir: Path, class_id: str, now_ms: int) -> ClassRecordings:
    """How they stand now."""
    kept = await _kept(store, lessons_dir, class_id, now_ms)
    erasable = [one for one in kept if _erasable(one)]
    found = await asyncio.to_thread(lambda: [files.measure(lessons_dir / one.lesson_id) for one in erasable])
    waiting = await store.deletions.waiting_for(class_id)
    return ClassRecordings(
        recordings=len(erasable),
        files=sum(one.files for one in found),
        bytes=sum(one.bytes for one in found),
        held=sum(one.judged and not _erasable(one) for one in kept),
        not_over=sum(not one.judged for one in kept),
        waiting=len(waiting),
        waiting_until_ms=min((one.due_ms for one in waiting), default=None),
    )


async def erase(store: Store, lessons_dir: Path, class_id: str, by: str, now_ms: int) -> None:
    """Hides what can be erased, to be deleted when it can no longer be taken back."""
    kept = await _kept(store, lessons_dir, class_id, now_ms)
    wanted = [one.lesson_id for one in kept if _erasable(one)]
    await store.deletions.ask(wanted, "erasure", by, class_id, now_ms, now_ms + UNDO_MS)


def _erasable(kept: Kept) -> bool:
    return kept.judged and (kept.hold is None or kept.hold.cause != "legal")


async def _kept(store: Store, lessons_dir: Path, class_id: str, now_ms: int) -> list[Kept]:
    recorded = await asyncio.to_thread(files.recorded, lessons_dir)
    return await store.deletions.kept(recorded, now_ms, _of_class(class_id))


def _of_class(class_id: str) -> ColumnElement[bool]:
    present = schema.lesson_class
    return schema.lesson.c.id.in_(select(present.c.lesson_id).where(present.c.class_id == class_id))
