"""A teacher and a classroom as the tests play them: what they tap, what they see, what they hear."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import BrowserContext, Locator, Page

from tests.e2e import footage

ROOT = Path(__file__).parents[2]
WITHIN_S = 30.0
COLOUR_TOLERANCE = 70
T = TypeVar("T")

LISTENER = """
window.__peers = [];
window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
  construct(target, args) { const peer = new target(...args); window.__peers.push(peer); return peer; },
});
"""
"""Keeps hold of the page's peer connections, so that a test can listen to what arrives."""

PICTURE_OF = """label => {
  const shown = [...document.querySelectorAll('video')]
    .filter(v => v.getAttribute('aria-label') === label || v.currentSrc.includes(label))
    .filter(v => v.videoWidth && v.getBoundingClientRect().width > 8
      && getComputedStyle(v).visibility !== 'hidden');
  if (!shown.length) return null;
  const video = shown.sort((a, b) => b.getBoundingClientRect().width - a.getBoundingClientRect().width)[0];
  const canvas = document.createElement('canvas');
  canvas.width = 64; canvas.height = 36;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 64, 36);
  const pixels = context.getImageData(0, 0, 64, 36).data;
  const at = (3 * 64 + 3) * 4;
  let hash = 0;
  for (const value of pixels) hash = (hash * 31 + value) >>> 0;
  const box = video.getBoundingClientRect();
  const share = box.width * box.height / innerWidth / innerHeight;
  return { mark: [pixels[at], pixels[at + 1], pixels[at + 2]], hash, share };
}"""

LOUDNESS = """async pitches => {
  window.__ear ??= new AudioContext();
  await window.__ear.resume();
  const live = window.__peers.filter(p => p.connectionState === 'connected')
    .flatMap(p => p.getReceivers()).map(r => r.track);
  const played = [...document.querySelectorAll('video')].filter(v => v.currentSrc && !v.paused && !v.muted)
    .flatMap(v => { v.__sound ??= v.captureStream(); return v.__sound.getTracks(); });
  const tracks = [...live, ...played].filter(t => t.kind === 'audio');
  const sources = tracks.map(track => window.__ear.createMediaStreamSource(new MediaStream([track])));
  const analysers = sources.map(source => {
    const analyser = window.__ear.createAnalyser();
    analyser.fftSize = 4096; analyser.smoothingTimeConstant = 0;
    source.connect(analyser);
    return analyser;
  });
  const loudest = Object.fromEntries(Object.keys(pitches).map(name => [name, -200]));
  const bins = new Float32Array(2048), width = window.__ear.sampleRate / 4096;
  for (const end = performance.now() + 1200; performance.now() < end; await new Promise(r => setTimeout(r, 40)))
    for (const analyser of analysers) {
      analyser.getFloatFrequencyData(bins);
      for (const [name, [from, to]] of Object.entries(pitches))
        for (let bin = Math.round(from / width) - 1; bin <= Math.round(to / width) + 1; bin++)
          loudest[name] = Math.max(loudest[name], bins[bin]);
    }
  for (const source of sources) source.disconnect();
  return loudest;
}"""
"""The loudest that each pitch (Hz, from and to) sounds within 1.2 s, dB: of what arrives, or what a replay plays."""
HEARD_DB = -55.0

PROTOCOLS = """async () => {
  const used = [];
  for (const peer of window.__peers.filter(p => p.connectionState === 'connected')) {
    const stats = await peer.getStats();
    for (const pair of stats.values())
      if (pair.type === 'candidate-pair' && pair.nominated && pair.state === 'succeeded')
        used.push(stats.get(pair.remoteCandidateId).protocol);
  }
  return used;
}"""

BOARD_PIXELS = """() => {
  const canvases = [...document.querySelectorAll('canvas')]
    .filter(c => c.width > 100 && Math.abs(c.width / c.height - 16 / 9) < 0.03);
  const all = document.createElement('canvas');
  all.width = canvases[0].width; all.height = canvases[0].height;
  const context = all.getContext('2d');
  for (const canvas of canvases) context.drawImage(canvas, 0, 0, all.width, all.height);
  const data = context.getImageData(0, 0, all.width, all.height).data;
  let ink = 0, hash = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 0 && data[i] + data[i + 1] + data[i + 2] < 600) ink++;
    hash = (hash * 31 + data[i] * 3 + data[i + 1] * 5 + data[i + 2] * 7) >>> 0;
  }
  return { width: all.width, height: all.height, ink, hash };
}"""

