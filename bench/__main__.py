"""`python -m bench [--only NAME]`: every row beside its bar, as a table and as bench/results/lesson.json.

Each group of rows runs in a process of its own. Where it may, the bench raises its priority, and with it that of every
server it measures, its own and its peers' alike, so that other work on the machine is not what is measured.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.harness import Row, machine, steal
from bench.namespace import wrap

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / "bench/results/lesson.json"
IN_NAMESPACE: Final = ("forwarding", "everyone", "recording")
GROUPS: Final = (*IN_NAMESPACE, "joining", "switching", "strokes", "fanout", "late_board", "restart", "media_relay")
PRIORITY: Final = -15
GROUP_WITHIN_S: Final = 240
TAIL: Final = 1500


def main() -> int:
    """0 when every row keeps its bar, 1 when one does not."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", choices=GROUPS, help="one group; the results file is left alone")
    only: str | None = parser.parse_args().only
    report = measure([group for group in GROUPS if only in (None, group)])
    if only is None:
        write(report, RESULTS)
    return 0 if all(bar["ok"] for bar in report["bars"]) else 1


def measure(groups: Sequence[str]) -> dict[str, Any]:
    """Runs the groups one after the other and shows their rows; what a results file keeps."""
    _raise_priority()
    stolen, ticks = steal()
    bars = [bar for group in groups for bar in _run(group)]
    stolen, ticks = steal()[0] - stolen, steal()[1] - ticks
    report = {
        "machine": machine(),
        "commit": subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "steal_pct": round(100 * stolen / max(1, ticks), 2),
        "load": round(os.getloadavg()[0], 1),
        "bars": bars,
    }
    _show(report)
    return report


def write(report: dict[str, Any], path: Path) -> None:
    """Keeps a report as a results file."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def _raise_priority() -> None:
    try:
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    except PermissionError:
        print("no right to raise the priority: other work on this machine counts in", file=sys.stderr)


def _run(group: str) -> list[dict[str, Any]]:
    """The group's rows, each with what was measured, or with none if the group failed."""
    rows: tuple[Row, ...] = importlib.import_module(f"bench.{group}").ROWS
    command = [sys.executable, "-m", "bench.group", group]
    began_s = time.monotonic()
    process = subprocess.Popen(
        wrap(command) if group in IN_NAMESPACE else command,
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        output, complaint = process.communicate(timeout=GROUP_WITHIN_S)
        figures = json.loads(output.splitlines()[-1]) if process.returncode == 0 else {}
    except (subprocess.TimeoutExpired, IndexError, json.JSONDecodeError) as error:
        figures, complaint = {}, str(error)
    finally:
        _end_all_of(process)
    if len(figures) < len(rows):
        print(f"{group}: not measured\n{complaint[-TAIL:]}", file=sys.stderr)
    print(f"{group}: {time.monotonic() - began_s:.0f} s", file=sys.stderr, flush=True)
    return [_bar(row, figures.get(row.name)) for row in rows]


def _end_all_of(process: subprocess.Popen[str]) -> None:
    """A group that failed leaves its servers and browsers behind; all are in its session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _bar(row: Row, figure: dict[str, Any] | None) -> dict[str, Any]:
    value = None if figure is None or figure["value"] != figure["value"] else figure["value"]
    measured = figure or {"control": None, "repetitions": [], "notes": {}}
    return {
        "name": row.name,
        "value": None if value is None else round(value, 4),
        "unit": row.unit,
        "bar": f"{row.relation} {row.limit:g}",
        "control": None if measured["control"] is None else round(measured["control"], 4),
        "repetitions": [round(one, 4) for one in measured["repetitions"]],
        "ok": row.meets(value),
        "notes": measured["notes"],
    }


def _show(report: dict[str, Any]) -> None:
    print(f"{report['machine']}; steal {report['steal_pct']} %, load {report['load']}")
    for bar in report["bars"]:
        value = "-" if bar["value"] is None else f"{bar['value']:g}"
        control = "" if bar["control"] is None else f"  control {bar['control']:g}"
        notes = "  " + ", ".join(f"{key} {value}" for key, value in bar["notes"].items()) if bar["notes"] else ""
        print(
            f"{'ok  ' if bar['ok'] else 'MISS'} {bar['name']:<72} {value:>10} {bar['unit']}"
            f" ({bar['bar']}){control}{notes}"
        )


if __name__ == "__main__":
    sys.exit(main())
