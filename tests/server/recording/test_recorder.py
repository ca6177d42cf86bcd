"""The recorder with its real writer process: kills, full disks, restarts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from server.media.plane import Codec, TapPacket
from server.recording.disk import DiskPolicy, judge, may_begin
from server.recording.package import CRASH, TRACKS, Participant, being_written, read_manifest
from server.recording.recorder import Recorder, RecorderStatus, RecordingRefused
from server.recording.repair import describe, settle
from server.recording.verify import verify_recording
from signaling.messages import LessonCard
from tests.server.recording.encoded import Numbers, audio, merged, tap, video
from tests.server.recording.tape import pictures, sound

CAMERA, MICROPHONE = 1, 2
SECOND_NS = 1_000_000_000
CARD = LessonCard(
    id="lesson-1", title="分数", subject="数学", mode="blended",
    planned_start="2026-01-05T01:00:00Z", planned_end="2026-01-05T01:45:00Z",
)  # fmt: skip
PEOPLE = [Participant(id="room-1", role="lead", school="中心小学", name="主讲教师", colour="#112233")]
ANY_DISK = DiskPolicy(refuse_bytes=0, stop_bytes=0, resume_bytes=0)


class Watched:
    """A recorder, what it said, and the lesson's clock it was given."""

    def __init__(self, folder: Path, policy: DiskPolicy = ANY_DISK, origin_ns: int | None = None) -> None:
        self.origin_ns = time.monotonic_ns() if origin_ns is None else origin_ns
        self.statuses: list[RecorderStatus] = []
        self.asked: list[int] = []
        self.starved_ms = 0.0
        """How late this process came to feed it: the machine's fault, not the recorder's."""
        self._changed = asyncio.Event()
        self.recorder = Recorder(
            folder, CARD, PEOPLE, self.now_ms, on_status=self._status, on_keyframe=self._keyframe, policy=policy
        )

    def now_ms(self) -> int:
        return (time.monotonic_ns() - self.origin_ns) // 1_000_000

    def _status(self, status: RecorderStatus) -> None:
        self.statuses.append(status)
        self._changed.set()

    def _keyframe(self, source: int) -> None:
        self.asked.append(source)
        self._changed.set()

    async def until(self, seen: Callable[[], bool]) -> None:
        """Waits until `seen`, which only what the recorder says can change."""
        while not seen():
            self._changed.clear()
            await self._changed.wait()

    def open(self) -> None:
        self.recorder.open_track("room-1", "camera", CAMERA, "video")
        self.recorder.open_track("room-1", "microphone", MICROPHONE, "audio")


async def fed(packets: list[TapPacket], watched: Watched) -> AsyncIterator[int]:
    """Feeds packets as they arrive; yields after each batch how many ns of the footage were fed."""
    begun = time.monotonic_ns()
    first = packets[0].arrival_ns
    batch: list[TapPacket] = []
    for packet in packets:
        if batch and packet.arrival_ns - batch[0].arrival_ns > 20_000_000:
            watched.recorder.feed(batch)
            late_ns = time.monotonic_ns() - begun - (batch[-1].arrival_ns - first)
            watched.starved_ms = max(watched.starved_ms, late_ns / 1e6)
            await asyncio.sleep(max(0.0, -late_ns / SECOND_NS))
            yield batch[-1].arrival_ns - first
            batch = []
        batch.append(packet)
    watched.recorder.feed(batch)


def footage(seconds: float, start_ns: int, first: int = 0) -> list[TapPacket]:
    """Packets of a camera and a microphone from `start_ns` on."""
    return merged(
        tap(video(Codec.H264, seconds, first=first), Numbers(CAMERA, Codec.H264, start_ns)),
        tap(audio(seconds), Numbers(MICROPHONE, Codec.OPUS, start_ns)),
    )


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
async def test_a_killed_writer_is_replaced_and_costs_at_most_a_second(tmp_path: Path) -> None:
    footage(6.0, 0)
    watched = Watched(tmp_path)
    await watched.recorder.start()
    watched.open()
    start_ns = time.monotonic_ns()
    killed_at_ns = 0
    async for at_ns in fed(footage(6.0, start_ns), watched):
        if at_ns > 3 * SECOND_NS and not killed_at_ns:
            killed_at_ns = at_ns
            assert watched.recorder.writer_pid is not None
            os.kill(watched.recorder.writer_pid, signal.SIGKILL)
    manifest = await watched.recorder.stop()
    assert manifest is not None
    assert [status.reason for status in watched.statuses if not status.recording][:1] == ["writer"]
    assert manifest.state == "repaired"
    assert manifest.run == 2
    first, second = (t for t in sorted(manifest.tracks, key=lambda t: t.part) if t.source == "microphone")
    killed_at_ms = (start_ns - watched.origin_ns + killed_at_ns) / 1e6
    assert killed_at_ms - (first.start_ms + first.duration_ms) <= 1000 + watched.starved_ms
    assert (first.state, second.state) == ("repaired", "finished")
    assert manifest.spans[0].reason == CRASH
    assert manifest.spans[1].start_ms >= manifest.spans[0].end_ms
    assert verify_recording(tmp_path, 2.0).ok
    camera = sorted(tmp_path.glob(f"{TRACKS}/room-1-camera-*.mkv"))
    numbers = [[picture.number for picture in pictures(path)] for path in camera]
    assert numbers[0] == list(range(len(numbers[0])))
    assert numbers[1] == list(range(100, 150))


