"""The audit log, for inspectors and county administrators: to read, and to verify."""

from __future__ import annotations

from msgspec import Struct

from server.api.problems import Problem
from server.api.registry import Call, Endpoint
from server.audit.chain import Entry, Row
from server.store.audit import Verdict

PAGE = 100
MOST = 500


class AuditRow(Struct, frozen=True):
    """A row of the log; `hash` seals it and all before it."""

    number: int
    entry: Entry
    hash: str


class AuditPage(Struct, frozen=True):
    """Newest first. `next` is the `before` of the following page, null on the last."""

    rows: list[AuditRow]
    next: int | None


async def audit(call: Call) -> AuditPage:
    """A page of the log, of one person or about one thing if asked."""
    await call.services.trail.flush()
    query = call.request.query
    limit = min(_number(query.get("limit"), PAGE), MOST)
    before = _number(query["before"], 0) if "before" in query else None
    log = call.services.store.audit
    rows = await log.page(before, limit, who=query.get("who", "")[:64], about=query.get("about", "")[:64])
    more = rows[-1].number if len(rows) == limit and rows[-1].number > 1 else None
    return AuditPage([_shown(row) for row in rows], more)


async def verify_audit(call: Call) -> Verdict:
    """Reads the whole log and names every row that is not as it was written."""
    await call.services.trail.flush()
    return await call.services.store.audit.verify()


def _number(text: str | None, default: int) -> int:
    """A whole number from 1 on.

    Raises:
        Problem: `bad_query`.
    """
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 15 or int(text) < 1:
        raise Problem(400, "bad_query")
    return int(text)


def _shown(row: Row) -> AuditRow:
    return AuditRow(number=row.number, entry=row.entry, hash=row.hash.hex())


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/audit",
        "The audit log, newest first",
        audit,
        action="audit.read",
        answer=AuditPage,
        query={
            "before": "Only rows with smaller numbers",
            "limit": "How many, 100 unless told, at most 500",
            "who": "Only rows of this person or room",
            "about": "Only rows about this thing",
        },
        problems=((400, "bad_query"),),
    ),
    Endpoint(
        "GET", "/api/audit/verify", "Whether the audit log is whole", verify_audit, action="audit.read", answer=Verdict
    ),
)
