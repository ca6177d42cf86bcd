"""A lesson's log on disk: appended in groups by one thread, synced before anyone hears of it.

While one group is written and synced, the next one gathers; so one fdatasync serves all who wait, and nobody waits for
more than two (docs/protocol.md, P50 to P53).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from signaling.log import LogReader, encode_line
from signaling.messages import Logged

log = structlog.get_logger(__name__)

WAITING_LIMIT_BYTES = 16 * 1024 * 1024
PIECE_BYTES = 1024 * 1024


class LogError(Exception):
    """The log cannot take events. `code` is stable."""

    code = "log_failed"


class LogWriteFailed(LogError):
    """The disk refused. None of the group is in the log; the same events may be appended again."""

    code = "log_write_failed"

    def __init__(self, error: OSError) -> None:
        super().__init__(f"{self.code}: errno {error.errno}")
        self.errno = error.errno


class LogBehind(LogError):
    """The disk is slower than the class: more than WAITING_LIMIT_BYTES are unsynced."""

    code = "log_behind"


class LogClosed(LogError):
    """Appended after `close`."""

    code = "log_closed"


class LogInUse(LogError):
    """Another process writes to this log."""

    code = "log_in_use"


@dataclass(slots=True)
class _Group:
    """What one call of `append` brought."""

    data: bytes
    done: asyncio.Future[None]


class LessonLog:
    """The log of one lesson, open for appending. Use from one event loop."""

    def __init__(self, path: Path, descriptor: int, length: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._length = length
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._waiting: deque[_Group] = deque()
        self._waiting_bytes = 0
        self._closing = False
        self._torn = False
        self._writer = threading.Thread(target=self._write_groups, name=f"lesson-log-{path.parent.name}", daemon=True)
        self._writer.start()

    @classmethod
    async def open(cls, path: Path) -> tuple[LessonLog, list[Logged]]:
        """Opens or creates a log, cuts its torn end, and returns it with the events it holds.

        Raises:
            LogInUse: another process has it open.
            LogWriteFailed: the disk refused.
        """
        try:
            descriptor, length, events = await asyncio.to_thread(_recover, path)
        except BlockingIOError as error:
            raise LogInUse(str(path.name)) from error
        except OSError as error:
            raise LogWriteFailed(error) from error
        return cls(path, descriptor, length), events

    def append(self, events: Sequence[Logged]) -> asyncio.Future[None]:
        """Queues events in order, at once; the future is done when they are on disk.

        Raises (in the future): LogWriteFailed, LogBehind, LogClosed. Events that failed, and all queued after them
        before the failure was told, are not in the log: append them again, in order.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        data = b"".join(encode_line(logged) for logged in events)
        with self._changed:
            if self._closing:
                done.set_exception(LogClosed(LogClosed.code))
            elif self._waiting_bytes + len(data) > WAITING_LIMIT_BYTES:
                done.set_exception(LogBehind(LogBehind.code))
            else:
                self._waiting.append(_Group(data, done))
                self._waiting_bytes += len(data)
                self._changed.notify()
        return done

    async def close(self) -> None:
        """Writes what waits and closes the file. Closing twice is closing once."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        await asyncio.to_thread(self._writer.join)

    # --- the writer's thread -----------------------------------------------------------------------------------

    def _write_groups(self) -> None:
        while groups := self._next_groups():
            error: LogError | None = None
            try:
                self._write(b"".join(group.data for group in groups))
            except OSError as failure:
                error = LogWriteFailed(failure)
                groups += self._give_up_waiting()
            self._tell(groups, error)
        os.close(self._descriptor)

    def _next_groups(self) -> list[_Group]:
        """All that waits, as soon as anything does; nothing once closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            return self._give_up_waiting()

    def _give_up_waiting(self) -> list[_Group]:
        with self._changed:
            groups = list(self._waiting)
            self._waiting.clear()
            self._waiting_bytes = 0
            return groups

    def _write(self, data: bytes) -> None:
        """Appends and syncs, or leaves the file as it was."""
        if self._torn:
            os.ftruncate(self._descriptor, self._length)
        self._torn = True
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
            os.fdatasync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self._length)
            self._torn = False
            raise
        self._length, self._torn = self._length + len(data), False

    def _tell(self, groups: list[_Group], error: LogError | None) -> None:
        if error is not None:
            log.error("lesson log failed", lesson=self.path.parent.name, code=error.code, reason=str(error))
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_settle, groups, error)


def read_log(path: Path) -> Iterator[Logged]:
    """The whole events of a log, piece by piece, while it may still be written to.

    Raises:
        OSError: there is no such file, or it cannot be read.
    """
    with path.open("rb") as file:
        yield from LogReader().read(iter(lambda: file.read(PIECE_BYTES), b""))


def _settle(groups: list[_Group], error: LogError | None) -> None:
    for group in groups:
        if group.done.cancelled():
            continue
        if error is None:
            group.done.set_result(None)
        else:
            group.done.set_exception(error)


def _recover(path: Path) -> tuple[int, int, list[Logged]]:
    """Opens for appending with the torn end cut: the descriptor, the length in bytes, the events."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        reader = LogReader()
        events = list(reader.read(iter(lambda: os.read(descriptor, PIECE_BYTES), b"")))
        size = os.fstat(descriptor).st_size
        if size > reader.length:
            os.ftruncate(descriptor, reader.length)
        if size > reader.length or reader.damaged:
            log.warning(
                "lesson log repaired", lesson=path.parent.name, cut=size - reader.length, damaged=reader.damaged
            )
        os.fsync(descriptor)
        _sync_directory(path.parent)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor, reader.length, events


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
