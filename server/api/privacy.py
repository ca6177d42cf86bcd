"""Privacy: what is kept until when, what was deleted, and the export and erasure of one class (docs/privacy.md)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec import Meta, Struct, structs

from server.api.consents import class_within
from server.api.county_fields import Words, summary
from server.api.own_account import Done
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.county.calendar import local_day, moment_ms
from server.permissions import allows
from server.privacy import erasure, export, files
from server.privacy.erasure import ClassRecordings
from server.store.deletions import Deletion, Kept
from server.store.errors import Conflict
from server.store.holds import HoldCause
from server.store.rows import Subject
from server.store.visibility import lessons_within

WARN_DAYS = 14
LISTED = 500
HOLD_YEARS = 10


class KeptRecordings(Struct, frozen=True):
    """Recordings by the day they go, the first to go first, at most 500; those within `warn_days` go soon.

    keep_days: how long the county keeps one after its lesson. total: how many there are. zone: the county's. A hold's
    `reason` and `held_by` are empty for whoever neither holds recordings nor reads the audit log.
    """

    zone: str
    keep_days: int
    warn_days: int
    now_ms: int
    total: int
    soon: int
    recordings: list[Kept]


class KeepDays(Struct, frozen=True, forbid_unknown_fields=True):
    """How many days after its lesson a recording is kept."""

    days: Annotated[int, Meta(ge=7, le=3650)]


class HoldForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Keep a recording through the day `until`, for a reason."""

    cause: HoldCause
    reason: Words
    until: date


class Confirmation(Struct, frozen=True, forbid_unknown_fields=True):
    """The name of the class, typed by hand."""

    confirm: Words


class ToldDeletion(Struct, frozen=True):
    """A deletion and the title of its lesson."""

    deletion: Deletion
    title: str


class DeletionLog(Struct, frozen=True):
    """Newest first, at most 100; the last one's id as `before` gives the next ones. zone: the county's."""

    zone: str
    deletions: list[ToldDeletion]


async def kept_recordings(call: Call) -> KeptRecordings:
    """What is kept, and until when"""
    services, who = call.services, call.caller.subject
    now_ms = services.clock()
    recorded = await asyncio.to_thread(files.recorded, services.lessons_dir)
    kept = await services.store.deletions.kept(recorded, now_ms, lessons_within(who, "consent.read"))
    policy = await services.store.registry.policy(who.county_id)
    soon_ms = now_ms + WARN_DAYS * 86_400_000
    soon = sum(one.judged and one.hold is None and one.delete_ms <= soon_ms for one in kept)
    zone = await services.store.people.time_zone(who.county_id)
    told = kept[:LISTED] if _knows_why(who) else [_without_why(one) for one in kept[:LISTED]]
    return KeptRecordings(zone, policy.keep_recordings_days, WARN_DAYS, now_ms, len(kept), soon, told)


def _knows_why(who: Subject) -> bool:
    """Why a recording is held may be a complaint about the very person who looks: only who holds, or inspects."""
    return allows(who.roles, "recordings.change") or allows(who.roles, "audit.read")


def _without_why(kept: Kept) -> Kept:
    return kept if kept.hold is None else structs.replace(kept, hold=structs.replace(kept.hold, reason="", held_by=""))


async def set_keep_days(call: Call) -> Done:
    """Set how long recordings are kept"""
    registry, county_id = call.services.store.registry, call.caller.subject.county_id
    policy = await registry.policy(county_id)
    await registry.set_policy(county_id, structs.replace(policy, keep_recordings_days=call.body.days))
    return Done()


async def hold_recording(call: Call) -> Done:
    """Keep a recording longer, with a reason"""
    services, who, form = call.services, call.caller.subject, call.body
    now_ms, lesson_id = services.clock(), await _lesson(call)
    zone = ZoneInfo(await services.store.people.time_zone(who.county_id))
    today = local_day(now_ms, zone)
    if not today <= form.until <= today + timedelta(days=366 * HOLD_YEARS):
        raise Problem(400, "bad_until")
    until_ms = moment_ms(form.until + timedelta(days=1), 0, zone)
    try:
        await services.store.holds.put(lesson_id, form.cause, form.reason, who.id, until_ms, now_ms)
    except Conflict as conflict:
        raise Problem(409, "already_deleting") from conflict
    return Done()


