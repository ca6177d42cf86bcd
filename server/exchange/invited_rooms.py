"""Rooms that were invited from outside a lesson's community, as a page."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, or_, select

from server.exchange.records import Cells, moment
from server.store import schema
from server.texts import Texts


def invitation_rows(
    connection: Connection, county_id: str, within: str | None, zone: ZoneInfo, texts: Texts
) -> list[Cells]:
    """By when they were made; a school's are those to its rooms, and those to lessons its teachers lead.

    For use inside a transaction.
    """
    query, school, home = _named(county_id)
    if within is not None:
        query = query.where(or_(school.c.id == within, home.c.id == within))
    return [
        [one.lesson_id, one.title, moment(one.starts_ms, zone), one.lead, one.lead_school or "",
         one.school, one.room, one.class_name or "", texts(f"word.invitation.{one.state}"), one.by,
         *(moment(at, zone) for at in (one.invited_ms, one.until_ms, one.answered_ms, one.withdrawn_ms))]
        for one in connection.execute(query)
    ]  # fmt: skip


def _named(county_id: str) -> tuple[Select[Any], Any, Any]:
    """Invitations with their names; the schools of the room, and of the lesson's lead."""
    table, lesson, room, school = schema.invitation, schema.lesson, schema.classroom, schema.school
    lead, home, by = schema.staff.alias("lead"), schema.school.alias("home"), schema.staff.alias("by")
    one = schema.school_class
    query = (
        select(
            table, lesson.c.title, lesson.c.planned_start_ms.label("starts_ms"), lead.c.name.label("lead"),
            home.c.name.label("lead_school"), school.c.name.label("school"), room.c.name.label("room"),
            one.c.name.label("class_name"), by.c.name.label("by"),
        )
        .select_from(
            table.join(lesson, lesson.c.id == table.c.lesson_id)
            .join(room, room.c.id == table.c.classroom_id)
            .join(school, school.c.id == room.c.school_id)
            .join(lead, lead.c.id == lesson.c.lead_id)
            .outerjoin(home, home.c.id == lead.c.school_id)
            .join(by, by.c.id == table.c.invited_by)
            .outerjoin(one, one.c.id == table.c.class_id)
        )
        .where(school.c.county_id == county_id)
        .order_by(table.c.invited_ms, table.c.id)
    )  # fmt: skip
    return query, school, home
