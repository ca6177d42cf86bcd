"""A recorder that is watched, and footage fed to it as it would arrive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from server.media.plane import Codec, TapPacket
from server.recording.disk import DiskPolicy
from server.recording.package import Participant
from server.recording.recorder import Recorder, RecorderStatus
from signaling.messages import LessonCard
from tests.server.recording.encoded import Numbers, audio, merged, tap, video

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
