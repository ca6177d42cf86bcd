"""A running server, and browsers with fake cameras and microphones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from bench.ports import free_ports
from tests.e2e import footage
from tests.e2e.at_home import strayed
from tests.e2e.running import ROOT, Server

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--auto-select-desktop-capture-source=Entire screen",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A supervised server on ports that stay the same over a restart; stopped cleanly at the end."""
    data = tmp_path / "data"
    http, https, media = free_ports(3)
    running = Server(data, ["--port", http, "--https-port", https, "--media-port", media, "--supervise"])
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def appliance(server: Server, tmp_path: Path) -> Iterator[str]:
    """A `tongke-classroom` in the third classroom, with the clip as its camera; the name of its school."""
    room = server.lesson["classrooms"][2]
    command = [sys.executable, "-m", "classroom_client", "join", "--headless", "--link", room["url"]]
    command += ["--media", str(footage.CLIP), "--state", str(tmp_path / "appliance")]
    with (tmp_path / "appliance.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield room["school"]
    finally:
        process.terminate()
        assert process.wait(15) == 0, (tmp_path / "appliance.log").read_text()[-2000:]


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    """The driver, for one test: it keeps an event loop running, which tests that are coroutines would trip over."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture
def launch(playwright: Playwright) -> Iterator[Callable[..., BrowserContext]]:
    """Starts a browser of its own for each caller: `launch(camera=…, microphone=…, width=…, height=…)`.

    Afterwards no page of any of them may have asked for anything that is not its own server's.
    """
    browsers: list[Browser] = []
    elsewhere: list[list[str]] = []

    def start(
        *,
        camera: Path | None = None,
        microphone: Path | None = None,
        width: int = 1366,
        height: int = 768,
        flags: tuple[str, ...] = (),
        locale: str = "zh-CN",
    ) -> BrowserContext:
        files = [f"--use-file-for-fake-video-capture={camera}"] if camera else []
        files += [f"--use-file-for-fake-audio-capture={microphone}"] if microphone else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=[*FLAGS, *files, *flags])
        browsers.append(browser)
        context = browser.new_context(viewport={"width": width, "height": height}, locale=locale)
        elsewhere.append(strayed(context))
        return context

    yield start
    for browser in browsers:
        browser.close()
    assert [url for found in elsewhere for url in found] == [], "pages asked other servers"


@pytest.fixture(scope="session")
def devices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Path]]:
    """Camera and microphone files for `launch`, by participant."""
    folder = tmp_path_factory.mktemp("devices")
    return {
        who: {"camera": footage.camera_file(folder, who), "microphone": footage.microphone_file(folder, who)}
        for who in footage.MARKS
    }
