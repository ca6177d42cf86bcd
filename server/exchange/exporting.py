"""A county's standing tables as pages that can be imported again unchanged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct

from server.county.timetable import Entry
from server.exchange.draft import Draft
from server.exchange.packing import Choice, Page
from server.exchange.plan_timetable import ROOMS
from server.exchange.plan_year import POINTS
from server.exchange.shelf import Shelf
from server.exchange.shelves import class_key
from server.exchange.snapshot import Snapshot
from server.exchange.tables import COLUMNS, WORDS, TableName
from server.exchange.values import clock
from server.exchange.vocabulary import Vocabulary, key_of
from server.store.county_rows import SchoolClass
from server.store.rows import Classroom, School, Staff
from server.texts import Texts

V = TypeVar("V", bound=Struct)
Row = dict[str, str | int]
_LISTED: Final = "；"


class Exporter:
    """Writes what stands in a county. `within`: only this school's own things, for those whose right reaches no
    further."""

    def __init__(self, snapshot: Snapshot, vocabulary: Vocabulary, language: str, within: str | None = None) -> None:
        self._snapshot, self._within = snapshot, within
        self._zone = ZoneInfo(snapshot.time_zone)
        self._texts = vocabulary.texts[language]
        self._draft = Draft(snapshot, vocabulary, 0)
        self._members = self._draft.members

    def page(self, table: TableName) -> Page:
        """One table."""
        rows: dict[TableName, Callable[[], list[Row]]] = {
            "terms": self._terms, "schools": self._schools, "rooms": self._rooms, "classes": self._classes,
            "subjects": self._subjects, "prescribed": self._prescribed, "staff": self._staff, "bells": self._bells,
            "days": self._days, "communities": self._communities, "timetable": self._timetable,
        }  # fmt: skip
        keys = [column.key for column in COLUMNS[table]]
        return head_of(table, self._texts, [[row.get(key, "") for key in keys] for row in rows[table]()])

    def _terms(self) -> list[Row]:
        terms = sorted(self._snapshot.terms, key=lambda term: term.begins)
        return [{"name": one.name, "begins": one.begins.isoformat(), "ends": one.ends.isoformat()} for one in terms]

    def _schools(self) -> list[Row]:
        return [
            {
                "code": one.code or "",
                "name": one.name,
                "kind": self._word("kind", one.kind),
                "closed": self._since(one.closed_ms),
            }
            for one in self._snapshot.schools
            if self._mine(one.id)
        ]

    def _rooms(self) -> list[Row]:
        return [
            {
                "school": self._school(room.school_id),
                "code": room.code or "",
                "name": room.name,
                "profile": self._word("profile", room.profile),
                "closed": self._since(room.closed_ms, *self._school_closed(room.school_id)),
            }
            for room in self._snapshot.rooms
            if self._mine(room.school_id)
        ]

    def _classes(self) -> list[Row]:
        return [
            {
                "school": self._school(one.school_id),
                "grade": self._word("grade", str(one.grade)),
                "name": one.name,
                "pupils": one.pupils,
                "room": self._room(one.classroom_id) if one.classroom_id and self._stands(one.classroom_id) else "",
                "closed": self._since(one.closed_ms, *self._school_closed(one.school_id)),
            }
            for one in self._snapshot.classes
            if self._mine(one.school_id)
        ]

    def _subjects(self) -> list[Row]:
        return [
            {"code": one.code or "", "name": one.name, "weak": self._word("yes_no", "yes" if one.weak else "no")}
            for one in self._snapshot.subjects
        ]

    def _prescribed(self) -> list[Row]:
        return [
            {
                "subject": self._subject(one.subject_id),
                "grade": self._word("grade", str(one.grade)),
                "per_week": one.per_week,
            }
            for one in self._snapshot.prescribed
        ]

    def _staff(self) -> list[Row]:
        further = self._snapshot.further
        return [
            {
                "code": one.code or "",
                "name": one.name,
                "school": self._school(one.school_id) if one.school_id else "",
                "role": self._word("role", one.role),
                "further": _LISTED.join(self._word("role", role) for role in further.get(one.id, [])),
                "duty": one.duty,
                "closed": self._since(one.left_ms, *self._school_closed(one.school_id)),
            }
            for one in self._snapshot.staff
            if self._mine(one.school_id)
        ]

    def _bells(self) -> list[Row]:
        return [
            {
                "school": self._school(bell.school_id) if bell.school_id else "",
                "period": bell.period,
                "starts": clock(bell.starts_min),
                "ends": clock(bell.ends_min),
            }
            for bell in self._snapshot.bells
            if not self._school_closed(bell.school_id)
        ]

    def _days(self) -> list[Row]:
        return [
            {
                "term": self._term(term_id),
                "day": day.day.isoformat(),
                "follows": day.follows.isoformat() if day.follows else "",
                "name": day.name,
            }
            for term_id, days in self._snapshot.days.items()
            for day in days
        ]

    def _communities(self) -> list[Row]:
        rows: list[Row] = []
        for one in self._snapshot.communities:
            centre, *points = self._members.get(one.id, [""])
            if not centre or not (self._mine(centre) or any(map(self._mine, points))):
                continue
            row: Row = {"name": one.name, "term": self._term(one.term_id), "centre": self._school(centre)}
            rows.append(row | {key: self._school(point) for key, point in zip(POINTS, points, strict=False)})
        return rows

    def _timetable(self) -> list[Row]:
        staff = self._draft.staff.by_id
        return [self._entry(one) for one in self._snapshot.entries if self._mine(staff[one.lead_id].school_id)]

    def _entry(self, entry: Entry) -> Row:
        row: Row = {
            "term": self._term(entry.term_id),
            "community": self._draft.communities.by_id[entry.community_id].name if self._has(entry) else "",
            "weekday": self._word("weekday", str(entry.weekday)),
            "period": entry.period if entry.period is not None else "",
            "starts": clock(entry.starts_min),
            "ends": clock(entry.ends_min),
            "weeks": entry.weeks,
            "subject": self._subject(entry.subject_id),
            "title": entry.title,
            "lead": self._person(entry.lead_id),
            "mode": self._word("mode", entry.mode),
        }
        for (key, classes_key), room in zip(ROOMS, (entry.lead_room_id, *entry.rooms), strict=False):
            if room is not None:
                seated = [one.class_id for one in entry.classes if one.classroom_id == room]
                row[key] = f"{self._school(self._draft.rooms.by_id[room].school_id)}/{self._room(room)}"
                row[classes_key] = _LISTED.join(map(self._class, seated))
        return row

    def _has(self, entry: Entry) -> bool:
        return entry.community_id in self._draft.communities.by_id

    def _since(self, *moments_ms: int | None) -> str:
        """The day from which it was no more; empty for what stands."""
        over = [one for one in moments_ms if one is not None]
        return datetime.fromtimestamp(min(over) / 1000, self._zone).date().isoformat() if over else ""

    def _school_closed(self, school_id: str | None) -> list[int]:
        """What a closed school had is over with it."""
        school = self._draft.schools.by_id.get(school_id or "")
        return [school.closed_ms] if school is not None and school.closed_ms is not None else []

    def _mine(self, school_id: str | None) -> bool:
        return self._within is None or school_id == self._within

    def _word(self, group: str, word: str) -> str:
        return Vocabulary.first(self._texts, f"word.{group}.{word}")

    def _term(self, term_id: str | None) -> str:
        return self._draft.terms.by_id[term_id].name if term_id else ""

    def _school(self, school_id: str) -> str:
        school: School = self._draft.schools.by_id[school_id]
        return _told(self._draft.schools, school, school.name, school.code)

    def _room(self, room_id: str) -> str:
        room: Classroom = self._draft.rooms.by_id[room_id]
        return _told(self._draft.rooms, room, room.name, room.code, room.school_id)

    def _stands(self, room_id: str) -> bool:
        """A room that is closed cannot be referred to; a class that had it keeps it, for an empty cell says nothing."""
        return self._draft.rooms.by_id[room_id].closed_ms is None

    def _subject(self, subject_id: str) -> str:
        subject = self._draft.subjects.by_id[subject_id]
        return _told(self._draft.subjects, subject, subject.name, subject.code)

    def _person(self, staff_id: str) -> str:
        """Her name where it is the only one, else her code, else with her school."""
        person: Staff = self._draft.staff.by_id[staff_id]
        if len(self._draft.staff_named(person.name)) == 1 and not self._is_a_code(person.name):
            return person.name
        home = f"{self._school(person.school_id)}/" if person.school_id else ""
        return person.code or f"{home}{person.name}"

    def _is_a_code(self, name: str) -> bool:
        return any(one.code and key_of(one.code) == key_of(name) for one in self._draft.staff.find(name))

    def _class(self, class_id: str) -> str:
        """Its name, with the grade where several have that name."""
        one: SchoolClass = self._draft.classes.by_id[class_id]
        same = [other for other in self._draft.classes.within(one.school_id) if key_of(other.name) == key_of(one.name)]
        return one.name if len(same) == 1 else class_key(one)


def head_of(table: TableName, texts: Texts, rows: list[list[str | int]]) -> Page:
    """A page with the table's headings in one language."""
    columns = COLUMNS[table]
    name = Vocabulary.first(texts, f"table.{table}")
    return Page(name=name, head=[Vocabulary.first(texts, f"column.{table}.{one.key}") for one in columns], rows=rows)


def choices_of(table: TableName, texts: Texts) -> list[Choice]:
    """The drop-down lists of a template."""
    return [
        Choice(place, [Vocabulary.first(texts, f"word.{column.words}.{word}") for word in WORDS[column.words]])
        for place, column in enumerate(COLUMNS[table])
        if column.kind == "word"
    ]


def _told(shelf: Shelf[V], value: V, name: str, code: str | None, scope: str = "") -> str:
    """What finds the thing again: its name, or where others have it too, its code."""
    return next((way for way in (name, code or "") if way and shelf.find(way, scope) == [value]), code or name)
