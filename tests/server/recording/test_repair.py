"""A track file cut or damaged anywhere: reading and repairing never raise, and cost at most what was damaged."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from server.media.plane import Codec
from server.recording import matroska
from server.recording.matroska import Cue
from server.recording.matroska_header import NotARecording, read_header
from server.recording.matroska_reader import Cluster, read_blocks, read_clusters
from server.recording.package import (
    CRASH,
    TRACKS,
    Clock,
    Manifest,
    Participant,
    Span,
    begun,
    hold_writing,
    read_manifest,
    write_manifest,
)
from server.recording.repair import describe, repair_file, settle
from server.recording.verify import check_track, verify_recording
from tests.server.recording.encoded import Numbers, audio, tap, video
from tests.server.recording.tape import Tape, pictures, sound

START_NS = 5_000_000_000
TAIL = 65_536


def taped(folder: Path, finished: bool = False, seconds: float = 4.0, grain: int = 0) -> Path:
    """A camera's track file, finished or as a killed writer leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    tape = Tape(folder)
    tape.open(1, "camera", "video")
    tape.feed(tap(video(Codec.H264, seconds, bit_rate=1_000_000, grain=grain), Numbers(1, Codec.H264, START_NS)))
    path = tape.files[0].path
    if finished:
        tape.finish()
    for file in tape.files:
        os.close(file.descriptor)
    return path


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, where syncing costs nothing."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def clusters_of(path: Path) -> list[Cluster]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        header = read_header(descriptor)
        found = read_clusters(descriptor, header.clusters_at, path.stat().st_size)
        return [cluster for cluster in found if isinstance(cluster, Cluster)]
    finally:
        os.close(descriptor)


def manifest(run: int = 1, state: str = "recording") -> Manifest:
    return Manifest(
        id="lesson-1", title="t", subject="s", mode="blended", state=state, run=run, started="2026-01-05T01:00:00.000Z",
        origin_ms=4000, duration_ms=0,
        people=[Participant(id="room-1", role="classroom", school="x", name="y", colour="#112233")],
        spans=[Span(start_ms=4000)], clocks=[Clock(lesson_ms=4000, wall="2026-01-05T01:00:00.000Z")],
    )  # fmt: skip


@pytest.mark.media
def test_a_file_cut_at_any_byte_of_its_last_64_kib_is_read_up_to_the_cut(memory: Path) -> None:
    path = taped(memory, finished=True, seconds=1.2, grain=90)
    size = path.stat().st_size
    clusters = clusters_of(path)
    ends = {cluster.start: [offset + length for _, _, offset, length in cluster.blocks] for cluster in clusters}
    starts = sorted(ends)
    assert size > TAIL + 5000
    with path.open("r+b") as file:
        header = read_header(file.fileno())
        for length in range(size - 1, size - TAIL, -1):
            os.ftruncate(file.fileno(), length)
            assert read_header(file.fileno()).clusters_at == header.clusters_at
            start = starts[bisect_right(starts, length) - 1]
            found = [c for c in read_clusters(file.fileno(), start, length) if isinstance(c, Cluster)]
            expected = sum(1 for end in ends[start] if end <= length)
            assert sum(len(cluster.blocks) for cluster in found) == expected, length


def test_a_finished_file_cut_anywhere_in_its_last_64_kib_is_repaired_without_losing_a_whole_frame(memory: Path) -> None:
    path = taped(memory / "whole", finished=True, seconds=1.2, grain=90)
    whole = path.read_bytes()
    clusters = clusters_of(path)
    ends = [offset + size for cluster in clusters for _, _, offset, size in cluster.blocks]
    edges = {
        edge + around for cluster in clusters for edge in (cluster.start, cluster.end) for around in range(-40, 40)
    }
    lengths = {*range(len(whole) - TAIL, len(whole), 61), *(e for e in edges if len(whole) - TAIL < e < len(whole))}
    cut = memory / "cut.mkv"
    for length in sorted(lengths):
        cut.write_bytes(whole[:length])
        repaired = repair_file(cut)
        expected = sum(1 for end in ends if end <= length)
        assert repaired is not None, length
        assert repaired.frames == expected, length
        track = describe(cut)
        assert track is not None, length
        assert (track.frames, track.state) == (expected, "repaired"), length
    assert len(lengths) > 1500


def test_a_header_cut_at_any_byte_is_told_and_nothing_else(tmp_path: Path) -> None:
    path = taped(tmp_path)
    whole = path.read_bytes()
    first = clusters_of(path)[0].start
    cut = tmp_path / "cut.mkv"
    for length in range(first):
        cut.write_bytes(whole[:length])
        repaired = repair_file(cut)
        assert repaired is not None
        assert (repaired.unreadable, repaired.frames, repaired.removed) == (True, 0, length), length
        assert describe(cut) is None
        assert cut.read_bytes() == whole[:length]


def test_every_kind_of_verification_bears_any_cut(tmp_path: Path) -> None:
    path = taped(tmp_path / TRACKS, finished=True)
    whole = path.read_bytes()
    for length in [*range(0, 900), *range(len(whole) - 900, len(whole)), *range(900, len(whole) - 900, 997)]:
        path.write_bytes(whole[:length])
        assert not check_track(tmp_path, path.name, 100).ok, length
    path.write_bytes(whole)
    assert check_track(tmp_path, path.name, 100).ok


