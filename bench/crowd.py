"""Synthetic participants that join at once: `python -m bench.crowd LINKS LESSONS PARTICIPANTS`; JSON on the last line.

They send pictures without sound, because what forty of them send in one Python process must leave room to join.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Final

from bench.harness import worst_of
from bench.served import Cast, Served
from classroom_client.rehearsal.participant import Participant

SPREAD_S: Final = 3.0
KEYFRAMES_WITHIN_S: Final = 20.0
STAYS_S: Final = 5.0
"""How long the last ones take part after all have come."""


async def _come(cast: Cast, served: Served, lessons: int, participants: int) -> tuple[list[float], float]:
    """Everybody comes, spread over SPREAD_S; each one's wait and the time until the last has its keyframe."""
    began_s = time.monotonic()
    people: list[Participant] = []
    starting = []
    for number in range(participants):
        for lesson in range(lessons):
            one = cast.participant(served, lesson, number)
            people.append(one)
            cast.enter(one)
            if number == 0:
                starting.append(asyncio.create_task(cast.begin(one)))
            await asyncio.sleep(SPREAD_S / (lessons * participants))
    while any(one.watch.first_frame_ns is None for one in people):
        if time.monotonic() - began_s > KEYFRAMES_WITHIN_S:
            break
        await asyncio.sleep(0.02)
    await asyncio.gather(*starting, return_exceptions=True)
    waits = [
        KEYFRAMES_WITHIN_S if one.watch.first_frame_ns is None else (one.watch.first_frame_ns - one.began_ns) / 1e9
        for one in people
    ]
    last_s = worst_of([(one.watch.first_frame_ns or 0) / 1e9 for one in people]) - began_s
    return waits, last_s if max(waits) < KEYFRAMES_WITHIN_S else KEYFRAMES_WITHIN_S


async def main() -> None:
    """Joins, tells, stays a while."""
    links, lessons, participants = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    served = Served(None, json.loads(links.read_text()))
    cast = Cast(participants, sound=False)
    waits, all_in_s = await _come(cast, served, lessons, participants)
    await asyncio.sleep(STAYS_S)
    print(json.dumps({"waits": waits, "all_in_s": all_in_s}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
