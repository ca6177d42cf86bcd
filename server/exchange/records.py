"""What a county has besides its standing tables, as pages: lessons, devices, the consent register, the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from server.audit.chain import Row as AuditRow
from server.county.name_order import by_name
from server.exchange.packing import Page
from server.exchange.vocabulary import Vocabulary
from server.store import schema
from server.store.grid import GridLesson
from server.texts import Texts

RecordName = Literal[
    "lessons", "exceptions", "devices", "history", "consents", "audit", "tickets", "alarms", "tests", "deletions",
    "holds", "covers", "invitations", "accounts",
]  # fmt: skip
HEADS: Final[dict[RecordName, tuple[str, ...]]] = {
    "lessons": (
        "id", "day", "starts", "ends", "subject", "title", "lead", "lead_school", "mode", "state", "origin",
        "began", "ended", "reason", "rooms", "verdicts", "classes", "pupils",
    ),
    "exceptions": (
        "term", "weekday", "subject", "lead", "lead_school", "day", "kind", "reason", "to_day", "starts", "ends",
        "instead", "removed",
    ),
    "history": ("school", "room", "device", "at", "faults", "version", "more"),
    "devices": ("school", "room", "name", "kind", "paired", "revoked", "heard"),
    "consents": ("school", "grade", "class", "version", "recorded", "withdrawn"),
    "audit": ("number", "at", "who", "role", "what", "outcome", "about", "network", "code", "times", "hash"),
    "tickets": ("school", "room", "device", "fault", "opened", "closed", "acknowledged", "by"),
    "alarms": ("kind", "about", "told", "school", "room", "opened", "closed", "acknowledged", "by"),
    "tests": ("school", "room", "device", "at", "faults", "figures"),
    "deletions": (
        "lesson", "title", "school", "cause", "state", "by", "asked", "due", "begun", "done", "files", "bytes",
    ),
    "holds": ("lesson", "title", "school", "cause", "reason", "by", "held", "until", "released_by", "released"),
    "covers": ("lesson", "title", "school", "room", "class", "state", "asked", "answered"),
    "invitations": (
        "lesson", "title", "starts", "lead", "lead_school", "school", "room", "class", "state", "by", "invited",
        "until", "answered", "withdrawn",
    ),
    "accounts": ("name", "person", "school", "role", "must_change", "second", "created", "changed", "closed"),
}  # fmt: skip
Cells = list[str | int]


def page(name: RecordName, rows: Iterable[Cells], texts: Texts) -> Page:
    """Rows under their headings."""
    head = [texts(f"head.{name}.{key}") for key in HEADS[name]]
    return Page(name=texts(f"record.{name}"), head=head, rows=list(rows))


def lesson_rows(lessons: Sequence[GridLesson], zone: ZoneInfo, texts: Texts) -> list[Cells]:
    """Lessons with their state, rooms and classes; times by the clock on the wall."""
    between = texts("list.and")
    return [
        [
            one.id, *_span(one.start_ms, one.end_ms, zone), one.subject, one.title, one.lead, one.lead_school,
            _word(texts, "mode", one.mode), texts(f"word.state.{one.state}"), texts(f"word.origin.{one.origin}"),
            moment(one.started_ms, zone), moment(one.ended_ms, zone), one.reason or "",
            between.join(f"{room.school}/{room.name}" for room in one.rooms),
            between.join(texts(f"word.verdict.{room.verdict}") for room in one.rooms if room.verdict),
            between.join(f"{each.grade}/{each.name}" for each in one.classes),
            sum(each.pupils for each in one.classes),
        ]
        for one in lessons
    ]  # fmt: skip


def device_rows(
    connection: Connection, county_id: str, within: str | None, zone: ZoneInfo, texts: Texts
) -> list[Cells]:
    """Every device that was ever paired; keys are no part of it. For use inside a transaction, like the next."""
    device, state, room, school = schema.device, schema.device_state, schema.classroom, schema.school
    query = (
        select(device, state.c.heard_ms, room.c.name.label("room"), school.c.name.label("school"))
        .select_from(device.join(room).join(school).outerjoin(state, state.c.device_id == device.c.id))
        .where(school.c.county_id == county_id)
        .order_by(device.c.paired_ms)
    )
    if within is not None:
        query = query.where(school.c.id == within)
    return [
        [row.school, row.room, row.name, texts(f"word.device.{row.kind}"),
         *(moment(one, zone) for one in (row.paired_ms, row.revoked_ms, row.heard_ms))]
        for row in by_name(connection.execute(query), lambda row: (row.school, row.room))
    ]  # fmt: skip


def consent_rows(connection: Connection, county_id: str, within: str | None, zone: ZoneInfo) -> list[Cells]:
    """The consent register, history included: per class, never per pupil."""
    consent, one, school = schema.consent, schema.school_class, schema.school
    query = (
        select(consent, one.c.grade, one.c.name.label("class_name"), school.c.name.label("school"))
        .select_from(consent.join(one, one.c.id == consent.c.school_class_id).join(school))
        .where(school.c.county_id == county_id)
        .order_by(consent.c.recorded_ms)
    )
    if within is not None:
        query = query.where(school.c.id == within)
    return [
        [row.school, row.grade, row.class_name, row.version, moment(row.recorded_ms, zone),
         moment(row.withdrawn_ms, zone)]
        for row in by_name(connection.execute(query), lambda row: (row.school, str(row.grade), row.class_name))
    ]  # fmt: skip


def audit_rows(rows: Sequence[AuditRow], zone: ZoneInfo) -> list[Cells]:
    """The audit log as it is kept: identifiers and codes, no names."""
    return [
        [row.number, moment(row.entry.at_ms, zone), row.entry.who, row.entry.role, row.entry.what, row.entry.outcome,
         row.entry.about, row.entry.network, row.entry.code, row.entry.times, row.hash.hex()]
        for row in rows
    ]  # fmt: skip


def _word(texts: Texts, group: str, word: str) -> str:
    return Vocabulary.first(texts, f"word.{group}.{word}")


def _span(start_ms: int, end_ms: int, zone: ZoneInfo) -> tuple[str, str, str]:
    starts, ends = (datetime.fromtimestamp(moment / 1000, zone) for moment in (start_ms, end_ms))
    return starts.date().isoformat(), starts.strftime("%H:%M"), ends.strftime("%H:%M")


def moment(moment_ms: int | None, zone: ZoneInfo) -> str:
    """A moment in the county's zone; empty for none."""
    if moment_ms is None:
        return ""
    return datetime.fromtimestamp(moment_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")
