"""Making a recording whole after a crash: torn files are cut to what is sound and finished, the manifest rebuilt.

Nothing sound is moved or rewritten. A cluster cut in its middle keeps its whole blocks under a new head; damage in the
middle of a file becomes a Void element, which every reader skips. Files that a living writer holds are left alone.

As a program: `python -m server.recording.repair FOLDER...` settles recordings.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from msgspec import Struct

from server.recording import ebml, matroska
from server.recording.matroska import Cue
from server.recording.matroska_header import Header, NotARecording, read_header
from server.recording.matroska_reader import Cluster, Damage, read_clusters
from server.recording.package import CRASH, TRACKS, Manifest, State, Track, being_written, editing, write_manifest

AUDIO_TAIL_MS = 20
VIDEO_TAIL_MS = 33
CUE_EVERY_MS = 1000


class Repaired(Struct, frozen=True, kw_only=True):
    """What was done to one file. removed: bytes that made no sense. unreadable: not even its header could be read."""

    file: str
    frames: int
    duration_ms: int
    removed: int
    unreadable: bool = False


def repair_file(path: Path) -> Repaired | None:
    """Finishes the track file at `path`; None if it was finished, or if a writer holds it.

    Raises:
        OSError: the disk refuses.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        try:
            header = read_header(descriptor)
        except NotARecording:
            size = os.fstat(descriptor).st_size
            return Repaired(file=path.name, frames=0, duration_ms=0, removed=size, unreadable=True)
        if header.duration_ms is not None:
            return None
        return _mend(descriptor, path.name, header)
    finally:
        os.close(descriptor)


class _Sound(Struct):
    """What is kept of a cluster: its place, frames, last frame's and first keyframe's time."""

    start: int
    end: int
    frames: int
    last_ms: int
    keyframe_ms: int | None


def _mend(descriptor: int, name: str, header: Header) -> Repaired:
    size = os.fstat(descriptor).st_size
    sound: list[_Sound] = []
    for found in read_clusters(descriptor, header.clusters_at, size):
        if isinstance(found, Damage) or not found.blocks:
            continue
        if not found.whole:
            _reseal(descriptor, found)
        if sound and found.start - sound[-1].end == 1:
            sound.pop()
        keyframe_ms = next((ms for ms, key, _, _ in found.blocks if key), None)
        sound.append(_Sound(found.start, found.end, len(found.blocks), found.blocks[-1][0], keyframe_ms))
    end = header.clusters_at
    for cluster in sound:
        if cluster.start > end:
            os.pwrite(descriptor, _void_head(cluster.start - end), end)
        end = cluster.end
    frames = sum(cluster.frames for cluster in sound)
    tail_ms = AUDIO_TAIL_MS if header.codec == "opus" else VIDEO_TAIL_MS
    duration_ms = max((cluster.last_ms for cluster in sound), default=-tail_ms) + tail_ms
    _finish(descriptor, header, _cues(sound, header.segment), end, frames, duration_ms)
    kept = sum(cluster.end - cluster.start for cluster in sound)
    return Repaired(file=name, frames=frames, duration_ms=duration_ms, removed=size - header.clusters_at - kept)


def _cues(sound: list[_Sound], segment: int) -> list[Cue]:
    points: list[Cue] = []
    for cluster in sound:
        ms = cluster.keyframe_ms
        if ms is not None and (not points or ms - points[-1].ms >= CUE_EVERY_MS):
            points.append(Cue(ms, cluster.start - segment))
    return points


def _void_head(length: int) -> bytes:
    """The first bytes of a Void element of `length` bytes in all."""
    return ebml.void(length)[:2] if length < 10 else bytes((ebml.VOID,)) + ebml.size_8(length - 9)


def _reseal(descriptor: int, cluster: Cluster) -> None:
    """Gives a cut cluster the size and CRC-32 of the blocks it still holds."""
    body_at = cluster.start + matroska.CLUSTER_HEAD.size
    body = os.pread(descriptor, cluster.end - body_at, body_at)
    os.pwrite(descriptor, matroska.cluster_head(cluster.ms, body), cluster.start)


def _finish(descriptor: int, header: Header, points: list[Cue], end: int, frames: int, duration_ms: int) -> None:
    values = header.tags | {"FRAMES": str(frames), "LOST": header.tags.get("LOST", "0"), "REPAIRED": "1"}
    ends = matroska.index(points, values, end - header.segment)
    os.ftruncate(descriptor, end)
    os.pwrite(descriptor, ends.data, end)
    os.fdatasync(descriptor)
    start, patch = matroska.completion(header.segment, ends, duration_ms, end + len(ends.data))
    os.pwrite(descriptor, patch, start)
    os.fdatasync(descriptor)


