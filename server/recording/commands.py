"""What `tongke recordings list|verify|repair|export` does. Functions return data; the command line prints it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from server.recording.package import Manifest, State, read_manifest
from server.recording.repair import Repaired, settle
from server.recording.verify import Verified, verify_recording

LESSONS = "lessons"
EXPORTED = ("manifest.json", "log.jsonl", "published.json")
EXPORTED_FOLDERS = ("media", "thumbs")
PACKAGES = Path(__file__).resolve().parents[2]
Note = Callable[[str], None]
"""Writes down what is about to be done with a recording; what it raises keeps it from being done."""


class CommandFailed(Exception):
    """A command could not be done. code: `not_found`, `recording` (it still runs), `exists`, `disk_error`."""

    def __init__(self, code: str, subject: str) -> None:
        super().__init__(f"{code}: {subject}")
        self.code = code
        self.subject = subject


class Listed(Struct, frozen=True, kw_only=True):
    """A line of the list. bytes: of the tracks. lost_packets: that never came from the publishers."""

    id: str
    title: str
    subject: str
    started: str
    duration_ms: int
    bytes: int
    tracks: int
    lost_packets: int
    state: State


class RepairDone(Struct, frozen=True, kw_only=True):
    """What was repaired in one recording, and how it stands now."""

    id: str
    state: State | None
    files: list[Repaired]


class Exported(Struct, frozen=True, kw_only=True):
    """What was exported, and where to."""

    id: str
    path: str
    files: list[str]
    bytes: int


def list_recordings(data_dir: Path) -> list[Listed]:
    """All recordings, newest first."""
    manifests = [m for folder in _folders(data_dir) if (m := read_manifest(folder)) is not None]
    return [_listed(manifest) for manifest in sorted(manifests, key=lambda m: m.started, reverse=True)]


def verify(data_dir: Path, lesson_id: str | None = None, sample_s: float = 10.0) -> list[Verified]:
    """Checks one recording or all.

    Raises:
        CommandFailed: `not_found`.
    """
    return [verify_recording(folder, sample_s) for folder in _chosen(data_dir, lesson_id)]


def repair(data_dir: Path, lesson_id: str | None = None, first: Note = lambda _id: None) -> list[RepairDone]:
    """Repairs one recording or all; one whose writer is alive loses nothing by it. first: told of each before it is.

    Raises:
        CommandFailed: `not_found`, `disk_error`.
    """
    done = []
    for folder in _chosen(data_dir, lesson_id):
        first(folder.name)
        try:
            files = settle(folder)
        except OSError as error:
            raise CommandFailed("disk_error", error.strerror or folder.name) from None
        manifest = read_manifest(folder)
        done.append(RepairDone(id=folder.name, state=manifest.state if manifest else None, files=files))
    return done


def export(data_dir: Path, lesson_id: str, destination: Path, first: Note = lambda _id: None) -> Exported:
    """Copies a recording to `destination`: a new folder, or a zip archive if the name ends so. first: told before.

    What is not published yet is published first, in a child process.

    Raises:
        CommandFailed: `not_found`, `recording`, `exists`, `disk_error`.
    """
    folder = _chosen(data_dir, lesson_id)[0]
    manifest = read_manifest(folder)
    if manifest is None:
        raise CommandFailed("not_found", lesson_id)
    if manifest.state == "recording":
        raise CommandFailed("recording", lesson_id)
    if destination.exists():
        raise CommandFailed("exists", str(destination))
    first(lesson_id)
    _publish(folder)
    files = [folder / name for name in EXPORTED if (folder / name).is_file()]
    for name in EXPORTED_FOLDERS:
        if (folder / name).is_dir():
            files += sorted(path for path in (folder / name).iterdir() if not path.name.startswith("."))
    try:
        _copy(folder, files, destination)
    except OSError as error:
        raise CommandFailed("disk_error", error.strerror or str(destination)) from None
    names = [str(path.relative_to(folder)) for path in files]
    return Exported(id=lesson_id, path=str(destination), files=names, bytes=sum(path.stat().st_size for path in files))


def _copy(folder: Path, files: list[Path], destination: Path) -> None:
    if destination.suffix == ".zip":
        with zipfile.ZipFile(destination, "x", zipfile.ZIP_STORED) as archive:
            for path in files:
                archive.write(path, f"{folder.name}/{path.relative_to(folder)}")
        return
    for path in files:
        target = destination / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _publish(folder: Path) -> None:
    command = [sys.executable, "-m", "server.publishing.publish", str(folder)]
    environment = os.environ | {"PYTHONPATH": str(PACKAGES)}
    done = subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=False)
    if done.returncode:
        raise CommandFailed("disk_error", folder.name)


def _folders(data_dir: Path) -> list[Path]:
    lessons = data_dir / LESSONS
    return sorted(path for path in lessons.iterdir() if path.is_dir()) if lessons.is_dir() else []


def _chosen(data_dir: Path, lesson_id: str | None) -> list[Path]:
    recorded = [folder for folder in _folders(data_dir) if read_manifest(folder) is not None or _has_tracks(folder)]
    if lesson_id is None:
        return recorded
    chosen = [folder for folder in recorded if folder.name == lesson_id]
    if not chosen:
        raise CommandFailed("not_found", lesson_id)
    return chosen


def _has_tracks(folder: Path) -> bool:
    return any((folder / "tracks").glob("*.mkv"))


def _listed(manifest: Manifest) -> Listed:
    return Listed(
        id=manifest.id,
        title=manifest.title,
        subject=manifest.subject,
        started=manifest.started,
        duration_ms=manifest.duration_ms,
        bytes=sum(track.bytes for track in manifest.tracks),
        tracks=len(manifest.tracks),
        lost_packets=sum(track.lost for track in manifest.tracks),
        state=manifest.state,
    )
