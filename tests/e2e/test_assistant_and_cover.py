"""In a running lesson: an assistant's phone, an observer, a class that joins, and who is not let in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.people import Screen, eventually, open_classroom, open_teacher, words
from tests.e2e.running import Server
from tests.e2e.small_town import COVERED, POINT, TRAINER, SmallTown, revoke_everything_of, settle

pytestmark = [pytest.mark.e2e, pytest.mark.waits, pytest.mark.timeout(420)]

Launch = Callable[..., BrowserContext]
Devices = dict[str, dict[str, Path]]
UI, TEACHER, ASSISTANT, WATCH, CLASSROOM, CORE = map(
    words, ("ui", "teacher", "assistant", "watch", "classroom", "core")
)
WITHIN_MS = 30_000
GOODBYE = """lesson => new Promise(resolve => {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws');
  const messages = [];
  socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', version: 1, lesson, after: 0, screen: 'a' }));
  socket.onmessage = ({ data }) => messages.push(JSON.parse(data));
  socket.onclose = ({ code }) => resolve({ code, messages });
})"""
SENDS = "() => window.__peers.some(peer => /a=send(only|recv)/.test(peer.localDescription?.sdp ?? ''))"


def say(key: str, **values: object) -> str:
    for name, value in values.items():
        key = key.replace("{{" + name + "}}", str(value))
    return key


def opened(context: BrowserContext, url: str) -> Screen:
    """Any page of the product, listened to like the others."""
    return open_classroom(context, url)


def in_class(launch: Launch, devices: Devices, town: SmallTown) -> tuple[Any, Any]:
    """The teacher and her first classroom, class begun."""
    teacher = open_teacher(launch(**devices["lead"]), town.teacher)
    room = open_classroom(launch(**devices["room1"], width=1280, height=720), town.room)
    teacher.enter()
    teacher.start_class()
    eventually(lambda: room.moves("老师"), "the class sees its teacher")
    return teacher, room


def phone(launch: Launch, url: str) -> Screen:
    return opened(launch(width=390, height=844), url)


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name)


def is_taken_note_of(teacher: Screen, helper: Screen, signal: str) -> None:
    """The teacher reads it in words and taps it away; the phone says that she has seen it."""
    heard = say(TEACHER["help"]["seenOf"], school=POINT, signal=TEACHER["help"]["signal"][signal])
    button(teacher.page, heard).click(timeout=WITHIN_MS)
    seen = say(ASSISTANT["seen"], signal=ASSISTANT["signal"][signal])
    expect(helper.page.get_by_text(seen)).to_be_visible(timeout=WITHIN_MS)
    expect(button(teacher.page, heard)).to_have_count(0)


def test_an_assistants_phone_tells_the_teacher_how_it_is_in_her_room(
    server: Server, launch: Launch, devices: Devices
) -> None:
    town = settle(server)
    teacher, _room = in_class(launch, devices, town)
    helper = phone(launch, town.assistant)
    button(helper.page, ASSISTANT["signal"]["cannot_hear"]).click(timeout=WITHIN_MS)
    is_taken_note_of(teacher, helper, "cannot_hear")

    button(helper.page, ASSISTANT["signal"]["speak"]).click()
    expect(teacher.page.get_by_role("status").get_by_role("button", name=POINT)).to_be_visible(timeout=WITHIN_MS)
    helper.page.get_by_role("spinbutton").fill("9")
    expect(teacher.page.get_by_text(say(TEACHER["help"]["present"], count=9))).to_be_visible(timeout=WITHIN_MS)
    button(helper.page, ASSISTANT["note"]["phrases"]["sound"]).click()
    expect(teacher.page.get_by_text(ASSISTANT["note"]["phrases"]["sound"])).to_be_visible(timeout=WITHIN_MS)
    button(teacher.page, TEACHER["help"]["reply"]["ok"]).click()
    expect(helper.page.get_by_role("listitem").filter(has_text=TEACHER["help"]["reply"]["ok"])).to_be_visible()
    log = (server.data / "lessons" / town.lesson / "log.jsonl").read_text()
    assert '"signalled"' in log
    assert '"counted"' in log
    assert ASSISTANT["note"]["phrases"]["sound"] not in log, "a private line is kept nowhere"
    assert [*teacher.complaints, *helper.complaints] == []


def tell(helper: Screen, signal: str) -> None:
    """Taps one of the buttons, which take one tap in two seconds; the phone says that it went out."""
    tap = button(helper.page, ASSISTANT["signal"][signal])
    expect(tap).to_be_enabled(timeout=WITHIN_MS)
    tap.click()
    expect(helper.page.get_by_text(say(ASSISTANT["sent"], signal=ASSISTANT["signal"][signal]))).to_be_visible()


def test_each_of_the_six_buttons_reaches_the_teacher_in_words_and_the_phone_says_so(
    server: Server, launch: Launch, devices: Devices
) -> None:
    town = settle(server)
    teacher, _room = in_class(launch, devices, town)
    helper = phone(launch, town.assistant)
    for signal in ("too_fast", "cannot_hear", "cannot_see", "wait"):
        tell(helper, signal)
        is_taken_note_of(teacher, helper, signal)
    tell(helper, "all_fine")  # which asks nothing of the teacher
    fine = TEACHER["help"]["signal"]["all_fine"]
    expect(teacher.page.get_by_text(fine, exact=True)).to_be_visible(timeout=WITHIN_MS)
    button(helper.page, ASSISTANT["signal"]["speak"]).click()
    expect(helper.page.get_by_text(ASSISTANT["hand"])).to_be_visible(timeout=WITHIN_MS)
    hand = teacher.page.get_by_role("status").get_by_role("button", name=POINT)
    expect(hand).to_be_visible(timeout=WITHIN_MS)
    button(helper.page, ASSISTANT["signal"]["unspeak"]).click()
    expect(hand).to_have_count(0, timeout=WITHIN_MS)
    expect(helper.page.get_by_text(ASSISTANT["hand"])).to_have_count(0)
    log = (server.data / "lessons" / town.lesson / "log.jsonl").read_text()
    assert log.count('"signalled"') == 5
    assert [*teacher.complaints, *helper.complaints] == []


def test_who_is_not_of_the_lesson_is_refused_like_for_one_that_is_not_there(
    server: Server, launch: Launch, devices: Devices
) -> None:
    town = settle(server)
    in_class(launch, devices, town)
    stranger = phone(launch, town.stranger)
    expect(stranger.page.get_by_role("heading", name=ASSISTANT["none"])).to_be_visible(timeout=WITHIN_MS)
    answers = [stranger.page.evaluate(GOODBYE, lesson) for lesson in (town.lesson, "01nosuchlesson")]
    assert answers[0] == answers[1]
    assert answers[0] == {"code": 4004, "messages": [{"type": "goodbye", "code": "no_such_lesson", "retry": False}]}


def test_an_observer_sees_the_lesson_sends_nothing_and_everybody_sees_the_eye(
    server: Server, launch: Launch, devices: Devices
) -> None:
    town = settle(server)
    teacher, room = in_class(launch, devices, town)
    trainer = opened(launch(width=1366, height=768), town.trainer)
    card = trainer.page.get_by_role("listitem").filter(has_text="认识分数")
    card.get_by_role("button", name=WATCH["go"]).click(timeout=WITHIN_MS)
    words = UI["watching"]
    watched = (
        (teacher, say(words["now"], who=f"{words['office']['trainer']} {TRAINER}")),
        (room, say(words["now"], who=say(words["trainer"], count=1))),
    )
    for screen, told in watched:
        expect(screen.page.get_by_text(told)).to_be_attached(timeout=WITHIN_MS)
    eventually(lambda: trainer.moves("老师"), "the observer sees the teacher")
    assert trainer.page.evaluate(SENDS) is False, "only the receive slots: no line to send on"
    button(trainer.page, WATCH["back"]).click()
    for screen, told in watched:
        expect(screen.page.get_by_text(told)).to_have_count(0, timeout=WITHIN_MS)
    assert [*teacher.complaints, *room.complaints, *trainer.complaints] == []


def test_a_class_without_a_teacher_joins_the_running_lesson(server: Server, launch: Launch, devices: Devices) -> None:
    town = settle(server)
    teacher, room = in_class(launch, devices, town)
    covered = open_classroom(launch(**devices["room2"], width=1280, height=720), town.covered_room)
    button(covered.page, CLASSROOM["cover"]["ask"]).click(timeout=WITHIN_MS)
    covered.page.get_by_role("button", name=re.compile("认识分数")).click(timeout=WITHIN_MS)
    who = say(TEACHER["cover"]["class"], school=COVERED, name="三年级", count=12)
    expect(teacher.page.get_by_text(say(TEACHER["cover"]["asks"], who=who))).to_be_visible(timeout=WITHIN_MS)
    button(teacher.page, TEACHER["cover"]["admit"]).click()
    eventually(lambda: covered.moves("老师"), "the class that joined sees the teacher")
    eventually(lambda: teacher.sees(COVERED, "room2"), "the teacher sees the class that joined")
    teacher.call_on(COVERED)
    eventually(lambda: room.sees(COVERED, "room2", at_least=0.4), "on the floor it fills the other class's screen")
    teacher.draw(teacher.sheet, [(0.2, 0.2), (0.5, 0.6), (0.8, 0.25)])
    teacher.take_floor_back(COVERED)
    eventually(lambda: covered.board()["ink"] > 500, "the board is on its screen")
    teacher.end_class()
    manifest = server.data / "lessons" / town.lesson / "manifest.json"
    eventually(lambda: COVERED in manifest.read_text(), "the recording names the class that joined")
    assert [*teacher.complaints, *room.complaints, *covered.complaints] == []


def test_who_lost_her_credential_in_another_process_is_out_within_seconds(server: Server, launch: Launch) -> None:
    town = settle(server)
    teacher = open_teacher(launch(), town.teacher)
    teacher.enter()
    helper = phone(launch, town.assistant)
    expect(helper.page.get_by_role("heading", name="认识分数")).to_be_visible(timeout=WITHIN_MS)
    revoke_everything_of(server, town.assistant)
    gone = helper.page.get_by_text(CORE["closed"]["unauthorized"]).or_(
        helper.page.get_by_role("heading", name=ASSISTANT["signIn"]["title"])
    )
    expect(gone.first).to_be_visible(timeout=WITHIN_MS)
