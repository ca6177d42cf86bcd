"""Pairing codes: a screen shows one, somebody who may assigns it to a room, the screen takes its key.

A code is 8 of 32 characters, 40 bits, valid for ten minutes, and good once. It is a name for a waiting screen, no
secret: the screen holds a claim of 256 bits of its own, so whoever reads the code off the screen cannot take the key.
All of it is in memory: after a restart each waiting screen asks for a new code.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0 and O, 1 and I: read aloud over a telephone, or typed on a phone, they are confused."""
LENGTH = 8
LIFETIME_MS = 600_000
KEPT_MS = 120_000
"""A code given to a room is kept so long for its screen to take the key."""
SCREENS_AT_MOST = 2_000
SCREENS_PER_ADDRESS = 64

Kind = Literal["page", "appliance"]


@dataclass(frozen=True)
class Assignment:
    """What a waiting screen is to become: a device of this classroom, and who said so."""

    device_id: str
    classroom_id: str
    by: str


@dataclass
class Waiting:
    """A screen that shows a code. `assigned` from the moment somebody gave it to a room.

    held: it is being given to a room, or its key to it, at this moment: nobody else gets either.
    """

    code: str
    kind: Kind
    address: str
    expires_ms: int
    assigned: Assignment | None = None
    held: bool = False


class TooManyScreens(Exception):
    """More screens wait than anybody could pair."""


class PairingCodes:
    """The screens that wait, by their claim. Time is UTC in milliseconds and an argument."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[bytes, Waiting] = OrderedDict()
        self._by_code: dict[str, bytes] = {}

    def ask(self, kind: Kind, address: str, now_ms: int) -> tuple[Waiting, str]:
        """A new code for a screen, and the claim by which that screen alone can take the key.

        address: what counts as one place (`limiter.subnet`); its oldest code gives way when it has too many.

        Raises:
            TooManyScreens: nothing was kept.
        """
        self._expire(now_ms)
        own = [key for key, one in self._waiting.items() if one.address == address and not (one.assigned or one.held)]
        if len(own) >= SCREENS_PER_ADDRESS:
            self._forget(own[0])
        if len(self._waiting) >= SCREENS_AT_MOST:
            raise TooManyScreens
        code = fresh_code()
        while code in self._by_code:
            code = fresh_code()
        claim = secrets.token_urlsafe(32)
        waiting = Waiting(code, kind, address, now_ms + LIFETIME_MS)
        self._waiting[_digest(claim)] = waiting
        self._by_code[code] = _digest(claim)
        return waiting, claim

    def find(self, code: str, now_ms: int) -> Waiting | None:
        """The screen that shows `code` and waits; None for a code that is wrong, expired or used, all alike."""
        self._expire(now_ms)
        key = self._by_code.get(normalise(code))
        waiting = None if key is None else self._waiting[key]
        return None if waiting is None or waiting.assigned is not None or waiting.held else waiting

    @contextmanager
    def hold(self, waiting: Waiting, clock: Callable[[], int]) -> Iterator[None]:
        """Keeps the screen for who gives it a room or its key now; whatever comes of it, it is then as it was before.

        A room whose screen could not be given its key waits for it as long again.
        """
        assert not waiting.held, "one at a time"
        waiting.held = True
        try:
            yield
        finally:
            waiting.held = False
            if waiting.assigned is not None:
                waiting.expires_ms = clock() + KEPT_MS

    def assign(self, waiting: Waiting, assignment: Assignment, now_ms: int) -> None:
        """Gives the waiting screen to a room; its code is used up."""
        waiting.assigned = assignment
        waiting.expires_ms = now_ms + KEPT_MS

    def claimed(self, claim: str, now_ms: int) -> Waiting | None:
        """The screen of this claim; None when its time is over or it never asked."""
        self._expire(now_ms)
        return self._waiting.get(_digest(claim))

    def done(self, claim: str) -> None:
        """The screen has its key."""
        self._forget(_digest(claim))

    def _expire(self, now_ms: int) -> None:
        for key in [key for key, one in self._waiting.items() if one.expires_ms <= now_ms and not one.held]:
            self._forget(key)

    def _forget(self, key: bytes) -> None:
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            del self._by_code[waiting.code]


def fresh_code() -> str:
    """Eight random characters of the alphabet."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normalise(code: str) -> str:
    """A code as somebody typed it: lower case, spaces and hyphens do not matter."""
    return "".join(character for character in code.upper() if character not in " -\u00a0\u3000")


def _digest(claim: str) -> bytes:
    return hashlib.sha256(claim.encode()).digest()
