"""Synthetic participants that join at once: `python -m bench.crowd LINKS LESSONS PARTICIPANTS`; JSON on the last line.

Their peers, certificates and offers are made before the clock starts, which begins with a line on stdin; after it each
one enters by its token, takes its seat over the signaling socket, and connects by ICE and DTLS. They send one picture,
a keyframe, once a second and whenever one is asked for, so that what forty of them send in one Python process leaves
both cores to what is measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from itertools import product
from pathlib import Path
from typing import Final

from bench.served import Served
from classroom_client.entry import enter, lessons
from classroom_client.peer import Peer
from classroom_client.rehearsal.assemble import AccessUnit
from classroom_client.rehearsal.footage import Frame, digest, encode_video, payloads
from classroom_client.rehearsal.player import VIDEO_HZ
from classroom_client.rehearsal.receive_lines import Kind, ReceiveLines
from classroom_client.rehearsal.sei import FrameStamp
from classroom_client.rehearsal.send_line import SendLine, leave_idle
from signaling.messages import SEND_LINES, VERSION, Answer, Hello, Offer, Sources, StartLesson, Welcome
from signaling.ws.client import SignalingClient

SPREAD_S: Final = 2.0
KEYFRAMES_WITHIN_S: Final = 20.0
FRAME_EVERY_S: Final = 1.0
TICK_S: Final = 0.02
TICKS_PER_ASKING: Final = 3


class Joiner:
    """One participant of a lesson, 0 the lead. It is both ends of its media: what it sends and what it waits for."""

    def __init__(self, served: Served, lesson: int, number: int, keyframe: Frame) -> None:
        self._door, self._token, self._leads = served.door, served.tokens(lesson)[number], number == 0
        self._keyframe = keyframe
        self._wanted = digest(b"".join(keyframe.slices))
        self._peer = Peer(1)
        self._camera: SendLine | None = None
        self._lines: ReceiveLines | None = None
        self._offer = ""
        self._sent_s = self._began_s = 0.0
        self.wait_s: float | None = None
        self.arrived_s = 0.0

    async def prepare(self) -> None:
        """Makes what can be made before it comes."""
        self._offer = await self._peer.offer()
        for source in SEND_LINES:
            self._peer.sends[source].sender.send = leave_idle  # type: ignore[method-assign,assignment]
        self._camera = SendLine(self._peer.sends["camera"], VIDEO_HZ, "crowd")
        self._lines = ReceiveLines(self._peer, self, lambda *_: True)

    async def come(self) -> None:
        """Joins and stays; ends by cancellation."""
        self._began_s = time.monotonic()
        key = await enter(self._door, self._token)
        card = next(card for card in await lessons(self._door, key) if card.state != "ended")
        hello = Hello(version=VERSION, lesson=card.lesson.id)
        async with SignalingClient(self._door.websocket, key, hello, tls=self._door.tls) as client:
            async for message in client:
                if isinstance(message, Welcome):
                    await client.send(Offer(connection=1, sdp=self._offer))
                    await client.send(Sources(live=["camera"]))
                    if self._leads and card.state != "live":
                        await client.send(StartLesson(record=False))
                elif isinstance(message, Answer):
                    await self._peer.accept(message.sdp)

    async def tick(self, now_s: float, ask: bool) -> None:
        """Sends its picture if one is due or asked for; ask: asks in turn for what it misses itself."""
        camera, lines = self._camera, self._lines
        assert camera is not None
        assert lines is not None
        if camera.ready and (camera.keyframe_wanted or now_s - self._sent_s >= FRAME_EVERY_S):
            camera.keyframe_wanted, self._sent_s = False, now_s
            ticks = int(now_s * VIDEO_HZ)
            camera.send(ticks, payloads(self._keyframe, FrameStamp(0, 0, 0, 0, time.monotonic_ns())))
            await camera.report(ticks)
        if ask and self.wait_s is None:
            await lines.tick()

    def video(self, slot: int, unit: AccessUnit, shown_ns: int | None) -> None:
        """A whole coded frame (receive_lines.Sink): counted if it is the keyframe, bit for bit."""
        if self.wait_s is None and unit.keyframe and digest(unit.picture) == self._wanted:
            self.arrived_s = time.monotonic()
            self.wait_s = self.arrived_s - self._began_s

    def audio(self, slot: int, packet: bytes, at_ns: int, shown_ns: int | None) -> None:
        """Nobody here speaks (receive_lines.Sink)."""

    def foreign(self, slot: int, kind: Kind) -> None:
        """Nobody here sends any other codec (receive_lines.Sink)."""


async def _drive(people: list[Joiner]) -> None:
    """One clock for all of them."""
    ticks = 0
    while True:
        ticks += 1
        for one in people:
            await one.tick(time.monotonic(), ticks % TICKS_PER_ASKING == 0)
        await asyncio.sleep(TICK_S)


async def _come(people: list[Joiner]) -> float:
    """Everybody comes, spread over SPREAD_S; the time until the last has its keyframe, or KEYFRAMES_WITHIN_S."""
    began_s = time.monotonic()
    tasks = [asyncio.create_task(_drive(people))]
    for one in people:
        tasks.append(asyncio.create_task(one.come()))
        await asyncio.sleep(SPREAD_S / len(people))
    while any(one.wait_s is None for one in people):
        if time.monotonic() - began_s > KEYFRAMES_WITHIN_S:
            return KEYFRAMES_WITHIN_S
        await asyncio.sleep(TICK_S)
    return max(one.arrived_s for one in people) - began_s


async def main() -> None:
    """Prepares, tells that it is ready, joins on a line of stdin, tells how it went, and goes on another line."""
    links, lesson_count, participants = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    served = Served(None, json.loads(links.read_text()))
    keyframe = next(frame for frame in encode_video(0, 0) if frame.keyframe)
    places = product(range(participants), range(lesson_count))
    people = [Joiner(served, lesson, number, keyframe) for number, lesson in places]
    for one in people:
        await one.prepare()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    all_in_s = await _come(people)
    waits = [KEYFRAMES_WITHIN_S if one.wait_s is None else one.wait_s for one in people]
    print(json.dumps({"waits": waits, "all_in_s": all_in_s}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
