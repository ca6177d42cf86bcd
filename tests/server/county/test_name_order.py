"""Names in the order in which people look for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.county.name_order import by_name, value_of

VECTORS = Path(__file__).parents[2] / "vectors" / "names_in_order.json"
"""The pages sort by the same (web/tests/ui/search.test.ts)."""


@pytest.mark.parametrize("names", json.loads(VECTORS.read_text()), ids=lambda names: names[0])
def test_names_stand_in_the_order_in_which_people_count_and_speak(names: list[str]) -> None:
    assert by_name(reversed(names), lambda name: (name,)) == names


def test_rooms_stand_by_school_first() -> None:
    rooms = [("第二小学", "教室1"), ("第一小学", "教室10"), ("第一小学", "教室2")]
    assert by_name(rooms, lambda room: room) == [rooms[2], rooms[1], rooms[0]]


def test_a_name_that_no_character_set_holds_has_a_place() -> None:
    assert by_name(["\ud800", "", "A"], lambda name: (name,))[0] == ""


@pytest.mark.parametrize(
    ("numeral", "value"),
    [("十", 10), ("十二", 12), ("二十", 20), ("二十三", 23), ("一百零二", 102), ("百", 100), ("二〇二六", 2026)],
)
def test_numerals_have_their_value(numeral: str, value: int) -> None:
    assert value_of(numeral) == value


def test_the_pages_know_numerals_by_the_same() -> None:
    root = Path(__file__).parents[3]
    pages, server = (root / folder / "numerals.json" for folder in ("web/src/ui", "server/county"))
    assert json.loads(pages.read_text(encoding="utf-8")) == json.loads(server.read_text(encoding="utf-8"))
