"""Restarts a server that crashed, at once. For machines without a service manager; `make run` uses it.

The parent imports the server's modules once and forks it: a new child has nothing left to import and serves again in a
fraction of a second. The parent holds no socket, no file and no thread; it only waits.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from types import FrameType

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 5.0
HEALTHY_AFTER_S = 10.0
"""A child that lived this long was well: the next wait is the first one again."""
CRASHED = 70
GIVE_UP_CODES = frozenset({64, 69, 74, 75, 78})
"""Codes of sysexits.h that mean the server never could start: usage, port, disk, data in use, configuration."""


def next_wait_s(wait_s: float, lived_s: float) -> float:
    """How long to wait before the next child, given the last wait and how long the last child lived."""
    return FIRST_WAIT_S if lived_s >= HEALTHY_AFTER_S else min(LONGEST_WAIT_S, wait_s * 2)


def supervise(serve: Callable[[int], int], say: Callable[[int], None]) -> int:
    """Runs `serve(restarts)` in a child until it ends by itself; returns its exit code.

    serve: returns the exit code; called in the child. say: told the wait status of a child that crashed.
    """
    child, asked = 0, False

    def forward(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        if child:
            os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, forward)
    restarts, wait_s = 0, FIRST_WAIT_S / 2
    while not asked:
        born = time.monotonic()
        child = _fork(serve, restarts)
        if asked:  # the signal came before `child` was known
            os.kill(child, signal.SIGTERM)
        _, status = os.waitpid(child, 0)
        child = 0
        code = os.waitstatus_to_exitcode(status)
        if asked or code == 0 or (restarts == 0 and code in GIVE_UP_CODES):
            return max(code, 0)
        say(code)
        wait_s = next_wait_s(wait_s, time.monotonic() - born)
        time.sleep(wait_s)
        restarts += 1
    return 0


def _fork(serve: Callable[[int], int], restarts: int) -> int:
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _end_with(parent)
    code = CRASHED
    try:
        code = serve(restarts)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end_with(parent: int) -> None:
    """Ends this process in order when its parent dies (prctl(2), PR_SET_PDEATHSIG): no server without a supervisor."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)
