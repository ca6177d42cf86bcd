"""One lesson at this device: what the server says is folded and shown, what happens here is told."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, Literal

import structlog

from classroom_client.board_pictures import BoardPictures
from classroom_client.broadcast import Broadcast
from classroom_client.connection import MediaLink
from classroom_client.entry import Door
from classroom_client.lesson import Lesson
from classroom_client.line import LineMeter
from classroom_client.scene import SceneMaker
from classroom_client.slots import Slots
from classroom_client.ways import Ways
from signaling.messages import (
    EDITION,
    VERSION,
    Answer,
    BoardCheck,
    FromServer,
    Goodbye,
    Hand,
    Hello,
    Layers,
    Pong,
    View,
    Welcome,
)
from signaling.ws.client import SignalingClient

if TYPE_CHECKING:
    from classroom_client.screen import Screen

log = structlog.get_logger(__name__)

SCENE_EVERY_S: Final = 0.04
LINK_EVERY_S: Final = 5.0
CHECK_EVERY_S: Final = 10.0


class TakingPart:
    """One lesson, until the server says a goodbye that is meant for good."""

    def __init__(
        self,
        lesson_id: str,
        screen_name: Literal["a", "b"],
        broadcast: Broadcast,
        slots: Slots,
        hand: asyncio.Event,
        scenes: SceneMaker,
        screen: Screen | None,
    ) -> None:
        self.lesson = Lesson()
        self._hello = Hello(version=VERSION, lesson=lesson_id, screen=screen_name, edition=EDITION, parts=True)
        self._broadcast, self._slots, self._hand = broadcast, slots, hand
        self._scenes, self._screen = scenes, screen
        self._pictures = BoardPictures(lesson_id, self.lesson)
        self._welcomed = asyncio.Event()
        self._meter = LineMeter()

    async def run(self, door: Door, key: str) -> None:
        """Takes part; whatever breaks is mended underneath."""
        async with SignalingClient(door.websocket, key, self._hello, tls=door.tls) as client:
            link = MediaLink(client, self._broadcast, self._slots, self._expects_media, Ways(door.tls))
            async with asyncio.TaskGroup() as tasks:
                others = [
                    tasks.create_task(each)
                    for each in (self._keep_media(link), self._show(client), self._raise_hand(client))
                ]
                others += [tasks.create_task(self._measure(client, link)), tasks.create_task(self._check(client))]
                if self._screen is not None:
                    others.append(tasks.create_task(self._pictures.run(door, key)))
                await self._listen(client, link)
                for task in others:
                    task.cancel()

    async def _listen(self, client: SignalingClient, link: MediaLink) -> None:
        async for message in client:
            self.lesson.receive(message)
            me = self.lesson.people.get(self.lesson.you or "")
            if me is not None:
                self._broadcast.stand_on(me.rung)
            await self._react(message, link)

    async def _react(self, message: FromServer, link: MediaLink) -> None:
        match message:
            case Welcome(you=you, ice_servers=ice_servers):
                log.info("welcome", participant=you, lesson=self._hello.lesson)
                link.ways.learn(ice_servers)
                self._welcomed.set()
                link.welcomed()
            case View():
                self._slots.follow(message)
            case Answer():
                await link.answer(message)
            case Layers():
                self._broadcast.follow(message)
            case Pong(sent_ms=sent_ms):
                self._meter.heard(sent_ms, asyncio.get_running_loop().time())
            case Goodbye(code=code):
                log.info("goodbye", code=code)
            case _:
                return

    async def _keep_media(self, link: MediaLink) -> None:
        await self._welcomed.wait()
        await link.run()

    async def _show(self, client: SignalingClient) -> None:
        while self._screen is not None:
            self._screen.show(self._scenes.make(self.lesson, client.connected, self._pictures.shown))
            await asyncio.sleep(SCENE_EVERY_S)

    async def _raise_hand(self, client: SignalingClient) -> None:
        while True:
            await self._hand.wait()
            self._hand.clear()
            me = self.lesson.people.get(self.lesson.you or "")
            if me is not None and self.lesson.phase == "live":
                await client.send(Hand(up=not me.hand))

    async def _measure(self, client: SignalingClient, link: MediaLink) -> None:
        while True:
            await asyncio.sleep(LINK_EVERY_S)
            if link.peer is not None:
                measured = self._meter.measure(await link.peer.stats(), time.monotonic())
                if measured is not None:
                    await client.send(measured)

    async def _check(self, client: SignalingClient) -> None:
        """Lets the server compare our board with its own, after a change."""
        checked = 0
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            if self.lesson.board_number > checked and self.lesson.board_whole:
                checked = self.lesson.board_number
                await client.send(BoardCheck(number=checked, hash=self.lesson.board.hash()))

    def _expects_media(self) -> bool:
        """Whether somebody is seated here who is present and sends."""
        for seat in self.lesson.view.seats:
            person = self.lesson.people.get(seat.participant)
            if person is not None and person.presence == "present" and {seat.video, seat.audio} & set(person.live):
                return True
        return False
