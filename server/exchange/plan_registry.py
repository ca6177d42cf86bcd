"""Rows of schools, rooms, classes, subjects, prescribed periods and staff, planned."""

from __future__ import annotations

from functools import partial
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from server.exchange.draft import Cells, Draft, merged, only_once
from server.exchange.faults import Unfit
from server.exchange.references import References
from server.exchange.rows import Table
from server.exchange.sheets import Cell
from server.exchange.shelf import Shelf
from server.exchange.tables import TableName
from server.exchange.values import code_of, name_of, number_of, text_of
from server.store.county_rows import Prescribed, SchoolClass, SchoolSubject
from server.store.rows import Classroom, Profile, School, SchoolKind, Staff, StaffRole

V = TypeVar("V", bound=Struct)
COUNTY_ROLES = ("county_admin", "trainer", "inspector")
"""Roles of people who need no school."""


class RegistryPlanner:
    """Plans what stands in a county."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._references = References(draft)

    def schools(self, table: Table) -> None:
        """A school is known by its code, else by its name."""
        draft, seen = self._draft, dict[str, int]()
        for row in table.rows:
            cells = Cells(table, row, draft)
            if _is_over(cells, table.name, draft):
                continue
            code, name = cells.take("code", code_of, "") or "", cells.need("name", name_of)
            kind: SchoolKind | None = self._word(cells, "kind", "kind", required=True)
            if cells.faulty or name is None or kind is None:
                continue
            known = self._match(cells, draft.schools, "", code, name, "name")
            if known is not None and known.kind != kind and known.id in self._in_communities():
                cells.refuse("kind", "kind_in_use")
            if cells.faulty:
                continue
            value = merged(
                known,
                School(
                    draft.new_id("school"), draft.snapshot.county_id, kind, name, code or None
                ),
                name=name, kind=kind, code=code or None,
            )  # fmt: skip
            self._keep("schools", cells, seen, draft.schools, known, _reopened(value), name)

    def rooms(self, table: Table) -> None:
        """A room is known within its school by its code, else by its name."""
        draft, seen = self._draft, dict[str, int]()
        for row in table.rows:
            cells = Cells(table, row, draft)
            if _is_over(cells, table.name, draft):
                continue
            school = cells.need("school", self._references.school)
            code, name = cells.take("code", code_of, "") or "", cells.need("name", name_of)
            profile: Profile | None = self._word(cells, "profile", "profile")
            if cells.faulty or school is None or name is None:
                continue
            known = self._match(cells, draft.rooms, school.id, code, name, "name")
            if cells.faulty:
                continue
            value = merged(
                known,
                Classroom(
                    draft.new_id("room"), school.id, name, profile or "simple", code or None
                ),
                name=name, profile=profile, code=code or None,
            )  # fmt: skip
            self._keep("rooms", cells, seen, draft.rooms, known, _reopened(value), name)

    def classes(self, table: Table) -> None:
        """A class is known within its school by its grade and name."""
        draft, seen = self._draft, dict[str, int]()
        for row in table.rows:
            cells = Cells(table, row, draft)
            if _is_over(cells, table.name, draft):
                continue
            school, name = cells.need("school", self._references.school), cells.need("name", name_of)
            grade: str | None = self._word(cells, "grade", "grade", required=True)
            pupils = cells.take("pupils", lambda cell: number_of(cell, 0, 200))
            room = cells.take("room", partial(self._references.room, school=school))
            if room is not None and school is not None and room.school_id != school.id:
                cells.refuse("room", "room_of_other_school")
            if cells.faulty or school is None or name is None or grade is None:
                continue
            known = self._match(cells, draft.classes, school.id, "", f"{grade}/{name}", "name")
            if cells.faulty:
                continue
            room_id = room.id if room else None
            value = merged(
                known,
                SchoolClass(
                    draft.new_id("class"), school.id, int(grade), name, pupils or 0, room_id
                ),
                name=name, pupils=pupils, classroom_id=room_id,
            )  # fmt: skip
            self._keep("classes", cells, seen, draft.classes, known, value, name)

    def subjects(self, table: Table) -> None:
        """A subject is known by its code, else by its name."""
        draft, seen = self._draft, dict[str, int]()
        for row in table.rows:
            cells = Cells(table, row, draft)
            code, name = cells.take("code", code_of, "") or "", cells.need("name", name_of)
            said: str | None = self._word(cells, "weak", "yes_no")
            if cells.faulty or name is None:
                continue
            known = self._match(cells, draft.subjects, "", code, name, "name")
            others = [one for one in draft.subjects.within("") if one.name == name and known and one.id != known.id]
            if others:
                cells.refuse("name", "same_name", times=str(len(others) + 1))
            if cells.faulty:
                continue
            weak = None if said is None else said == "yes"
            value = merged(
                known,
                SchoolSubject(
                    draft.new_id("subject"), draft.snapshot.county_id, name, code or None, bool(weak)
                ),
                name=name, weak=weak, code=code or None,
            )  # fmt: skip
            self._keep("subjects", cells, seen, draft.subjects, known, value, name)

    def prescribed(self, table: Table) -> None:
        """Periods a week of a subject in a grade."""
        draft, seen = self._draft, dict[str, int]()
        for row in table.rows:
            cells = Cells(table, row, draft)
            subject = cells.need("subject", self._references.subject)
            grade: str | None = self._word(cells, "grade", "grade", required=True)
            per_week = cells.need("per_week", lambda cell: number_of(cell, 0, 20))
            if cells.faulty or subject is None or grade is None or per_week is None:
                continue
            value = Prescribed(subject.id, int(grade), per_week)
            if not only_once(seen, f"{subject.id}/{grade}", cells, "subject"):
                continue
            known = draft.prescribed.get((subject.id, int(grade)))
            if draft.count("prescribed", cells, f"{subject.name} {grade}", known, value):
                draft.new_prescribed.append(value)

    def staff(self, table: Table) -> None:
        """A person is known by her code, else by her school and name."""
        draft, seen = self._draft, dict[str, int]()
        for row in table.rows:
            cells = Cells(table, row, draft)
            if _is_over(cells, table.name, draft):
                continue
            code, name = cells.take("code", code_of, "") or "", cells.need("name", name_of)
            school = cells.take("school", self._references.school)
            role: StaffRole | None = self._word(cells, "role", "role", required=True)
            further, duty = cells.take("further", self._roles), cells.take("duty", name_of)
            if role is not None and role not in COUNTY_ROLES and not cells.given("school"):
                cells.refuse("school", "school_needed")
            if cells.faulty or name is None or role is None:
                continue
            school_id = school.id if school else None
            known = self._match(cells, draft.staff, "", code, f"{school_id or ''}/{name}", "name")
            if cells.faulty:
                continue
            value = merged(
                known,
                Staff(
                    draft.new_id("staff"), draft.snapshot.county_id, school_id, role, name, code or None,
                    duty=duty or "",
                ),
                name=name, school_id=school_id, role=role, code=code or None, duty=duty,
            )  # fmt: skip
            self._keep_person(cells, seen, known, _reopened(value), further)

    def _keep_person(
        self, cells: Cells, seen: dict[str, int], known: Staff | None, value: Staff, further: list[StaffRole] | None
    ) -> None:
        draft = self._draft
        if not only_once(seen, value.id, cells, "name"):
            return
        before = draft.further.get(value.id, [])
        after = before if further is None else sorted(set(further) - {value.role})
        draft.staff.put(value)
        if after != before:
            draft.changed_further[value.id] = draft.further[value.id] = after
        if known is None:
            draft.tallies["staff"].new += 1
            draft.write(value)
            return
        columns = [field for field in value.__struct_fields__ if getattr(known, field) != getattr(value, field)]
        if columns:
            draft.write(value)
        draft.count_changes("staff", cells, value.name, columns + (["further"] if after != before else []))

    def _roles(self, cell: Cell) -> list[StaffRole]:
        found: list[StaffRole] = []
        text = text_of(cell)
        for divider in ("、", "，", "；", ";", "/"):
            text = text.replace(divider, ",")
        for part in filter(None, (part.strip() for part in text.split(","))):
            role = self._draft.vocabulary.word("role", part)
            if role is None:
                raise Unfit("not_a_word", allowed="role")
            found.append(role)  # type: ignore[arg-type]
        return found

    def _word(self, cells: Cells, key: str, group: str, *, required: bool = False) -> Any:
        def read(cell: Cell) -> str:
            found = self._draft.vocabulary.word(group, text_of(cell))
            if found is None:
                raise Unfit("not_a_word", allowed=group)
            return found

        return cells.need(key, read) if required else cells.take(key, read)

    def _match(self, cells: Cells, shelf: Shelf[V], scope: str, code: str, name: str, key: str) -> V | None:
        try:
            return shelf.match(scope, code, name)
        except Unfit as unfit:
            cells.refuse(key, unfit.code, **unfit.values)
            return None

    def _keep(
        self,
        table: TableName,
        cells: Cells,
        seen: dict[str, int],
        shelf: Shelf[V],
        known: V | None,
        value: V,
        name: str,
    ) -> None:
        if not only_once(seen, value.id, cells, "code" if cells.given("code") else "name"):  # type: ignore[attr-defined]
            return
        shelf.put(value)
        if self._draft.count(table, cells, name, known, value):
            self._draft.write(value)

    def _in_communities(self) -> set[str]:
        return {school_id for members in self._draft.members.values() for school_id in members}


def _is_over(cells: Cells, table: TableName, draft: Draft) -> bool:
    """Whether the row tells of something closed, as an export does: nothing is made, closed or opened again by it."""
    if not cells.given("closed"):
        return False
    draft.tallies[table].unchanged += 1
    return True


def _reopened(value: V) -> V:
    """What is listed again is there again."""
    field = "left_ms" if isinstance(value, Staff) else "closed_ms"
    return value if getattr(value, field) is None else replace(value, **{field: None})
