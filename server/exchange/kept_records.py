"""What the program keeps of its own running, as pages: tickets, alarms, self-tests, deletions, holds, cover and more.

For use inside a transaction. `within`: only this school's. Codes and moments as they are kept; no secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Column, Connection, FromClause, Select, select

from server.exchange.changed_days import exception_rows
from server.exchange.invited_rooms import invitation_rows
from server.exchange.records import Cells, RecordName, moment
from server.store import schema
from server.texts import Texts

Rows = Callable[[Connection, str, str | None, ZoneInfo, Texts], list[Cells]]
_LISTED: Final = "；"


def ticket_rows(
    connection: Connection, county_id: str, within: str | None, zone: ZoneInfo, texts: Texts
) -> list[Cells]:
    """Faults of devices that were noticed, and when they went."""
    table = schema.ticket
    found = _of_devices(connection, table, county_id, within, [table.c.opened_ms, table.c.id])
    return [
        [one.school, one.room, one.device, one.fault,
         *_moments(zone, one.opened_ms, one.closed_ms, one.acknowledged_ms), one.acknowledged_by or ""]
        for one in found
    ]  # fmt: skip


def test_rows(connection: Connection, county_id: str, within: str | None, zone: ZoneInfo, texts: Texts) -> list[Cells]:
    """Self-tests of devices: faults by their codes, figures as they were measured."""
    table = schema.device_test
    found = _of_devices(connection, table, county_id, within, [table.c.at_ms, table.c.number])
    return [
        [one.school, one.room, one.device, moment(one.at_ms, zone), _LISTED.join(_codes(one.faults)), one.figures]
        for one in found
    ]  # fmt: skip


def history_rows(
    connection: Connection, county_id: str, within: str | None, zone: ZoneInfo, texts: Texts
) -> list[Cells]:
    """What was different about devices from one report to the next: faults by their codes, the build, the rest as kept.

    A report like the one before it changes nothing and is no row; when each was heard last is in `devices`.
    """
    table = schema.device_change
    found = _of_devices(connection, table, county_id, within, [table.c.at_ms, table.c.number])
    return [
        [one.school, one.room, one.device, moment(one.at_ms, zone), *_change(one.what)]
        for one in found
    ]  # fmt: skip


def alarm_rows(connection: Connection, county_id: str, within: str | None, zone: ZoneInfo, texts: Texts) -> list[Cells]:
    """What was wrong beside the devices: with lessons, rooms, the server."""
    alarm, room, school = schema.alarm, schema.classroom, schema.school
    query = (
        select(alarm, room.c.name.label("room"), school.c.name.label("school"))
        .select_from(
            alarm.outerjoin(room, room.c.id == alarm.c.classroom_id).outerjoin(school, school.c.id == alarm.c.school_id)
        )
        .where(alarm.c.county_id == county_id)
        .order_by(alarm.c.opened_ms, alarm.c.id)
    )
    found = connection.execute(_only(query, alarm.c.school_id, within))
    return [
        [one.kind, one.about, one.told, one.school or "", one.room or "",
         *_moments(zone, one.opened_ms, one.closed_ms, one.acknowledged_ms), one.acknowledged_by or ""]
        for one in found
    ]  # fmt: skip


def deletion_rows(
    connection: Connection, county_id: str, within: str | None, zone: ZoneInfo, texts: Texts
) -> list[Cells]:
    """Deletions of recordings, with what was there and when nothing was left."""
    table = schema.deletion
    found = _of_lessons(connection, table, county_id, within, [table.c.asked_ms, table.c.id])
    return [
        [one.lesson_id, one.title, one.school, texts(f"word.deletion.{one.cause}"), texts(f"word.deletion.{one.state}"),
         one.asked_by or "", *_moments(zone, one.asked_ms, one.due_ms, one.begun_ms, one.done_ms), one.files, one.bytes]
        for one in found
    ]  # fmt: skip


def hold_rows(connection: Connection, county_id: str, within: str | None, zone: ZoneInfo, texts: Texts) -> list[Cells]:
    """Recordings that are, or were, kept longer."""
    table = schema.recording_hold
    found = _of_lessons(connection, table, county_id, within, [table.c.held_ms, table.c.id])
    return [
        [one.lesson_id, one.title, one.school, texts(f"word.hold.{one.cause}"), one.reason, one.held_by,
         *_moments(zone, one.held_ms, one.until_ms), one.released_by or "", moment(one.released_ms, zone)]
        for one in found
    ]  # fmt: skip


def cover_rows(connection: Connection, county_id: str, within: str | None, zone: ZoneInfo, texts: Texts) -> list[Cells]:
    """Classes whose teacher was away, and what came of it; a school's are those of its rooms."""
    table, room, school = schema.cover_request, schema.classroom, schema.school
    lesson, one_class = schema.lesson, schema.school_class
    query = (
        select(
            table, lesson.c.title, school.c.name.label("school"), room.c.name.label("room"),
            one_class.c.name.label("class_name"),
        )
        .select_from(
            table.join(lesson, lesson.c.id == table.c.lesson_id)
            .join(room, room.c.id == table.c.classroom_id)
            .join(school, school.c.id == room.c.school_id)
            .outerjoin(one_class, one_class.c.id == table.c.class_id)
        )
        .where(school.c.county_id == county_id)
        .order_by(table.c.asked_ms, table.c.id)
    )  # fmt: skip
    return [
        [one.lesson_id, one.title, one.school, one.room, one.class_name or "", texts(f"word.cover.{one.state}"),
         *_moments(zone, one.asked_ms, one.answered_ms)]
        for one in connection.execute(_only(query, school.c.id, within))
    ]  # fmt: skip


