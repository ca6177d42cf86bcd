"""Row 7, first half: from writing a stroke to the teacher's socket to its ink on a television's canvas."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

from playwright.async_api import Page, async_playwright

from bench.browser import CHROMIUM, FLAGS
from bench.harness import Figure, Row, median, percentile
from bench.served import Cast, Served
from classroom_client.rehearsal.strokes import stroke

STROKES: Final = 100
EVERY_S: Final = 0.1
SEEN_WITHIN_S: Final = 5.0

ROWS = (Row("stroke, socket write to canvas draw, p95", "ms", "<=", 30.0),)

NOTE_INK = """
window.__drawn = [];
for (const name of ['fill', 'stroke', 'drawImage']) {
  const plain = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...args) {
    plain.apply(this, args);
    window.__drawn.push(performance.timeOrigin + performance.now());
  };
}
"""
"""The wall clock of each drawing on a canvas, in milliseconds."""


async def measure() -> dict[str, Figure]:
    """Strokes one by one, each drawn before the next is sent."""
    cast = Cast(1)
    with tempfile.TemporaryDirectory(prefix="tongke-bench-", ignore_cleanup_errors=True) as folder:
        served = await Served.start(Path(folder) / "data", 1)
        lead = cast.participant(served, 0, 0)
        cast.enter(lead)
        await cast.begin(lead)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=[*FLAGS])
            page = await browser.new_page(viewport={"width": 1280, "height": 720}, locale="zh-CN")
            await page.add_init_script(NOTE_INK)
            await page.goto(served.classroom_page(0, 0))
            await page.locator("canvas").first.wait_for()
            await asyncio.sleep(2)
            sent_ms = []
            for count in range(1, STROKES + 1):
                drawing = stroke(lead.whose, count, 1, time.monotonic_ns())
                sent_ms.append(time.time_ns() / 1e6)
                await lead.send(drawing)
                await asyncio.sleep(EVERY_S)
            waits = await _waits(page, sent_ms)
            await browser.close()
        await cast.leave()
        await served.stop()
    return {ROWS[0].name: Figure(percentile(waits, 0.95), waits, notes={"median_ms": round(median(waits), 1)})}


async def _waits(page: Page, sent_ms: list[float]) -> list[float]:
    """Milliseconds from each sending to the first drawing after it; SEEN_WITHIN_S where none came."""
    await asyncio.sleep(0.5)
    drawn_ms: list[float] = await page.evaluate("window.__drawn")
    limits = [*sent_ms[1:], sent_ms[-1] + SEEN_WITHIN_S * 1000]
    waits = []
    for sent, until in zip(sent_ms, limits, strict=True):
        inks = [drawn for drawn in drawn_ms if sent <= drawn < until]
        waits.append(inks[0] - sent if inks else SEEN_WITHIN_S * 1000)
    return waits