SERVER = """
    import asyncio, sys, time
    from pathlib import Path
    from tests.server.recording.test_recorder import Watched, fed, footage

    async def main():
        footage(8.0, 0)
        watched = Watched(Path(sys.argv[1]), origin_ns=int(sys.argv[2]))
        await watched.recorder.start()
        watched.open()
        start_ns = time.monotonic_ns()
        async for at_ns in fed(footage(8.0, start_ns), watched):
            print((start_ns - watched.origin_ns + at_ns) // 1_000_000, at_ns, flush=True)

    asyncio.run(main())
"""
"""Records 8 s and says after each batch which lesson time, in ms, and how many ns of footage it has handed over."""


@pytest.mark.media
async def test_a_killed_server_leaves_a_whole_recording_that_goes_on_as_part_2(tmp_path: Path) -> None:
    origin_ns = time.monotonic_ns()
    server = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SERVER), str(tmp_path), str(origin_ns)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert server.stdout is not None
    killed_at_ms = 0
    for line in server.stdout:
        killed_at_ms, at_ns = map(int, line.split())
        if at_ns > 4 * SECOND_NS:
            server.kill()
            break
    server.stdout.close()
    server.wait()
    watched = Watched(tmp_path, origin_ns=origin_ns)
    await watched.recorder.start()
    assert watched.recorder.goes_on
    watched.open()
    watched.recorder.feed(footage(2.0, time.monotonic_ns()))
    manifest = await watched.recorder.stop()
    while being_written(tmp_path):
        await asyncio.sleep(0.02)
    settle(tmp_path)
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    tracks = {(track.source, track.part): track for track in manifest.tracks}
    assert sorted(tracks) == [("camera", 1), ("camera", 2), ("microphone", 1), ("microphone", 2)]
    first = tracks["microphone", 1]
    assert killed_at_ms - (first.start_ms + first.duration_ms) <= 1000
    assert (tracks["microphone", 2].frames, tracks["camera", 2].frames) == (100, 50)
    assert tracks["microphone", 2].start_ms > first.start_ms + first.duration_ms
    assert (manifest.run, manifest.state) == (2, "repaired")
    assert verify_recording(tmp_path, 2.0).ok


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


async def test_too_little_room_refuses_the_recording_before_class(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "new" / "folder", policy=DiskPolicy(refuse_bytes=1 << 60))
    with pytest.raises(RecordingRefused) as refused:
        await watched.recorder.start()
    assert refused.value.code == "disk_full"
    assert not (tmp_path / "new").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.media
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


async def test_a_stalled_writer_never_blocks_the_class(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    await watched.recorder.start()
    watched.open()
    pid = watched.recorder.writer_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        grainy = video(Codec.H264, 4.0, grain=90, bit_rate=1_000_000)
        start_ns = time.monotonic_ns()
        packets = merged(
            tap(grainy, Numbers(CAMERA, Codec.H264, start_ns)),
            tap(audio(4.0), Numbers(MICROPHONE, Codec.OPUS, start_ns)),
        )
        for begin in range(0, len(packets), 50):
            watched.recorder.feed(packets[begin : begin + 50])
            await asyncio.sleep(0)
    finally:
        os.kill(pid, signal.SIGCONT)
    manifest = await watched.recorder.stop()
    assert manifest is not None
    assert {track.source: (track.frames, track.lost) for track in manifest.tracks} == {
        "camera": (100, 0),
        "microphone": (200, 0),
    }


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