def account_rows(
    connection: Connection, county_id: str, within: str | None, zone: ZoneInfo, texts: Texts
) -> list[Cells]:
    """Who may sign in: no passwords, no secrets, no codes, and nothing that could be tried against them."""
    account, staff, school = schema.account, schema.staff, schema.school
    query = (
        select(
            account.c.name, account.c.must_change, account.c.code_secret.is_not(None).label("second"),
            account.c.created_ms, account.c.changed_ms, account.c.closed_ms,
            staff.c.name.label("person"), staff.c.role, school.c.name.label("school"),
        )
        .select_from(account.join(staff).outerjoin(school, school.c.id == staff.c.school_id))
        .where(staff.c.county_id == county_id)
        .order_by(account.c.name)
    )  # fmt: skip
    return [
        [one.name, one.person, one.school or "", _first(texts, f"word.role.{one.role}"), _yes(texts, one.must_change),
         _yes(texts, one.second), *_moments(zone, one.created_ms, one.changed_ms, one.closed_ms)]
        for one in connection.execute(_only(query, staff.c.school_id, within))
    ]  # fmt: skip


ROWS: Final[dict[RecordName, Rows]] = {
    "tickets": ticket_rows,
    "alarms": alarm_rows,
    "tests": test_rows,
    "history": history_rows,
    "deletions": deletion_rows,
    "holds": hold_rows,
    "covers": cover_rows,
    "invitations": invitation_rows,
    "accounts": account_rows,
    "exceptions": exception_rows,
}


def _of_devices(
    connection: Connection, table: FromClause, county_id: str, within: str | None, order: list[Column[Any]]
) -> Sequence[Any]:
    device, room, school = schema.device, schema.classroom, schema.school
    query = (
        select(table, device.c.name.label("device"), room.c.name.label("room"), school.c.name.label("school"))
        .select_from(
            table.join(device, device.c.id == table.c.device_id)
            .join(room, room.c.id == device.c.classroom_id)
            .join(school, school.c.id == room.c.school_id)
        )
        .where(school.c.county_id == county_id)
        .order_by(school.c.name, room.c.name, *order)
    )
    return connection.execute(_only(query, school.c.id, within)).all()


def _of_lessons(
    connection: Connection, table: FromClause, county_id: str, within: str | None, order: list[Column[Any]]
) -> Sequence[Any]:
    """A school's are the lessons that its teachers led."""
    lesson, staff, school = schema.lesson, schema.staff, schema.school
    query = (
        select(table, lesson.c.title, school.c.name.label("school"))
        .select_from(
            table.join(lesson, lesson.c.id == table.c.lesson_id)
            .join(staff, staff.c.id == lesson.c.lead_id)
            .outerjoin(school, school.c.id == staff.c.school_id)
        )
        .where(staff.c.county_id == county_id)
        .order_by(*order)
    )
    return connection.execute(_only(query, staff.c.school_id, within)).all()


def _only(query: Select[Any], school_id: Column[Any], within: str | None) -> Select[Any]:
    return query if within is None else query.where(school_id == within)


def _moments(zone: ZoneInfo, *moments: int | None) -> list[str | int]:
    return [moment(one, zone) for one in moments]


def _codes(faults: str) -> list[str]:
    return [str(one) for one in msgspec.json.decode(faults)]


def _change(what: str) -> list[str]:
    """Faults, build, and what else is told of a change, as `key=value`."""
    told: dict[str, Any] = msgspec.json.decode(what)
    faults, version = told.pop("faults", []), told.pop("version", "")
    return [_LISTED.join(faults), str(version), _LISTED.join(f"{key}={told[key]}" for key in sorted(told))]


def _yes(texts: Texts, value: bool) -> str:
    return _first(texts, "word.yes_no.yes" if value else "word.yes_no.no")


def _first(texts: Texts, key: str) -> str:
    return texts(key).split("|")[0]
