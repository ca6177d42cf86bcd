"""Which lessons lie within somebody's reach: the one place that says so (how far a right goes: server.permissions).

A recording that is deleted, or waits to be, is within nobody's reach.
"""

from __future__ import annotations

from typing import assert_never

from sqlalchemy import ColumnElement, and_, false, or_, select

from server.permissions import Action, Reach, reaches
from server.store import schema
from server.store.rows import Subject

_TAUGHT = schema.lesson.alias("taught")  # made once: each alias copies every column of its table
_SEATED = schema.lesson_classroom.join(schema.classroom)


def lessons_within(who: Subject, action: Action) -> ColumnElement[bool]:
    """Whether the lesson in the enclosing query is one that `who` may do `action` with."""
    within = _within(who, action)
    return and_(within, ~deletion_stands()) if action == "recordings.watch" else within


def deletion_stands() -> ColumnElement[bool]:
    """The recording of the lesson in the enclosing query is deleted, or about to be."""
    table = schema.deletion
    return (
        select(table.c.id)
        .where(table.c.lesson_id == schema.lesson.c.id, table.c.state != "undone")
        .correlate(schema.lesson)
        .exists()
    )


def _within(who: Subject, action: Action) -> ColumnElement[bool]:
    return or_(false(), *(_within_reach(who, far) for far in reaches(who.roles, action)))


def _within_reach(who: Subject, far: Reach) -> ColumnElement[bool]:
    match far:
        case "county":
            return _of_county(who)
        case "school":
            return _of_school(who)
        case "community":
            return or_(_own(who), _of_community(who))
        case "own":
            return _own(who)
        case unknown:
            assert_never(unknown)


def _own(who: Subject) -> ColumnElement[bool]:
    """She leads it; or the room sits in it."""
    if who.kind == "staff":
        return schema.lesson.c.lead_id == who.id
    seat = schema.lesson_classroom
    return schema.lesson.c.id.in_(select(seat.c.lesson_id).where(seat.c.classroom_id == who.id))


def _of_community(who: Subject) -> ColumnElement[bool]:
    """A lesson of a community that her school, or the room's, belongs to now; hers only where she teaches in it."""
    member = schema.community_member
    now = select(member.c.community_id).where(member.c.school_id == who.school_id, member.c.left_ms.is_(None))
    communities = schema.lesson.c.community_id.in_(now)
    if who.kind != "staff":
        return communities
    taught = select(_TAUGHT.c.community_id).where(_TAUGHT.c.lead_id == who.id)
    return and_(communities, schema.lesson.c.community_id.in_(taught))


def _of_school(who: Subject) -> ColumnElement[bool]:
    """A lesson that a teacher of her school leads, or that a room of her school sits in."""
    if who.school_id is None:
        return false()
    staff, room, seat = schema.staff, schema.classroom, schema.lesson_classroom
    teachers = select(staff.c.id).where(staff.c.school_id == who.school_id)
    seated = select(seat.c.lesson_id).select_from(_SEATED).where(room.c.school_id == who.school_id)
    return or_(schema.lesson.c.lead_id.in_(teachers), schema.lesson.c.id.in_(seated))


def _of_county(who: Subject) -> ColumnElement[bool]:
    community = schema.community
    own = select(community.c.id).where(community.c.county_id == who.county_id)
    return schema.lesson.c.community_id.in_(own)
