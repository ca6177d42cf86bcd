"""Lessons that are over get their state from their log; those that nobody began are given up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from server.county.calendar import moment_ms
from server.county.policy import Policy
from server.lesson_judge import judge_once
from server.store.grid import GridLesson
from server.store.store import Store
from signaling.log import encode_line
from signaling.messages import Ended, Event, Joined, Logged, Opened, SourcesChanged, Started
from tests.server.store.county_town import BEFORE, ZONE, Town

MINUTE = 60_000
START = moment_ms(date(2026, 9, 7), 490, ZONE)
SPAN = moment_ms(date(2026, 9, 1), 0, ZONE), moment_ms(date(2026, 9, 30), 0, ZONE)


async def the_lesson(store: Store, town: Town) -> GridLesson:
    admin = await store.people.subject(town.admin.id)
    assert admin is not None
    (lesson,) = await store.grids.lessons(admin, "county", "", *SPAN)
    return lesson


def write_log(folder: Path, town: Town, minutes: int, lesson_id: str) -> None:
    """A log of a class of `minutes` with its room there from the beginning, a torn line at the end."""
    room = town.rooms[1].id
    events: list[tuple[int, Event]] = [
        (0, Opened(version=1, lesson=lesson_id, mode="blended", wall="2026-09-07T00:05:00.000Z")),
        (0, Joined(participant=town.lead.id, role="lead")),
        (0, Joined(participant=room, role="classroom")),
        (0, SourcesChanged(participant=room, live=["microphone", "camera"])),
        (5, Started()),
        (5 + minutes, Ended(reason="lead")),
    ]
    lines = [
        encode_line(Logged(number=number, at=at * MINUTE, by=town.lead.id, event=event))
        for number, (at, event) in enumerate(events, start=1)
    ]
    (folder / lesson_id).mkdir()
    (folder / lesson_id / "log.jsonl").write_bytes(b"".join(lines) + b'{"torn')


@pytest.mark.parametrize(("minutes", "state"), [(40, "VALID"), (12, "INVALID")])
async def test_a_lesson_that_ended_is_judged_by_its_log_once(
    store: Store, town: Town, tmp_path: Path, minutes: int, state: str
) -> None:
    lesson = await the_lesson(store, town)
    write_log(tmp_path, town, minutes, lesson.id)
    await store.lessons.began(lesson.id, START)
    await store.lessons.ended(lesson.id, START + minutes * MINUTE)
    await judge_once(store, tmp_path, START + 41 * MINUTE)
    judged = await the_lesson(store, town)
    assert (judged.state, judged.rooms[0].verdict) == (state, "valid" if minutes >= 30 else "invalid")
    await store.registry.set_policy(town.county_id, Policy(valid_after_min=5))
    await judge_once(store, tmp_path, START + 50 * MINUTE)
    assert await the_lesson(store, town) == judged


async def test_a_lesson_whose_log_is_gone_stays_unjudged_and_is_not_asked_again(
    store: Store, town: Town, tmp_path: Path
) -> None:
    lesson = await the_lesson(store, town)
    await store.lessons.began(lesson.id, START)
    await store.lessons.ended(lesson.id, START + 40 * MINUTE)
    await judge_once(store, tmp_path, START + 41 * MINUTE)
    assert (await the_lesson(store, town)).state == "UNJUDGED"
    assert await store.judgements.unjudged() == []


async def test_a_lesson_nobody_began_is_missed_a_while_after_its_end_and_can_still_be_held(
    store: Store, town: Town, tmp_path: Path
) -> None:
    lesson = await the_lesson(store, town)
    await judge_once(store, tmp_path, lesson.end_ms + 14 * MINUTE)
    assert (await the_lesson(store, town)).state == "planned"
    await judge_once(store, tmp_path, lesson.end_ms + 15 * MINUTE)
    assert (await the_lesson(store, town)).state == "UNREASONABLE_MISSED"
    await store.lessons.began(lesson.id, lesson.end_ms + 16 * MINUTE)
    assert (await the_lesson(store, town)).state == "live"


async def test_a_cancelled_lesson_is_not_missed(store: Store, town: Town, tmp_path: Path) -> None:
    lesson = await the_lesson(store, town)
    await store.judgements.excuse(town.county_id, lesson.id, "停电", town.admin.id, BEFORE)
    await judge_once(store, tmp_path, lesson.end_ms + 60 * MINUTE)
    found = await the_lesson(store, town)
    assert (found.state, found.reason) == ("REASONABLE_MISSED", "停电")
