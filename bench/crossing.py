"""Many lessons at once on one server, with pictures, sound, board and recording: whether anything crosses.

Every picture and every sound carries whose it is (docs/rehearsal.md): what reaches anybody it was not meant for is
counted, and so is a lesson whose boards differ. On a small machine that many participants are late; lateness is
measured by `make bench`, here only whether anything crosses.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench.harness import Figure, Row

ROOT: Final = Path(__file__).parents[1]
SECONDS: Final = 8
WITHIN_S: Final = 130
CROSSED: Final = (
    "picture_of_wrong_participant",
    "sound_of_wrong_participant",
    "recording_of_wrong_participant",
    "board_differs",
)


def row_of(lessons: int, remotes: int) -> Row:
    """Nothing may cross."""
    return Row(f"{lessons} lessons of 1 + {remotes} at once: pictures, sounds, strokes of another lesson", "", "<=", 0)


async def hold(lessons: int, remotes: int) -> Figure:
    """Holds the lessons on a server of their own."""
    with tempfile.TemporaryDirectory(prefix="tongke-bench-") as name:
        told = Path(name) / "result.json"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "classroom_client", "rehearse", "--lessons", str(lessons),
            "--remotes", str(remotes), "--seconds", str(SECONDS), "--json", str(told),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        _, complaint = await asyncio.wait_for(process.communicate(), WITHIN_S)
        if not told.exists():
            raise RuntimeError(complaint.decode()[-1500:])
        return _figure(json.loads(told.read_text()))


def _figure(result: dict[str, Any]) -> Figure:
    failures = [str(one).partition(":")[0].split()[0] for one in result["failures"]]
    crossed = sum(code in CROSSED for code in failures)
    notes: dict[str, float | str] = {
        "server_cpu_pct": result["server_cpu_pct"] or 0,
        "other_failures": len(failures) - crossed,
    }
    return Figure(crossed, [crossed], notes=notes)