SKETCH = """([columns, rows]) => {
  const canvases = [...document.querySelectorAll('canvas')]
    .filter(c => c.width > 100 && Math.abs(c.width / c.height - 16 / 9) < 0.03);
  const canvas = document.createElement('canvas');
  canvas.width = columns * 16; canvas.height = rows * 16;
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const one of canvases) context.drawImage(one, 0, 0, canvas.width, canvas.height);
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const ink = new Array(columns * rows).fill(0);
  for (let i = 0; i < data.length / 4; i++) {
    const x = i % canvas.width, y = Math.floor(i / canvas.width);
    ink[Math.floor(y / 16) * columns + Math.floor(x / 16)] += 765 - data[4 * i] - data[4 * i + 1] - data[4 * i + 2];
  }
  const paper = [...ink].sort((a, b) => a - b)[ink.length >> 1];
  return ink.map(one => Math.max(0, one - paper) / 765 / 256);
}"""
"""How much ink lies in each cell of a board, whatever its size on the screen: 0 none, 1 full and black."""
CELLS = (16, 9)

SKEWS = """async ([starts, seconds]) => {
  const skews = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    await new Promise(requestAnimationFrame);
    const places = [...document.querySelectorAll('video')]
      .filter(v => v.currentSrc && !v.paused && !v.ended && !v.seeking)
      .map(v => starts[decodeURIComponent(v.currentSrc.split('/').pop().split('?')[0])] + v.currentTime);
    if (places.length > 1) skews.push(Math.max(...places) - Math.min(...places));
  }
  return skews;
}"""
"""How far apart what plays is on the recording's timeline, at every frame of some seconds."""


def words(page: str) -> dict[str, Any]:
    """The Chinese catalog of a page."""
    catalog: dict[str, Any] = json.loads((ROOT / "web/src/locales/zh-CN" / f"{page}.json").read_text())
    return catalog


def eventually(look: Callable[[], T], what: str, within_s: float = WITHIN_S) -> T:
    """Looks until the answer is true; fails with the last answer."""
    deadline = time.monotonic() + within_s
    while True:
        answer = look()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what}: still {answer!r} after {within_s} s"
        time.sleep(0.1)


@dataclass
class Screen:
    """A page of the product."""

    page: Page
    complaints: list[str]

    def picture(self, label: str) -> dict[str, Any] | None:
        """The largest visible picture with this label (in a replay: of this participant)."""
        shown: dict[str, Any] | None = self.page.evaluate(PICTURE_OF, label)
        return shown

    def sees(self, label: str, who: str, *, at_least: float = 0.0) -> bool:
        """Whether the picture labelled `label` is the camera of `who`, moving, and not smaller than a share."""
        first = self.picture(label)
        if first is None or first["share"] < at_least or not _alike(first["mark"], footage.MARKS[who]):
            return False
        time.sleep(0.25)
        second = self.picture(label)
        return second is not None and second["hash"] != first["hash"]

    def moves(self, label: str, *, at_least: float = 0.0) -> bool:
        """Whether the picture labelled `label` moves and is not smaller than a share of the screen."""
        first = self.picture(label)
        time.sleep(0.25)
        second = self.picture(label)
        return bool(first and second and first["share"] >= at_least and first["hash"] != second["hash"])

    def protocols(self) -> set[str]:
        """Over what the media of this page goes."""
        return set(self.page.evaluate(PROTOCOLS))

    def hears(self) -> set[str]:
        """Whose tones arrive."""
        tones = {who: (tone_hz, tone_hz) for who, tone_hz in footage.TONES_HZ.items()}
        loudness: dict[str, float] = self.page.evaluate(LOUDNESS, tones)
        return {who for who, level_db in loudness.items() if level_db > HEARD_DB}

    def hears_speech(self) -> bool:
        """Whether somebody's voice arrives."""
        loudness: dict[str, float] = self.page.evaluate(LOUDNESS, {"voice": footage.SPEECH_HZ})
        return loudness["voice"] > HEARD_DB

    def board(self) -> dict[str, int]:
        """What is drawn: size, pixels of ink, hash of all pixels."""
        drawn: dict[str, int] = self.page.evaluate(BOARD_PIXELS)
        return drawn

    def sketch(self) -> list[float]:
        """How much ink lies where on the board, to compare with a board of another size."""
        drawn: list[float] = self.page.evaluate(SKETCH, list(CELLS))
        return drawn

    def draw(self, sheet: Locator, points: list[tuple[float, float]]) -> None:
        """One stroke through points given as shares of the sheet's width and height."""
        box = sheet.bounding_box()
        assert box is not None
        mouse = self.page.mouse
        for index, (x, y) in enumerate(points):
            mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
            if index == 0:
                mouse.down()
        mouse.up()


