"""Row 8: a lesson of 10,000 strokes; a television that comes late has the whole board.

A teacher's page of that many strokes is black, so one row has them on ten pages; the other has all of them on one.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from playwright.async_api import Page, async_playwright

from bench.browser import CHROMIUM, FLAGS
from bench.harness import Figure, Row, median
from bench.served import Cast, Served
from classroom_client.rehearsal.book import Whose
from classroom_client.rehearsal.strokes import stroke
from signaling.board import Board
from signaling.messages import Logged, PageAdded, StrokeDrawn

STROKES: Final = 10_000
PAGES: Final = 10
JOINS: Final = 5
COMPLETE_WITHIN_MS: Final = 15_000

ROWS = (
    Row("late joiner's board of 10,000 strokes complete, ten pages", "s", "<=", 1.0),
    Row("late joiner's board of 10,000 strokes complete, all on one page", "s", "<=", 1.0),
)

NOTE_DRAWING = """
window.__ink = { shown: NaN, whole: 0, socket: 0, snapshot: 0, checks: [] };
let noted = false;
const shown = () => { noted = false; window.__ink.shown = performance.now(); };
const fill = CanvasRenderingContext2D.prototype.fill;
CanvasRenderingContext2D.prototype.fill = function (...args) {
  fill.apply(this, args);
  if (!noted) requestAnimationFrame(() => setTimeout(shown, 0));
  noted = true;
};
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (data.includes('"board_check"')) window.__ink.checks.push(JSON.parse(data).hash);
  const tookPart = data.startsWith('{"type":"ack"') && data.includes('"parts"');
  if (tookPart) setTimeout(() => { window.__ink.whole = performance.now(); });
  send.call(this, data);
};
window.WebSocket = new Proxy(window.WebSocket, {
  construct(target, args) {
    window.__ink.socket ||= performance.now();
    const socket = new target(...args);
    socket.addEventListener('message', ({ data }) => {
      if (typeof data !== 'string') return; // a part of the board: the first of them comes after its head
      if (data.startsWith('{"type":"snapshot"')) window.__ink.snapshot ||= performance.now();
    });
    return socket;
  },
});
"""
"""When the page began to join, had the state, made the frame after its latest ink, and held the last part of the board,
which it acknowledges just before it takes it in (web/src/signaling/socket.ts); and what it says it drew.
"""

COMPLETE = """async ([hash, within]) => {
  for (;;) {
    const ink = window.__ink;
    if (ink.checks.includes(hash)) return { ...ink, complete: true };
    if (performance.now() > within) return { ...ink, complete: false };
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}"""


@dataclass(frozen=True)
class Joined:
    """Seconds since the page was asked for: its socket, the snapshot on it, the last ink shown, the last part held."""

    socket: float
    snapshot: float
    shown: float
    whole: float

    @property
    def seconds(self) -> float:
        """From the socket until all strokes are held, and those of the page that is shown are on the screen."""
        return max(self.shown, self.whole) - self.socket


async def measure() -> dict[str, Figure]:
    """From the page's joining (its socket) until its whole board is there."""
    return {row.name: _figure(pages, await _join_all(pages)) for row, pages in zip(ROWS, (PAGES, 1), strict=True)}


def _figure(pages: int, joined: Sequence[Joined]) -> Figure:
    seconds = [each.seconds for each in joined]
    notes: dict[str, float | str] = {
        "pages": pages,
        "snapshot_here_s": round(median([each.snapshot - each.socket for each in joined]), 2),
        "shown_page_s": round(median([each.shown - each.socket for each in joined]), 2),
        "from_navigation_s": round(median([max(each.shown, each.whole) for each in joined]), 2),
    }
    return Figure(median(seconds), seconds, notes=notes)


async def _join_all(pages: int) -> list[Joined]:
    with tempfile.TemporaryDirectory(prefix="tongke-bench-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        digest = await _teach(data, pages)
        served = await Served.start(data, 1)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=[*FLAGS])
            page = await browser.new_page(viewport={"width": 1280, "height": 720}, locale="zh-CN")
            await page.add_init_script(NOTE_DRAWING)
            seen = [await _join(page, served.classroom_page(0, 0), digest) for _ in range(JOINS)]
            await browser.close()
        await served.stop()
    return seen


async def _join(page: Page, link: str, digest: str) -> Joined:
    """The board was complete if what the page says a second later that it drew is the hash that the log gives."""
    await page.goto("about:blank")
    await page.goto(link)
    ink = await page.evaluate(COMPLETE, [digest, COMPLETE_WITHIN_MS])
    whole = ink["whole"] if ink["complete"] else ink["socket"] + COMPLETE_WITHIN_MS
    return Joined(*(ms / 1000 for ms in (ink["socket"], ink["snapshot"], ink["shown"], whole)))


async def _teach(data: Path, pages: int) -> str:
    """A live lesson whose log says that its lead drew STROKES strokes; the server goes down before they are added.

    Returns the hash of its board.
    """
    served = await Served.start(data, 1)
    cast = Cast(1)
    lead = cast.participant(served, 0, 0)
    cast.enter(lead)
    await cast.begin(lead)
    author = lead.name
    await served.stop()
    await cast.leave()
    log = data / "lessons" / served.lesson_id(0) / "log.jsonl"
    return await asyncio.to_thread(_add_strokes, log, author, pages)


def _add_strokes(log: Path, author: str, pages: int) -> str:
    last = msgspec.json.decode(log.read_bytes().splitlines()[-1], type=Logged)
    board = Board()
    with log.open("ab") as out:
        for number, event in enumerate(_drawing(pages), last.number + 1):
            line = Logged(number=number, at=last.at + 1, by=author, event=event)
            board.apply(line)
            out.write(msgspec.json.encode(line) + b"\n")
    return board.hash()


def _drawing(pages: int) -> Iterator[PageAdded | StrokeDrawn]:
    """As many strokes on each page; the last is the one shown."""
    for page in range(1, pages + 1):
        if page > 1:
            yield PageAdded(id=f"add-page-{page}", page=page, after=page - 1)
        for count in range(STROKES // pages):
            drawn = stroke(Whose(0, 0), page * STROKES + count, page, count)
            yield StrokeDrawn(id=drawn.id, page=drawn.page, colour=drawn.colour, width=drawn.width, points=drawn.points)
