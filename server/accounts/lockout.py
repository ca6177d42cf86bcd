"""Lock-out: who guesses a password waits, and nobody else does.

Failures are counted for an account *from a place*. A place is a browser that signed in to this account before (it keeps
a token that says so), or else the network address. So somebody who guesses an account locks it for his own address
only: its owner gets in from any other address, and from her usual browser even behind the same one (a school's
router). Nothing is ever counted against the account alone; what bounds the guesses from many addresses together is the
one thread that hashes (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). Memory is bounded; time is in
seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

FREE = 5
FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 900.0
FORGOTTEN_AFTER_S = 3600.0
PLACES = 10_000
NETWORK_FREE = 30
"""Failures of all accounts together from one address: a school's thirty teachers mistype too."""


@dataclass(frozen=True)
class Tries:
    """Failures of one account from one place: how many, and when the last one was."""

    failures: int
    last_s: float

    def wait_s(self, now_s: float, free: int = FREE) -> float:
        """Seconds until the next try, 0 if it may be now: none for the first ones, then twice as long each time."""
        if self.failures < free:
            return 0.0
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self.failures - free, 16))
        return max(0.0, self.last_s + wait_s - now_s)


class Lockout:
    """Remembers failures, at most of the ten thousand places seen last."""

    def __init__(self) -> None:
        self._tries: OrderedDict[tuple[str, str], Tries] = OrderedDict()

    def wait_s(self, account: str, place: str, now_s: float) -> float:
        """Seconds until somebody at `place` may try `account` again; `place` is a browser's token or an address."""
        return max(
            self._of(account, place, now_s).wait_s(now_s), self._of("", place, now_s).wait_s(now_s, NETWORK_FREE)
        )

    def failed(self, account: str, place: str, now_s: float) -> None:
        """One more wrong password or code."""
        for key in ((account, place), ("", place)):
            failures = self._of(*key, now_s).failures + 1
            self._tries[key] = Tries(failures, now_s)
            self._tries.move_to_end(key)
        while len(self._tries) > PLACES:
            self._tries.popitem(last=False)

    def forgive(self, account: str, place: str) -> None:
        """Takes one failure back: it was counted before the password was checked, which was right."""
        for key in ((account, place), ("", place)):
            found = self._tries.get(key)
            if found is not None:
                self._tries[key] = Tries(max(0, found.failures - 1), found.last_s)

    def succeeded(self, account: str, place: str) -> None:
        """The right password and code, counted before: the place starts anew with this account, not with others."""
        self.forgive(account, place)
        self._tries.pop((account, place), None)

    def forget(self, account: str) -> None:
        """Every place may try `account` anew; what an address did to all accounts together counts on."""
        for key in [key for key in self._tries if key[0] == account]:
            del self._tries[key]

    def _of(self, account: str, place: str, now_s: float) -> Tries:
        found = self._tries.get((account, place))
        if found is None or now_s - found.last_s >= FORGOTTEN_AFTER_S:
            return Tries(0, now_s)
        return found
