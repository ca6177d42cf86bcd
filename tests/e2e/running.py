"""`tongke serve --demo` in a process of its own, as the tests run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 30.0
STOPPED_WITHIN_S = 20.0


@dataclass
class Server:
    """`tongke serve` in a process of its own, with its own data; with a demo community unless `demo` is false."""

    data: Path
    arguments: list[str]
    demo: bool = True
    process: subprocess.Popen[bytes] | None = None
    links: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        """Starts the server and waits until it has told its links."""
        command = [sys.executable, "-m", "server", "serve", "--data", str(self.data), *self.arguments]
        command += ["--demo"] if self.demo else []
        with (self.data.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.serving_pid() is not None:
                told = subprocess.run(
                    [sys.executable, "-m", "server", "links", "--json", "--data", str(self.data)],
                    cwd=ROOT,
                    capture_output=True,
                    check=True,
                )
                self.links = json.loads(told.stdout)
                return
            time.sleep(0.05)
        raise RuntimeError((self.data.parent / "server.log").read_text()[-4000:])

    def serving_pid(self) -> int | None:
        """The process that serves now, from the file it keeps in its data directory; None while there is none."""
        try:
            pid = int(json.loads((self.data / "running.json").read_text())["pid"])
        except (OSError, ValueError, KeyError):
            return None
        return pid if Path(f"/proc/{pid}").exists() else None

    @property
    def pid(self) -> int:
        """The serving process (a child of the supervisor, where there is one)."""
        return int(self.links["pid"])

    @property
    def lesson(self) -> dict[str, Any]:
        """The demo lesson with its links."""
        return dict(self.links["lessons"][0])

    def kill(self) -> None:
        """Like a power cut, for the server alone."""
        os.kill(self.pid, signal.SIGKILL)

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
