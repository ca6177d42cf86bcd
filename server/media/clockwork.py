"""When the media server does what happens by the clock: after a read that comes shortly before, else by a timer.

Waking up an idle process costs as much as the work it then does. While packets flow, the clock needs no wake-up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

import structlog

from server.media.python_plane import EARLY_NS, TICK_NS

WATCH_NS = 250_000_000
SECOND_NS = 1_000_000_000

log = structlog.get_logger(__name__)


class Ticking(Protocol):
    """The plane, as far as time goes."""

    def next_tick_ns(self) -> int: ...
    def tick(self) -> None: ...


class Timer(Protocol):
    """What a planned call is cancelled by."""

    def cancel(self) -> None: ...


class Clockwork:
    """The plane's ticks; `watch` four times a second; `second` once, with what went by since. Both are told the time.

    When the process is late itself, `watch` is left out: what lines tell still waits to be read. clock: monotonic ns;
    later: plans a call so many s from now, by default on the running event loop.
    """

    def __init__(
        self,
        plane: Ticking,
        watch: Callable[[int], None],
        second: Callable[[int, int], None],
        clock: Callable[[], int] = time.monotonic_ns,
        later: Callable[[float, Callable[[], None]], Timer] | None = None,
    ) -> None:
        self._plane = plane
        self._watch = watch
        self._second = second
        self._clock = clock
        self._later = later or _on_the_loop
        self._timer: Timer | None = None
        self._due_ns = self._worked_ns = self._watched_ns = self._second_ns = 0

    def start(self) -> None:
        """Begins."""
        self._worked_ns = self._watched_ns = self._second_ns = self._clock()
        self._plan()

    def stop(self) -> None:
        """Ends it; stopping twice is stopping once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def after_read(self) -> None:
        """The socket was read: the process is awake."""
        if self._clock() - self._worked_ns >= TICK_NS - EARLY_NS:
            self._work()
        else:
            self._plan()

    def _plan(self, earliest_ns: int = 0) -> None:
        """Wakes up for the plane when it next has something to do."""
        due_ns = max(self._plane.next_tick_ns(), earliest_ns)
        if self._timer is not None:
            if due_ns >= self._due_ns:
                return
            self._timer.cancel()
        self._due_ns = due_ns
        self._timer = self._later(max(0, due_ns - self._clock()) / 1e9, self._work)

    def _work(self) -> None:
        """All that is due. A fault in one part must not end this for all, nor come again at once, for ever."""
        self.stop()
        now_ns = self._clock()
        if now_ns - self._worked_ns >= TICK_NS - EARLY_NS:
            self._worked_ns = now_ns
        ticked = _safely(self._plane.tick)
        since_ns = now_ns - self._watched_ns
        if since_ns >= WATCH_NS - EARLY_NS:
            self._watched_ns = now_ns
            if since_ns < 2 * WATCH_NS:
                _safely(lambda: self._watch(now_ns))
        since_ns = now_ns - self._second_ns
        if since_ns >= SECOND_NS - EARLY_NS:
            self._second_ns = now_ns
            _safely(lambda: self._second(now_ns, since_ns))
        self._plan(0 if ticked else now_ns + TICK_NS)


def _on_the_loop(delay_s: float, work: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(delay_s, work)


def _safely(work: Callable[[], None]) -> bool:
    """Whether it came to its end."""
    try:
        work()
    except Exception:
        log.exception("media.clock_failed")
        return False
    return True
