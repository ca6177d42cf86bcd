"""What the store is told of lessons that begin and end, however long it is away: a lesson does not wait for it.

Each lesson's phases are written in their order. A store that does not answer is asked again until it does; what a
restart of the server forgets is in the lesson's log (`LessonHub` and `server.lesson_judge` read it).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import Literal

import structlog

from server.store.errors import StoreError
from server.store.lessons import Lessons

log = structlog.get_logger(__name__)

Phase = Literal["live", "ended"]
PATIENCE_S = 1.0
"""So long a lesson waits for the store, so that others find what they were told; then it goes on without."""
AGAIN_AFTER_S = 5.0


class LessonPhases:
    """Tells the store. A lesson begins and ends a few times at most, so little waits at once."""

    def __init__(self, lessons: Lessons, again_after_s: float = AGAIN_AFTER_S) -> None:
        self._lessons = lessons
        self._again_after_s = again_after_s
        self._untold: dict[str, deque[tuple[Phase, int]]] = defaultdict(deque)
        self._writing: dict[str, asyncio.Task[None]] = {}

    async def tell(self, lesson_id: str, phase: Phase, at_ms: int) -> None:
        """The lesson began or ended at `at_ms`, UTC; on disk when this returns, or soon after the store is back."""
        self._untold[lesson_id].append((phase, at_ms))
        task = self._writing.get(lesson_id)
        if task is None:
            task = self._writing[lesson_id] = asyncio.create_task(self._write(lesson_id), name=f"phase {lesson_id}")
        await asyncio.wait({task}, timeout=PATIENCE_S)

    async def told(self) -> None:
        """Waits until the store knows everything."""
        while self._writing:
            await asyncio.wait(self._writing.values())

    async def close(self) -> None:
        """Gives up what the store would not take. Closing twice is closing once."""
        for task in self._writing.values():
            task.cancel()
        if self._writing:
            await asyncio.wait(self._writing.values())

    async def _write(self, lesson_id: str) -> None:
        untold = self._untold[lesson_id]
        try:
            while untold:
                phase, at_ms = untold[0]
                try:
                    await (self._lessons.began if phase == "live" else self._lessons.ended)(lesson_id, at_ms)
                except StoreError as error:
                    log.warning("phase not written", lesson=lesson_id, phase=phase, code=error.code)
                    await asyncio.sleep(self._again_after_s)
                else:
                    untold.popleft()
        finally:
            del self._writing[lesson_id], self._untold[lesson_id]