def describe(path: Path) -> Track | None:
    """What the manifest says of a track file; None if it cannot be read or says nothing of itself."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        header = read_header(descriptor)
        size = os.fstat(descriptor).st_size
    except (NotARecording, OSError):
        return None
    finally:
        os.close(descriptor)
    return track_of(path.name, header, size)


def track_of(name: str, header: Header, size: int) -> Track:
    """The manifest's entry for a file with this header and size."""
    repaired = "REPAIRED" in header.tags
    return Track(
        file=f"{TRACKS}/{name}",
        participant=header.tags.get("PARTICIPANT", ""),
        source=header.tags.get("SOURCE", "camera"),  # type: ignore[arg-type]
        part=header.number("PART"),
        codec=header.codec,  # type: ignore[arg-type]
        start_ms=header.number("START_MS"),
        duration_ms=header.duration_ms or 0,
        frames=header.number("FRAMES"),
        bytes=size,
        lost=header.number("LOST"),
        width=max(header.width, header.number("WIDTH")),
        height=max(header.height, header.number("HEIGHT")),
        state="recording" if header.duration_ms is None else "repaired" if repaired else "finished",
    )


def settle(folder: Path, run: int | None = None) -> list[Repaired]:
    """Repairs what is torn in `folder` and brings its manifest up to date. Returns what was repaired.

    run: the run that has just ended, in its own writer; None when a crash is cleaned up after. While a writer is at
    work, or began meanwhile, only the tracks are brought up to date.

    Raises:
        OSError: the disk refuses.
    """
    with editing(folder) as before:
        seen = 0 if before is None or (run is None and being_written(folder)) else before.run
    repaired: list[Repaired] = []
    for path in sorted((folder / TRACKS).glob("*.mkv")):
        done = repair_file(path)
        if done is not None:
            repaired.append(done)
    tracks = [track for path in sorted((folder / TRACKS).glob("*.mkv")) if (track := describe(path)) is not None]
    with editing(folder) as manifest:
        if manifest is not None:
            ended = manifest.run == (seen if run is None else run)
            write_manifest(folder, settled(manifest, tracks, ended))
    return repaired


def settled(manifest: Manifest, tracks: list[Track], ended: bool) -> Manifest:
    """The manifest with these tracks; if its run has ended, with a last state and closed spans."""
    spans = list(manifest.spans)
    if ended and spans and spans[-1].end_ms is None:
        spans[-1] = spans[-1].closed(spans[-1].start_ms, CRASH)
    for index, span in enumerate(spans):
        if span.reason == CRASH:
            until = spans[index + 1].start_ms if index + 1 < len(spans) else None
            spans[index] = span.closed(max(span.start_ms, last_recorded(tracks, span.start_ms, until)), CRASH)
    state = _last_state(tracks, [span.reason for span in spans]) if ended else manifest.state
    end = max([last_recorded(tracks, 0, None), *(span.end_ms for span in spans if span.end_ms is not None)])
    return manifest.but(tracks=tracks, spans=spans, state=state, duration_ms=max(0, end - manifest.origin_ms))


def last_recorded(tracks: list[Track], start_ms: int, until_ms: int | None) -> int:
    """The lesson time at which the last of the tracks that began in `start_ms`..`until_ms` ends, 0 without any.

    Each run of a writer begins new tracks, so these are the tracks of the run that was at work then.
    """
    ends = [
        track.start_ms + track.duration_ms
        for track in tracks
        if track.start_ms >= start_ms and (until_ms is None or track.start_ms < until_ms)
    ]
    last = max(ends, default=0)
    return last if until_ms is None else min(last, until_ms)


def _last_state(tracks: list[Track], reasons: list[str]) -> State:
    if "disk_full" in reasons or "disk_error" in reasons:
        return "truncated"
    if CRASH in reasons or any(track.state == "repaired" for track in tracks):
        return "repaired"
    return "finished"


def main() -> int:
    """Settles the folders named on the command line; exit code 0 if nothing refused, else 74 (EX_IOERR)."""
    os.nice(5)
    os.umask(0o077)
    code = 0
    for folder in sys.argv[1:]:
        try:
            settle(Path(folder))
        except OSError as error:
            print(f"{folder}: {error.strerror}", file=sys.stderr)
            code = 74
    return code


if __name__ == "__main__":
    raise SystemExit(main())
