"""The lesson log on a real disk."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server import lesson_log
from server.lesson_log import LessonLog, LogBehind, LogClosed, LogInUse, LogWriteFailed, read_log
from signaling.log import encode_line
from signaling.messages import Logged, PageTurned


def _events(first: int, last: int) -> list[Logged]:
    return [Logged(number=n, at=n, by="staff-1", event=PageTurned(page=n % 500 + 1)) for n in range(first, last + 1)]


async def test_P50_what_was_appended_comes_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "lessons" / "one" / "log.jsonl"
    log, held = await LessonLog.open(path)
    assert held == []
    await asyncio.gather(log.append(_events(1, 3)), log.append(_events(4, 4)), log.append(_events(5, 200)))
    assert list(read_log(path)) == _events(1, 200)
    await log.close()
    await log.close()
    again, held = await LessonLog.open(path)
    assert held == _events(1, 200)
    await again.append(_events(201, 202))
    await again.close()
    assert list(read_log(path)) == _events(1, 202)
    assert path.stat().st_mode & 0o777 == 0o600


async def test_P50_the_future_is_done_only_when_the_events_are_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log, _ = await LessonLog.open(path)
    for number in range(1, 20):
        await log.append(_events(number, number))
        assert list(read_log(path)) == _events(1, number)
    await log.close()


async def test_P50_one_sync_serves_all_who_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = 0
    real = os.fdatasync

    def counted(descriptor: int) -> None:
        nonlocal syncs
        syncs += 1
        real(descriptor)

    monkeypatch.setattr(lesson_log.os, "fdatasync", counted)
    log, _ = await LessonLog.open(tmp_path / "log.jsonl")
    with log._changed:  # the writer cannot take a group while all of them are queued
        waiting = [log.append(_events(number, number)) for number in range(1, 101)]
    await asyncio.gather(*waiting)
    await log.close()
    assert syncs == 1


async def test_P51_a_torn_last_line_is_cut_and_its_number_used_for_the_next_event(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    whole = b"".join(map(encode_line, _events(1, 3)))
    path.write_bytes(whole + encode_line(_events(4, 4)[0])[:-7])
    log, held = await LessonLog.open(path)
    assert held == _events(1, 3)
    assert path.read_bytes() == whole
    await log.append(_events(4, 4))
    await log.close()
    assert list(read_log(path)) == _events(1, 4)


async def test_P53_only_one_process_writes_a_log(tmp_path: Path) -> None:
    log, _ = await LessonLog.open(tmp_path / "log.jsonl")
    with pytest.raises(LogInUse):
        await LessonLog.open(tmp_path / "log.jsonl")
    await log.close()
    again, _ = await LessonLog.open(tmp_path / "log.jsonl")
    await again.close()


async def test_P53_after_close_nothing_is_taken(tmp_path: Path) -> None:
    log, _ = await LessonLog.open(tmp_path / "log.jsonl")
    await log.append(_events(1, 1))
    await log.close()
    with pytest.raises(LogClosed):
        await log.append(_events(2, 2))


async def test_P53_close_writes_what_waits(tmp_path: Path) -> None:
    log, _ = await LessonLog.open(tmp_path / "log.jsonl")
    waiting = log.append(_events(1, 500))
    await log.close()
    await waiting
    assert list(read_log(log.path)) == _events(1, 500)


async def test_P53_more_than_the_limit_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lesson_log, "WAITING_LIMIT_BYTES", 10_000)
    log, _ = await LessonLog.open(tmp_path / "log.jsonl")
    with pytest.raises(LogBehind):
        await log.append(_events(1, 500))
    await log.append(_events(1, 5))
    await log.close()
    assert list(read_log(log.path)) == _events(1, 5)


SMALL_FILE_BYTES = 20_000


@contextmanager
def small_files() -> Iterator[None]:
    """No file of this process grows past the limit: writing more fails with EFBIG, as a full disk does with ENOSPC.

    Only inside a test: between tests pytest itself writes, perhaps to a longer file.
    """
    held = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_FILE_BYTES, held[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, held)
        signal.signal(signal.SIGXFSZ, handler)


async def test_P53_a_full_disk_is_told_and_the_log_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with small_files():
        log, _ = await LessonLog.open(path)
        await log.append(_events(1, 100))
        with pytest.raises(LogWriteFailed):
            await log.append(_events(101, 1_000))
        assert list(read_log(path)) == _events(1, 100)
        await log.append(_events(101, 110))
        await log.close()
    assert list(read_log(path)) == _events(1, 110)
    assert path.stat().st_size <= SMALL_FILE_BYTES


async def test_P53_a_folder_that_cannot_be_made_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LogWriteFailed):
        await LessonLog.open(tmp_path / "file" / "log.jsonl")
