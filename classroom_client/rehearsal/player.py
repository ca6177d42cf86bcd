"""Plays a participant's footage into its send lines in real time: picture and sound of one media clock.

Picture n is due n / FPS seconds after the beginning and packet k k * 20 ms after it, whatever became of the ones
before: who is late catches up, nobody drifts. The lines may be exchanged for a new peer's at any time; the clock and
the serials run on.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from classroom_client.rehearsal import sei
from classroom_client.rehearsal.book import Whose
from classroom_client.rehearsal.footage import FPS, PACKETS, Footage, next_keyframe, payloads
from classroom_client.rehearsal.send_line import SendLine
from classroom_client.rehearsal.tone import PACKET_MS, PACKET_SAMPLES

VIDEO_HZ: Final = 90_000
AUDIO_HZ: Final = 48_000
REPORT_NS: Final = 1_000_000_000
_FRAME_NS: Final = 1_000_000_000 // FPS
_PACKET_NS: Final = PACKET_MS * 1_000_000
_FRAME_TICKS: Final = VIDEO_HZ // FPS


class Player:
    """One participant's camera and microphone. sound_late_ms delays the sound: for sabotage only."""

    def __init__(self, whose: Whose, footage: Footage, sound_late_ms: int = 0) -> None:
        self._whose = whose
        self._footage = footage
        self._late_packets = sound_late_ms // PACKET_MS
        self._lines: tuple[SendLine, SendLine] | None = None
        self._pictures = True
        self._serial = self._place = self._packet = 0
        self._began_ns = 0
        self._report_ns = 0

    def play_into(self, camera: SendLine, microphone: SendLine) -> None:
        """From now on these lines carry the footage; the picture begins with a keyframe."""
        self._place = next_keyframe(self._footage.frames, self._place)
        self._lines = (camera, microphone)
        # At once: until the first report the far end can only guess what belongs together.
        self._report_ns = 0

    def show(self, pictures: bool) -> None:
        """Whether pictures are sent; where they begin again it is with a keyframe. Sound goes on."""
        if pictures and not self._pictures:
            self._place = next_keyframe(self._footage.frames, self._place)
        self._pictures = pictures

    def stop(self) -> None:
        """No line carries it until the next `play_into`; the clock runs on."""
        self._lines = None

    async def run(self) -> None:
        """Plays for ever; ends by cancellation."""
        self._began_ns = time.monotonic_ns()
        while True:
            due_ns = self._began_ns + min(self._serial * _FRAME_NS, self._packet * _PACKET_NS)
            wait_ns = due_ns - time.monotonic_ns()
            await asyncio.sleep(max(0, wait_ns) / 1e9)
            await self._play_until(time.monotonic_ns() - self._began_ns)

    async def _play_until(self, at_ns: int) -> None:
        while self._packet * _PACKET_NS <= at_ns:
            self._play_packet()
        while self._serial * _FRAME_NS <= at_ns:
            self._play_frame()
        if at_ns >= self._report_ns and self._lines is not None and all(line.ready for line in self._lines):
            self._report_ns = at_ns + REPORT_NS
            for line in self._lines:
                await line.report((time.monotonic_ns() - self._began_ns) * line.clock_hz // 1_000_000_000)

    def _play_packet(self) -> None:
        if self._lines is not None:
            place = (self._packet - self._late_packets) % PACKETS
            self._lines[1].send(self._packet * PACKET_SAMPLES, [self._footage.packets[place]])
        self._packet += 1

    def _play_frame(self) -> None:
        frames = self._footage.frames
        if self._pictures and self._lines is not None and self._lines[0].ready:
            camera = self._lines[0]
            if camera.keyframe_wanted:
                camera.keyframe_wanted = False
                self._place = next_keyframe(frames, self._place)
            stamp = sei.FrameStamp(*self._whose, self._serial, self._place, time.monotonic_ns())
            camera.send(self._serial * _FRAME_TICKS, payloads(frames[self._place], stamp))
            self._place = (self._place + 1) % len(frames)
        self._serial += 1
