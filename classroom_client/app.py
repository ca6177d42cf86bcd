"""The unattended classroom: comes in, takes part, comes back for ever, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

import structlog

from classroom_client.arrange import text_height
from classroom_client.broadcast import Broadcast
from classroom_client.capture import inputs_of
from classroom_client.config import JoinConfig
from classroom_client.entry import Card, Door, EntryError, enter, lessons, open_door
from classroom_client.health import Reporter
from classroom_client.keys import Keys
from classroom_client.logs import configure
from classroom_client.notify import notify
from classroom_client.pairing import Code, pair
from classroom_client.scene import DisplayError, SceneMaker, empty_scene
from classroom_client.selftest.loop import Whistle
from classroom_client.selftest.run import Room, is_due
from classroom_client.selftest.run import run as self_test
from classroom_client.selftest.tasting import Tasting
from classroom_client.slots import Slots
from classroom_client.stopping import Orders
from classroom_client.taking_part import TakingPart
from classroom_client.texts import Texts
from classroom_client.timetable import choose, following, is_soon, start_ms

if TYPE_CHECKING:
    from classroom_client.playout import Samples
    from classroom_client.screen import Screen

log = structlog.get_logger(__name__)

EXIT_OK: Final = 0
EXIT_UNAVAILABLE: Final = 69
EXIT_NO_PERMISSION: Final = 77
LOOK_EVERY_S: Final = 3.0
LOOK_BETWEEN_S: Final = 30.0
"""Without a lesson within the hour: each look is a connection of its own, and reports tell when there is another."""
LOOK_TOLD_S: Final = 600.0
"""While the answers to its reports would tell it of a change: a new day begins in between."""
REFUSALS: Final = ("token_refused", "sign_in")
"""The server's words for a credential that will not do."""


def run(config: JoinConfig) -> int:
    """Runs until SIGTERM or SIGINT; the exit code. Asked to begin anew, it becomes a fresh program in its own place."""
    configure(os.environ)
    orders = Orders(EXIT_OK)
    code = asyncio.run(_until_told(config, orders))
    if code is None:
        # The same process to a service manager; nothing that hung in this program's memory or threads lives on.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    notify("STOPPING=1")
    return code


async def _until_told(config: JoinConfig, orders: Orders) -> int | None:
    loop = asyncio.get_running_loop()
    classroom = asyncio.create_task(Classroom(config).run())

    def stop() -> None:
        with suppress(RuntimeError):  # the loop is closed: it ends as it is
            loop.call_soon_threadsafe(classroom.cancel)

    orders.obey(stop)
    try:
        code = await classroom
    except asyncio.CancelledError:
        return EXIT_OK
    return EXIT_OK if orders.told.is_set() else code


