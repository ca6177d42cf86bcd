"""The unattended classroom: comes in, takes part, comes back for ever, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Final

import structlog

from classroom_client.broadcast import Broadcast
from classroom_client.capture import inputs_of
from classroom_client.config import JoinConfig
from classroom_client.entry import Card, Door, EntryError, enter, lessons, open_door
from classroom_client.keys import Keys
from classroom_client.logs import configure
from classroom_client.notify import notify
from classroom_client.scene import DisplayError, SceneMaker, empty_scene
from classroom_client.slots import Slots
from classroom_client.taking_part import TakingPart
from classroom_client.texts import Texts

if TYPE_CHECKING:
    from classroom_client.screen import Screen

log = structlog.get_logger(__name__)

EXIT_OK: Final = 0
EXIT_UNAVAILABLE: Final = 69
EXIT_NO_PERMISSION: Final = 77
LOOK_EVERY_S: Final = 3.0
REFUSALS: Final = ("token_refused", "sign_in", "no_token")
"""The server's words, and ours, for a credential that will not do."""


def run(config: JoinConfig) -> int:
    """Runs until SIGTERM or SIGINT; the exit code."""
    configure(os.environ)
    return asyncio.run(_until_told(config))


async def _until_told(config: JoinConfig) -> int:
    loop = asyncio.get_running_loop()
    classroom = asyncio.create_task(Classroom(config).run())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, classroom.cancel)
    try:
        return await classroom
    except asyncio.CancelledError:
        return EXIT_OK
    finally:
        notify("STOPPING=1")


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

    async def run(self) -> int:
        """Joins lesson after lesson; returns only when it can never come in."""
        try:
            door = open_door(self._config.server, self._config.ca, self._config.unchecked_on_loopback)
            self._open_screen()
        except (EntryError, DisplayError) as error:
            log.error("cannot start", code=error.code, detail=str(error))
            return EXIT_UNAVAILABLE
        self._broadcast.start()
        sound = None if self._screen is None else asyncio.create_task(self._play_sound())
        try:
            return await self._attend(door)
        finally:
            if sound is not None:
                sound.cancel()
                await asyncio.gather(sound, return_exceptions=True)
            if self._screen is not None:
                await asyncio.to_thread(self._screen.stop)
            await self._broadcast.stop()

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

        await Loudspeaker(self._slots.sound).run()

    async def _attend(self, door: Door) -> int:
        key: str | None = None
        while True:
            try:
                key = key or await self._key(door)
                card = choose(await lessons(door, key))
            except EntryError as error:
                if error.code in REFUSALS:
                    if key is None and self._keys.find(door.server) is None:
                        log.error("not let in", code=error.code)
                        return EXIT_NO_PERMISSION
                    # The key has expired or was taken back: the link may still be good.
                    self._keys.forget(door.server)
                    key = None
                log.info("server not reached", code=error.code)
                self._say("screen.connecting")
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            notify("READY=1")
            if card is None:
                self._say("screen.no_lesson")
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            part = TakingPart(
                card.lesson.id, self._config.screen, self._broadcast, self._slots, self._hand,
                SceneMaker(self._texts), self._screen,
            )  # fmt: skip
            await part.run(door, key)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _key(self, door: Door) -> str:
        """The key kept for this server, or a new one for the link's token, which is kept."""
        kept = self._keys.find(door.server)
        if kept is not None:
            return kept
        if self._config.token is None:
            raise EntryError("no_token")
        key = await enter(door, self._config.token)
        self._keys.keep(door.server, key)
        return key

    def _say(self, key: str) -> None:
        if self._screen is not None:
            self._screen.show(empty_scene(self._texts, key))


def choose(cards: list[Card]) -> Card | None:
    """Which of today's lessons to go to: the live one, else the next that is planned."""
    for state in ("live", "planned"):
        fitting = [card for card in cards if card.state == state]
        if fitting:
            return min(fitting, key=lambda card: card.lesson.planned_start)
    return None
