"""When a screen may load its page anew, and how it knows that there is a newer one."""

from __future__ import annotations

import os
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from server.devices.build_id import BuildId
from server.devices.renewal import CLEAR_MS, SPREAD_MIN, due

ZONE = "Asia/Shanghai"
MINUTE = 60_000


def at(hour: int, minute: int = 0) -> int:
    return int(datetime(2026, 11, 23, hour, minute, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


def test_a_screen_renews_at_night_by_the_countys_clock_and_never_by_day() -> None:
    by_hour = {hour: due("device-1", ZONE, [], at(hour, 59)) for hour in range(24)}
    assert by_hour[3]
    assert by_hour[4]
    assert not any(by_hour[hour] for hour in (0, *range(5, 24)))
    assert not due("device-1", ZONE, [], at(5))


def test_five_hundred_screens_do_not_come_at_once() -> None:
    devices = [f"device-{number}" for number in range(500)]
    begun = [sum(due(device, ZONE, [], at(1) + minute * MINUTE) for device in devices) for minute in range(SPREAD_MIN)]
    assert begun[-1] == 500
    assert max(after - before for before, after in pairwise(begun)) < 20


def test_no_screen_renews_within_a_quarter_of_an_hour_of_a_lesson() -> None:
    now = at(4)
    for start, end, free in (
        (now + CLEAR_MS, now + 2 * CLEAR_MS, False),
        (now + CLEAR_MS + 1, now + 2 * CLEAR_MS, True),
        (now - 40 * MINUTE, now + MINUTE, False),
        (now - 60 * MINUTE, now - CLEAR_MS, False),
        (now - 60 * MINUTE, now - CLEAR_MS - 1, True),
    ):
        assert due("device-1", ZONE, [(start, end)], now) is free


def test_the_build_is_another_one_when_the_page_was_built_again(tmp_path: Path) -> None:
    build = BuildId(tmp_path)
    assert build() == ""
    page = tmp_path / "classroom" / "index.html"
    page.parent.mkdir()
    page.write_text('<script src="/assets/classroom-1a2b3c4d.js">')
    first = build()
    assert len(first) == 12
    page.write_text('<script src="/assets/classroom-9z8y7x6w.js">')
    os.utime(page, ns=(1, 1))
    assert build() not in ("", first)
