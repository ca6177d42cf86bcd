"""Published recordings in a real browser: they play, seek to the right picture, sound and reach their end."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright

from server.media.plane import Codec, TapPacket
from server.publishing.publish import publish
from server.recording.package import TRACKS, Clock, Manifest, Participant, Span, write_manifest
from server.recording.repair import settle
from tests.server.recording.encoded import BARS, Numbers, audio, merged, tap, video
from tests.server.recording.tape import Tape

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

START_NS = 5 * 10**9
LEAD = Participant(id="staff-1", role="lead", school="中心小学", name="主讲教师", colour="#112233")

PAGE = "<!doctype html><video id=v muted playsinline></video><canvas id=c></canvas>"

NUMBER = """async ({ at, bars }) => {
  const video = document.getElementById("v"), canvas = document.getElementById("c");
  const seeked = new Promise((done) => video.addEventListener("seeked", done, { once: true }));
  const shown = new Promise((done) => video.requestVideoFrameCallback(done));
  video.currentTime = at;
  await Promise.all([seeked, shown]);
  const [width, height] = [video.videoWidth, video.videoHeight];
  canvas.width = width; canvas.height = height;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  const row = context.getImageData(0, Math.floor(height * 0.75), width, 1).data;
  let number = 0;
  for (let bar = 0; bar < bars; bar += 1)
    if (row[4 * Math.floor(((2 * bar + 1) * width) / (2 * bars))] > 128) number |= 1 << bar;
  return { number, width };
}"""
"""Seeks to where another picture is shown, and reads the number that it tells (encoded.picture)."""

PLAY = """async ({ from, rate }) => {
  const video = document.getElementById("v");
  video.muted = false;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaElementSource(video).connect(analyser);
  await context.resume();
  video.currentTime = from;
  video.playbackRate = rate;
  const ended = new Promise((done) => video.addEventListener("ended", done, { once: true }));
  const samples = new Float32Array(analyser.fftSize);
  let loudest = 0;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
  }, 10);
  await video.play();
  await ended;
  clearInterval(timer);
  const quality = video.getVideoPlaybackQuality();
  return { at: video.currentTime, loudest, frames: quality.totalVideoFrames, corrupted: quality.corruptedVideoFrames };
}"""


def lesson(folder: Path, packets: list[TapPacket]) -> Path:
    """A published recording from lesson time 4 s to 12 s: camera 1, microphone 2."""
    (folder / TRACKS).mkdir(parents=True)
    tape = Tape(folder / TRACKS)
    tape.open(1, "camera", "video", "staff-1")
    tape.open(2, "microphone", "audio", "staff-1")
    tape.feed(packets)
    tape.finish()
    for file in tape.files:
        os.close(file.descriptor)
    write_manifest(
        folder,
        Manifest(
            id="lesson-1", title="t", subject="s", mode="blended", state="recording", run=1, people=[LEAD],
            started="2026-01-05T01:00:00.000Z", origin_ms=4000, duration_ms=0,
            spans=[Span(start_ms=4000, end_ms=12_000, reason="lesson")],
            clocks=[Clock(lesson_ms=4000, wall="2026-01-05T01:00:00.000Z")],
        ),
    )  # fmt: skip
    settle(folder)
    assert publish(folder, lambda _: None) is not None
    return folder / "media"


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
        )
        try:
            yield await browser.new_page()
        finally:
            await browser.close()


async def opened(page: Page, media: Path, file: str, use: web.AppRunner) -> float:
    """Loads a file into the page's player; its duration in s."""
    site = web.TCPSite(use, "127.0.0.1", 0)
    await site.start()
    (address,) = use.addresses
    await page.goto(f"http://127.0.0.1:{address[1]}/")
    return await page.evaluate(
        """(file) => new Promise((done, failed) => {
          const video = document.getElementById("v");
          video.onloadedmetadata = () => done(video.duration);
          video.onerror = () => failed(video.error.message);
          video.src = file;
        })""",
        f"/media/{file}",
    )


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[web.AppRunner]:
    app = web.Application()
    (tmp_path / "lesson" / "media").mkdir(parents=True)

    async def index(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app.router.add_get("/", index)
    app.router.add_static("/media", tmp_path / "lesson" / "media")
    runner = web.AppRunner(app)
    await runner.setup()
    yield runner
    await runner.cleanup()


def footage(codec: Codec) -> list[TapPacket]:
    """4 s of picture and sound, then 1 s of nothing, then 2 s more; H.264 in another size."""
    size = (640, 480) if codec is Codec.H264 else (320, 240)
    return merged(
        tap(video(codec, 4.0), Numbers(1, codec, START_NS)),
        tap(video(codec, 2.0, size=size, first=100), Numbers(1, codec, START_NS + 5 * 10**9, seq=9000, rtp=455_000)),
        tap(audio(4.0), Numbers(2, Codec.OPUS, START_NS)),
        tap(audio(2.0), Numbers(2, Codec.OPUS, START_NS + 5 * 10**9, seq=9000, rtp=245_000)),
    )


@pytest.mark.parametrize(("codec", "file"), [(Codec.H264, "staff-1-camera.mp4"), (Codec.VP8, "staff-1-camera.webm")])
async def test_a_published_file_plays_seeks_and_sounds_in_chromium(
    tmp_path: Path, page: Page, server: web.AppRunner, codec: Codec, file: str
) -> None:
    (tmp_path / "lesson" / "media").rmdir()
    (tmp_path / "lesson").rmdir()
    media = lesson(tmp_path / "lesson", footage(codec))
    duration = await opened(page, media, file, server)
    assert abs(duration - 8.0) <= 0.05
    for at, number in [(1.02, 0), (2.5, 37), (4.98, 99), (6.02, 100), (5.5, 99), (7.5, 137), (3.0, 50), (1.5, 12)]:
        found = await page.evaluate(NUMBER, {"at": at, "bars": BARS})
        print(at, found)
        assert abs(found["number"] - number) <= 1, (at, found)
        assert found["width"] == (640 if codec is Codec.H264 and number >= 100 else 320)
    played = await page.evaluate(PLAY, {"from": 3.5, "rate": 1.0})
    assert abs(played["at"] - duration) <= 0.1
    assert played["loudest"] > 0.1
    assert played["corrupted"] == 0
    assert played["frames"] > 40
