"""A device without a key: it shows a code until somebody gave it a room, and then holds a key of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Literal

import msgspec
import structlog

from classroom_client.entry import Door, EntryError, post

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 2.0
EARLY_S: Final = 5.0
"""A code is replaced a little before it ends, so that nobody reads one that no longer works."""


class Code(msgspec.Struct, frozen=True):
    """A code to show, the address it is taken to, and the claim, which is for this device alone."""

    code: str
    url: str
    claim: str
    lifetime_ms: int

    @property
    def grouped(self) -> str:
        """As it is read aloud: two groups of four."""
        return f"{self.code[:4]} {self.code[4:]}"

    @property
    def address(self) -> str:
        """Where it is typed in, without the code."""
        return self.url.partition("#")[0].partition("://")[2]


class _Claimed(msgspec.Struct, frozen=True):
    state: Literal["waiting", "paired", "expired"]


async def pair(door: Door, show: Callable[[Code], None], look_every_s: float = LOOK_EVERY_S) -> str:
    """This device's key, however long it takes until somebody gives it a room. show: told each new code.

    A server that is away is waited for; a code goes on being shown as long as it may hold.
    """
    loop = asyncio.get_running_loop()
    while True:
        code = await _ask(door)
        show(code)
        until_s = loop.time() + code.lifetime_ms / 1000 - EARLY_S
        while loop.time() < until_s:
            await asyncio.sleep(look_every_s)
            state, key = await _claim(door, code)
            if key is not None:
                log.info("paired")
                return key
            if state == "expired":
                break


async def _ask(door: Door) -> Code:
    while True:
        try:
            body, _ = await post(door, "/api/devices/code", {"kind": "appliance"})
            return msgspec.json.decode(body, type=Code)
        except EntryError as error:
            log.info("no pairing code", code=error.code)
            await asyncio.sleep(LOOK_EVERY_S)


async def _claim(door: Door, code: Code) -> tuple[str, str | None]:
    """What became of the code, and the key that came with it."""
    try:
        body, key = await post(door, "/api/devices/claim", {"claim": code.claim})
    except EntryError:
        return "waiting", None
    return msgspec.json.decode(body, type=_Claimed).state, key
