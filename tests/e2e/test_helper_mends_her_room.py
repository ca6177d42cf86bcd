"""From an assistant's phone: the room's screen begun anew, be it a page or an appliance, and what was missed heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e import footage
from tests.e2e.appliances import appliance_in
from tests.e2e.people import Classroom, Teacher, eventually, open_classroom, open_teacher, words
from tests.e2e.running import Server
from tests.e2e.small_town import POINT, settle
from tests.e2e.test_catch_up import CUT, HEAL, LOUDNESS

pytestmark = [pytest.mark.e2e, pytest.mark.waits, pytest.mark.timeout(420)]

Launch = Callable[..., BrowserContext]
Devices = dict[str, dict[str, Path]]
ASSISTANT = words("assistant")
WITHIN_MS = 30_000


def on_the_phone(launch: Launch, url: str) -> Page:
    return open_classroom(launch(width=390, height=844), url).page


def restart_from(phone: Page) -> None:
    """Twice on the same button, as it asks for; the answer says how soon."""
    restart = ASSISTANT["restart"]
    phone.get_by_role("button", name=restart["go"]).click(timeout=WITHIN_MS)
    phone.get_by_role("button", name=restart["sure"]).click()
    expect(phone.get_by_text(restart["done"].replace("{{count}}", "15"))).to_be_visible()


def begin(launch: Launch, devices: Devices, url: str) -> Teacher:
    teacher = open_teacher(launch(**devices["lead"]), url)
    teacher.enter()
    teacher.start_class()
    return teacher


def test_an_appliance_begins_anew_and_is_back_in_class(
    server: Server, launch: Launch, devices: Devices, tmp_path: Path
) -> None:
    town = settle(server)
    with appliance_in(town.room, tmp_path, "--media", str(footage.CLIP)) as appliance:
        teacher = begin(launch, devices, town.teacher)
        eventually(lambda: teacher.moves(POINT), "the teacher sees the appliance's class", within_s=60)
        restart_from(on_the_phone(launch, town.assistant))
        eventually(lambda: len(appliance.told("welcome")) == 2, "it came in again", within_s=60)
        assert len(appliance.told("restart asked")) == 1
        assert appliance.process.poll() is None, "the same process to whoever looks after it"
        eventually(lambda: teacher.moves(POINT), "the teacher sees the class again")
        assert teacher.complaints == []


def test_a_page_begins_anew_and_hears_what_it_missed_when_the_assistant_asks_for_it(
    server: Server, launch: Launch, devices: Devices
) -> None:
    town = settle(server)
    room = open_classroom(launch(**devices["room1"], width=1280, height=720), town.room)
    teacher = begin(launch, devices, town.teacher)
    phone = on_the_phone(launch, town.assistant)
    eventually(lambda: room.sees("老师", "lead"), "the class sees the teacher")
    _miss_something(room, teacher)

    catch_up, missed = ASSISTANT["catchUp"], Classroom.words["missed"]
    phone.get_by_role("button", name=catch_up["go"]).click()
    expect(phone.get_by_text(catch_up["done"])).to_be_visible()
    playing = room.page.get_by_text(missed["playing"].split("{{")[0])
    expect(playing).to_be_visible(timeout=WITHIN_MS)
    assert set(room.page.evaluate(LOUDNESS)) == {0.15}, "the lesson's own sound is lowered"
    phone.get_by_role("button", name=catch_up["stop"]).click()
    expect(playing).to_have_count(0, timeout=WITHIN_MS)
    assert set(room.page.evaluate(LOUDNESS)) == {1}

    room.page.evaluate("window.before = true")
    restart_from(phone)
    room.page.wait_for_function("() => window.before === undefined", timeout=WITHIN_MS)
    eventually(lambda: room.sees("老师", "lead"), "back in class after its restart")
    eventually(lambda: teacher.sees(POINT, "room1"), "and seen there")
    assert [*teacher.complaints, *room.complaints] == []


def _miss_something(room: Classroom, teacher: Teacher) -> None:
    """Media does not come through for some seconds of the teacher's speech."""
    room.page.get_by_text(Classroom.words["class"]["recording"]).wait_for()
    room.page.wait_for_timeout(1500)
    room.page.evaluate(CUT)
    teacher.draw(teacher.sheet, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.25)])
    room.page.wait_for_timeout(9000)
    room.page.evaluate(HEAL)
    room.page.get_by_text(Classroom.words["missed"]["offer"].split("{{")[0]).wait_for()
