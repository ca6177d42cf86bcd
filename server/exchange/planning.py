"""A file judged against a county: counts, faults, and the plan of what to write. Pure."""

from __future__ import annotations

from collections.abc import Callable

from server.exchange.draft import Draft
from server.exchange.faults import Fault
from server.exchange.plan_registry import RegistryPlanner
from server.exchange.plan_timetable import TimetablePlanner
from server.exchange.plan_year import YearPlanner
from server.exchange.rows import Found, Table
from server.exchange.snapshot import Judged, Plan, Snapshot, Tally
from server.exchange.tables import COLUMNS, TableName
from server.exchange.vocabulary import Vocabulary
from server.store.county_rows import SchoolClass, SchoolSubject, Term
from server.store.rows import Classroom, School, Staff


def judge(found: Found, snapshot: Snapshot, vocabulary: Vocabulary, now_ms: int, *, whole: bool) -> Judged:
    """What `found` would change in the county of `snapshot`.

    whole: what the file does not have of the timetable of a term that it names is taken out.
    """
    draft = Draft(snapshot, vocabulary, now_ms)
    registry, year = RegistryPlanner(draft), YearPlanner(draft)
    timetable = TimetablePlanner(draft, whole=whole)
    planners: dict[TableName, Callable[[Table], None]] = {
        "terms": year.terms,
        "schools": registry.schools,
        "rooms": registry.rooms,
        "classes": registry.classes,
        "subjects": registry.subjects,
        "prescribed": registry.prescribed,
        "staff": registry.staff,
        "bells": year.bells,
        "days": year.days,
        "communities": year.communities,
        "timetable": timetable.timetable,
    }
    for name in COLUMNS:
        table = found.tables.get(name)
        if table is not None:
            draft.tallies[name] = Tally(table=name, sheet=table.sheet, unknown=table.unknown)
            if not _lacks_columns(draft, table):
                planners[name](table)
                _count_faulty(draft, table)
    return Judged(
        tallies=list(draft.tallies.values()),
        faults=draft.faults,
        faulty=draft.faulty,
        differences=draft.differences,
        headings={name: table.headings for name, table in found.tables.items()},
        ignored=found.ignored,
        plan=None if draft.faulty else _plan(draft),
        unnamed=draft.unnamed,
    )


def _lacks_columns(draft: Draft, table: Table) -> bool:
    """Whether a column is missing that every row needs: said once, not for every row."""
    if not table.rows:
        return True
    for key in table.missing:
        draft.fault(Fault(table.name, 0, key, "column_missing"))
    if table.missing:
        draft.tallies[table.name].faulty = len(table.rows)
    return bool(table.missing)


def _count_faulty(draft: Draft, table: Table) -> None:
    """Rows that are neither new, changed nor unchanged; and those that clash."""
    tally = draft.tallies[table.name]
    left = len(table.rows) - tally.new - tally.changed - tally.unchanged
    tally.faulty += left


def _plan(draft: Draft) -> Plan:
    return Plan(
        terms=draft.planned(Term),
        schools=draft.planned(School),
        rooms=draft.planned(Classroom),
        classes=draft.planned(SchoolClass),
        subjects=draft.planned(SchoolSubject),
        prescribed=draft.new_prescribed,
        staff=draft.planned(Staff),
        further=draft.changed_further,
        bells=[bell for (school_id, _), bell in draft.bells.items() if school_id in draft.touched_bells],
        days={term_id: list(draft.days[term_id].values()) for term_id in draft.touched_days},
        founded=draft.founded,
        renamed=draft.renamed,
        joined=draft.joined,
        left=draft.left,
        entries=draft.entries,
        removed=draft.removed,
    )
