"""The county as an import is judged against it, and the plan that follows: values that go between processes."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from server.county.clashes import Booking
from server.county.timetable import Bell, Change, Entry
from server.exchange.faults import Fault
from server.exchange.tables import TableName
from server.store.county_rows import Prescribed, SchoolClass, SchoolSubject, SpecialDay, Stay, Term
from server.store.rows import Classroom, Community, School, Staff, StaffRole


class Snapshot(Struct, frozen=True, kw_only=True):
    """What stands in a county. Things that were closed are in it too: a code that comes back is the same thing.

    further: roles besides the first, by person. days: special days by term. stays: those that last. by_hand: lessons
    planned without the timetable, which may clash with it.
    """

    county_id: str
    time_zone: str
    terms: list[Term]
    days: dict[str, list[SpecialDay]]
    schools: list[School]
    rooms: list[Classroom]
    classes: list[SchoolClass]
    subjects: list[SchoolSubject]
    prescribed: list[Prescribed]
    staff: list[Staff]
    further: dict[str, list[StaffRole]]
    bells: list[Bell]
    communities: list[Community]
    stays: list[Stay]
    entries: list[Entry]
    changes: list[Change]
    by_hand: list[Booking] = []

    def fingerprint(self) -> str:
        """Tells whether anything an import is judged against has changed; lessons planned by hand are left out, for
        they are asked about again when the import is written."""
        state = msgspec.structs.replace(self, by_hand=[])
        return hashlib.sha256(msgspec.msgpack.encode(state)).hexdigest()


class Joining(Struct, frozen=True):
    """A school that joins a known community, or leaves it."""

    community_id: str
    school_id: str


class Founding(Struct, frozen=True):
    """A new community, its centre, its points."""

    community: Community
    centre_id: str
    points: list[str]


class Plan(Struct, frozen=True, kw_only=True):
    """What an import writes, each value as it will be. Empty lists write nothing."""

    terms: list[Term]
    schools: list[School]
    rooms: list[Classroom]
    classes: list[SchoolClass]
    subjects: list[SchoolSubject]
    prescribed: list[Prescribed]
    staff: list[Staff]
    further: dict[str, list[StaffRole]]
    bells: list[Bell]
    days: dict[str, list[SpecialDay]]
    founded: list[Founding]
    renamed: list[Community]
    joined: list[Joining]
    left: list[Joining]
    entries: list[Entry]
    removed: list[str]


class Tally(Struct, kw_only=True):
    """How many rows of a table are new, changed, unchanged, faulty; `removed`: known ones that go."""

    table: TableName
    sheet: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    faulty: int = 0
    removed: int = 0
    unknown: list[str] = []


class Difference(Struct, frozen=True):
    """A known thing that a row changes: what it is called, and which columns differ."""

    table: TableName
    row: int
    name: str
    columns: list[str]


class Judged(Struct, frozen=True, kw_only=True):
    """What a file was found to hold. `plan` is there only when nothing is faulty. `faults` are the first ones.

    headings: what columns are called in the file, by table. unnamed: rows of the timetable with a room without a class.
    """

    tallies: list[Tally]
    faults: list[Fault]
    faulty: int
    differences: list[Difference]
    headings: dict[str, dict[str, str]]
    ignored: list[str]
    plan: Plan | None
    unnamed: int = 0
    dropped: int = 0
