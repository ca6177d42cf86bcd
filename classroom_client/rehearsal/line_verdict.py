"""What came through a weak line, and how that stands beside the line's bars. Pure: times in, figures and bars out.

The figures are those of the scorecard (docs/weak-lines.md), as far as a rehearsed participant can tell them.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

from msgspec import Struct

from classroom_client.lines.profiles import Bar, Profile
from classroom_client.rehearsal.failures import Failure
from classroom_client.rehearsal.spread import Spread
from classroom_client.rehearsal.tone import PACKET_MS

FREEZE_S: Final = 0.15
"""A picture stands still when the next is later than it should be by this (webrtc-stats, totalFreezesDuration)."""
JOINS_S: Final = 1.0
"""After the first picture of a room that came anew, before its line is judged."""


class Came(Struct):
    """When what the lead sent came to the impaired room, ns on one clock, in order.

    sounds: each stretch of PACKET_MS; spoken: when those were sent. strokes: (sent, came). anew_ns: when the room made
    its connection afresh, if it was to.
    """

    sounds: list[int] = []
    pictures: list[int] = []
    strokes: list[tuple[int, int]] = []
    drawn: int = 0
    on_board: int = 0
    anew_ns: int = 0
    spoken: list[int] = []


class Judged(Struct, frozen=True):
    """A bar, what was measured, and whether it was kept; value None: it never happened."""

    measure: str
    relation: str
    limit: float
    value: float | None
    ok: bool


class LineVerdict(Struct, frozen=True):
    """One line's rehearsal: the figures of the impaired room, and the bars."""

    line: str
    figures: dict[str, float | None]
    bars: list[Judged]


def judge(profile: Profile, phases_ns: list[int], came: Came, fps: float) -> LineVerdict:
    """phases_ns: when each phase began, and when the last one ended. fps: as sent."""
    first_s = _first_picture_s(came, phases_ns[0]) if profile.rejoins else 0.0
    begins_s = profile.settles_s + (first_s + JOINS_S if 0.0 < first_s < math.inf else 0.0)
    figures = _figures(came, phases_ns[0] + round(begins_s * 1e9), phases_ns[-1], fps)
    if profile.rejoins:
        figures["first_picture_s"] = first_s
    if profile.healed_after == -1:
        figures["back_s"] = max(_outage_s(came, since_ns, until_ns) for since_ns, until_ns in pairwise(phases_ns))
    elif profile.healed_after is not None:
        figures["back_s"] = _back_s(came, phases_ns[profile.healed_after + 1])
    bars = [_judged(bar, figures[bar.measure]) for bar in profile.bars if bar.measure in figures]
    told = {name: None if math.isinf(value) else round(value, 3) for name, value in figures.items()}
    return LineVerdict(profile.name, told, bars)


def missed(verdict: LineVerdict) -> list[Failure]:
    """The bars that were not kept."""
    return [
        Failure(
            "line_bar",
            {
                "line": verdict.line,
                "measure": bar.measure,
                "value": "-" if bar.value is None else f"{bar.value:g}",
                "relation": bar.relation,
                "limit": f"{bar.limit:g}",
            },
        )
        for bar in verdict.bars
        if not bar.ok
    ]


def _figures(came: Came, since_ns: int, until_ns: int, fps: float) -> dict[str, float]:
    seconds = (until_ns - since_ns) / 1e9
    sounds = [at for at in came.sounds if since_ns <= at < until_ns]
    spoken = sum(since_ns <= at < until_ns for at in came.spoken)
    pictures = [at for at in came.pictures if since_ns <= at < until_ns]
    strokes = Spread.of_ns(at - sent for sent, at in came.strokes if since_ns <= sent < until_ns)
    still_s = (FREEZE_S + 1 / fps) * 1e9
    waits = [later - earlier for earlier, later in pairwise([since_ns, *pictures, until_ns])]
    return {
        "speech_pct": min(100.0, 100 * spoken / (seconds * 1000 / PACKET_MS)),
        "longest_gap_s": max(later - earlier for earlier, later in pairwise([since_ns, *sounds, until_ns])) / 1e9,
        "fps": len(pictures) / seconds,
        "freeze_pct": 100 * sum(wait for wait in waits if wait > still_s) / (until_ns - since_ns),
        "stroke_p95_ms": strokes.percentile_ms(95) if strokes.percentile_ms(95) is not None else math.inf,  # type: ignore[dict-item]
        "strokes_lost": float(came.drawn - came.on_board),
        "fps_fell_pct": max(0.0, 100 * (1 - len(pictures) / seconds / fps)),
    }


def _first_picture_s(came: Came, began_ns: int) -> float:
    """Seconds from the beginning until a picture came on the connection that was made afresh."""
    first = next((at for at in came.pictures if at >= came.anew_ns), None) if came.anew_ns else None
    return math.inf if first is None else (first - began_ns) / 1e9


def _back_s(came: Came, healed_ns: int) -> float:
    """Seconds from healing until both sound and picture flow again."""
    firsts = [next((at for at in times if at >= healed_ns), None) for times in (came.sounds, came.pictures)]
    return max(math.inf if at is None else (at - healed_ns) / 1e9 for at in firsts)


def _outage_s(came: Came, since_ns: int, until_ns: int) -> float:
    """The longest time of a phase without sound, or without a picture."""
    longest_ns = 0
    for times in (came.sounds, came.pictures):
        within = [at for at in times if since_ns <= at < until_ns]
        longest_ns = max(longest_ns, *(later - earlier for earlier, later in pairwise([since_ns, *within, until_ns])))
    return longest_ns / 1e9


def _judged(bar: Bar, value: float) -> Judged:
    ok = value <= bar.limit if bar.relation == "<=" else value >= bar.limit
    return Judged(bar.measure, bar.relation, bar.limit, None if math.isinf(value) else round(value, 3), ok)
