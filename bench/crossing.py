"""Many lessons at once on one server, with pictures, sound, board and recording: whether anything crosses.

Every picture and every sound carries whose it is (docs/rehearsal.md): what reaches anybody it was not meant for is
counted, and so is what is nobody's, and a lesson whose boards differ. Nothing crosses either where nothing comes: so it
is counted too who should have been seen and heard by whom, and was, and who did not come into class at all. On a small
machine that many participants are late; lateness is measured by `make bench`, here only whether anything crosses.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Final

from bench.harness import Figure, Row

ROOT: Final = Path(__file__).parents[1]
SECONDS: Final = 8
WITHIN_S: Final = 130
CROSSED: Final = (
    "picture_of_wrong_participant",
    "picture_stamp_differs",
    "frame_unknown",
    "sound_of_wrong_participant",
    "sound_unknown",
    "recording_of_wrong_participant",
    "recording_sound_wrong",
    "board_differs",
)
NOT_THERE: Final = ("join_failed", "worker_failed", "server_not_started", "server_unreachable", "no_first_frame")
CAME_PCT: Final = 95


def rows_of(lessons: int, remotes: int) -> tuple[Row, Row, Row]:
    """Nothing may cross; nearly every picture and sound that is due must come; everybody must be there."""
    what = f"{lessons} lessons of 1 + {remotes} at once"
    return (
        Row(f"{what}: pictures, sounds, strokes of another lesson", "", "<=", 0),
        Row(f"{what}: of who should be seen and heard by whom, was", "%", ">=", CAME_PCT),
        Row(f"{what}: participants that did not come into class", "", "<=", 0),
    )


async def hold(lessons: int, remotes: int) -> dict[str, Figure]:
    """Holds the lessons on a server of their own."""
    with tempfile.TemporaryDirectory(prefix="tongke-bench-") as name:
        told = Path(name) / "result.json"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "classroom_client", "rehearse", "--lessons", str(lessons), "--remotes",
            str(remotes), "--seconds", str(SECONDS), "--received", "--json", str(told),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        _, complaint = await asyncio.wait_for(process.communicate(), WITHIN_S)
        if not told.exists():
            raise RuntimeError(complaint.decode()[-1500:])
        result = json.loads(told.read_text())
        return dict(zip((row.name for row in rows_of(lessons, remotes)), figures(result, lessons), strict=True))


def figures(result: dict[str, Any], lessons: int) -> tuple[Figure, Figure, Figure]:
    """What crossed, how much came in % of what was due, and who was not there. lessons: so many were to be held."""
    codes = Counter(str(one).partition(":")[0] for one in result["failures"])
    crossed = sum(codes[code] for code in CROSSED)
    absent = sum(codes[code] for code in NOT_THERE) + lessons - result["lessons"]
    other: dict[str, float | str] = {
        code: count for code, count in sorted(codes.items()) if code not in (*CROSSED, *NOT_THERE)
    }
    what: dict[str, float | str] = {str(one).partition(":")[0]: str(one) for one in result["failures"]}
    received = result["received"]
    due, came = (received[f"pictures{end}"] + received[f"sounds{end}"] for end in ("_due", ""))
    share = 100 * came / due if due else 0.0
    cpu: dict[str, float | str] = {"server_cpu_pct": result["server_cpu_pct"] or 0}
    return (
        Figure(crossed, [crossed], notes={**cpu, **{code: what[code] for code in CROSSED if codes[code]}}),
        Figure(share, [share], notes=dict(received)),
        Figure(absent, [absent], notes={"participants": result["participants"], **other}),
    )