async def release_recording(call: Call) -> Done:
    """End the hold on a recording"""
    services, lesson_id = call.services, await _lesson(call)
    if not await services.store.holds.release(lesson_id, call.caller.subject.id, services.clock()):
        raise not_found()
    return Done()


async def deletion_log(call: Call) -> DeletionLog:
    """What was deleted, when, and why"""
    before = call.request.query.get("before", "")[:64]
    told = await call.services.store.deletions.log(call.caller.subject, before)
    zone = await call.services.store.people.time_zone(call.caller.subject.county_id)
    return DeletionLog(zone, [ToldDeletion(deletion, title) for deletion, title in told])


async def class_recordings(call: Call) -> ClassRecordings:
    """How the recordings of a class stand"""
    return await _look(call, await class_within(call, "consent.read"))


async def erase_class(call: Call) -> ClassRecordings:
    """Erase the recordings a class takes part in; for a day it can be taken back"""
    services, class_id = call.services, await class_within(call, "recordings.change")
    if call.body.confirm.strip() != await services.store.consents.class_name(class_id):
        raise Problem(409, "confirmation_differs")
    await erasure.erase(services.store, services.lessons_dir, class_id, call.caller.subject.id, services.clock())
    return await _look(call, class_id)


async def undo_erase(call: Call) -> ClassRecordings:
    """Take the erasure of a class back"""
    services, class_id = call.services, await class_within(call, "recordings.change")
    if not await services.store.deletions.take_back(class_id, services.clock()):
        raise Problem(409, "nothing_to_undo")
    return await _look(call, class_id)


async def export_class(call: Call) -> web.Response:
    """Everything kept about a class, as a zip of tables"""
    class_id = await class_within(call, "consent.read")
    await call.visit.seen(class_id)
    kept = await export.kept_of_class(call.services.store.database, class_id)
    content = await asyncio.to_thread(export.archive, kept, call.services.lessons_dir)
    headers = {"Content-Disposition": f'attachment; filename="{class_id}.zip"', "Cache-Control": "no-store"}
    return web.Response(body=content, content_type="application/zip", headers=headers)


async def _look(call: Call, class_id: str) -> ClassRecordings:
    services = call.services
    return await erasure.look(services.store, services.lessons_dir, class_id, services.clock())


async def _lesson(call: Call) -> str:
    """The lesson the path names, if the caller may change its recording.

    Raises:
        Problem: `not_found`.
    """
    lesson_id = call.part("id")
    if not await call.services.store.grids.within(call.caller.subject, "recordings.change", lesson_id):
        raise not_found()
    return lesson_id


Problems = tuple[tuple[int, str], ...]
_MISSING = (404, "not_found")
_KEPT, _CLASS = "/api/privacy/recordings", "/api/classes/{id}"
_READ: tuple[tuple[Any, str, type, dict[str, str], Problems], ...] = (
    (kept_recordings, _KEPT, KeptRecordings, {}, ()),
    (deletion_log, "/api/privacy/deletions", DeletionLog, {"before": "id of the last one shown"}, ()),
    (class_recordings, f"{_CLASS}/recordings", ClassRecordings, {}, (_MISSING,)),
)
_CHANGE = (
    (set_keep_days, "/api/privacy/keep", KeepDays, Done, ()),
    (hold_recording, f"{_KEPT}/{{id}}/hold", HoldForm, Done, (_MISSING, (400, "bad_until"), (409, "already_deleting"))),
    (release_recording, f"{_KEPT}/{{id}}/release", None, Done, (_MISSING,)),
    (erase_class, f"{_CLASS}/erase", Confirmation, ClassRecordings, (_MISSING, (409, "confirmation_differs"))),
    (undo_erase, f"{_CLASS}/erase/undo", None, ClassRecordings, (_MISSING, (409, "nothing_to_undo"))),
)
ENDPOINTS = (
    *(
        Endpoint(
            "GET", path, summary(handler), handler, action="consent.read", answer=answer, query=query, problems=problems
        )
        for handler, path, answer, query, problems in _READ
    ),
    *(
        Endpoint(
            "POST", path, summary(handler), handler, action="recordings.change", body=body, answer=answer,
            problems=problems,
        )
        for handler, path, body, answer, problems in _CHANGE
    ),
    Endpoint(
        "GET", f"{_CLASS}/export", summary(export_class), export_class, action="consent.read",
        problems=(_MISSING,), content_type="application/zip",
    ),
)  # fmt: skip
