"""The recording's manifest: what a lesson's folder holds, apart from the log and the media themselves.

    lessons/<lesson id>/
        log.jsonl                                     the lesson log; not ours
        manifest.json                                 `Manifest`
        tracks/<participant>-<source>-<part>.mkv      what arrived, one file per track
        media/, thumbs/                               what publishing made of it

The manifest sums up what the tracks say of themselves; after a crash it is rebuilt from them.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from server.file_locks import is_locked
from signaling.messages import Mode, Role, Source

MANIFEST = "manifest.json"
TRACKS = "tracks"
WRITING = ".writing.lock"
CRASH = "crash"
"""The reason of a span that nobody closed."""

State = Literal["recording", "finished", "repaired", "truncated"]
"""`repaired`: a crash cut it and it was made whole again. `truncated`: the disk was full or failed for a while."""


class Participant(Struct, frozen=True, kw_only=True):
    """Somebody of the lesson, as the replay shows them."""

    id: str
    role: Role
    school: str
    name: str
    colour: str


class Span(Struct, frozen=True, kw_only=True):
    """Lesson time in which the recording ran; `end_ms` is None while it does. reason: why it stopped."""

    start_ms: int
    end_ms: int | None = None
    reason: str = ""

    def closed(self, end_ms: int, reason: str) -> Span:
        """The same span, ended."""
        return msgspec.structs.replace(self, end_ms=end_ms, reason=reason)


class Track(Struct, frozen=True, kw_only=True):
    """One track file. start_ms is on the lesson's clock; lost counts RTP packets that never came."""

    file: str
    participant: str
    source: Source
    part: int
    codec: Literal["h264", "vp8", "opus"]
    start_ms: int
    duration_ms: int
    frames: int
    bytes: int
    lost: int = 0
    width: int = 0
    height: int = 0
    state: Literal["recording", "finished", "repaired"] = "finished"


class Clock(Struct, frozen=True, kw_only=True):
    """One run's mapping of clocks: at lesson time `lesson_ms` it was `wall` (UTC, RFC 3339)."""

    lesson_ms: int
    wall: str


class Manifest(Struct, frozen=True, kw_only=True):
    """`manifest.json`. run: how often a recorder was started here. duration_ms: start to end, gaps included."""

    version: int = 1
    id: str
    title: str
    subject: str
    mode: Mode
    state: State
    run: int
    started: str
    origin_ms: int
    duration_ms: int
    people: list[Participant]
    spans: list[Span]
    clocks: list[Clock]
    tracks: list[Track] = []

    def but(self, **changes: object) -> Manifest:
        """The same manifest with these fields changed."""
        return msgspec.structs.replace(self, **changes)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in `folder`, or None where there is none that can be read."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        return None


def write_atomically(path: Path, data: bytes) -> None:
    """Puts `data` at `path` so that after a power cut the old or the new content is there, whole.

    Raises:
        OSError: the disk is full or failed; the old content stands.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes the manifest atomically; call it inside `editing`."""
    write_atomically(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))


@contextmanager
def editing(folder: Path) -> Iterator[Manifest | None]:
    """The manifest as it stands, while no other process changes it (recorder and repair may meet)."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / ".manifest.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield read_manifest(folder)
    finally:
        os.close(descriptor)


def hold_writing(folder: Path) -> int:
    """A descriptor that says, as long as it is open, that a writer is at work in `folder`."""
    descriptor = os.open(folder / WRITING, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def being_written(folder: Path) -> bool:
    """A writer is at work in `folder`."""
    return is_locked(folder / WRITING)


def begun(before: Manifest | None, first: Manifest) -> Manifest:
    """The manifest of a run that begins as `first` says, on a folder whose manifest was `before`.

    `first` has one open span and one clock. A span that a crash left open is closed; where it ends is settled later
    from its tracks, when nobody holds them.
    """
    if before is None:
        return first
    spans = list(before.spans)
    start = first.spans[0].start_ms
    if spans and spans[-1].end_ms is None:
        spans[-1] = spans[-1].closed(min(start, spans[-1].start_ms), CRASH)
    return first.but(
        run=before.run + 1,
        started=before.started,
        origin_ms=before.origin_ms,
        duration_ms=max(before.duration_ms, start - before.origin_ms),
        spans=[*spans, *first.spans],
        clocks=[*before.clocks, *first.clocks],
        tracks=before.tracks,
    )
