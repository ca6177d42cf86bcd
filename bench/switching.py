"""Row 6: from calling on a classroom to its first new picture on another classroom's screen."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.harness import Figure, Row, median, percentile
from bench.served import Cast, Served
from classroom_client.rehearsal.participant import Participant
from signaling.messages import CallOn

SWITCHES: Final = 24
PAUSE_S: Final = 0.3
SEEN_WITHIN_S: Final = 1.5

ROWS = (Row("slot switch to the first new picture, p95", "ms", "<=", 150.0),)


async def measure() -> dict[str, Figure]:
    """The lead calls on two classrooms in turn; the third one watches."""
    cast = Cast(participants=4)
    with tempfile.TemporaryDirectory(prefix="tongke-bench-", ignore_cleanup_errors=True) as folder:
        served = await Served.start(Path(folder) / "data", 1)
        people = [cast.participant(served, 0, number) for number in range(4)]
        for one in people:
            cast.enter(one)
        await cast.begin(people[0])
        await asyncio.gather(*(asyncio.wait_for(one.connected.wait(), SEEN_WITHIN_S * 3) for one in people))
        waits = [await _switch(people[0], people[1 + turn % 2], people[3]) for turn in range(SWITCHES)]
        await cast.leave()
        await served.stop()
    return {ROWS[0].name: Figure(percentile(waits, 0.95), waits, notes={"median_ms": round(median(waits), 1)})}


async def _switch(lead: Participant, called: Participant, watcher: Participant) -> float:
    """Milliseconds; SEEN_WITHIN_S if the picture did not come."""
    known = len(watcher.watch.video_runs)
    began_ns = time.monotonic_ns()
    await lead.send(CallOn(participant=called.name))
    while time.monotonic_ns() - began_ns < SEEN_WITHIN_S * 1e9:
        await asyncio.sleep(0.02)
        new = [run for run in watcher.watch.video_runs[known:] if run.whose == called.whose]
        if new:
            await asyncio.sleep(PAUSE_S)
            return (new[0].first_ns - began_ns) / 1e6
    return SEEN_WITHIN_S * 1000
