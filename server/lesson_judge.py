"""Judges lessons that are over by their logs, and gives up those that nobody began: a look every half minute."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from server.county.judging import judge
from server.county.presence import Held, held
from server.lesson_log import read_log
from server.store.errors import StoreError
from server.store.store import Store

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 30.0


async def judge_lessons(store: Store, lessons_dir: Path, clock: Callable[[], int]) -> None:
    """Goes on until cancelled. A database that is away is asked again at the next look; nothing is lost meanwhile."""
    while True:
        try:
            await judge_once(store, lessons_dir, clock())
        except StoreError as error:
            log.warning("lessons not judged", code=error.code)
        await asyncio.sleep(LOOK_EVERY_S)


async def judge_once(store: Store, lessons_dir: Path, now_ms: int) -> None:
    """One look.

    Raises:
        StoreError: the database did not answer; what was judged before that is kept.
    """
    for lesson_id in await store.judgements.give_up(now_ms):
        log.info("lesson missed", lesson=lesson_id)
    for lesson in await store.judgements.unjudged():
        found = await asyncio.to_thread(_held, lessons_dir / lesson.lesson_id / "log.jsonl")
        judgement = judge(found, lesson.rooms, lesson.policy)
        await store.judgements.write(lesson.lesson_id, judgement, now_ms)
        log.info("lesson judged", lesson=lesson.lesson_id, state=judgement.state, finding=judgement.finding)


def _held(path: Path) -> Held | None:
    """What the log says; None where there is none to read."""
    try:
        return held(read_log(path))
    except OSError:
        return None
