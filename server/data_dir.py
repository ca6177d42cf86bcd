"""The data directory: one server at a time, private to its owner, and a note of who serves it now."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from server.file_locks import is_locked

LESSONS, TLS, LOCK, RUNNING = "lessons", "tls", "lock", "running.json"


class DataDirError(Exception):
    """The directory cannot be used. `code`: `data_in_use` (`detail` is the process id) or `data_not_writable`."""

    def __init__(self, code: str, path: Path, detail: str) -> None:
        super().__init__(f"{code}: {path} ({detail})")
        self.code = code
        self.path = path
        self.detail = detail


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """The server that holds the directory. Ports are the real ones; `https_port` is None when https is off."""

    pid: int
    http_hosts: list[str]
    http_port: int
    https_port: int | None
    media_port: int | None
    addresses: list[str]
    public_origins: list[str] = []


@contextmanager
def claimed(path: Path) -> Iterator[Path]:
    """Holds the directory for one server. The kernel lets go of the lock when the process ends, however it ends.

    Raises:
        DataDirError: another server holds it, or it cannot be written.
    """
    try:
        for folder in (path, path / LESSONS, path / TLS):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataDirError("data_not_writable", path, error.strerror or "") from error
    try:
        _lock(descriptor, path)
        yield path
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        running = read_running(path)
        raise DataDirError("data_in_use", path, str(running.pid) if running else "?") from error


def write_running(path: Path, running: Running) -> None:
    """Notes who serves, replacing the note whole."""
    temporary = path / (RUNNING + ".new")
    temporary.write_bytes(msgspec.json.encode(running))
    temporary.replace(path / RUNNING)


def forget_running(path: Path) -> None:
    """Removes the note at a clean stop."""
    (path / RUNNING).unlink(missing_ok=True)


def read_running(path: Path) -> Running | None:
    """Who serves the directory, or served it and was killed; None where nobody does."""
    try:
        return msgspec.json.decode((path / RUNNING).read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        return None


def is_held(path: Path) -> bool:
    """Whether a server holds the directory now."""
    try:
        return is_locked(path / LOCK)
    except OSError:
        return False
