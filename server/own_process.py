"""What this process asks of the system and of Python for itself."""

from __future__ import annotations

import gc
import resource

YOUNG = 10_000
"""New objects after which the collector looks for rings among them; at Python's 700 it looks after every few requests,
which took 3 % of what devices' reports cost (measured)."""


def allow_many_files() -> None:
    """Raises its own limit of open files to what the system grants: every socket is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def collect_seldom() -> None:
    """Keeps what is there for ever: the collector need not walk modules and tables in the middle of a lesson."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
    gc.enable()  # off while the program started (server.cli)
