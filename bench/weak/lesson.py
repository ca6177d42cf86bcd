"""A lesson on the switch with its three pages: what teacher and far class do, and what their pages saw."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Locator, Page

from bench.weak import legible, venue
from bench.weak.intelligibility import Samples, listen
from bench.weak.probe import Seen, Span
from classroom_client.lines.line import Conditions
from classroom_client.lines.profiles import Phase, Profile
from classroom_client.lines.switch import move
from classroom_client.rehearsal.relay import SHARED

STROKE_EVERY_S: Final = 0.5
TOLD: Final = """from_ms => ({ ...window.__weak, samples: window.__weak.samples.filter(({ at }) => at >= from_ms),
  frames: window.__weak.frames.filter(([at]) => at >= from_ms) })"""


@dataclass
class Lesson:
    """A lesson whose far class is anything that joins. Times are the wall clock's, ms."""

    switch: subprocess.Popen[str]
    folder: Path
    lesson: dict[str, Any]
    lead: Page
    near: Page
    strokes: int = field(default=0, init=False)

    def teach(self, seconds: float) -> Span:
        """Draws strokes for a while; when that was."""
        began = time.time()
        while (left := began + seconds - time.time()) > 0:
            due = time.time() + min(STROKE_EVERY_S, left)
            self._stroke()
            time.sleep(max(0.0, due - time.time()))
        return began * 1000, time.time() * 1000

    def _stroke(self) -> None:
        self._draw(self.lead, self.lead.locator("canvas").last)

    def _draw(self, page: Page, board: Locator) -> None:
        box = board.bounding_box()
        assert box is not None
        self.strokes += 1
        x, y = 0.1 + 0.8 * (self.strokes % 17) / 17, 0.1 + 0.8 * (self.strokes % 13) / 13
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + (x + 0.03) * box["width"], box["y"] + (y + 0.05) * box["height"], steps=3)
        page.mouse.up()

    def line(self, phase: Phase | None) -> None:
        """The impaired room's line; None: a good one."""
        up, down = (Conditions(), Conditions()) if phase is None else (phase.up, phase.down)
        venue.impair(self.switch, venue.FAR, up, down)

    def begin(self, phase: Phase) -> None:
        """The line of a phase, and another address where it has one."""
        self.line(phase)
        if phase.moves:
            move(venue.FAR, venue.HOSTS.index(venue.FAR) + 1, f"{venue.NETWORK}.77")

    def call_on(self) -> None:
        """The far class gets the floor."""
        venue.tile(self.lead, "callOn", self.village["school"]).click()

    def take_back(self) -> None:
        """The floor is the lead's again, if the far class still has it."""
        shown = venue.tile(self.lead, "returnOf", self.village["school"])
        if shown.count():
            shown.click()

    def seen(self, page: Page, from_ms: float) -> Seen:
        """What a page saw and heard since an instant."""
        return Seen.of(page.evaluate(TOLD, from_ms))

    @property
    def village(self) -> dict[str, Any]:
        """The far class, as `tongke links` tells of it."""
        told: dict[str, Any] = self.lesson["classrooms"][1]
        return told


@dataclass
class Class(Lesson):
    """One whose far class is a page too."""

    far: Page
    said: Samples
    opened_ms: float = 0.0
    put_ms: float = 0.0
    together: bool = False
    """The far class draws too."""

    def _stroke(self) -> None:
        super()._stroke()
        if self.together:
            self._draw(self.far, self.far.locator(".sheet canvas").last)

    def opened(self, profile: Profile) -> None:
        """The room's page is opened afresh, if it is to be."""
        if profile.rejoins or profile.late:
            self.far.goto("about:blank")
            self.opened_ms = time.time() * 1000
            # What there is to wait for is judged by the page itself: on a thin line loading it all takes long.
            link = venue.link(self.village, "classroom", SHARED if profile.relay else venue.HTTPS)
            self.far.goto(link, wait_until="commit")

    def through(self, phase: Phase, profile: Profile) -> Span:
        """Teaches through a phase, and listens to what comes once the line is steady, if that is asked for."""
        if not profile.understood:
            return self.teach(phase.seconds)
        began_ms, _ = self.teach(profile.settles_s)
        if profile.reads:
            self.put_ms = legible.put(self.lead, self.far)
        listen(self.far, phase.seconds - profile.settles_s)
        return began_ms, self.teach(phase.seconds - profile.settles_s)[1]
