"""Row 5: forty synthetic participants join at once; meanwhile a real television joins again and again."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import Page, async_playwright

from bench.browser import CHROMIUM, FLAGS
from bench.crowd import KEYFRAMES_WITHIN_S
from bench.harness import Figure, Row, cpu_s, median, percentile
from bench.served import Cast, Served

LESSONS: Final = 10
PARTICIPANTS: Final = 4
TELEVISION_JOINS: Final = 20
CROWD_WITHIN_S: Final = 60.0
PICTURE_WITHIN_MS: Final = 3_000

ROWS = (
    Row("40 participants join, each with a complete keyframe", "s", "<=", 5.0),
    Row("a Chromium joins meanwhile, click to first picture, median of 20", "s", "<=", 0.6),
)

FIRST_PICTURE = """
window.__firstPicture = new Promise(resolve => {
  const remote = new Set();
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, args) {
      const peer = new target(...args);
      peer.addEventListener('track', event => remote.add(event.track));
      return peer;
    },
  });
  const look = () => {
    for (const video of document.querySelectorAll('video'))
      if (video.srcObject?.getVideoTracks().some(track => remote.has(track)) && video.videoWidth > 8
        && video.getVideoPlaybackQuality().totalVideoFrames > 0) return resolve(performance.now());
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
"""
"""Milliseconds from the beginning of the navigation to the first frame of somebody else on the screen."""


async def measure() -> dict[str, Figure]:
    """Both rows. The television is in a lesson of its own, that of lesson number LESSONS."""
    cast = Cast(1)
    with tempfile.TemporaryDirectory(prefix="tongke-bench-", ignore_cleanup_errors=True) as folder:
        served = await Served.start(Path(folder) / "data", LESSONS + 1)
        links = Path(folder) / "links.json"
        links.write_text(json.dumps(served.links))
        lead = cast.participant(served, LESSONS, 0)
        cast.enter(lead)
        await cast.begin(lead)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=[*FLAGS])
            context = await browser.new_context(viewport={"width": 1280, "height": 720}, locale="zh-CN")
            await context.add_init_script(FIRST_PICTURE)
            page = await context.new_page()
            link = served.classroom_page(LESSONS, 0)
            await _join(page, link)
            before_s = cpu_s(served.pid)
            crowd = asyncio.create_task(_crowd(links))
            seconds = [await _join(page, link) for _ in range(TELEVISION_JOINS)]
            waits, all_in_s = await crowd
            used_s = cpu_s(served.pid) - before_s
            await browser.close()
        await cast.leave()
        await served.stop()
    notes: dict[str, float | str] = {
        "joined": sum(wait < KEYFRAMES_WITHIN_S for wait in waits),
        "one_join_median_s": round(median(waits), 2),
        "one_join_p95_s": round(percentile(waits, 0.95), 2),
        "server_cpu_s": round(used_s, 2),
    }
    return {
        ROWS[0].name: Figure(all_in_s, waits, notes=notes),
        ROWS[1].name: Figure(median(seconds), seconds, notes={"p95_s": round(percentile(seconds, 0.95), 2)}),
    }


async def _join(page: Page, link: str) -> float:
    """Seconds from opening the link to the first picture."""
    await page.goto("about:blank")
    await page.goto(link, wait_until="commit")
    limit = f"new Promise(resolve => setTimeout(resolve, {PICTURE_WITHIN_MS}, {PICTURE_WITHIN_MS}))"
    return float(await page.evaluate(f"Promise.race([window.__firstPicture, {limit}])")) / 1000


async def _crowd(links: Path) -> tuple[list[float], float]:
    """The forty in a process of their own; each one's wait and the time until the last has its keyframe."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.crowd", str(links), str(LESSONS), str(PARTICIPANTS),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(CROWD_WITHIN_S):
        output, _ = await process.communicate()
    told = json.loads(output.splitlines()[-1])
    return told["waits"], told["all_in_s"]