class Classroom:
    """This device, from its start to its end."""

    def __init__(self, config: JoinConfig) -> None:
        self._config = config
        self._texts = Texts(config.language)
        self._keys = Keys(config.state)
        self._slots = Slots()
        self._broadcast = Broadcast(inputs_of(config.pictures))
        self._screen: Screen | None = None
        self._hand = asyncio.Event()
        self._whistle = Whistle()
        self._tested_ms: int | None = None

    async def run(self) -> int | None:
        """Joins lesson after lesson; returns only when it can never come in, or None when it is to begin anew."""
        try:
            door = open_door(self._config.server, self._config.ca, self._config.unchecked_on_loopback)
            self._open_screen()
        except (EntryError, DisplayError) as error:
            log.error("cannot start", code=error.code, detail=str(error))
            return EXIT_UNAVAILABLE
        self._broadcast.start()
        self._reporter = Reporter(door, program_version(), self._broadcast.plugged)
        reports = asyncio.create_task(self._reporter.run())
        sound = None if self._screen is None else asyncio.create_task(self._play_sound())
        attending = asyncio.create_task(self._attend(door))
        try:
            return await self._until_restart_asked(attending)
        finally:
            await end([task for task in (attending, reports, sound) if task is not None])
            screen = () if self._screen is None else (asyncio.to_thread(self._screen.stop),)
            await asyncio.gather(self._broadcast.stop(), *screen)

    async def _until_restart_asked(self, attending: asyncio.Task[int]) -> int | None:
        asked = asyncio.create_task(self._reporter.restart_asked.wait())
        try:
            await asyncio.wait({attending, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end([asked])
        if attending.done():
            return attending.result()
        log.info("restart asked")
        return None

    def _open_screen(self) -> None:
        if self._config.headless:
            return
        # SDL and OpenCV take a second to load; a headless classroom does without.
        from classroom_client.screen import Screen

        loop = asyncio.get_running_loop()

        def raise_hand() -> None:
            loop.call_soon_threadsafe(self._hand.set)

        self._screen = Screen(empty_scene(self._texts, "screen.connecting"), self._slots, raise_hand)
        self._screen.start()

    async def _play_sound(self) -> None:
        from classroom_client.sound import Loudspeaker

        def pull(count: int) -> Samples:
            return self._whistle.over(self._slots.sound(count))

        await Loudspeaker(pull, self._broadcast.played).run()

    async def _attend(self, door: Door) -> int:
        key: str | None = None
        while True:
            try:
                key = self._reporter.key = key or await self._key(door)
                timetable = self._reporter.timetable
                cards = await lessons(door, key)
                card = choose(cards, self._reporter.now_ms())
            except EntryError as error:
                if error.code in REFUSALS:
                    if key is None and self._keys.find(door.server) is None:
                        log.error("not let in", code=error.code)
                        return EXIT_NO_PERMISSION
                    # The key has expired or was taken back: the link may still be good.
                    self._keys.forget(door.server)
                    key = self._reporter.key = None
                log.info("server not reached", code=error.code)
                self._say("screen.connecting")
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            notify("READY=1")
            if card is None:
                await self._between(door, key, cards, timetable)
                continue
            part = TakingPart(
                card.lesson.id, self._config.screen, self._broadcast, self._slots, self._hand,
                SceneMaker(self._texts), self._screen,
            )  # fmt: skip
            self._reporter.lesson = card.lesson.id
            await part.run(door, key)
            self._reporter.lesson = None
            await asyncio.sleep(LOOK_EVERY_S)

    async def _between(self, door: Door, key: str, cards: list[Card], timetable: str) -> None:
        """Says what comes next, until it is time to go in, the room's lessons are others, or to look again anyway.

        timetable: what the server called it when `cards` were asked for.
        """
        looked_s = time.monotonic()
        while time.monotonic() - looked_s < self._looks_every_s(cards, timetable):
            self._say_next(cards)
            await self._test_if_due(door, key, cards)
            await asyncio.sleep(LOOK_EVERY_S)
            if self._reporter.timetable != timetable or choose(cards, self._reporter.now_ms()) is not None:
                return

    def _looks_every_s(self, cards: list[Card], timetable: str) -> float:
        if timetable and self._reporter.is_answered():
            return LOOK_TOLD_S
        return LOOK_EVERY_S if is_soon(cards, self._reporter.now_ms()) else LOOK_BETWEEN_S

    async def _key(self, door: Door) -> str:
        """The key kept for this server, or a new one, which is kept: for the link's token, or by pairing."""
        kept = self._keys.find(door.server)
        if kept is not None:
            return kept
        if self._config.token is None:
            notify("READY=1")  # it waits for somebody to give it a room: that is no failed start
            key = await pair(door, self._show_code)
        else:
            key = await enter(door, self._config.token)
        self._keys.keep(door.server, key)
        return key

    async def _test_if_due(self, door: Door, key: str, cards: list[Card]) -> None:
        """Once a day, before the first lesson."""
        now_ms = self._reporter.now_ms()
        coming = following(cards, now_ms)
        if not is_due(None if coming is None else start_ms(coming), self._tested_ms, now_ms):
            return
        self._tested_ms = now_ms
        tasting = Tasting()
        self._broadcast.taste(tasting.taste)
        try:
            await self_test(self._room(tasting), door, key)
        except EntryError as error:
            log.info("self-test not taken", code=error.code)
        finally:
            self._broadcast.taste(None)

    def _room(self, tasting: Tasting) -> Room:
        """This classroom as a self-test sees it."""
        screen = None
        if self._screen is not None:
            screen = (*self._screen.size, text_height(self._screen.size[1]))
        return Room(tasting, self._broadcast.parts(), self._whistle, screen, self._config.state)

    def _show_code(self, code: Code) -> None:
        """On the screen, and on the terminal for whoever sets the device up without one."""
        words = {"code": code.grouped, "address": code.address}
        print(self._texts("screen.pair", **words), self._texts("screen.pair_at", **words), sep="\n", flush=True)
        self._say("screen.pair", "screen.pair_at", **words)

    def _say_next(self, cards: list[Card]) -> None:
        """What comes next, while it is not yet time to go in."""
        now_ms = self._reporter.now_ms()
        coming = following(cards, now_ms)
        if coming is None:
            self._say("screen.no_lesson")
            return
        minutes = (start_ms(coming) - now_ms) // 60_000
        self._say("screen.next", title=coming.lesson.title, school=coming.lead.school, minutes=minutes)

    def _say(self, key: str, *signs: str, **values: object) -> None:
        if self._screen is not None:
            self._screen.show(empty_scene(self._texts, key, *signs, **values))


async def end(tasks: list[asyncio.Task[Any]]) -> None:
    """Cancels them and waits until they are gone."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def program_version() -> str:
    """Of this program; `0` where it runs from a checkout that was never installed."""
    try:
        return version("tongke")
    except PackageNotFoundError:
        return "0"
