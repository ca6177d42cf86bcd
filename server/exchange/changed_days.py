"""Single days of the timetable that were cancelled or changed, as a page."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from server.exchange.records import Cells
from server.exchange.values import clock
from server.exchange.vocabulary import Vocabulary
from server.store import schema
from server.texts import Texts


def exception_rows(
    connection: Connection, county_id: str, within: str | None, _zone: ZoneInfo, texts: Texts
) -> list[Cells]:
    """By day; a school's are those of the entries its teachers lead, as in the timetable's own export.

    For use inside a transaction. Days and times are the county's own, as they were written.
    """
    table, entry, term, subject = schema.timetable_exception, schema.timetable_entry, schema.term, schema.subject
    lead, school, instead = schema.staff, schema.school, schema.staff.alias("instead")
    query = (
        select(
            table, entry.c.weekday, entry.c.removed_ms, term.c.name.label("term"), subject.c.name.label("subject"),
            lead.c.name.label("lead"), school.c.name.label("school"), instead.c.name.label("instead"),
        )
        .select_from(
            table.join(entry, entry.c.id == table.c.entry_id)
            .join(term, term.c.id == entry.c.term_id)
            .join(subject, subject.c.id == entry.c.subject_id)
            .join(lead, lead.c.id == entry.c.lead_id)
            .outerjoin(school, school.c.id == lead.c.school_id)
            .outerjoin(instead, instead.c.id == table.c.lead_id)
        )
        .where(term.c.county_id == county_id)
        .order_by(table.c.day, table.c.entry_id)
    )  # fmt: skip
    if within is not None:
        query = query.where(lead.c.school_id == within)
    return [_row(one, texts) for one in connection.execute(query)]


def _row(one: Any, texts: Texts) -> Cells:
    return [
        one.term, Vocabulary.first(texts, f"word.weekday.{one.weekday}"), one.subject, one.lead, one.school or "",
        one.day.isoformat(), texts(f"word.exception.{one.kind}"), one.reason,
        one.to_day.isoformat() if one.to_day else "", clock(one.starts_min), clock(one.ends_min), one.instead or "",
        Vocabulary.first(texts, f"word.yes_no.{'no' if one.removed_ms is None else 'yes'}"),
    ]  # fmt: skip
