"""Figures of a line beside its bars, each as bench/results/lesson.json has its rows."""

from __future__ import annotations

import math
from statistics import median
from typing import Any, Final

from classroom_client.lines.profiles import Bar, Profile

OWN: Final = "own_"
"""Before the name of what the teacher sees and hears of the impaired room while that has the floor."""
OWN_BARS: Final = ("speech_pct", "longest_gap_s", "stroke_p95_ms", "strokes_lost", "back_s")
"""A line is weak in both directions: these hold for what comes from the village as for what comes to it."""
UNITS: Final = {"pct": "%", "s": "s", "ms": "ms", "lost": "strokes", "fps": "1/s", "stoi": "", "differ": "boards"}
COMPARED: Final = ("speech_pct", "fps", "stroke_p95_ms")
FPS_MAY_FALL: Final = 1.0
SPEECH_MAY_FALL_PCT: Final = 0.5
STROKES_MAY_TAKE_MS: Final = 100.0
"""What others may lose beside their control run, or the control's own spread where that is larger."""
FPS_WHERE_SHOWN: Final = 5.0
MOSTLY_PAUSED: Final = 0.1
"""Where pictures were shown for less than this share of the time, the ladder had paused them."""
JUNK_MAY_TAKE_PCT: Final = 10.0


def published(measure: str) -> str:
    """A figure's name in the report."""
    return measure.replace("back_s", "recover_s")


def judged(bar: Bar, value: float, control: float | None = None) -> dict[str, Any]:
    """A figure beside its bar, and beside the same of the good stretch before; what is no number keeps none."""
    return _row(bar.measure, value, bar.relation, bar.limit, control)


def pictures_or_paused(profile: Profile, impaired: dict[str, float]) -> list[dict[str, Any]]:
    """Where the ladder is to pause a line's pictures, or to show so many a second: of the time not paused."""
    if not profile.paused_or_shown:
        return []
    shown = 1 - impaired["paused_pct"] / 100
    paused = shown < MOSTLY_PAUSED
    row = _row("fps", impaired["fps"] / (1 if paused else shown), ">=", 0 if paused else FPS_WHERE_SHOWN, None)
    return [{**row, "bar": f">= {FPS_WHERE_SHOWN:g}, or paused"}]


def own(profile: Profile, figures: dict[str, float]) -> list[dict[str, Any]]:
    """What comes from the village, by the bars of what comes to it."""
    bars = [bar for bar in profile.bars if bar.measure in OWN_BARS and OWN + bar.measure in figures]
    return [_row(OWN + bar.measure, figures[OWN + bar.measure], bar.relation, bar.limit, None) for bar in bars]


def of_appliance(profile: Profile, figures: dict[str, float]) -> list[dict[str, Any]]:
    """What comes from an appliance, by the same bars, and its board."""
    bars = [bar for bar in profile.bars if bar.measure in OWN_BARS and bar.measure in figures]
    rows = [_row(bar.measure, figures[bar.measure], bar.relation, bar.limit, None) for bar in bars]
    return [*rows, _row("boards_differ", figures["boards_differ"], "<=", 0, None)]


def control_of(windows: list[dict[str, float]]) -> dict[str, float]:
    """Of good stretches: the middle one of each figure that is compared, and how far they lie apart."""
    told = {}
    for name in COMPARED:
        values = [one[name] for one in windows if not math.isnan(one[name])]
        told |= {f"control_{name}": median(values), f"spread_{name}": max(values) - min(values)}
    return told


def unchanged(others: dict[str, float]) -> list[dict[str, Any]]:
    """Whether the room on the good line kept its pictures, its sound and its strokes."""
    limits = (
        ("fps", -1, FPS_MAY_FALL),
        ("speech_pct", -1, SPEECH_MAY_FALL_PCT),
        ("stroke_p95_ms", 1, STROKES_MAY_TAKE_MS),
    )
    rows = []
    for name, sign, least in limits:
        control, may = others[f"control_{name}"], max(least, others[f"spread_{name}"])
        relation = "<=" if sign > 0 else ">="
        rows.append(_row(f"others_{name}", others[name], relation, round(control + sign * may, 3), control))
    return rows


def unnoticed(others: dict[str, float]) -> list[dict[str, Any]]:
    """Whether the room beside kept its pictures under junk, of which it may lose a tenth."""
    least = (1 - JUNK_MAY_TAKE_PCT / 100) * others["control_fps"]
    return [_row("others_fps", others["fps"], ">=", round(least, 3), others["control_fps"])]


def _row(name: str, value: float, relation: str, limit: float, control: float | None) -> dict[str, Any]:
    kept = value <= limit if relation == "<=" else value >= limit
    told = _number(value)
    return {
        "name": published(name), "value": told, "unit": UNITS[name.split("_")[-1]], "bar": f"{relation} {limit:g}",
        "control": None if control is None else _number(control), "repetitions": [told],
        "ok": bool(kept and not math.isnan(value)),
    }  # fmt: skip


def rounded(figures: dict[str, float]) -> dict[str, float | None]:
    """For the report: JSON has no infinity."""
    return {name: _number(one) for name, one in figures.items()}


def _number(value: float) -> float | None:
    return None if math.isnan(value) or math.isinf(value) else round(value, 3)
