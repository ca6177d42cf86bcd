"""The jobs of the library: repairs first, then publications, each in a child process, one at a time."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import Iterable
from pathlib import Path

import structlog

from server.publishing.publish import COMPLETE
from server.publishing.replay import Publishing

log = structlog.get_logger(__name__)

PACKAGES = Path(__file__).resolve().parents[2]
STOP_WITHIN_S = 3.0


class Jobs:
    """Runs the jobs of the recordings under `lessons`. All calls from the event loop."""

    def __init__(self, lessons: Path) -> None:
        self._lessons = lessons
        self._torn: list[str] = []
        self._waiting: deque[str] = deque()
        self._running: str | None = None
        self._share = 0.0
        self._failed: set[str] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.repaired = asyncio.Event()
        """Set when what crashes had left is repaired."""

    def start(self, torn: Iterable[str], unpublished: Iterable[str]) -> None:
        """Begins with these repairs and publications."""
        self._torn = list(torn)
        for lesson_id in unpublished:
            self.publish(lesson_id)
        self._task = asyncio.create_task(self._run(), name="library jobs")

    def publish(self, lesson_id: str) -> None:
        """Lets a publication wait for its turn; one that waits already is not added."""
        self._failed.discard(lesson_id)
        if lesson_id not in self._waiting:
            self._waiting.append(lesson_id)
            self._wake.set()

    def give_up(self, lesson_id: str) -> bool:
        """Nothing of this recording is published any more; False while that is just being done."""
        if lesson_id == self._running:
            return False
        if lesson_id in self._waiting:
            self._waiting.remove(lesson_id)
        self._failed.discard(lesson_id)
        return True

    def progress(self, lesson_id: str) -> Publishing | None:
        """How far a publication is; None if none is asked for."""
        if lesson_id == self._running:
            return Publishing(state="running", progress=self._share)
        if lesson_id in self._waiting:
            return Publishing(state="waiting")
        if lesson_id in self._failed:
            return Publishing(state="failed")
        return None

    async def close(self) -> None:
        """Ends the job that runs. Closing twice is closing once."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _run(self) -> None:
        if self._torn:
            code = await self._child("server.recording.repair", *(str(self._lessons / i) for i in self._torn))
            log.info("recordings_repaired", lessons=self._torn, code=code)
        self.repaired.set()
        while True:
            while self._waiting:
                await self._publish_next()
            self._wake.clear()
            await self._wake.wait()

    async def _publish_next(self) -> None:
        lesson_id = self._running = self._waiting.popleft()
        self._share = 0.0
        try:
            code = await self._child("server.publishing.publish", str(self._lessons / lesson_id))
        finally:
            self._running = None
        if code != COMPLETE:
            self._failed.add(lesson_id)
        log.info("recording_published", lesson=lesson_id, code=code)

    async def _child(self, module: str, *arguments: str) -> int:
        """Runs a module to its end, taking its progress from its output."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(PACKAGES)}, start_new_session=True,
        )  # fmt: skip
        assert child.stdout is not None, "asked for"
        try:
            async for line in child.stdout:
                self._share = float(line)
            return await child.wait()
        except asyncio.CancelledError:
            child.terminate()
            try:
                await asyncio.wait_for(child.wait(), STOP_WITHIN_S)
            except TimeoutError:
                child.kill()
            raise
