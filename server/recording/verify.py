"""Checking a recording: every block of every track, and a sample of each file decoded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from server.recording.matroska_header import NotARecording, read_header
from server.recording.matroska_reader import Cluster, read_clusters
from server.recording.package import TRACKS, read_manifest

DECODE_WITHIN_S = 120.0
PACKAGES = Path(__file__).resolve().parents[2]
MEDIA = "media"


class Decoded(Struct, frozen=True, kw_only=True):
    """What decoding the first `seconds` gave. frames: pictures and sound frames; errors: what the decoders said."""

    seconds: float
    frames: int
    errors: list[str]


class CheckedFile(Struct, frozen=True, kw_only=True):
    """One file. problems: stable codes: `unreadable`, `unfinished`, `damaged`, `disordered`, `missing`, `miscounted`,
    `undecodable`. frames: blocks found; decoded: frames decoded of the sample, None if none was asked for."""

    file: str
    ok: bool
    problems: list[str]
    frames: int = 0
    damaged_bytes: int = 0
    decoded: int | None = None


class Verified(Struct, frozen=True, kw_only=True):
    """A recording that was checked. problems: of the recording as a whole: `no_manifest`, `recording`."""

    id: str
    ok: bool
    problems: list[str]
    files: list[CheckedFile]


def verify_recording(folder: Path, sample_s: float) -> Verified:
    """Checks all tracks in `folder` block by block, and decodes `sample_s` of each file (0: nothing)."""
    manifest = read_manifest(folder)
    problems = []
    if manifest is None:
        problems.append("no_manifest")
    elif manifest.state == "recording":
        problems.append("recording")
    expected = {Path(t.file).name: t.frames for t in manifest.tracks} if manifest is not None else {}
    names = sorted({path.name for path in (folder / TRACKS).glob("*.mkv")} | expected.keys())
    files = [_decoded(folder, check_track(folder, name, expected.get(name)), sample_s) for name in names]
    if sample_s > 0 and (folder / MEDIA).is_dir():
        published = sorted(path.name for path in (folder / MEDIA).iterdir() if not path.name.startswith("."))
        unchecked = [CheckedFile(file=f"{MEDIA}/{name}", ok=True, problems=[]) for name in published]
        files += [_decoded(folder, file, sample_s) for file in unchecked]
    ok = not problems and all(file.ok for file in files)
    return Verified(id=folder.name, ok=ok, problems=problems, files=files)


def check_track(folder: Path, name: str, frames: int | None) -> CheckedFile:
    """Reads every block of a track file. frames: how many the manifest says there are, None if it says nothing."""
    file = f"{TRACKS}/{name}"
    try:
        descriptor = os.open(folder / file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return CheckedFile(file=file, ok=False, problems=["missing"])
    try:
        return _check(descriptor, file, frames)
    except (NotARecording, OSError):
        return CheckedFile(file=file, ok=False, problems=["unreadable"])
    finally:
        os.close(descriptor)


def _check(descriptor: int, file: str, frames: int | None) -> CheckedFile:
    header = read_header(descriptor)
    problems = [] if header.duration_ms is not None else ["unfinished"]
    found = damaged = 0
    last = -1
    ordered = True
    for piece in read_clusters(descriptor, header.clusters_at, os.fstat(descriptor).st_size):
        if not isinstance(piece, Cluster):
            damaged += piece.end - piece.start
            continue
        if not piece.whole:
            damaged += 1
        for ms, _, _, _ in piece.blocks:
            ordered = ordered and ms > last
            last = ms
        found += len(piece.blocks)
    if damaged:
        problems.append("damaged")
    if not ordered:
        problems.append("disordered")
    if frames is not None and found != frames:
        problems.append("miscounted")
    return CheckedFile(file=file, ok=not problems, problems=problems, frames=found, damaged_bytes=damaged)


def _decoded(folder: Path, checked: CheckedFile, sample_s: float) -> CheckedFile:
    """The same with a sample of it decoded in a child process."""
    if sample_s <= 0 or "missing" in checked.problems or "unreadable" in checked.problems:
        return checked
    command = [sys.executable, "-m", "server.recording.decode", str(folder / checked.file), str(sample_s)]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=DECODE_WITHIN_S, check=False,
            env=os.environ | {"PYTHONPATH": str(PACKAGES)},
        )  # fmt: skip
        decoded = msgspec.json.decode(done.stdout, type=Decoded)
    except (subprocess.TimeoutExpired, msgspec.MsgspecError):
        decoded = Decoded(seconds=sample_s, frames=0, errors=["no answer"])
    problems = checked.problems
    if decoded.errors or not decoded.frames:
        problems = [*problems, "undecodable"]
    return msgspec.structs.replace(checked, ok=not problems, problems=problems, decoded=decoded.frames)
