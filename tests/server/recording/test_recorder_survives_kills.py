"""The recorder's writer is killed, stalled, or its whole server is: what is on disk stays, and it goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from server.media.plane import Codec
from server.recording.package import CRASH, TRACKS, being_written, read_manifest
from server.recording.repair import settle
from server.recording.verify import verify_recording
from tests.server.recording.encoded import Numbers, audio, merged, tap, video
from tests.server.recording.tape import pictures
from tests.server.recording.watched import CAMERA, MICROPHONE, SECOND_NS, Watched, fed, footage

SERVER = """
    import asyncio, sys, time
    from pathlib import Path
    from tests.server.recording.watched import Watched, fed, footage

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
