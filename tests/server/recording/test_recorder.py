"""The recorder with its real writer process: what it keeps, and what it asks of the class."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from server.media.plane import Codec
from server.recording.package import TRACKS
from server.recording.recorder import RecorderStatus
from server.recording.verify import verify_recording
from tests.server.recording.encoded import Numbers, audio, merged, tap, video
from tests.server.recording.tape import pictures
from tests.server.recording.watched import CAMERA, MICROPHONE, PEOPLE, SECOND_NS, Watched, footage


async def test_a_recording_is_on_disk_complete_and_described(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    await watched.recorder.start()
    assert watched.statuses == [RecorderStatus(recording=True)]
    assert not watched.recorder.goes_on
    watched.open()
    assert watched.asked == [CAMERA]
    start_ns = time.monotonic_ns()
    watched.recorder.feed(footage(4.0, start_ns))
    manifest = await watched.recorder.stop()
    assert manifest is not None
    start_ms = (start_ns - watched.origin_ns) / 1e6
    tracks = {track.source: track for track in manifest.tracks}
    assert (manifest.state, manifest.run, manifest.id, manifest.people) == ("finished", 1, "lesson-1", PEOPLE)
    assert {source: (t.frames, t.lost, t.part) for source, t in tracks.items()} == {
        "camera": (100, 0, 1),
        "microphone": (200, 0, 1),
    }
    assert all(abs(track.start_ms - start_ms) <= 2 for track in tracks.values())
    assert manifest.spans[0].reason == "lesson"
    assert verify_recording(tmp_path, 2.0).ok
    assert watched.statuses[-1] == RecorderStatus(recording=False)
    assert await watched.recorder.stop() == manifest


@pytest.mark.media
async def test_a_keyframe_is_asked_for_again_until_it_comes_and_every_so_often(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    await watched.recorder.start()
    watched.open()
    packets = tap(video(Codec.H264, 4.0, gop=200), Numbers(CAMERA, Codec.H264, time.monotonic_ns()))
    del packets[40]
    watched.recorder.feed(packets)
    async with asyncio.timeout(90):
        await watched.until(lambda: watched.asked.count(CAMERA) >= 4)
    await watched.recorder.stop()


@pytest.mark.media
async def test_a_source_that_takes_over_and_one_that_pauses_stay_one_file(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    await watched.recorder.start()
    watched.open()
    start_ns = time.monotonic_ns()
    watched.recorder.feed(footage(2.0, start_ns))
    watched.recorder.close_track(MICROPHONE)
    watched.recorder.close_track(MICROPHONE)
    watched.recorder.open_track("room-1", "camera", 11, "video")
    watched.recorder.open_track("room-1", "microphone", 12, "audio")
    later_ns = start_ns + 3 * SECOND_NS
    watched.recorder.feed(
        merged(
            tap(video(Codec.H264, 2.0, size=(640, 480), first=50), Numbers(11, Codec.H264, later_ns)),
            tap(audio(2.0), Numbers(12, Codec.OPUS, later_ns)),
            footage(1.0, later_ns),
        )
    )
    manifest = await watched.recorder.stop()
    assert manifest is not None
    assert [(t.source, t.part, t.frames) for t in manifest.tracks] == [("camera", 1, 100), ("microphone", 1, 200)]
    assert [p.number for p in pictures(tmp_path / TRACKS / "room-1-camera-1.mkv")] == list(range(100))


async def test_nothing_of_a_codec_is_loaded_in_the_recorders_process(tmp_path: Path) -> None:
    code = (
        "import sys, server.recording.recorder, server.publishing.library, server.recording.writer;"
        "sys.exit(any(name in sys.modules for name in ('av', 'cv2', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0


async def test_a_recorder_that_was_never_started_stops_quietly(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.recorder.feed(footage(1.0, 0))
    assert await watched.recorder.stop() is None
    with contextlib.suppress(FileNotFoundError):
        assert list(tmp_path.iterdir()) == []
