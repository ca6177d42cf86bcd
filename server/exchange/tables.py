"""The tables that come in and go out, and their columns: the one place that says what a county's workbook holds.

A row whose `closed` says anything is of something that is over: an export tells since when, an import passes it over.

What people call tables, columns and words is in the catalogs of server/locale/exchange.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

TableName = Literal[
    "terms", "schools", "rooms", "classes", "subjects", "prescribed", "staff", "bells", "days", "communities",
    "timetable",
]  # fmt: skip
Kind = Literal["text", "code", "number", "date", "time", "word", "words", "reference"]


class Column(NamedTuple):
    """A column. `words` names the group of the catalog whose words its cells may say."""

    key: str
    kind: Kind
    required: bool = False
    words: str = ""


COLUMNS: Final[dict[TableName, tuple[Column, ...]]] = {
    "terms": (Column("name", "text", True), Column("begins", "date", True), Column("ends", "date", True)),
    "schools": (
        Column("code", "code"),
        Column("name", "text", True),
        Column("kind", "word", True, "kind"),
        Column("closed", "text"),
    ),
    "rooms": (
        Column("school", "reference", True),
        Column("code", "code"),
        Column("name", "text", True),
        Column("profile", "word", False, "profile"),
        Column("closed", "text"),
    ),
    "classes": (
        Column("school", "reference", True),
        Column("grade", "word", True, "grade"),
        Column("name", "text", True),
        Column("pupils", "number"),
        Column("room", "reference"),
        Column("closed", "text"),
    ),
    "subjects": (Column("code", "code"), Column("name", "text", True), Column("weak", "word", False, "yes_no")),
    "prescribed": (
        Column("subject", "reference", True),
        Column("grade", "word", True, "grade"),
        Column("per_week", "number", True),
    ),
    "staff": (
        Column("code", "code"),
        Column("name", "text", True),
        Column("school", "reference"),
        Column("role", "word", True, "role"),
        Column("further", "words", False, "role"),
        Column("duty", "text"),
        Column("closed", "text"),
    ),
    "bells": (
        Column("school", "reference"),
        Column("period", "number", True),
        Column("starts", "time", True),
        Column("ends", "time", True),
    ),
    "days": (
        Column("term", "reference", True),
        Column("day", "date", True),
        Column("follows", "date"),
        Column("name", "text"),
    ),
    "communities": (
        Column("name", "text", True),
        Column("term", "reference"),
        Column("centre", "reference", True),
        Column("point1", "reference"),
        Column("point2", "reference"),
        Column("point3", "reference"),
    ),
    "timetable": (
        Column("term", "reference", True),
        Column("community", "reference", True),
        Column("weekday", "word", True, "weekday"),
        Column("period", "number"),
        Column("starts", "time"),
        Column("ends", "time"),
        Column("weeks", "text"),
        Column("subject", "reference", True),
        Column("title", "text"),
        Column("lead", "reference", True),
        Column("mode", "word", False, "mode"),
        Column("lead_room", "reference"),
        Column("lead_classes", "text"),
        Column("room1", "reference", True),
        Column("classes1", "text"),
        Column("room2", "reference"),
        Column("classes2", "text"),
        Column("room3", "reference"),
        Column("classes3", "text"),
    ),
}
"""In the order in which they refer to each other, which is the order they are planned in."""

WORDS: Final[dict[str, tuple[str, ...]]] = {
    "kind": ("centre", "teaching_point"),
    "profile": ("simple", "standard", "recording"),
    "grade": tuple(str(grade) for grade in range(1, 13)),
    "yes_no": ("yes", "no"),
    "role": ("county_admin", "school_admin", "lead", "assistant", "trainer", "inspector"),
    "weekday": tuple(str(day) for day in range(1, 8)),
    "mode": ("blended", "delivery"),
}
"""What cells of a group may mean."""
