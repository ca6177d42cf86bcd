"""Invitations as people read them: with the names they decide by."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, func, select

from server.store import schema

InvitationState = Literal["open", "accepted", "declined", "withdrawn", "expired"]


class InvitationTold(Struct, frozen=True, kw_only=True):
    """An invitation with the names people decide by. `by`: who invited; `lead_school`: whose lesson it is."""

    id: str
    lesson_id: str
    title: str
    subject: str
    start_ms: int
    end_ms: int
    lead: str
    lead_school: str
    classroom_id: str
    school: str
    room: str
    by: str
    invited_ms: int
    until_ms: int
    state: InvitationState


def with_names(condition: ColumnElement[bool], newest: bool) -> Select[tuple[object, ...]]:
    """Those of the condition: the newest first, or by the time of their lessons."""
    table, lesson, room, school = schema.invitation, schema.lesson, schema.classroom, schema.school
    lead, home, by = schema.staff.alias("lead"), schema.school.alias("home"), schema.staff.alias("by")
    order = (table.c.invited_ms.desc(), table.c.id.desc()) if newest else (lesson.c.planned_start_ms, table.c.id)
    return (
        select(
            table.c.id, table.c.lesson_id, lesson.c.title, lesson.c.subject,
            lesson.c.planned_start_ms.label("start_ms"), lesson.c.planned_end_ms.label("end_ms"),
            lead.c.name.label("lead"), func.coalesce(home.c.name, "").label("lead_school"), table.c.classroom_id,
            school.c.name.label("school"), room.c.name.label("room"), by.c.name.label("by"),
            table.c.invited_ms, table.c.until_ms, table.c.state,
        )
        .select_from(
            table.join(lesson, lesson.c.id == table.c.lesson_id)
            .join(room, room.c.id == table.c.classroom_id)
            .join(school, school.c.id == room.c.school_id)
            .join(lead, lead.c.id == lesson.c.lead_id)
            .outerjoin(home, home.c.id == lead.c.school_id)
            .join(by, by.c.id == table.c.invited_by)
        )
        .where(condition)
        .order_by(*order)
    )  # fmt: skip
