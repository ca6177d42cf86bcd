"""An import while it is planned: what the county has and will have, what was counted, what is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct, structs

from server.county.timetable import Entry
from server.exchange import limits, shelves
from server.exchange.faults import Fault, Unfit
from server.exchange.rows import Row, Table
from server.exchange.sheets import Cell, is_empty
from server.exchange.snapshot import Difference, Founding, Joining, Snapshot, Tally
from server.exchange.tables import TableName
from server.exchange.values import text_of
from server.exchange.vocabulary import Vocabulary, key_of
from server.store.county_rows import Prescribed, SpecialDay
from server.store.ids import new_id
from server.store.rows import Community, Staff, StaffRole

T = TypeVar("T")
V = TypeVar("V", bound=Struct)


WAITS = "waits"
"""The code of a reference to a row that was refused itself: not told, for the first is enough."""


class Cells:
    """One row while it is read: every cell that cannot be taken becomes a fault, and the row is given up at the end."""

    def __init__(self, table: Table, row: Row, draft: Draft) -> None:
        self.number = row.number
        self._table, self._row, self._draft = table, row, draft
        self.faulty = False

    def given(self, key: str) -> bool:
        """Whether the cell says anything. An empty cell leaves what is known as it is."""
        return not is_empty(self._row.cells.get(key))

    def take(self, key: str, read: Callable[[Cell], T], default: T | None = None) -> T | None:
        """The cell by `read`; `default` for an empty one."""
        if not self.given(key):
            if key in self._row.merged:
                self.refuse(key, "merged")
            return default
        try:
            return read(self._row.cells[key])
        except Unfit as unfit:
            if unfit.code == WAITS:
                self._give_up()
            else:
                self.refuse(key, unfit.code, **unfit.values)
            return default

    def need(self, key: str, read: Callable[[Cell], T]) -> T | None:
        """As `take`; an empty cell is a fault."""
        if not self.given(key) and key not in self._row.merged:
            self.refuse(key, "empty")
            return None
        return self.take(key, read)

    def refuse(self, key: str, code: str, **values: str) -> None:
        """Notes that the row cannot be taken."""
        self._give_up()
        try:
            got = text_of(self._row.cells.get(key))
        except Unfit:
            got = ""
        self._draft.fault(Fault(self._table.name, self._row.number, key, code, got[:80], values))

    def _give_up(self) -> None:
        """Nothing comes of this row; nor, for now, of what refers to it."""
        self.faulty = True
        waiting = self._draft.waiting.setdefault(self._table.name, set())
        waiting |= {self._plain("code"), self._plain("name")} - {""}

    def _plain(self, key: str) -> str:
        try:
            return key_of(text_of(self._row.cells.get(key)))
        except Unfit:
            return ""


class Draft:
    """Shelves of everything, filled from the snapshot and then from the rows."""

    def __init__(self, snapshot: Snapshot, vocabulary: Vocabulary, now_ms: int) -> None:
        self.snapshot, self.vocabulary, self.now_ms = snapshot, vocabulary, now_ms
        self.faults: list[Fault] = []
        self.faulty = 0
        self.waiting: dict[TableName, set[str]] = {}
        """Codes and names of rows that were refused: what refers to them need not be told too."""
        self.tallies: dict[TableName, Tally] = {}
        self.differences: list[Difference] = []
        self.terms = shelves.of_terms(snapshot)
        self.schools = shelves.of_schools(snapshot)
        self.rooms = shelves.of_rooms(snapshot)
        self.classes = shelves.of_classes(snapshot)
        self.subjects = shelves.of_subjects(snapshot)
        self.staff = shelves.of_staff(snapshot)
        self.communities = shelves.of_communities(snapshot)
        self.members: dict[str, list[str]] = {}
        for stay in sorted(snapshot.stays, key=lambda stay: stay.position):
            self.members.setdefault(stay.community_id, []).append(stay.school_id)
        self.prescribed = {(one.subject_id, one.grade): one for one in snapshot.prescribed}
        self.further: dict[str, list[StaffRole]] = dict(snapshot.further)
        self.bells = {(bell.school_id, bell.period): bell for bell in snapshot.bells}
        self.days: dict[str, dict[object, SpecialDay]] = {
            term_id: {day.day: day for day in days} for term_id, days in snapshot.days.items()
        }
        self.written: dict[type[Struct], dict[str, Struct]] = {}
        self.new_prescribed: list[Prescribed] = []
        self.changed_further: dict[str, list[StaffRole]] = {}
        self.touched_bells: set[str | None] = set()
        self.touched_days: set[str] = set()
        self.founded: list[Founding] = []
        self.renamed: list[Community] = []
        self.joined: list[Joining] = []
        self.left: list[Joining] = []
        self.entries: list[Entry] = []
        self.removed: list[str] = []
        self.unnamed = 0
        self._made = 0
        self._staff_names: dict[str, set[str]] | None = None

    def fault(self, fault: Fault) -> None:
        """Keeps the first faults, and counts all."""
        self.faulty += 1
        if len(self.faults) < limits.FAULTS:
            self.faults.append(fault)

    def staff_named(self, text: str) -> list[Staff]:
        """Everybody of a name, whatever the school."""
        if self._staff_names is None:
            self._staff_names = defaultdict(set)
            for person in self.staff.by_id.values():
                if person.left_ms is None:
                    self._staff_names[key_of(person.name)].add(person.id)
        return [self.staff.by_id[identifier] for identifier in sorted(self._staff_names.get(key_of(text), set()))]

    def new_id(self, prefix: str) -> str:
        """Identifiers of one file sort as its rows do."""
        self._made += 1
        return new_id(prefix, self.now_ms + self._made)

    def write(self, value: Struct) -> None:
        """Plans to write `value`, new or changed."""
        self.written.setdefault(type(value), {})[getattr(value, "id")] = value  # noqa: B009

    def planned(self, kind: type[V]) -> list[V]:
        """What is to be written of one kind."""
        return [value for value in self.written.get(kind, {}).values() if isinstance(value, kind)]

    def count(self, table: TableName, cells: Cells, name: str, before: Struct | None, after: Struct) -> bool:
        """Counts a row; whether there is anything to write."""
        if before is None:
            self.tallies[table].new += 1
            return True
        columns = [field for field in after.__struct_fields__ if getattr(before, field) != getattr(after, field)]
        return self.count_changes(table, cells, name, columns)

    def count_changes(self, table: TableName, cells: Cells, name: str, columns: list[str]) -> bool:
        """Counts a row about something known; whether anything differs."""
        if not columns:
            self.tallies[table].unchanged += 1
            return False
        self.tallies[table].changed += 1
        if len(self.differences) < limits.FAULTS:
            self.differences.append(Difference(table, cells.number, name, columns))
        return True


def only_once(seen: dict[str, int], identifier: str, cells: Cells, key: str) -> bool:
    """Whether no row before was about the same thing; otherwise the row is refused."""
    if identifier in seen:
        cells.refuse(key, "twice", row=str(seen[identifier]))
        return False
    seen[identifier] = cells.number
    return True


def merged(known: V | None, new: V, **changes: object) -> V:
    """The known thing with what the row says, or the new one. `None` in `changes` means that the row says nothing."""
    if known is None:
        return new
    return structs.replace(known, **{field: value for field, value in changes.items() if value is not None})
