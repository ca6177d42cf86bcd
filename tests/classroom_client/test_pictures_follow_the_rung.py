"""A room whose line carries no pictures sends none: such a line is as thin upward as downward."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any, Final

from classroom_client.broadcast import Broadcast
from classroom_client.rehearsal.book import Whose
from classroom_client.rehearsal.footage import FRAMES, Footage, Frame
from classroom_client.rehearsal.player import Player
from classroom_client.rehearsal.speech import CELLS, LOW_PACKETS
from signaling.messages import Layers


async def test_the_appliance_pauses_its_camera_on_the_rungs_without_pictures_and_while_nobody_looks() -> None:
    broadcast = Broadcast([])
    camera = broadcast._capture.video
    paused = []
    for rung in ("full", "sound", "voice", "speaker"):
        broadcast.stand_on(rung)
        paused.append(camera.paused)
    assert paused == [False, True, True, False]
    broadcast.follow(Layers(source="camera", active=[]))
    broadcast.stand_on("full")
    assert camera.paused
    broadcast.follow(Layers(source="camera", active=["q"]))
    assert not camera.paused


class _Line:
    ready, keyframe_wanted, clock_hz = True, False, 90_000
    allowed_bps: int | None = None

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.said: list[bytes] = []
        self.came = asyncio.Event()

    def send(self, timestamp: int, payloads: list[bytes]) -> None:
        self.sent.append(timestamp)
        self.said += payloads
        self.came.set()

    async def until(self, count: int) -> None:
        """Waits until so many have left in all."""
        while len(self.sent) < count:
            self.came.clear()
            await self.came.wait()

    async def report(self, _timestamp: int) -> None:
        """Nobody asks."""


FRAMES_OF_ONE: Final = tuple(Frame(place % 20 == 0, (), (b"\x65picture",)) for place in range(FRAMES))
FOOTAGE: Final = Footage(FRAMES_OF_ONE, (b"opus",) * CELLS, (b"low",) * LOW_PACKETS)


async def test_a_synthetic_participant_goes_on_speaking_while_it_shows_nothing() -> None:
    player, camera, microphone = Player(Whose(0, 1), FOOTAGE), _Line(), _Line()
    lines: Any = {"camera": camera, "microphone": microphone, "low_speech": _Line()}
    player.play_into(lines)
    running = asyncio.create_task(player.run())
    try:
        async with asyncio.timeout(10):
            await camera.until(1)
            player.show(False)
            seen, heard = len(camera.sent), len(microphone.sent)
            await microphone.until(heard + 10)
            assert len(camera.sent) == seen
            assert microphone.said[-5:] == [b"low"] * 5, "a thin line is as thin upward"
            player.show(True)
            await camera.until(seen + 1)
    finally:
        running.cancel()


async def test_it_speaks_as_it_is_listened_to() -> None:
    player, microphone, low = Player(Whose(0, 1), FOOTAGE), _Line(), _Line()
    lines: Any = {"camera": _Line(), "microphone": microphone, "low_speech": low}
    player.play_into(lines)
    running = asyncio.create_task(player.run())
    try:
        async with asyncio.timeout(10):
            await microphone.until(10)
            assert low.sent == []
            player.want("low_speech", True)
            player.want("microphone", False)
            spoken = len(microphone.sent)
            await low.until(5)
            assert len(microphone.sent) == spoken
            player.want("low_speech", False)
            player.want("microphone", True)
            whispered = len(low.sent)
            await microphone.until(spoken + 10)
            assert len(low.sent) == whispered
    finally:
        running.cancel()
    assert [later - earlier for earlier, later in pairwise(low.sent)] == [2880] * 4


async def test_it_shows_nothing_while_the_server_allows_less_than_its_pictures_take() -> None:
    player, camera, microphone = Player(Whose(0, 1), FOOTAGE), _Line(), _Line()
    lines: Any = {"camera": camera, "microphone": microphone, "low_speech": _Line()}
    player.heeds = True
    player.play_into(lines)
    running = asyncio.create_task(player.run())
    try:
        async with asyncio.timeout(10):
            await camera.until(2)
            camera.allowed_bps = 100_000
            seen, heard = len(camera.sent), len(microphone.sent)
            await microphone.until(heard + 10)
            assert len(camera.sent) == seen
            camera.allowed_bps = 4_000_000
            await camera.until(seen + 1)
    finally:
        running.cancel()


async def test_a_player_knows_when_it_spoke_what_is_heard_later() -> None:
    player, microphone = Player(Whose(0, 1), FOOTAGE), _Line()
    lines: Any = {"camera": _Line(), "microphone": microphone, "low_speech": _Line()}
    player.play_into(lines)
    running = asyncio.create_task(player.run())
    try:
        async with asyncio.timeout(10):
            await microphone.until(1)
    finally:
        running.cancel()
    begun = player.spoke_ns(0, time.monotonic_ns())
    for cell in (3, CELLS + 3, 7 * CELLS + 199):
        sent = begun + cell * 20_000_000
        assert player.spoke_ns(cell % CELLS, sent + 3_900_000_000) == player.spoke_ns(cell % CELLS, sent) == sent