class Teacher(Screen):
    """The lead's page."""

    words = words("teacher")

    def enter(self) -> None:
        """From today's lesson to the camera preview."""
        self.page.get_by_role("button", name=re.compile(self.words["lessons"]["open"])).click()

    def start_class(self) -> None:
        """Starts class."""
        self.page.get_by_role("button", name=self.words["door"]["start"], exact=True).click()
        self.page.get_by_role("button", name=self.words["bar"]["end"], exact=True).wait_for()

    def tile(self, school: str) -> Locator:
        """The tile of a school, to call on it."""
        return self.page.get_by_role("button", name=self.words["tile"]["callOn"].replace("{{school}}", school))

    def call_on(self, school: str) -> None:
        """Gives a school the floor."""
        self.tile(school).click()

    def take_floor_back(self, school: str) -> None:
        """Takes it back."""
        self.page.get_by_role("button", name=self.words["tile"]["returnOf"].replace("{{school}}", school)).click()

    def end_class(self) -> None:
        """Ends class and confirms."""
        self.page.get_by_role("button", name=self.words["bar"]["end"], exact=True).click()
        self.page.get_by_role("dialog").get_by_role("button", name=self.words["end"]["yes"], exact=True).click()

    @property
    def sheet(self) -> Locator:
        """The board."""
        return self.page.locator("canvas").last


class Classroom(Screen):
    """A classroom's television."""

    words = words("classroom")

    @property
    def sheet(self) -> Locator:
        """The board."""
        return self.page.get_by_role("img", name=self.words["class"]["board"])


class Replay(Screen):
    """The replay page."""

    words = words("replay")

    def media(self) -> list[dict[str, Any]]:
        """The pictures that are ready to play; empty while the replay is being prepared."""
        ready: list[dict[str, Any]] = self.page.evaluate(
            """() => { const videos = [...document.querySelectorAll('video')];
              if (!videos.every(v => v.readyState >= 2)) return [];
              return videos.map(v => ({ width: v.videoWidth, seconds: v.duration })); }"""
        )
        return ready

    def play(self) -> None:
        """Presses play."""
        self.page.get_by_role("button", name=self.words["control"]["play"], exact=True).first.click()

    def skews_s(self, seconds: float) -> list[float]:
        """How far apart what plays is, at every frame for so many seconds."""
        address, _, lesson = self.page.url.partition("?")[0].rpartition("/replay/")
        told = self.page.context.request.get(f"{address}/api/recordings/{lesson}").json()
        starts = {media["file"].split("/")[-1]: media["start_ms"] / 1000 for media in told["media"]}
        skews: list[float] = self.page.evaluate(SKEWS, [starts, seconds])
        return skews

    def seek_to_end(self) -> None:
        """Goes to the end."""
        self.page.keyboard.press("End")


def follow(page: Page, link: str) -> None:
    """Opens a link that signs in, until the browser has its cookie: who leaves the page sooner cuts that off."""
    with page.expect_response("**/api/enter") as entered:
        page.goto(link)
    assert entered.value.ok


def open_replay(context: BrowserContext, url: str) -> Replay:
    """Opens a replay in a browser that is signed in."""
    return Replay(*_open(context, url))


def open_teacher(context: BrowserContext, url: str) -> Teacher:
    """Opens the teacher's link."""
    return Teacher(*_open(context, url))


def open_classroom(context: BrowserContext, url: str) -> Classroom:
    """Opens a classroom's link."""
    return Classroom(*_open(context, url))


def _open(context: BrowserContext, url: str) -> tuple[Page, list[str]]:
    context.add_init_script(LISTENER)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
    page.goto(url)
    return page, complaints


def _alike(seen: list[int], expected: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < COLOUR_TOLERANCE for a, b in zip(seen, expected, strict=True))
