"""Row 5: forty synthetic participants join at once; meanwhile a real television joins again and again.

The forty come in rounds, each of a new process with new connections, until the television has joined often enough: all
its joins that count began while a round was coming in.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass, field
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
JOINS_BEFORE: Final = 3
"""The television has been here before: its browser knows the pages."""
SLOW_CAMERA: Final = "--use-fake-device-for-media-stream=fps=5"
"""A real television's encoder is not on the server's cores; this one's costs them as little as it can."""
MOST_ROUNDS: Final = 10
CROWD_WITHIN_S: Final = 40.0
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


@dataclass
class Rounds:
    """What all rounds told: each one's time until the last keyframe, and each participant's wait, in seconds."""

    all_in_s: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    server_cpu_s: list[float] = field(default_factory=list)
    television_s: list[float] = field(default_factory=list)


async def measure() -> dict[str, Figure]:
    """Both rows. The television is in a lesson of its own, that of lesson number LESSONS."""
    cast = Cast(1)
    rounds = Rounds()
    with tempfile.TemporaryDirectory(prefix="tongke-bench-", ignore_cleanup_errors=True) as folder:
        served = await Served.start(Path(folder) / "data", LESSONS + 1)
        links = Path(folder) / "links.json"
        links.write_text(json.dumps(served.links))
        lead = cast.participant(served, LESSONS, 0)
        cast.enter(lead)
        await cast.begin(lead)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, headless=True, args=[*FLAGS, SLOW_CAMERA]
            )
            context = await browser.new_context(viewport={"width": 1280, "height": 720}, locale="zh-CN")
            await context.add_init_script(FIRST_PICTURE)
            page = await context.new_page()
            link = served.classroom_page(LESSONS, 0)
            for _ in range(JOINS_BEFORE):
                await _join(page, link)
            while len(rounds.television_s) < TELEVISION_JOINS and len(rounds.all_in_s) < MOST_ROUNDS:
                await _round(served, links, page, link, rounds)
            await browser.close()
        await cast.leave()
        await served.stop()
    television_s = rounds.television_s[:TELEVISION_JOINS]
    notes: dict[str, float | str] = {
        "rounds": len(rounds.all_in_s),
        "joined": sum(wait < KEYFRAMES_WITHIN_S for wait in rounds.waits),
        "one_join_median_s": round(median(rounds.waits), 2),
        "one_join_p95_s": round(percentile(rounds.waits, 0.95), 2),
        "server_cpu_s": round(median(rounds.server_cpu_s), 2),
    }
    return {
        ROWS[0].name: Figure(max(rounds.all_in_s), rounds.all_in_s, notes=notes),
        ROWS[1].name: Figure(
            median(television_s), television_s, notes={"p95_s": round(percentile(television_s, 0.95), 2)}
        ),
    }


async def _round(served: Served, links: Path, page: Page, link: str, rounds: Rounds) -> None:
    """The forty come once; the television joins for as long as they do."""
    crowd = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.crowd", str(links), str(LESSONS), str(PARTICIPANTS),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert crowd.stdin is not None
    assert crowd.stdout is not None
    async with asyncio.timeout(CROWD_WITHIN_S):
        await crowd.stdout.readline()
        before_s = cpu_s(served.pid)
        crowd.stdin.write(b"come\n")
        telling = asyncio.create_task(crowd.stdout.read())
        while not telling.done():
            rounds.television_s.append(await _join(page, link))
        told = json.loads((await telling).splitlines()[-1])
    rounds.server_cpu_s.append(cpu_s(served.pid) - before_s)
    rounds.all_in_s.append(told["all_in_s"])
    rounds.waits += told["waits"]


async def _join(page: Page, link: str) -> float:
    """Seconds from opening the link to the first picture."""
    await page.goto("about:blank")
    await page.goto(link, wait_until="commit")
    limit = f"new Promise(resolve => setTimeout(resolve, {PICTURE_WITHIN_MS}, {PICTURE_WITHIN_MS}))"
    return float(await page.evaluate(f"Promise.race([window.__firstPicture, {limit}])")) / 1000
