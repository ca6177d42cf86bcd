"""SIGTERM and SIGINT: heard even while the program hangs, and obeyed within a limit, whatever does not end.

A display or a sound server that does not answer, a name that is looked up while the line is down, a relay that is told
goodbye for half a minute: each of them can hold such a program back. So a thread of its own waits for the signals.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

log = structlog.get_logger(__name__)

SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT})
STOPPED_WITHIN_S: Final = 8.0
"""A service manager kills after ten (deploy/systemd/tongke-classroom.service)."""


class Orders:
    """Waits for the order to stop, from now on; made in the main thread, before an event loop runs.

    A program that has not ended `within_s` after it is ended with `code`; what held it goes to standard error, a
    traceback of each thread.
    """

    def __init__(self, code: int, within_s: float = STOPPED_WITHIN_S) -> None:
        self.told = threading.Event()
        self._code, self._within_s = code, within_s
        self._stop: Callable[[], None] = _nothing
        self._reading, self._writing = socket.socketpair()
        self._writing.setblocking(False)
        # Python writes a signal's number there at once, even while the main thread is held up in a library.
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, lambda _number, _frame: None)
        threading.Thread(target=self._wait, name="orders", daemon=True).start()

    def obey(self, stop: Callable[[], None]) -> None:
        """Has `stop` called by another thread when the order comes, or now if it has come."""
        self._stop = stop
        if self.told.is_set():
            stop()

    def _wait(self) -> None:
        while not SIGNALS & set(self._reading.recv(64)):
            pass
        self.told.set()
        self._stop()
        time.sleep(self._within_s)
        log.error("not stopped in order", threads=sorted(thread.name for thread in threading.enumerate()))
        faulthandler.dump_traceback()
        os._exit(self._code)


def _nothing() -> None:
    """Before there is anything to stop."""
