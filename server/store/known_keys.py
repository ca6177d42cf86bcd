"""Device keys seen lately, in bounded memory: 500 screens that report all the time need not ask the disk each time."""

from __future__ import annotations

from collections import OrderedDict

from server.store.rows import Credential, Subject

KEPT_MS = 300_000
"""What another process changes in the database is noticed this late; a key revoked here is forgotten at once."""
KEYS = 2_000


class KnownKeys:
    """Device keys by their hash. Time is UTC in milliseconds and an argument."""

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, tuple[int, Credential, Subject]] = OrderedDict()
        self.generation = 0
        """Another number after each revocation: what was read before it must not be remembered."""

    def find(self, hashed: bytes, now_ms: int) -> tuple[Credential, Subject] | None:
        """The key, if it was read within the last five minutes and has not expired."""
        found = self._found.get(hashed)
        if found is None:
            return None
        at_ms, credential, subject = found
        return (credential, subject) if 0 <= now_ms - at_ms < KEPT_MS and now_ms < credential.expires_ms else None

    def remember(self, hashed: bytes, credential: Credential, subject: Subject, now_ms: int, generation: int) -> None:
        """Keeps a device's key that was read when `generation` held; those of people are asked for each time."""
        if credential.kind != "device" or generation != self.generation:
            return
        self._found[hashed] = (now_ms, credential, subject)
        self._found.move_to_end(hashed)
        if len(self._found) > KEYS:
            self._found.popitem(last=False)

    def forget(self) -> None:
        """A key was revoked: whichever it was, none is known any more."""
        self._found.clear()
        self.generation += 1
