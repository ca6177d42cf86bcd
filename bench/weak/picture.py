"""The scorecard as a picture: bench/results/weak.json to docs/pictures/weak-lines.svg."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = ROOT / "bench/results/weak.json"
PICTURE: Final = ROOT / "docs/pictures/weak-lines.svg"
LINES: Final = {
    "loss3": ("丢包 3 %，来回 200 ms", "3 % lost, 200 ms there and back"),
    "burst5": ("成串丢包 5 %，1 Mbit/s", "5 % lost in bursts, 1 Mbit/s"),
    "loss10": ("丢包 10 %，300 kbit/s", "10 % lost, 300 kbit/s"),
    "thin128": ("128 kbit/s，丢包 5 %", "128 kbit/s, 5 % lost"),
    "thin64": ("64 kbit/s", "64 kbit/s"),
    "dip": ("2 Mbit/s 忽降到 300 kbit/s", "2 Mbit/s falls to 300 kbit/s"),
    "cut3": ("断线 3 秒", "cut for 3 s"),
    "cut8": ("断线 8 秒", "cut for 8 s"),
    "cut20": ("断线 20 秒", "cut for 20 s"),
    "cut45": ("断线 45 秒", "cut for 45 s"),
    "cut600": ("断线 10 分钟", "cut for 10 minutes"),
    "roam": ("换了地址和端口", "another address and port"),
    "oneway": ("单向不通 10 秒", "one direction dead for 10 s"),
    "tcp": ("UDP 不通", "UDP blocked"),
    "relay": ("只通 443，经中继", "only 443, through the relay"),
    "junk": ("每秒 2 万个垃圾包", "20,000 junk datagrams a second"),
}
COLUMNS: Final = (
    (20, "线路", "the line"),
    (330, "村小听到的", "heard in the village"),
    (490, "画面", "picture"),
    (640, "笔迹", "strokes"),
    (790, "恢复", "back after"),
    (920, "别的教室", "other rooms"),
)
ROW: Final = 46
TOP: Final = 74
WIDTH: Final = 1080
KEPT, MISSED, INK, PALE = "#1b7f4d", "#b3261e", "#1c1b1f", "#6b6875"


def main() -> None:
    """Writes the picture."""
    report = json.loads(RESULTS.read_text())
    rows = [(name, report["profiles"][name]) for name in LINES if name in report["profiles"]]
    height = TOP + ROW * len(rows) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for x, chinese, english in COLUMNS:
        parts += [_text(x, 30, chinese, INK, 17, bold=True), _text(x, 52, english, PALE, 13)]
    for at, (name, measured) in enumerate(rows):
        parts += _row(TOP + ROW * at, name, measured)
    PICTURE.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _row(y: int, name: str, measured: dict[str, Any]) -> list[str]:
    seen, others = measured["impaired"], measured["others"]
    missed = {bar["name"] for bar in measured["bars"] if not bar["ok"]}
    chinese, english = LINES[name]
    mark = MISSED if missed else KEPT
    cells = (
        (f"{_number(seen['speech_pct'], 1)} %", {"speech_pct", "longest_gap_s"}),
        (f"{_number(seen['fps'], 0)} fps · {seen['height']:.0f}p", {"fps", "freeze_pct", "first_picture_s"}),
        (f"{_number(seen['stroke_p95_ms'], 0)} ms", {"stroke_p95_ms", "strokes_lost"}),
        (f"{_number(seen['back_s'], 1)} s" if "back_s" in seen else "", {"back_s", "settled_s"}),
        (f"{_number(others['fps'], 0)} / {_number(others['control_fps'], 0)} fps", {"others_fps_fell", "fps_fell_pct"}),
    )
    parts = [
        f'<line x1="12" x2="{WIDTH - 12}" y1="{y}" y2="{y}" stroke="#e3e1e8"/>',
        f'<rect x="4" y="{y + 6}" width="6" height="{ROW - 12}" rx="3" fill="{mark}"/>',
        _text(20, y + 20, chinese, INK, 16, bold=True),
        _text(20, y + 38, f"{name} · {english}", PALE, 12),
    ]
    for (x, _, _), (words, bars) in zip(COLUMNS[1:], cells, strict=True):
        parts.append(_text(x, y + 29, words, MISSED if bars & missed else INK, 16, bold=bool(bars & missed)))
    return parts


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _text(x: int, y: int, words: str, colour: str, size: int, *, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}"{weight}>{escape(words)}</text>'


if __name__ == "__main__":
    main()
