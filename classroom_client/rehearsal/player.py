"""Plays a participant's footage into its send lines in real time: picture and sound of one media clock.

Picture n is due n / FPS seconds after the beginning and cell k of the sound k * 20 ms after it, whatever became of the
ones before: who is late catches up, nobody drifts. Low speech is sent only while somebody listens to it, as by pages.
The lines may be exchanged for a new peer's at any time; the clock and the serials run on.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from classroom_client.rehearsal import sei
from classroom_client.rehearsal.book import Whose
from classroom_client.rehearsal.footage import BITRATE_BPS, FPS, Footage, next_keyframe, payloads
from classroom_client.rehearsal.send_line import SendLine
from classroom_client.rehearsal.speech import CELLS, LOW_CELLS, LOW_PACKETS
from classroom_client.rehearsal.tone import PACKET_MS, PACKET_SAMPLES
from signaling.messages import Source

VIDEO_HZ: Final = 90_000
AUDIO_HZ: Final = 48_000
REPORT_NS: Final = 1_000_000_000
_FRAME_NS: Final = 1_000_000_000 // FPS
_CELL_NS: Final = PACKET_MS * 1_000_000
_FRAME_TICKS: Final = VIDEO_HZ // FPS


class Player:
    """One participant's camera, microphone and low speech. sound_late_ms delays the sound: for sabotage only."""

    def __init__(self, whose: Whose, footage: Footage, sound_late_ms: int = 0) -> None:
        self._whose = whose
        self._footage = footage
        self._late_cells = sound_late_ms // PACKET_MS
        self._lines: dict[Source, SendLine] | None = None
        self._wanted: set[Source] = {"microphone"}
        self.heeds = False
        """Whether no pictures are sent while the server allows less than they take; a page would send smaller ones."""
        self._pictures = True
        self._shown = False
        self._thin = False
        """Whether the microphone's own line carries what low speech does: a thin line is as thin upward."""
        self._serial = self._place = self._cell = 0
        self._began_ns = 0
        self._report_ns = 0

    def spoke_ns(self, cell: int, by_ns: int) -> int:
        """When it last sent a cell of the loop before `by_ns`, ns. sound_late_ms is not counted in."""
        rounds = (by_ns - self._began_ns - cell * _CELL_NS) // (CELLS * _CELL_NS)
        return self._began_ns + (cell + rounds * CELLS) * _CELL_NS

    def play_into(self, lines: dict[Source, SendLine]) -> None:
        """From now on these lines carry the footage: of camera, microphone, low_speech. It begins with a keyframe."""
        self._place = next_keyframe(self._footage.frames, self._place)
        self._lines = lines
        # At once: until the first report the far end can only guess what belongs together.
        self._report_ns = 0

    def want(self, source: Source, wanted: bool) -> None:
        """Whether somebody listens to a source of sound. The microphone is sent from the beginning on."""
        self._wanted = self._wanted | {source} if wanted else self._wanted - {source}
        # What begins to flow is placed in time by the next report.
        self._report_ns = 0 if wanted else self._report_ns

    def show(self, pictures: bool) -> None:
        """Whether pictures are sent; they begin again with a keyframe. Without them the microphone is thin, too."""
        self._pictures = pictures

    def stop(self) -> None:
        """No line carries it until the next `play_into`; the clock runs on."""
        self._lines = None

    async def run(self) -> None:
        """Plays for ever; ends by cancellation."""
        self._began_ns = time.monotonic_ns()
        while True:
            due_ns = self._began_ns + min(self._serial * _FRAME_NS, self._cell * _CELL_NS)
            wait_ns = due_ns - time.monotonic_ns()
            await asyncio.sleep(max(0, wait_ns) / 1e9)
            await self._play_until(time.monotonic_ns() - self._began_ns)

    async def _play_until(self, at_ns: int) -> None:
        while self._cell * _CELL_NS <= at_ns:
            self._play_cell()
        while self._serial * _FRAME_NS <= at_ns:
            self._play_frame()
        if at_ns >= self._report_ns and self._lines is not None and all(line.ready for line in self._lines.values()):
            self._report_ns = at_ns + REPORT_NS
            for line in self._lines.values():
                await line.report((time.monotonic_ns() - self._began_ns) * line.clock_hz // 1_000_000_000)

    def _play_cell(self) -> None:
        begins = self._cell % LOW_CELLS == 0
        if begins:
            self._thin = not self._pictures
        if self._lines is not None:
            self._speak(self._lines["microphone"], "microphone", self._thin, begins)
            self._speak(self._lines["low_speech"], "low_speech", True, begins)
        self._cell += 1

    def _speak(self, line: SendLine, source: Source, low: bool, begins: bool) -> None:
        """Sends the packet of this cell. begins: one of low speech is due in it."""
        if source not in self._wanted or (low and not begins):
            return
        cell = self._cell - self._late_cells
        packet = self._footage.low[cell // LOW_CELLS % LOW_PACKETS] if low else self._footage.packets[cell % CELLS]
        line.send(self._cell * PACKET_SAMPLES, [packet])

    def _play_frame(self) -> None:
        frames = self._footage.frames
        camera = None if self._lines is None else self._lines["camera"]
        shown = camera is not None and camera.ready and self._pictures and not (self.heeds and _held_back(camera))
        if shown and not self._shown:
            self._place = next_keyframe(frames, self._place)
        self._shown = shown
        if camera is not None and shown:
            if camera.keyframe_wanted:
                camera.keyframe_wanted = False
                self._place = next_keyframe(frames, self._place)
            stamp = sei.FrameStamp(*self._whose, self._serial, self._place, time.monotonic_ns())
            camera.send(self._serial * _FRAME_TICKS, payloads(frames[self._place], stamp))
            self._place = (self._place + 1) % len(frames)
        self._serial += 1


def _held_back(camera: SendLine) -> bool:
    return camera.allowed_bps is not None and camera.allowed_bps < BITRATE_BPS
