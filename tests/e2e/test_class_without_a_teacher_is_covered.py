"""A class whose teacher is away sits in on a lesson of the timetable, is recorded only with consent, and replayed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.people import eventually, follow, open_classroom, open_replay, open_teacher, words
from tests.e2e.running import Server
from tests.e2e.timetabled_town import COVERED, POINT, SUBJECT, agree, timetabled

pytestmark = [pytest.mark.e2e, pytest.mark.waits, pytest.mark.timeout(600)]

UI, TEACHER, CLASSROOM = words("ui"), words("teacher"), words("classroom")
WITHIN_MS = 30_000
JOINED_WITHIN_S = 120.0
"""A class without a teacher cannot wait longer."""


def events(log: Path, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line["event"] for line in lines if line["event"]["type"] == kind]


def test_a_class_whose_teacher_is_away_sits_in_is_recorded_only_with_consent_and_sees_the_replay(
    server: Server,
    launch: Callable[..., BrowserContext],
    devices: dict[str, dict[str, Path]],
    record_property: Callable[[str, object], None],
) -> None:
    town = timetabled(server)
    folder = server.data / "lessons" / town.lesson
    log, tracks = folder / "log.jsonl", folder / "tracks"
    teacher = open_teacher(launch(**devices["lead"]), town.teacher)
    room = open_classroom(launch(**devices["room1"], width=1280, height=720), town.room)
    teacher.page.get_by_role("button", name=re.compile(TEACHER["lessons"]["open"])).first.click()
    teacher.start_class()
    eventually(lambda: room.sees("老师", "lead"), "the class of the timetable sees its teacher")
    eventually(lambda: len(list(tracks.glob("*-camera-*"))) == 2, "teacher and class are recorded")

    covered = open_classroom(launch(**devices["room2"], width=1280, height=720), town.covered_room)
    asked = covered.page.get_by_role("button", name=CLASSROOM["cover"]["ask"])
    asked.wait_for()
    began_s = time.monotonic()
    asked.click()
    covered.page.get_by_role("button", name=re.compile(SUBJECT)).click(timeout=WITHIN_MS)
    teacher.page.get_by_role("button", name=TEACHER["cover"]["admit"]).click(timeout=WITHIN_MS)
    eventually(lambda: covered.sees("老师", "lead"), "the class that joined sees the teacher", JOINED_WITHIN_S)
    joined_s = time.monotonic() - began_s
    record_property("joined_s", round(joined_s, 1))
    assert joined_s < JOINED_WITHIN_S
    eventually(lambda: teacher.sees(COVERED, "room2"), "the teacher sees the class that joined")
    eventually(lambda: teacher.sees(POINT, "room1"), "and the class of the timetable as before")

    stopped = {"type": "recording_changed", "on": False, "reason": "consent"}
    eventually(lambda: stopped in events(log, "recording_changed"), "nothing is recorded without its consent")
    expect(teacher.page.get_by_text(UI["recording"]["reason"]["consent"])).to_be_visible(timeout=WITHIN_MS)
    assert list(tracks.glob(f"{town.covered_room_id}-*")) == []

    agree(server, town)
    eventually(lambda: list(tracks.glob(f"{town.covered_room_id}-camera-*")), "recorded once it may be", within_s=90)
    expect(teacher.page.get_by_text(UI["recording"]["reason"]["consent"])).to_have_count(0, timeout=WITHIN_MS)
    teacher.page.wait_for_timeout(3000)
    teacher.end_class()
    covered.page.get_by_text(CLASSROOM["ended"]["title"], exact=True).wait_for()
    assert [*teacher.complaints, *room.complaints, *covered.complaints] == []

    _is_replayed(launch, town.covered_admin, town.lesson, town.covered_room_id)
    _is_not_there(launch, town.beside, town.lesson)


def _signed_in(launch: Callable[..., BrowserContext], link: str) -> tuple[BrowserContext, str]:
    context = launch(width=1280, height=720)
    page = context.new_page()
    follow(page, link)
    page.close()
    return context, link.partition("/replay")[0]


def _is_replayed(launch: Callable[..., BrowserContext], link: str, lesson: str, who: str) -> None:
    """For the school of the class that joined."""
    context, base = _signed_in(launch, link)
    replay = open_replay(context, f"{base}/replay/{lesson}")
    media = eventually(replay.media, "the replay is ready", within_s=90)
    assert len(media) == 3
    replay.play()
    eventually(lambda: replay.picture(who) is not None, "the picture of the class that joined is in it")
    assert replay.complaints == []


def _is_not_there(launch: Callable[..., BrowserContext], link: str, lesson: str) -> None:
    """For a school that had nothing to do with it."""
    context, base = _signed_in(launch, link)
    answers = [context.request.get(f"{base}/api/recordings/{one}") for one in (lesson, "01nosuchlesson")]
    assert [answer.status for answer in answers] == [404, 404]
    assert answers[0].body() == answers[1].body()
