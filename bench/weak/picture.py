"""The scorecard as a picture: bench/results/weak.json to docs/pictures/weak-lines.svg."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any, Final

from bench.weak.table import PAUSED_PCT, bars, number

ROOT: Final = Path(__file__).parents[2]
RESULTS: Final = ROOT / "bench/results/weak.json"
PICTURE: Final = ROOT / "docs/pictures/weak-lines.svg"
WORDS: Final = Path(__file__).parent / "locale"
COLUMNS: Final = {
    "line": 20, "heard": 350, "picture": 490, "strokes": 650, "back": 790, "teacher": 890, "others": 1150,
}  # fmt: skip
"""Where each begins, in px."""
ROW: Final = 46
TOP: Final = 74
WIDTH: Final = 1310
KEPT, MISSED, INK, PALE = "#1b7f4d", "#b3261e", "#1c1b1f", "#6b6875"

Words = dict[str, dict[str, str]]


def main() -> None:
    """Writes the picture."""
    report = json.loads(RESULTS.read_text())
    chinese, english = (_words(language) for language in ("zh-CN", "en"))
    rows = [(name, report["profiles"][name]) for name in english["line"] if name in report["profiles"]]
    height = TOP + ROW * len(rows) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for name, x in COLUMNS.items():
        parts += [_text(x, 30, chinese["column"][name], INK, 17, bold=True)]
        parts += [_text(x, 52, english["column"][name], PALE, 13)]
    for at, (name, measured) in enumerate(rows):
        y = TOP + ROW * at
        parts += _row(y, measured, chinese["line"][name], f"{name} · {english['line'][name]}")
    PICTURE.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _words(language: str) -> Words:
    """The catalog: of the columns and of the lines, in the picture's order."""
    words: Words = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))
    return words


def _row(y: int, measured: dict[str, Any], title: str, below: str) -> list[str]:
    seen, others = measured["impaired"], measured["others"]
    missed = {bar["name"] for bar in bars(measured) if not bar["ok"]}
    mark = MISSED if missed else KEPT
    cells = (
        (f"{number(seen['speech_pct'], 1)} %", {"speech_pct", "longest_gap_s", "stoi"}),
        (_pictures(seen), {"fps", "freeze_pct", "first_picture_s", "fps_fell_pct"}),
        (f"{number(seen['stroke_p95_ms'], 0)} ms", {"stroke_p95_ms", "strokes_lost", "page_legible_s"}),
        (
            f"{number(seen['recover_s'], 1)} s" if "recover_s" in seen else "",
            {"recover_s", "settled_s", "settled_down_s", "noticed_s"},
        ),
        (_own(seen), {bar for bar in missed if bar.startswith("own_")}),
        (
            f"{number(others['fps'], 0)} / {number(others['control_fps'], 0)} fps",
            {bar for bar in missed if bar.startswith("others_")},
        ),
    )
    parts = [
        f'<line x1="12" x2="{WIDTH - 12}" y1="{y}" y2="{y}" stroke="#e3e1e8"/>',
        f'<rect x="4" y="{y + 6}" width="6" height="{ROW - 12}" rx="3" fill="{mark}"/>',
        _text(COLUMNS["line"], y + 20, title, INK, 16, bold=True),
        _text(COLUMNS["line"], y + 38, below, PALE, 12),
    ]
    for x, (words, about) in zip(list(COLUMNS.values())[1:], cells, strict=True):
        parts.append(_text(x, y + 29, words, MISSED if about & missed else INK, 16, bold=bool(about & missed)))
    return parts


def _pictures(seen: dict[str, Any]) -> str:
    if seen["paused_pct"] > PAUSED_PCT:
        return "–"
    return f"{number(seen['fps'], 0)} fps · {seen['height']:.0f}p"


def _own(seen: dict[str, Any]) -> str:
    """What comes to the teacher: speech, pictures, strokes."""
    if "own_speech_pct" not in seen:
        return ""
    fps = f"{seen['own_fps']:.0f} fps" if seen["own_fps"] >= 1 else "–"
    return f"{number(seen['own_speech_pct'], 1)} % · {fps} · {number(seen['own_stroke_p95_ms'], 0)} ms"


def _text(x: int, y: int, words: str, colour: str, size: int, *, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}"{weight}>{escape(words)}</text>'


if __name__ == "__main__":
    main()
