"""A television whose power is cut, and one installed anew: back in class without a hand, or by a new code."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect

from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.people import LISTENER, Classroom, eventually, follow, open_teacher, words
from tests.e2e.running import Server
from tests.e2e.timetabled_town import POINT, TimetabledTown, timetabled

pytestmark = [pytest.mark.e2e, pytest.mark.waits, pytest.mark.timeout(600)]

Launch = Callable[..., BrowserContext]
Devices = dict[str, dict[str, Path]]
PAIR, TEACHER = words("pair"), words("teacher")
KEPT_WITHIN_S = 90.0
"""Chromium writes its cookies to disk every half minute."""
PAIRED_ANEW_WITHIN_S = 30.0


class Television:
    """A browser with a profile on disk, which opens /classroom when it is switched on and nothing else."""

    def __init__(self, driver: Playwright, profile: Path, files: dict[str, Path]) -> None:
        self._profile = profile
        self._context = driver.chromium.launch_persistent_context(
            str(profile),
            executable_path=CHROMIUM,
            headless=True,
            args=[
                *FLAGS,
                f"--use-file-for-fake-video-capture={files['camera']}",
                f"--use-file-for-fake-audio-capture={files['microphone']}",
            ],
            viewport={"width": 1280, "height": 720},
            locale="zh-CN",
        )
        self._context.add_init_script(LISTENER)
        self.page = self._context.pages[0]

    def switch_on(self, base: str) -> Classroom:
        self.page.goto(f"{base}/classroom")
        return Classroom(self.page, [])

    def keeps_its_key(self) -> bool:
        """Whether the device key is on the disk, where a power cut leaves it."""
        for name in ("Default/Cookies", "Default/Network/Cookies"):
            path = self._profile / name
            if path.exists():
                with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database, suppress(sqlite3.Error):
                    return bool(database.execute("SELECT 1 FROM cookies WHERE name = 'tongke'").fetchone())
        return False

    def cut_power(self) -> None:
        """kill -9 of the browser and all its processes."""
        for pid in _processes_of(self._profile):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(Error):
            self._context.close()


def _processes_of(profile: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if f"--user-data-dir={profile}\0".encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


@contextmanager
def television(driver: Playwright, profile: Path, files: dict[str, Path]) -> Iterator[Television]:
    one = Television(driver, profile, files)
    try:
        yield one
    finally:
        one.cut_power()


def administrator(launch: Launch, town: TimetabledTown) -> Page:
    page = launch(width=412, height=915).new_page()
    follow(page, town.admin)
    return page


def pair(admin: Page, base: str, screen: Page, *, replace: bool) -> None:
    """Gives the screen its room by the code it shows, in the place of the room's old device if `replace`."""
    shown = screen.locator("[data-code]")
    shown.wait_for()
    admin.goto(f"{base}/pair#code={shown.get_attribute('data-code')}")
    admin.get_by_role("radio", name=re.compile(POINT)).check()
    if replace:
        choice = admin.get_by_role("combobox")
        choice.select_option(label=choice.get_by_role("option").nth(1).inner_text())
    admin.get_by_role("button", name=PAIR["go"], exact=True).click()
    expect(admin.get_by_role("heading", name=PAIR["done"])).to_be_visible()


def test_it_is_back_in_class_by_itself_after_a_power_cut_and_by_a_new_code_after_installing_anew(
    server: Server,
    launch: Launch,
    playwright: Playwright,
    devices: Devices,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    town = timetabled(server)
    teacher = open_teacher(launch(**devices["lead"]), town.teacher)
    teacher.page.get_by_role("button", name=re.compile(TEACHER["lessons"]["open"])).first.click()
    teacher.start_class()
    admin = administrator(launch, town)

    with television(playwright, tmp_path / "profile", devices["room1"]) as first:
        room = first.switch_on(town.base)
        pair(admin, town.base, first.page, replace=False)
        eventually(lambda: room.sees("老师", "lead"), "in the lesson of the timetable by itself")
        eventually(first.keeps_its_key, "the key is on the disk", within_s=KEPT_WITHIN_S)

    with television(playwright, tmp_path / "profile", devices["room1"]) as again:
        began_s = time.monotonic()
        room = again.switch_on(town.base)
        eventually(lambda: room.sees("老师", "lead"), "back in class after the power cut, without a hand")
        record_property("back_after_s", round(time.monotonic() - began_s, 1))
        eventually(lambda: teacher.sees(POINT, "room1"), "and seen there")

    with television(playwright, tmp_path / "installed anew", devices["room1"]) as anew:
        room = anew.switch_on(town.base)
        anew.page.locator("[data-code]").wait_for()
        began_s = time.monotonic()
        pair(admin, town.base, anew.page, replace=True)
        left_s = began_s + PAIRED_ANEW_WITHIN_S - time.monotonic()
        eventually(lambda: room.sees("老师", "lead"), "in class again", within_s=left_s)
        record_property("paired_anew_s", round(time.monotonic() - began_s, 1))
        rooms = admin.evaluate("async () => (await (await fetch('/api/devices')).json()).rooms")
        assert [len(one["devices"]) for one in rooms if one["school"] == POINT] == [1], "the same device as before"

    with television(playwright, tmp_path / "profile", devices["room1"]) as stolen:
        stolen.switch_on(town.base)
        stolen.page.locator("[data-code]").wait_for()  # the key on the old disk opens nothing any more
