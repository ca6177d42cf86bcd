"""Rows of the county's model as values. Days are local dates; `*_ms` are UTC milliseconds since 1970."""

from __future__ import annotations

from datetime import date

from msgspec import Struct


class County(Struct, frozen=True):
    """The county. `policy` is JSON (`server.county.policy`)."""

    id: str
    name: str
    time_zone: str
    policy: str


class Term(Struct, frozen=True):
    """A term, its first and last day included."""

    id: str
    county_id: str
    name: str
    begins: date
    ends: date


class SpecialDay(Struct, frozen=True):
    """A holiday, or a make-up day taught by the timetable of the day it follows."""

    day: date
    follows: date | None = None
    name: str = ""


class SchoolClass(Struct, frozen=True):
    """A class: how many pupils, never who. `classroom_id` is where it usually sits."""

    id: str
    school_id: str
    grade: int
    name: str
    pupils: int
    classroom_id: str | None = None
    closed_ms: int | None = None


class SchoolSubject(Struct, frozen=True):
    """What is taught. `weak`: small schools lack teachers of it (music, art, English, science)."""

    id: str
    county_id: str
    name: str
    code: str | None = None
    weak: bool = False


class Prescribed(Struct, frozen=True):
    """How many periods a week a grade must have of a subject."""

    subject_id: str
    grade: int
    per_week: int


class Stay(Struct, frozen=True):
    """A school in a community, from `joined_ms` until `left_ms`; position 0 is the centre."""

    community_id: str
    school_id: str
    joined_ms: int
    position: int
    left_ms: int | None
