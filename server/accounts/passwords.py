"""Passwords: which ones are good enough, one-time ones, and their hashes.

Argon2id (RFC 9106) with 19 MiB, two passes and one lane: the smallest of the settings OWASP's Password Storage Cheat
Sheet calls equivalent. A check costs about 50 ms of one core of a small server, on a thread of its own, one at a time:
a sign-in must not take a lesson's core away, and whoever guesses gets at most some twenty tries a second in all.
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")

MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
WAITING = 32
"""Checks that may wait for the thread; more are turned away, so that a flood cannot fill the memory."""

SHORTEST, LONGEST, DIFFERENT = 10, 128, 5
ONE_TIME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without 0, o, 1, i and l: it is read from paper or over the telephone."""
_RUNS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
)
_COMMON = ("password", "woaini", "iloveyou", "admin", "letmein", "welcome", "teacher", "tongke", "laoshi")


class TooBusy(Exception):
    """More passwords wait to be checked than the server is willing to queue."""


class Hasher:
    """Makes and checks hashes on one thread of its own."""

    def __init__(self, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        """The settings may be lowered in tests; a hash carries the ones it was made with."""
        self._argon = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=LANES)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobodys = self._argon.hash(secrets.token_urlsafe(32))

    async def hash(self, password: str) -> str:
        """The hash to keep, with its salt and settings in it.

        Raises:
            TooBusy: too many are waiting.
        """
        return await self._run(lambda: self._argon.hash(normal(password)))

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Whether `password` is the one `hashed` was made from. None, nobody's hash, takes as long and never matches.

        Raises:
            TooBusy: too many are waiting.
        """
        return await self._run(lambda: self._verify(hashed or self._nobodys, password)) and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Whether `hashed` was made with other settings than today's."""
        return self._argon.check_needs_rehash(hashed)

    def close(self) -> None:
        """Ends the thread; what waits is dropped. Closing twice is closing once."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._argon.verify(hashed, normal(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING:
            raise TooBusy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1


def complaint(password: str, name: str) -> str | None:
    """Why `password` will not do for the account `name`: `short`, `long`, `easy` or `named`; None if it will.

    Length and what everybody tries first, no rules about digits and signs (NIST SP 800-63B, section 3.1.1.2).
    """
    chosen = normal(password).casefold()
    if len(chosen) < SHORTEST:
        return "short"
    if len(chosen) > LONGEST:
        return "long"
    if len(name) >= 3 and name.casefold() in chosen:
        return "named"
    return "easy" if _easy(chosen) else None


def one_time_password() -> str:
    """Twelve random characters in groups of four, 59 bits: enough for a week behind the lock-out."""
    groups = ("".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


def normal(text: str) -> str:
    """One spelling for what looks the same, full-width digits of a Chinese keyboard included (NFKC)."""
    return unicodedata.normalize("NFKC", text)


def _easy(chosen: str) -> bool:
    """Few different characters, a walk over the keyboard, or a word everybody tries with little around it."""
    letters = "".join(character for character in chosen if character.isalnum())
    if len(set(chosen)) < DIFFERENT or any(letters in run or letters[::-1] in run for run in _RUNS):
        return True
    rest = letters
    for word in _COMMON:
        rest = rest.replace(word, "")
    return len(rest.strip("0123456789")) == 0 and len(rest) < SHORTEST
