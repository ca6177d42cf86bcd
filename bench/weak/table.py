"""The scorecard as a table: bench/results/weak.json into docs/weak-lines.md, between its two marks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = ROOT / "bench/results/weak.json"
PAGE: Final = ROOT / "docs/weak-lines.md"
BEGINS, ENDS = "<!-- scorecard -->\n", "<!-- end of the scorecard -->\n"
HEAD: Final = (
    "| profile | heard | seen | strokes p50, p95 | back | from the village | other rooms | bars |",
    "|---|---|---|---|---|---|---|---|",
)
PAUSED_PCT: Final = 90


def main() -> None:
    """Writes the table into the page."""
    page, report = PAGE.read_text(encoding="utf-8"), json.loads(RESULTS.read_text())
    before, _, rest = page.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    PAGE.write_text(before + BEGINS + table(report) + ENDS + after, encoding="utf-8")


def table(report: dict[str, Any]) -> str:
    """What a run found: how many lines keep all bars, on which machine, and each line in a row."""
    profiles: dict[str, Any] = report["profiles"]
    kept = sum(all(bar["ok"] for bar in bars(one)) for one in profiles.values())
    told = f"{kept} of {len(profiles)} lines keep all their bars ({report['machine']}, {report['date'][:10]})."
    return "\n".join([told, "", *HEAD, *(_row(name, one) for name, one in profiles.items())]) + "\n"


def bars(measured: dict[str, Any]) -> list[dict[str, Any]]:
    """All bars of a line: those of the pages, and those of an appliance on it, where it was tried."""
    others: list[dict[str, Any]] = measured.get("appliance", {}).get("bars", [])
    return [*measured["bars"], *({**bar, "name": f"appliance {bar['name']}"} for bar in others)]


def _row(name: str, measured: dict[str, Any]) -> str:
    seen, others = measured["impaired"], measured["others"]
    missed = [f"{bar['name']} {bar['value']} ({bar['bar']})" for bar in bars(measured) if not bar["ok"]]
    cells = (
        f"`{name}`",
        f"{number(seen['speech_pct'], 1)} %, {number(seen['concealed_s'], 1)} s concealed",
        pictures(seen),
        f"{number(seen['stroke_p50_ms'], 0)}, {number(seen['stroke_p95_ms'], 0)} ms",
        f"{number(seen['recover_s'], 1)} s" if "recover_s" in seen else "",
        _own(seen),
        f"{number(others['fps'], 1)} fps ({number(others['control_fps'], 1)}), "
        f"{number(others['speech_pct'], 1)} % ({number(others['control_speech_pct'], 1)}), "
        f"{number(others['stroke_p95_ms'], 0)} ms ({number(others['control_stroke_p95_ms'], 0)})",
        f"missed: {', '.join(missed)}" if missed else "kept",
    )
    return f"| {' | '.join(cells)} |"


def pictures(seen: dict[str, Any]) -> str:
    """What the impaired room saw."""
    if seen["paused_pct"] > PAUSED_PCT:
        return "paused"
    return f"{number(seen['fps'], 0)} fps, {seen['height']:.0f}p, frozen {number(seen['freeze_pct'], 1)} %"


def _own(seen: dict[str, Any]) -> str:
    if "own_speech_pct" not in seen:
        return ""
    back = f", back {number(seen['own_recover_s'], 1)} s" if "own_recover_s" in seen else ""
    return f"{number(seen['own_speech_pct'], 1)} %, {number(seen['own_stroke_p95_ms'], 0)} ms{back}"


def number(value: float | None, digits: int) -> str:
    """A figure as it is shown; a dash where it was not measured."""
    return "–" if value is None else f"{value:.{digits}f}"


if __name__ == "__main__":
    main()
