"""`tongke rehearse`: runs the classroom program's rehearsal as a child, with the same arguments."""

from __future__ import annotations

import subprocess
import sys


def run(arguments: list[str]) -> int:
    """The child's exit code. Ctrl-C reaches it by itself; we wait for it to put everything away."""
    child = subprocess.Popen([sys.executable, "-m", "classroom_client", "rehearse", *arguments])
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue
