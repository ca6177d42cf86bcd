"""How the things of a county are found in a file: by their codes, by their names, and within what a name is alone."""

from __future__ import annotations

from server.exchange.shelf import Shelf
from server.exchange.snapshot import Snapshot
from server.store.county_rows import SchoolClass, SchoolSubject, Term
from server.store.rows import Classroom, Community, School, Staff


def of_terms(snapshot: Snapshot) -> Shelf[Term]:
    """By name."""
    return Shelf(snapshot.terms, name_of=lambda term: term.name)


def of_schools(snapshot: Snapshot) -> Shelf[School]:
    """By code or name."""
    return Shelf(
        snapshot.schools,
        code_of=lambda school: school.code,
        name_of=lambda school: school.name,
        is_open=lambda school: school.closed_ms is None,
    )


def of_rooms(snapshot: Snapshot) -> Shelf[Classroom]:
    """By code, or by name within a school."""
    return Shelf(
        snapshot.rooms,
        code_of=lambda room: room.code,
        name_of=lambda room: room.name,
        scope_of=lambda room: room.school_id,
        is_open=lambda room: room.closed_ms is None,
    )


def of_classes(snapshot: Snapshot) -> Shelf[SchoolClass]:
    """By grade and name within a school."""
    return Shelf(
        snapshot.classes,
        name_of=class_key,
        scope_of=lambda one: one.school_id,
        is_open=lambda one: one.closed_ms is None,
    )


def of_subjects(snapshot: Snapshot) -> Shelf[SchoolSubject]:
    """By code or name."""
    return Shelf(snapshot.subjects, code_of=lambda subject: subject.code, name_of=lambda subject: subject.name)


def of_staff(snapshot: Snapshot) -> Shelf[Staff]:
    """By code, or by school and name."""
    return Shelf(
        snapshot.staff,
        code_of=lambda person: person.code,
        name_of=lambda person: f"{person.school_id or ''}/{person.name}",
        is_open=lambda person: person.left_ms is None,
    )


def of_communities(snapshot: Snapshot) -> Shelf[Community]:
    """By name within a term."""
    return Shelf(snapshot.communities, name_of=lambda community: f"{community.name}/{community.term_id or ''}")


def class_key(one: SchoolClass) -> str:
    """Classes of several grades may have the same name."""
    return f"{one.grade}/{one.name}"
