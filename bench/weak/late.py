"""A board as lessons fill it, for a room that comes late; and when that room had it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.served import STEP_WITHIN_S, Cast, Served
from signaling.messages import Logged, PageAdded, StrokeDrawn

HANDWRITING: Final = Path(__file__).parents[1] / "data/handwriting.json"
"""STROKES strokes as a teacher's page sends them (web/tests/board/thin.test.ts)."""
STROKES: Final = 1_000
OTHER_PAGES: Final = 3
OTHER_STROKES: Final = 300
SERIES: Final = "3f9a1c2e4b5d6078"
"""Of the ids of one page load."""


def fill(data: Path) -> None:
    """A lesson that waits for its class, with OTHER_PAGES pages of OTHER_STROKES and one of STROKES, which is shown.

    Its log says that the lead drew them; the server goes down before they are added.
    """
    asyncio.run(_fill(data))


async def _fill(data: Path) -> None:
    data.parent.mkdir(parents=True, exist_ok=True)
    served = await Served.start(data, 1)
    cast = Cast(1)
    try:
        lead = cast.participant(served, 0, 0)
        cast.enter(lead)
        async with asyncio.timeout(STEP_WITHIN_S):
            await lead.connected.wait()
    finally:
        await served.stop()
        await cast.leave()
    _add(data / "lessons" / served.lesson_id(0) / "log.jsonl", lead.name)


def _add(log: Path, author: str) -> None:
    last = msgspec.json.decode(log.read_bytes().splitlines()[-1], type=Logged)
    with log.open("ab") as out:
        for number, event in enumerate(drawing(), last.number + 1):
            out.write(msgspec.json.encode(Logged(number=number, at=last.at + 1, by=author, event=event)) + b"\n")


def drawing() -> Iterator[PageAdded | StrokeDrawn]:
    """What is drawn, in order."""
    handwriting: list[list[int]] = msgspec.json.decode(HANDWRITING.read_bytes())["strokes"]
    count = 0
    for page, strokes in enumerate((*[OTHER_STROKES] * OTHER_PAGES, STROKES), 1):
        if page > 1:
            count += 1
            yield PageAdded(id=f"{SERIES}-{count}", page=page, after=page - 1)
        for points in handwriting[:strokes]:
            count += 1
            yield StrokeDrawn(id=f"{SERIES}-{count}", page=page, colour="#1f2a24", width=40, points=points)


def joined(socket_ms: float, parts: list[dict[str, Any]]) -> dict[str, float]:
    """When the page shown was complete, and all pages, in s from the socket; its strokes, points and octets.

    parts: of the board, in the order in which they came: page (None: the end), strokes, points, octets, complete, and
    when the screen could show it, ms of the wall clock. What never came took for ever.
    """
    shown = [each for each in parts if each["page"] is not None and each["page"] == parts[0]["page"]]
    complete = next((each["at"] for each in shown if each["complete"]), math.inf)
    whole = next((each["at"] for each in parts if each["page"] is None), math.inf)
    return {
        "page_complete_s": (complete - socket_ms) / 1000,
        "board_complete_s": (whole - socket_ms) / 1000,
        "page_strokes": sum(each["strokes"] for each in shown),
        "page_points": sum(each["points"] for each in shown),
        "page_octets": sum(each["octets"] for each in shown),
        "board_octets": sum(each["octets"] for each in parts),
    }
