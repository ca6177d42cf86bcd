"""`tongke-classroom` in a process of its own, as a classroom's small computer runs it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.running import ROOT

STOPPED_WITHIN_S = 15


@dataclass(frozen=True)
class Appliance:
    """The program and its log."""

    process: subprocess.Popen[bytes]
    log: Path

    def told(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log that tell of `event`."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]


@contextlib.contextmanager
def appliance_in(link: str, folder: Path, *inputs: str) -> Iterator[Appliance]:
    """An appliance that came in by a classroom's link; told to stop at the end, and to have stopped in order."""
    log = folder / "appliance.log"
    command = [sys.executable, "-m", "classroom_client", "join", "--headless", "--link", link]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--state", str(folder / "appliance"), *inputs], cwd=ROOT, stdout=out, stderr=out
        )
    try:
        yield Appliance(process, log)
    except BaseException:
        process.kill()
        process.wait()
        raise
    process.terminate()
    assert process.wait(STOPPED_WITHIN_S) == 0, log.read_text()[-2000:]