def test_a_repaired_file_plays_and_knows_its_length(tmp_path: Path) -> None:
    path = taped(tmp_path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 700)
    repaired = repair_file(path)
    assert repaired is not None
    assert 90 <= repaired.frames < 100
    assert [picture.number for picture in pictures(path)] == list(range(repaired.frames))
    track = describe(path)
    assert track is not None
    assert track.duration_ms == (repaired.frames - 1) * 40 + 33
    assert repair_file(path) is None


def test_random_damage_anywhere_costs_only_the_clusters_it_touches(tmp_path: Path) -> None:
    dice = random.Random(5)
    path = taped(tmp_path)
    whole = path.read_bytes()
    clusters = clusters_of(path)
    frames = sum(len(cluster.blocks) for cluster in clusters)
    hurt = tmp_path / "hurt.mkv"
    for _ in range(300):
        data = bytearray(whole)
        start = dice.randrange(clusters[0].start, len(data))
        end = min(len(data), start + dice.randrange(1, 3000))
        data[start:end] = dice.randbytes(end - start)
        hurt.write_bytes(data)
        touched = sum(len(c.blocks) for c in clusters if c.start < end and c.end > start)
        repaired = repair_file(hurt)
        assert repaired is not None
        assert repaired.frames >= frames - touched
        _, blocks = read_blocks(hurt)
        assert len(blocks) == repaired.frames
        assert all(a[0] < b[0] for a, b in pairwise(blocks))


def test_zeros_of_a_power_cut_are_cut_off(tmp_path: Path) -> None:
    path = taped(tmp_path)
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.truncate(size - 5000)
        file.truncate(size + 8192)
    repaired = repair_file(path)
    assert repaired is not None
    assert 0 < repaired.frames < 100
    assert len(pictures(path)) == repaired.frames


def test_a_file_that_a_writer_holds_is_left_alone(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    tape.open(1, "microphone", "audio")
    tape.feed(tap(audio(1.0), Numbers(1, Codec.OPUS, START_NS)))
    before = tape.files[0].path.read_bytes()
    assert repair_file(tape.files[0].path) is None
    assert tape.files[0].path.read_bytes() == before


def test_a_crashed_recording_is_settled_and_described_from_its_files(tmp_path: Path) -> None:
    path = taped(tmp_path / TRACKS)
    write_manifest(tmp_path, manifest())
    (repaired,) = settle(tmp_path)
    assert repaired.file == path.name
    after = read_manifest(tmp_path)
    assert after is not None
    assert (after.state, after.duration_ms) == ("repaired", 1000 + 3960 + 33)
    assert after.spans == [Span(start_ms=4000, end_ms=5000 + 3960 + 33, reason=CRASH)]
    (track,) = after.tracks
    assert (track.participant, track.source, track.part, track.start_ms, track.frames) == (
        "room-1",
        "camera",
        1,
        5000,
        100,
    )
    assert verify_recording(tmp_path, 0).ok


def test_a_recording_that_goes_on_is_not_declared_over(tmp_path: Path) -> None:
    taped(tmp_path / TRACKS)
    later = manifest().but(spans=[Span(start_ms=12_000)], clocks=[Clock(lesson_ms=12_000, wall="2026-01-05T01:00:08Z")])
    write_manifest(tmp_path, begun(manifest(), later))
    writing = hold_writing(tmp_path)
    settle(tmp_path)
    after = read_manifest(tmp_path)
    os.close(writing)
    assert after is not None
    assert (after.state, after.run) == ("recording", 2)
    assert after.spans == [Span(start_ms=4000, end_ms=8993, reason=CRASH), Span(start_ms=12_000)]
    assert len(after.tracks) == 1
    assert after.origin_ms == 4000


def test_a_folder_without_anything_is_settled_too(tmp_path: Path) -> None:
    assert settle(tmp_path) == []
    (tmp_path / TRACKS).mkdir()
    (tmp_path / TRACKS / "room-1-camera-1.mkv").write_bytes(b"")
    (repaired,) = settle(tmp_path)
    assert repaired.unreadable
    assert read_manifest(tmp_path) is None


def test_a_foreign_file_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "x.mkv"
    path.write_bytes(os.urandom(5000))
    with pytest.raises(NotARecording):
        read_blocks(path)


def test_cues_point_at_clusters_with_keyframes(tmp_path: Path) -> None:
    path = taped(tmp_path, finished=True)
    repaired = shutil.copy(taped(tmp_path / "torn"), tmp_path / "repaired.mkv")
    assert repair_file(Path(repaired)) is not None
    for file in (path, Path(repaired)):
        data = file.read_bytes()
        segment = data.index(matroska.SEGMENT.to_bytes(4, "big")) + 12
        expected = [
            Cue(next(ms for ms, key, _, _ in c.blocks if key), c.start - segment)
            for c in clusters_of(file)
            if any(key for _, key, _, _ in c.blocks)
        ]
        assert [cue.ms for cue in expected] == [0, 2000]
        assert matroska.cues(expected) in data


def test_sound_repaired_from_a_kill_decodes_to_its_end(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    tape.open(1, "microphone", "audio")
    tape.feed(tap(audio(4.0), Numbers(1, Codec.OPUS, START_NS)))
    for file in tape.files:
        os.close(file.descriptor)
    assert repair_file(tape.files[0].path) is not None
    assert len(sound(tape.files[0].path)) == 192_000
