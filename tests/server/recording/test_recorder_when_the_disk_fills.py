"""Too little room on the disk: before class, in the middle of it, and when there is room again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.media.plane import Codec
from server.recording.disk import DiskPolicy, judge, may_begin
from server.recording.package import TRACKS
from server.recording.recorder import RecordingRefused
from server.recording.repair import describe
from server.recording.verify import verify_recording
from tests.server.own_mounts import small, with_mounts
from tests.server.recording.encoded import Numbers, audio, merged, tap, video
from tests.server.recording.tape import pictures, sound
from tests.server.recording.watched import CAMERA, MICROPHONE, SECOND_NS, Watched, fed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with small(folder, "1m"):
        yield folder


async def test_too_little_room_refuses_the_recording_before_class(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "new" / "folder", policy=DiskPolicy(refuse_bytes=1 << 60))
    with pytest.raises(RecordingRefused) as refused:
        await watched.recorder.start()
    assert refused.value.code == "disk_full"
    assert not (tmp_path / "new").exists()


@pytest.mark.media
@with_mounts
async def test_a_full_disk_stops_the_recording_and_room_lets_it_go_on(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(900_000))
    folder = small_disk / "lesson-1"
    watched = Watched(folder, policy=DiskPolicy(refuse_bytes=0, stop_bytes=0, resume_bytes=300_000))
    async with asyncio.timeout(100):
        await watched.recorder.start()
        watched.open()
        grainy = video(Codec.H264, 6.0, grain=90, bit_rate=1_000_000, gop=25)
        audio(6.0)
        start_ns = time.monotonic_ns()
        packets = merged(
            tap(grainy, Numbers(CAMERA, Codec.H264, start_ns)),
            tap(audio(6.0), Numbers(MICROPHONE, Codec.OPUS, start_ns)),
        )
        freed_ns = 0
        async for at_ns in fed(packets, watched):
            if at_ns > 3 * SECOND_NS and not freed_ns:
                freed_ns = at_ns
                await watched.until(lambda: any(status.reason == "disk_full" for status in watched.statuses))
                ballast.unlink()
                await watched.until(lambda: watched.statuses[-1].recording)
        manifest = await watched.recorder.stop()
    assert manifest is not None
    assert manifest.state == "truncated"
    assert [span.reason for span in manifest.spans] == ["disk_full", "lesson"]
    assert verify_recording(folder, 10.0).ok
    for track in manifest.tracks:
        assert track.frames > 10
        assert describe(folder / track.file) == track
    shown = pictures(folder / TRACKS / "room-1-camera-1.mkv")
    assert [picture.number for picture in shown] == sorted({picture.number for picture in shown})
    assert len(sound(folder / TRACKS / "room-1-microphone-1.mkv")) > 0


async def test_low_space_stops_the_recording_before_the_disk_is_full(small_disk: Path) -> None:
    watched = Watched(
        small_disk / "lesson-1", policy=DiskPolicy(refuse_bytes=0, stop_bytes=1 << 40, resume_bytes=1 << 41)
    )
    async with asyncio.timeout(90):
        await watched.recorder.start()
        await watched.until(lambda: watched.statuses[-1].reason == "disk_full")
        manifest = await watched.recorder.stop()
    assert manifest is not None
    assert manifest.state == "truncated"


def test_the_disk_is_low_at_ten_percent_or_thirty_minutes() -> None:
    policy = DiskPolicy(warn_fraction=0.1, warn_minutes=30, stop_bytes=1000)
    assert not judge(policy, 50_000, 100_000, 0.0).low
    assert judge(policy, 9_999, 100_000, 0.0).low
    assert judge(policy, 50_000, 100_000, 49_000 / 29 / 60).low
    assert not judge(policy, 50_000, 100_000, 49_000 / 31 / 60).low
    assert judge(policy, 500, 100_000, 10.0).minutes_left == 0.0
    assert judge(policy, 50_000, 100_000, 0.0).minutes_left is None


def test_a_recording_may_begin_with_five_gib_free() -> None:
    assert may_begin(DiskPolicy(), 5 * 1024**3)
    assert not may_begin(DiskPolicy(), 5 * 1024**3 - 1)
