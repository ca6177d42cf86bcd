"""A class whose line was down hears what it missed: the teacher's own sound and strokes, only when asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.people import Classroom, eventually, open_classroom, open_teacher
from tests.e2e.running import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

CUT = """() => {
  window.__accept ??= RTCPeerConnection.prototype.setRemoteDescription;
  window.__peers.forEach(peer => peer.close());
  Object.getPrototypeOf(window.__peers[0]).setRemoteDescription = () => new Promise(() => undefined);
}"""
HEAL = "() => { Object.getPrototypeOf(window.__peers[0]).setRemoteDescription = window.__accept; }"
"""Media cannot come through for a while, whatever connection is tried."""
LOUDNESS = "() => [...document.querySelectorAll('audio[data-slot]')].map(element => element.volume)"
HEARD = """async address => {
  const response = await fetch(address), context = new AudioContext();
  const sound = await context.decodeAudioData(await response.arrayBuffer());
  const samples = sound.getChannelData(0);
  const loud = Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);
  return { status: response.status, seconds: sound.duration, loud };
}"""


def test_what_was_missed_is_offered_after_a_cut_and_heard_by_a_key(
    server: Server, launch: Callable[..., BrowserContext], devices: dict[str, dict[str, Path]]
) -> None:
    lesson = server.lesson
    teacher = open_teacher(launch(**devices["lead"]), lesson["teacher"]["url"])
    room = open_classroom(launch(**devices["room1"], width=1920, height=1080), lesson["classrooms"][0]["url"])
    words = Classroom.words["missed"]
    offer, playing = (words[name].split("{{")[0] for name in ("offer", "playing"))
    asked: list[str] = []
    room.page.on("request", lambda request: asked.append(request.url) if "/missed/" in request.url else None)

    teacher.enter()
    teacher.start_class()
    eventually(lambda: room.sees("老师", "lead"), "the class sees the teacher")
    room.page.get_by_text(Classroom.words["class"]["recording"]).wait_for()
    room.page.wait_for_timeout(1500)
    room.page.evaluate(CUT)
    teacher.draw(teacher.sheet, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.25)])
    room.page.wait_for_timeout(9000)
    teacher.draw(teacher.sheet, [(0.2, 0.8), (0.8, 0.8)])
    room.page.evaluate(HEAL)

    room.page.get_by_text(offer).wait_for()
    _picture(room, "offered")
    assert asked == [], "nothing is played by itself"
    room.page.keyboard.press("ArrowLeft")
    room.page.get_by_text(playing).wait_for()
    assert set(room.page.evaluate(LOUDNESS)) == {0.15}
    room.page.get_by_label(words["board"]).wait_for()
    room.page.wait_for_timeout(2500)
    _picture(room, "playing")
    room.page.get_by_text(playing).wait_for(state="detached")
    assert set(room.page.evaluate(LOUDNESS)) == {1}

    (sound,) = [url for url in asked if "/sound?" in url]
    from_ms, until_ms = (int(part.split("=")[1]) for part in sound.split("?")[1].split("&"))
    heard = room.page.evaluate(HEARD, sound)
    assert heard["status"] == 200
    assert abs(heard["seconds"] - (until_ms - from_ms) / 1000) < 0.1
    assert heard["loud"] > 0.01
    room.page.keyboard.press("ArrowLeft")
    assert room.page.get_by_text(playing).count() == 0, "what was heard to its end is not offered again"
    assert teacher.complaints == []


def _picture(room: Classroom, name: str) -> None:
    """Kept for looking at where `TONGKE_PICTURES` says so."""
    if folder := os.environ.get("TONGKE_PICTURES"):
        room.page.screenshot(path=Path(folder) / f"catch-up-{name}.png")
