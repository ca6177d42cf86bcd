"""Which class is proposed for a room at an hour of the week."""

from __future__ import annotations

import pytest

from server.county.usual_class import WEEK_MS, Sitting, usual_at

HOUR = 3_600_000
DAY = 24 * HOUR


def sat(class_id: str, week: int, at_ms: int) -> Sitting:
    start_ms = 100 * WEEK_MS + week * WEEK_MS + at_ms
    return Sitting(class_id, start_ms, start_ms + HOUR)


@pytest.mark.parametrize(
    ("sittings", "usual"),
    [
        ([], None),
        ([sat("three", -1, 0), *[sat("four", week, DAY) for week in range(-3, 3)]], "three"),
        ([sat("three", -1, HOUR // 2), sat("four", -2, -HOUR), sat("four", -3, HOUR)], "three"),
        ([sat("three", 3, DAY), sat("four", -2, 2 * DAY), sat("four", -3, 3 * DAY)], "four"),
        ([sat("three", -1, 0), sat("four", 1, 0)], None),
        ([sat("three", -1, DAY), sat("four", 1, DAY)], None),
        ([sat("three", -1, 0), sat("three", -2, 0), sat("four", 1, 0)], "three"),
    ],
    ids=["nobody", "that_hour", "overlaps", "any_hour", "two_alike", "two_alike_elsewhere", "more_often"],
)
def test_the_class_of_that_hour_comes_before_the_class_of_the_room(sittings: list[Sitting], usual: str | None) -> None:
    assert usual_at(sittings, 100 * WEEK_MS, 100 * WEEK_MS + HOUR) == usual
