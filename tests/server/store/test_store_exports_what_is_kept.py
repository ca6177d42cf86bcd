"""Tickets, alarms, changed days, deletions, cover, accounts and more as exported: with names, without secrets."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from server.exchange.kept_records import ROWS
from server.exchange.records import HEADS, RecordName
from server.exchange.vocabulary import PART
from server.store import schema
from server.store.store import Store
from server.texts import Texts
from tests.server.store.county_town import BEFORE, Town, build_town

ZONE = ZoneInfo("Asia/Shanghai")
AT = "2026-08-20 09:00:00"


@pytest.fixture
async def town(store: Store) -> Town:
    """A town in which each of these things has happened once, at its first teaching point where it has a place."""
    town = await build_town(store)
    room, lead = town.rooms[1], town.lead
    planned = await store.lessons.plan(
        community_id=town.community_id, lead_id=lead.id, classrooms=[room.id], title="风筝", subject="美术",
        mode="blended", planned_start_ms=BEFORE, planned_end_ms=BEFORE + 2_400_000, now_ms=BEFORE,
    )  # fmt: skip
    rows = {
        schema.device: {"id": "device-1", "classroom_id": room.id, "name": "大屏", "kind": "page", "paired_ms": BEFORE},
        schema.ticket: {"id": "ticket-1", "device_id": "device-1", "fault": "no_camera", "opened_ms": BEFORE},
        schema.device_test: {
            "device_id": "device-1", "number": 1, "at_ms": BEFORE, "figures": "{}", "faults": '["camera_black"]',
        },
        schema.device_change: {
            "device_id": "device-1", "number": 1, "at_ms": BEFORE,
            "what": '{"faults":["camera.black","line.up"],"version":"b7","width":1920,"height":1080}',
        },
        schema.alarm: {
            "id": "alarm-1", "county_id": town.county_id, "kind": "late", "about": planned.id, "told": "风筝",
            "school_id": room.school_id, "classroom_id": room.id, "opened_ms": BEFORE,
        },
        schema.deletion: {
            "id": "deletion-1", "county_id": town.county_id, "lesson_id": planned.id, "cause": "retention",
            "state": "done", "asked_ms": BEFORE, "due_ms": BEFORE, "done_ms": BEFORE, "files": 3, "bytes": 9,
        },
        schema.recording_hold: {
            "id": "hold-1", "lesson_id": planned.id, "cause": "model", "reason": "赛课", "held_by": lead.id,
            "held_ms": BEFORE, "until_ms": BEFORE,
        },
        schema.cover_request: {
            "id": "cover-1", "lesson_id": planned.id, "classroom_id": town.rooms[2].id, "class_id": town.classes[2].id,
            "state": "admitted", "asked_ms": BEFORE,
        },
        schema.account: {
            "staff_id": lead.id, "name": "wangfang", "hash": "SECRET", "code_secret": "SECRET", "must_change": False,
            "created_ms": BEFORE, "changed_ms": BEFORE,
        },
    }  # fmt: skip
    entry = town.entry(lead_id=town.lead.id)
    await store.timetable.save(town.county_id, town.term.id, [entry], BEFORE)
    rows[schema.timetable_exception] = {
        "entry_id": entry.id, "day": date(2026, 9, 14), "kind": "changed", "reason": "运动会",
        "to_day": date(2026, 9, 15), "starts_min": 600, "ends_min": 640, "lead_id": town.colleague.id,
    }  # fmt: skip
    for table, values in rows.items():
        await store.database.write(lambda c, table=table, values=values: c.execute(insert(table).values(**values)))  # type: ignore[misc]
    return town


async def rows(store: Store, town: Town, name: RecordName, within: str | None = None) -> list[list[str | int]]:
    return await store.database.read(lambda c: ROWS[name](c, town.county_id, within, ZONE, Texts("en", PART)))


EXPECTED: dict[RecordName, list[str | int]] = {
    "tickets": ["第一教学点", "教室", "大屏", "no_camera", AT, "", "", ""],
    "tests": ["第一教学点", "教室", "大屏", AT, "camera_black", "{}"],
    "history": ["第一教学点", "教室", "大屏", AT, "camera.black；line.up", "b7", "height=1080；width=1920"],
    "exceptions": [
        "2026 秋", "Monday", "美术", "主讲教师", "中心小学", "2026-09-14", "Changed", "运动会", "2026-09-15",
        "10:00", "10:40", "另一位教师", "No",
    ],
    "alarms": ["late", "LESSON", "风筝", "第一教学点", "教室", AT, "", "", ""],
    "deletions": [
        "LESSON", "风筝", "中心小学", "Retention", "Deleted and verified", "", AT, AT, "", AT, 3, 9,
    ],
    "holds": ["LESSON", "风筝", "中心小学", "Model lesson", "赛课", "LEAD", AT, AT, "", ""],
    "covers": ["LESSON", "风筝", "第二教学点", "教室", "三年级", "Admitted", AT, ""],
    "accounts": ["wangfang", "主讲教师", "中心小学", "Lead teacher", "No", "Yes", AT, AT, ""],
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
async def test_each_is_told_whole_and_to_the_school_it_is_of(store: Store, town: Town, name: RecordName) -> None:
    found = await rows(store, town, name)
    assert len(found) == 1
    told = [
        "LESSON" if str(one).startswith("01") and len(str(one)) == 26 else "LEAD" if one == town.lead.id else one
        for one in found[0]
    ]
    assert told == EXPECTED[name]
    assert len(told) == len(HEADS[name])
    assert "SECRET" not in str(found)
    schools = [town.centre.id, *(point.id for point in town.points)]
    assert sorted([len(await rows(store, town, name, school)) for school in schools]) == [0, 0, 1]


async def test_an_invitation_is_told_to_the_schools_on_both_its_sides(store: Store, town: Town) -> None:
    [lesson] = [one.lesson.id for one in await store.lessons.of_community(town.community_id)]
    made = {
        "id": "invitation-1", "lesson_id": lesson, "classroom_id": town.rooms[2].id, "class_id": town.classes[2].id,
        "invited_by": town.lead.id, "invited_ms": BEFORE, "until_ms": BEFORE, "state": "declined",
        "answered_by": "x", "answered_ms": BEFORE,
    }  # fmt: skip
    await store.database.write(lambda c: c.execute(insert(schema.invitation), made))
    told = [
        lesson, "风筝", AT, "主讲教师", "中心小学", "第二教学点", "教室", "三年级", "Declined", "主讲教师",
        AT, AT, AT, "",
    ]  # fmt: skip
    assert await rows(store, town, "invitations") == [told]
    assert len(told) == len(HEADS["invitations"])
    schools = [town.centre.id, *(point.id for point in town.points)]
    assert [len(await rows(store, town, "invitations", school)) for school in schools] == [1, 0, 1]
