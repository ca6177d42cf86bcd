"""Our media server alone in a process, as the packet benches drive it: a JSON request a line on stdin, an answer each.

The room is not what is measured there, so nothing but `server.media` and, where asked for, the recorder runs here.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from server.config import Log
from server.logs import configure
from server.media.server import MediaConfig, MediaServer
from server.recording.package import Participant
from server.recording.recorder import Recorder, RecorderStatus
from server.taps import Taps
from signaling.messages import LessonCard


class PlaneProcess:
    """Answers the requests."""

    def __init__(self, host: str, folder: Path) -> None:
        self._media = MediaServer(MediaConfig(host=host, port=0), lambda *_, **__: None)
        self._taps = Taps()
        self._taps.attach(self._media.plane)
        self._media.plane.set_tap(self._taps.deliver)
        self._folder = folder
        self._recorders: list[Recorder] = []
        self._tracks: list[int] = []
        self._runs = 0

    async def start(self) -> None:
        """Binds."""
        await self._media.start()

    async def handle(self, request: dict[str, Any]) -> object:
        """One request by its `do`."""
        match request["do"]:
            case "offer":
                connection = self._media.offer(request["sdp"])
                sources = {f"{name}/{rid}": number for (name, rid), number in connection.sources.items()}
                return {"id": connection.id, "answer": connection.answer, "sources": sources}
            case "show":
                return self._media.show(request["id"], request["slot"], request["kind"], request["source"])
            case "record":
                return await self._record(request["lessons"])
            case "tap":
                return self._tap(request["on"])
            case "stop_recording":
                return await self._stop_recording()
            case "stats":
                stats = self._media.plane.stats()
                return {"in": stats.packets_in, "out": stats.packets_out, "dropped": stats.dropped}
        raise ValueError(request["do"])

    async def _record(self, lessons: list[list[dict[str, Any]]]) -> list[int]:
        """Records each lesson's tracks; the processes that write."""
        self._runs += 1
        for number, tracks in enumerate(lessons):
            recorder = await self._recorder(f"lesson-{self._runs}-{number}", tracks)
            for track in tracks:
                recorder.open_track(track["participant"], track["name"], track["source"], track["kind"])
                self._taps.open(track["source"], recorder.feed)
                self._tracks.append(track["source"])
        return [recorder.writer_pid or 0 for recorder in self._recorders]

    async def _recorder(self, lesson_id: str, tracks: list[dict[str, Any]]) -> Recorder:
        card = LessonCard(
            id=lesson_id, title=lesson_id, subject="", mode="blended", planned_start="2026-01-01T00:00:00Z",
            planned_end="2026-01-01T01:00:00Z",
        )  # fmt: skip
        names = sorted({track["participant"] for track in tracks})
        people = [Participant(id=name, role="classroom", school=name, name=name, colour="#1a1a1a") for name in names]
        began_ns = time.monotonic_ns()
        recorder = Recorder(
            self._folder / lesson_id, card, people, lambda: (time.monotonic_ns() - began_ns) // 1_000_000,
            on_status=_ignore, on_keyframe=self._media.plane.request_keyframe,
        )  # fmt: skip
        (self._folder / lesson_id).mkdir(parents=True)
        await recorder.start()
        self._recorders.append(recorder)
        return recorder

    def _tap(self, on: bool) -> None:
        """Whether the packets of the recorded tracks go to their recorders."""
        for source in self._tracks:
            self._media.plane.tap(source, on)

    async def _stop_recording(self) -> int:
        """Ends all; the bytes that are on the disk."""
        for source in self._tracks:
            self._taps.close(source)
        for recorder in self._recorders:
            await recorder.stop()
        self._tracks, self._recorders = [], []
        return sum(file.stat().st_size for file in self._folder.rglob("*.mkv"))


def _ignore(_status: RecorderStatus) -> None:
    """Nobody watches the disk here."""


async def main() -> None:
    """Serves until stdin ends."""
    configure(Log(level="warning", format="json"))
    with tempfile.TemporaryDirectory(prefix="tongke-bench-") as folder:
        process = PlaneProcess(sys.argv[1], Path(folder))
        await process.start()
        lines = asyncio.StreamReader(limit=1 << 20)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            print(json.dumps(await process.handle(json.loads(line))), flush=True)
        await process.handle({"do": "stop_recording"})


if __name__ == "__main__":
    asyncio.run(main())
