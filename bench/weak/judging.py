"""Figures of a line beside its bars."""

from __future__ import annotations

import math
from typing import Any, Final

from classroom_client.lines.profiles import Bar

FPS_MAY_FALL: Final = 1.0


def judged(bar: Bar, value: float) -> dict[str, Any]:
    """A figure beside its bar; what is no number keeps none."""
    kept = value <= bar.limit if bar.relation == "<=" else value >= bar.limit
    return {
        "name": bar.measure, "value": None if math.isnan(value) or math.isinf(value) else round(value, 3),
        "bar": f"{bar.relation} {bar.limit:g}", "ok": bool(kept and not math.isnan(value)),
    }  # fmt: skip


def unchanged(others: dict[str, float]) -> dict[str, Any]:
    """Whether the room on the good line kept its pictures."""
    fell = others["control_fps"] - others["fps"]
    return {
        "name": "others_fps_fell",
        "value": round(fell, 2),
        "bar": f"<= {FPS_MAY_FALL:g}",
        "ok": fell <= FPS_MAY_FALL,
    }


def rounded(figures: dict[str, float]) -> dict[str, float | None]:
    """For the report: JSON has no infinity."""
    return {name: None if math.isnan(one) or math.isinf(one) else round(one, 3) for name, one in figures.items()}
