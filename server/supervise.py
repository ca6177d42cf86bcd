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

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 5.0
HEALTHY_AFTER_S = 10.0
"""A child that lived this long was well: the next wait is the first one again."""
CRASHED = 70
GIVE_UP_CODES = frozenset({64, 69, 74, 75, 78})
"""Codes of sysexits.h that mean the server never could start: usage, port, disk, data in use, configuration."""
_ASKING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_AWAITED = _ASKING | {signal.SIGCHLD}
"""Blocked and taken one by one (sigwait(3)): no signal falls between two steps, as it may where a handler notes it."""


def next_wait_s(wait_s: float, lived_s: float) -> float:
    """How long to wait before the next child, given the last wait and how long the last child lived."""
    return FIRST_WAIT_S if lived_s >= HEALTHY_AFTER_S else min(LONGEST_WAIT_S, wait_s * 2)


def supervise(serve: Callable[[int], int], say: Callable[[int], None]) -> int:
    """Runs `serve(restarts)` in a child until it ends by itself; returns its exit code.

    serve: returns the exit code; called in the child. say: told the wait status of a child that crashed.
    """
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    restarts, wait_s = 0, FIRST_WAIT_S / 2
    while True:
        born = time.monotonic()
        asked, code = _wait_for(_fork(serve, restarts))
        if asked or code == 0 or (restarts == 0 and code in GIVE_UP_CODES):
            return max(code, 0)
        say(code)
        wait_s = next_wait_s(wait_s, time.monotonic() - born)
        if signal.sigtimedwait(_ASKING, wait_s):
            return 0
        restarts += 1


def _wait_for(child: int) -> tuple[bool, int]:
    """Whether this process was asked to end while the child lived, which is told so, and the child's exit code."""
    asked = False
    while True:
        number = signal.sigwait(_AWAITED)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return asked or number in _ASKING, os.waitstatus_to_exitcode(status)
        if number in _ASKING:
            asked = True
            os.kill(child, number)


def _fork(serve: Callable[[int], int], restarts: int) -> int:
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _AWAITED)
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
