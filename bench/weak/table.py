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
    "| profile | speech | picture | stroke p95 | back | other room | bars |",
    "|---|---|---|---|---|---|---|",
)


def main() -> None:
    """Writes the table into the page."""
    page, report = PAGE.read_text(encoding="utf-8"), json.loads(RESULTS.read_text())
    before, _, rest = page.partition(BEGINS)
    _, _, after = rest.partition(ENDS)
    PAGE.write_text(before + BEGINS + table(report) + ENDS + after, encoding="utf-8")


def table(report: dict[str, Any]) -> str:
    """What a run found: how many lines keep all bars, on which machine, and each line in a row."""
    profiles: dict[str, Any] = report["profiles"]
    kept = sum(all(bar["ok"] for bar in one["bars"]) for one in profiles.values())
    told = f"{kept} of {len(profiles)} lines keep all their bars ({report['machine']}, {report['date'][:10]})."
    return "\n".join([told, "", *HEAD, *(_row(name, one) for name, one in profiles.items())]) + "\n"


def _row(name: str, measured: dict[str, Any]) -> str:
    seen, others = measured["impaired"], measured["others"]
    missed = [f"{bar['name']} {bar['value']} ({bar['bar']})" for bar in measured["bars"] if not bar["ok"]]
    cells = (
        f"`{name}`",
        f"{_number(seen['speech_pct'], 1)} %",
        f"{_number(seen['fps'], 0)} fps, frozen {_number(seen['freeze_pct'], 1)} %",
        f"{_number(seen['stroke_p95_ms'], 0)} ms",
        f"{_number(seen['back_s'], 1)} s" if "back_s" in seen else "",
        f"{_number(others['fps'], 0)} of {_number(others['control_fps'], 0)} fps",
        f"missed: {', '.join(missed)}" if missed else "kept",
    )
    return f"| {' | '.join(cells)} |"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


if __name__ == "__main__":
    main()
