"""Row 8: a lesson of 10,000 strokes; a television that comes late has the whole board."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from playwright.async_api import Page, async_playwright

from bench.browser import CHROMIUM, FLAGS
from bench.harness import Figure, Row, median
from bench.served import Cast, Served
from classroom_client.rehearsal.book import Whose
from classroom_client.rehearsal.strokes import stroke
from signaling.messages import Logged, StrokeDrawn

STROKES: Final = 10_000
JOINS: Final = 5
QUIET_MS: Final = 700
COMPLETE_WITHIN_MS: Final = 15_000

ROWS = (Row("late joiner's board of 10,000 strokes complete", "s", "<=", 1.0),)

NOTE_DRAWING = """
window.__ink = { fills: 0, last: 0, socket: 0 };
for (const name of ['fill', 'stroke']) {
  const plain = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...args) {
    plain.apply(this, args);
    window.__ink.fills++;
    window.__ink.last = performance.now();
  };
}
window.WebSocket = new Proxy(window.WebSocket, {
  construct(target, args) { window.__ink.socket ||= performance.now(); return new target(...args); },
});
"""
"""How much ink was drawn, when the last of it, and when the page began to join the lesson; ms of the page's clock."""

COMPLETE = """async ([strokes, quiet, within]) => {
  for (;;) {
    const { fills, last, socket } = window.__ink, now = performance.now();
    if ((fills >= strokes && now - last > quiet) || now > within) return { fills, last, socket };
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}"""


async def measure() -> dict[str, Figure]:
    """From the page's joining (its socket) to the last stroke on the canvas."""
    with tempfile.TemporaryDirectory(prefix="tongke-bench-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        await _teach(data)
        served = await Served.start(data, 1)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=[*FLAGS])
            page = await browser.new_page(viewport={"width": 1280, "height": 720}, locale="zh-CN")
            await page.add_init_script(NOTE_DRAWING)
            seen = [await _join(page, served.classroom_page(0, 0)) for _ in range(JOINS)]
            await browser.close()
        await served.stop()
    seconds = [
        (ink["last"] - ink["socket"]) / 1000 if ink["fills"] >= STROKES else COMPLETE_WITHIN_MS / 1000 for ink in seen
    ]
    notes: dict[str, float | str] = {
        "fills": median([ink["fills"] for ink in seen]),
        "from_navigation_s": round(median([ink["last"] / 1000 for ink in seen]), 2),
    }
    return {ROWS[0].name: Figure(median(seconds), seconds, notes=notes)}


async def _join(page: Page, link: str) -> dict[str, float]:
    await page.goto("about:blank")
    await page.goto(link)
    ink: dict[str, float] = await page.evaluate(COMPLETE, [STROKES, QUIET_MS, COMPLETE_WITHIN_MS])
    return ink


async def _teach(data: Path) -> None:
    """A live lesson whose log says that its lead drew STROKES strokes; the server goes down before they are added."""
    served = await Served.start(data, 1)
    cast = Cast(1)
    lead = cast.participant(served, 0, 0)
    cast.enter(lead)
    await cast.begin(lead)
    author = lead.name
    await served.stop()
    await cast.leave()
    log = data / "lessons" / served.lesson_id(0) / "log.jsonl"
    await asyncio.to_thread(_add_strokes, log, author)


def _add_strokes(log: Path, author: str) -> None:
    last = msgspec.json.decode(log.read_bytes().splitlines()[-1], type=Logged)
    with log.open("ab") as out:
        for count in range(1, STROKES + 1):
            drawn = stroke(Whose(0, 0), count, 1, count)
            event = StrokeDrawn(
                id=drawn.id, page=drawn.page, colour=drawn.colour, width=drawn.width, points=drawn.points
            )
            line = Logged(number=last.number + count, at=last.at + 1, by=author, event=event)
            out.write(msgspec.json.encode(line) + b"\n")
