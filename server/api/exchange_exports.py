"""Export: every table of the county, within the caller's reach, as a workbook or CSV. Each export is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import web

from server.api.county_fields import school_within, summary
from server.api.exchange_files import TABLE_TYPES, download, format_of, language_of
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.county.calendar import moment_ms
from server.exchange.exporting import Exporter
from server.exchange.kept_records import ROWS
from server.exchange.loading import load
from server.exchange.packing import Page
from server.exchange.records import (
    Cells,
    RecordName,
    audit_rows,
    consent_rows,
    device_rows,
    lesson_rows,
    page,
)
from server.exchange.tables import COLUMNS, TableName
from server.exchange.vocabulary import PART, Vocabulary
from server.permissions import Action
from server.texts import Texts

AUDIT_ROWS: Final = 20_000
"""In one file, the newest; older ones with `before`."""
AUDIT_PAGE: Final = 2_000
MAX_DAYS: Final = 400
EVERYTHING: Final = "county"


async def export_table(call: Call) -> web.Response:
    """One standing table, or all of them in one file, as an import takes them."""
    name = call.part("table")
    tables: list[TableName] = [table for table in COLUMNS if name in (table, EVERYTHING)]
    if not tables:
        raise not_found()
    form, language = format_of(call), language_of(call)
    store, now_ms = call.services.store, call.services.clock()
    county_id, within = call.caller.subject.county_id, school_within(call, "county.read")
    snapshot = await store.database.read(lambda c: load(c, county_id, now_ms))

    def build() -> list[Page]:
        exporter = Exporter(snapshot, Vocabulary(), language, within)
        return [exporter.page(table) for table in tables]

    await call.visit.seen(f"export:{name}")
    return await download(call, await asyncio.to_thread(build), f"tongke-{name}", form)


async def export_lessons(call: Call) -> web.Response:
    """Lessons of a span of days with their state, rooms and classes."""
    store, who = call.services.store, call.caller.subject
    form, zone = format_of(call), await _zone(call)
    first, last = await _span(call)
    start_ms, end_ms = moment_ms(first, 0, zone), moment_ms(last, 1440, zone)
    lessons = await store.grids.lessons(who, EVERYTHING, "", start_ms, end_ms)
    texts = Texts(language_of(call), PART)
    rows = await asyncio.to_thread(lesson_rows, lessons, zone, texts)
    return await _hand_out(call, "lessons", rows, form)


async def export_devices(call: Call) -> web.Response:
    """The devices of the rooms; no keys."""
    form, zone, county_id = format_of(call), await _zone(call), call.caller.subject.county_id
    within, texts = school_within(call, "devices.read"), Texts(language_of(call), PART)
    rows = await call.services.store.database.read(lambda c: device_rows(c, county_id, within, zone, texts))
    return await _hand_out(call, "devices", rows, form)


async def export_consents(call: Call) -> web.Response:
    """The consent register, history included."""
    form, zone, county_id = format_of(call), await _zone(call), call.caller.subject.county_id
    within = school_within(call, "consent.read")
    rows = await call.services.store.database.read(lambda c: consent_rows(c, county_id, within, zone))
    return await _hand_out(call, "consents", rows, form)


async def export_audit(call: Call) -> web.Response:
    """The audit log, newest first."""
    form, zone, log = format_of(call), await _zone(call), call.services.store.audit
    before, county_id = _number(call.request.query.get("before")), call.caller.subject.county_id
    await call.services.trail.flush()
    rows: list[Cells] = []
    while len(rows) < AUDIT_ROWS:
        found = await log.page(county_id, before, AUDIT_PAGE)
        rows += audit_rows(found, zone)
        if len(found) < AUDIT_PAGE:
            break
        before = found[-1].number
    return await _hand_out(call, "audit", rows, form)


def _export_kept(name: RecordName, action: Action, about: str) -> Callable[[Call], Awaitable[web.Response]]:
    async def export(call: Call) -> web.Response:
        form, zone, county_id = format_of(call), await _zone(call), call.caller.subject.county_id
        within, texts = school_within(call, action), Texts(language_of(call), PART)
        rows = await call.services.store.database.read(lambda c: ROWS[name](c, county_id, within, zone, texts))
        return await _hand_out(call, name, rows, form)

    export.__doc__ = about
    return export


async def _hand_out(call: Call, name: RecordName, rows: list[Cells], form: str) -> web.Response:
    await call.visit.seen(f"export:{name}")
    texts = Texts(language_of(call), PART)
    return await download(call, [page(name, rows, texts)], f"tongke-{name}", "csv" if form == "csv" else "xlsx")


async def _zone(call: Call) -> ZoneInfo:
    return ZoneInfo(await call.services.store.people.time_zone(call.caller.subject.county_id))


async def _span(call: Call) -> tuple[date, date]:
    """The days asked for; else those of the term that is on, or was last.

    Raises:
        Problem: `bad_query`.
    """
    query = call.request.query
    if "from" in query or "to" in query:
        try:
            first, last = date.fromisoformat(query.get("from", "")), date.fromisoformat(query.get("to", ""))
        except ValueError as error:
            raise Problem(400, "bad_query") from error
        if not 0 <= (last - first).days < MAX_DAYS or not 1970 < first.year < 9000:
            raise Problem(400, "bad_query")
        return first, last
    terms = await call.services.store.terms.all(call.caller.subject.county_id)
    if terms:
        return terms[0].begins, terms[0].ends
    return date(2000, 1, 1), date(2000, 1, 1)


def _number(text: str | None) -> int | None:
    """Raises: Problem `bad_query`."""
    if text is not None and not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Problem(400, "bad_query")
    return None if text is None else int(text)


_QUERY = {"format": "xlsx or csv", "language": "zh-CN or en"}
_KEPT: tuple[tuple[RecordName, Action, str], ...] = (
    ("tickets", "devices.read", "Faults of the rooms' devices, open and closed."),
    ("alarms", "devices.read", "What was wrong with lessons, rooms and the server, open and closed."),
    ("tests", "devices.read", "The self-tests that are kept."),
    ("history", "devices.read", "What changed about devices, from report to report."),
    ("exceptions", "county.read", "Single days of the timetable that were cancelled or changed."),
    ("deletions", "consent.read", "Deletions of recordings, with what became of them."),
    ("holds", "consent.read", "Recordings that are kept longer, and were."),
    ("covers", "county.read", "Classes whose teacher was away, and whether they sat in."),
    ("invitations", "county.read", "Rooms invited to lessons of other communities, and what came of it."),
    ("accounts", "accounts.manage", "Who may sign in; no secrets."),
)
_RECORDS: tuple[tuple[str, object, Action, dict[str, str]], ...] = (
    ("lessons", export_lessons, "timetable.read", {"from": "First day, 2026-09-01", "to": "Last day"}),
    ("devices", export_devices, "devices.read", {}),
    ("consents", export_consents, "consent.read", {}),
    ("audit", export_audit, "audit.read", {"before": "Only rows with smaller numbers"}),
    *((name, _export_kept(name, action, about), action, {}) for name, action, about in _KEPT),
)
_PROBLEMS = ((400, "bad_query"), (503, "exchange_busy"))
ENDPOINTS = (
    *(
        Endpoint(
            "GET", f"/api/exchange/export/{name}", summary(handler), handler, action=action,  # type: ignore[arg-type]
            query=_QUERY | query, content_type=TABLE_TYPES, problems=_PROBLEMS,
        )
        for name, handler, action, query in _RECORDS
    ),
    Endpoint(
        "GET", "/api/exchange/export/{table}", summary(export_table), export_table, action="county.read",
        query=_QUERY, content_type=TABLE_TYPES, problems=(*_PROBLEMS, (404, "not_found")),
    ),
)  # fmt: skip
