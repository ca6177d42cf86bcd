"""What a cell means that names another thing: a school, a room of a school, a person, a term, a community."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

from server.exchange.draft import WAITS, Draft
from server.exchange.faults import Unfit
from server.exchange.sheets import Cell
from server.exchange.tables import TableName
from server.exchange.values import text_of
from server.exchange.vocabulary import key_of
from server.store.county_rows import SchoolClass, SchoolSubject, Term
from server.store.rows import Classroom, Community, School, Staff

T = TypeVar("T")
_DIVIDED = re.compile(r"[;,、，；\n]")


class References:
    """Reads references against a draft: what the file's own rows bring counts."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def term(self, cell: Cell) -> Term:
        """A term by its name."""
        return self._one(self._draft.terms.find(text_of(cell)), "terms", text_of(cell))

    def school(self, cell: Cell) -> School:
        """A school by its code or name."""
        return self._one(self._draft.schools.find(text_of(cell)), "schools", text_of(cell))

    def subject(self, cell: Cell) -> SchoolSubject:
        """A subject by its code or name."""
        return self._one(self._draft.subjects.find(text_of(cell)), "subjects", text_of(cell))

    def room(self, cell: Cell, school: School | None = None) -> Classroom:
        """A room: `school/room`, or within `school` the room alone."""
        text = text_of(cell)
        for home, rest in self._homes(text):
            if found := self._draft.rooms.find(rest, home.id):
                return self._one(found, "rooms")
        if school is not None and (found := self._draft.rooms.find(text, school.id)):
            return self._one(found, "rooms")
        if school is None and (found := self._draft.rooms.find(text, None)):
            return self._one(found, "rooms")
        school_text, _, rest = text.replace("／", "/").rpartition("/")
        self._wait("schools", school_text)
        self._wait("rooms", rest)
        raise Unfit("unknown_room")

    def person(self, cell: Cell, schools: Sequence[str] = ()) -> Staff:
        """A person by code, by `school/name`, or by name: first among `schools`, then in the whole county."""
        text, staff = text_of(cell), self._draft.staff
        coded = [one for one in staff.find(text) if one.code and key_of(one.code) == key_of(text)]
        if coded:
            return self._one(coded, "staff")
        for home, rest in self._homes(text):
            if found := staff.find(f"{home.id}/{rest}"):
                return self._one(found, "staff")
        near = [one for school_id in schools for one in staff.find(f"{school_id}/{text}")]
        if near:
            return self._one(near, "staff")
        return self._one(self._draft.staff_named(text), "staff", text.rpartition("/")[2])

    def community(self, cell: Cell, term: Term | None) -> Community:
        """A community by its name: that of the term, else one of no term, else the only one."""
        text, communities = text_of(cell), self._draft.communities
        for term_id in (term.id if term else "", ""):
            if found := communities.find(f"{text}/{term_id}"):
                return self._one(found, "communities")
        named = [one for one in communities.by_id.values() if key_of(one.name) == key_of(text)]
        return self._one(named, "communities", text)

    def classes(self, cell: Cell, room: Classroom) -> list[SchoolClass]:
        """Classes of the room's school, one or several."""
        text = text_of(cell)
        try:
            return [self._class(text, room.school_id)]
        except Unfit:
            parts = [part.strip() for part in _DIVIDED.split(unicodedata.normalize("NFKC", text)) if part.strip()]
            if len(parts) < 2:
                raise
            return [self._class(part, room.school_id) for part in parts]

    def _one(self, found: Sequence[T], table: TableName, text: str = "") -> T:
        """The only one.

        Raises:
            Unfit: `unknown_reference` or `ambiguous`.
        """
        if not found:
            self._wait(table, text)
            raise Unfit("unknown_reference", of=table)
        if len(found) > 1:
            raise Unfit("ambiguous", of=table, times=str(len(found)))
        return found[0]

    def _wait(self, table: TableName, text: str) -> None:
        """Passes over what refers to a row that was refused."""
        if text and key_of(text) in self._draft.waiting.get(table, set()):
            raise Unfit(WAITS)

    def _class(self, text: str, school_id: str) -> SchoolClass:
        """A class by its name where that tells which, else by grade and name: `3/1`."""
        own = self._draft.classes.within(school_id)
        named = [one for one in own if key_of(one.name) == key_of(text)]
        if len(named) == 1:
            return named[0]
        for one in own:
            for way in self._graded(one):
                if key_of(way) == key_of(text):
                    return one
        if len(named) > 1:
            raise Unfit("which_grade", example=f"{named[0].grade}/{named[0].name}")
        if any(key_of(text).endswith(name) for name in self._draft.waiting.get("classes", ())):
            raise Unfit(WAITS)
        raise Unfit("unknown_class")

    def _graded(self, one: SchoolClass) -> list[str]:
        grades = [str(one.grade)]
        for texts in self._draft.vocabulary.texts.values():
            grades += texts(f"word.grade.{one.grade}").split("|")
        return [f"{grade}{between}{one.name}" for grade in grades for between in ("/", "")]

    def _homes(self, text: str) -> list[tuple[School, str]]:
        """Every way to take `text` for `school/rest`."""
        plain = text.replace("／", "/")
        places = [place for place, letter in enumerate(plain) if letter == "/"]
        return [
            (home, plain[place + 1 :].strip())
            for place in places
            for home in self._draft.schools.find(plain[:place].strip())
        ]
