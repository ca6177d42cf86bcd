"""What the store refuses, as problems: a stable code, and for clashes the two lessons, whom they need, and when."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from server.api.problems import Problem, not_found
from server.api.registry import Call
from server.county.calendar import local_day, local_minute
from server.county.clashes import Clash
from server.county.timetable import Entry
from server.store.errors import Clashing, Conflict
from server.store.names import Named
from server.store.rows import rfc3339
from server.texts import Texts, preferred_language

CODES: Final = (
    "already_a_member", "already_answered", "already_invited", "already_there", "bad_weekday", "bad_weeks",
    "class_not_in_a_room", "class_of_other_school", "class_twice", "code_taken", "community_full", "day_outside_term",
    "day_twice", "delivery_without_centre_class", "ends_before_start", "follows_itself", "invitation_expired",
    "invitation_in_use", "invitation_withdrawn", "kind_in_use", "lead_outside_community", "lesson_full", "lesson_over",
    "no_bell", "no_classroom", "no_lesson_that_day", "not_a_centre", "not_a_member", "not_a_teaching_point",
    "not_missed", "other_term", "period_or_time", "period_twice", "reason_missing", "room_in_community",
    "room_outside_community", "room_twice", "same_name", "school_fixed", "store_conflict", "term_too_long",
    "timetable_clash", "too_many_classrooms", "unknown_reference", "until_past",
)  # fmt: skip
"""Every code a county endpoint answers 409 with, besides those of its own."""
PROBLEMS: Final = ((404, "not_found"), *((409, code) for code in CODES))
MAX_CLASHES: Final = 20
"""How many clashes one answer names; the first ones are what somebody mends first."""


class ClashSide(Struct, frozen=True):
    """One of the two: an entry of the timetable or a lesson."""

    id: str
    subject: str
    lead: str
    community: str


class ClashTold(Struct, frozen=True, kw_only=True):
    """`what` (a room, teacher or class, `kind`) is needed twice, first then; `words` say it in a sentence."""

    kind: str
    id: str
    what: str
    first: ClashSide
    second: ClashSide
    start: str
    end: str
    times: int
    words: str


@asynccontextmanager
async def refused_in_words(call: Call, unsaved: Sequence[Entry] = ()) -> AsyncIterator[None]:
    """Turns the store's refusals inside into problems; `unsaved` entries are named in them.

    Raises:
        Problem: `not_found`, or 409 with a code of CODES.
    """
    try:
        yield
    except Clashing as clashing:
        told = await tell_clashes(call, clashing.clashes, unsaved)
        raise Problem(409, "timetable_clash", more={"clashes": msgspec.to_builtins(told)}) from clashing
    except Conflict as conflict:
        raise problem_of(conflict) from conflict


def problem_of(conflict: Conflict) -> Problem:
    """The problem for a refusal that says all with its code; others go on to be a fault of the store."""
    code = {"name_taken": "same_name"}.get(conflict.code, conflict.code)
    if code == "not_there":
        return not_found()
    if code.startswith("unknown_"):
        return Problem(409, "unknown_reference", more={"named": code.removeprefix("unknown_")})
    if code not in CODES:
        raise conflict
    return Problem(409, code, more={"about": str(conflict)} if str(conflict) != conflict.code else None)


async def tell_clashes(call: Call, clashes: Iterable[Clash], unsaved: Sequence[Entry] = ()) -> list[ClashTold]:
    """The first clashes with the names of everything in them, in the caller's language."""
    store, chosen = call.services.store, list(clashes)[:MAX_CLASHES]
    county_id = call.caller.subject.county_id
    owners = {owner for clash in chosen for owner in (clash.first, clash.second)}
    names = await store.names.of_owners(county_id, owners, unsaved)
    things = await store.names.of_things(county_id, {(clash.kind, clash.id) for clash in chosen})
    zone = await store.people.time_zone(county_id)
    texts = Texts(preferred_language(call.request.headers.get("Accept-Language", "")))
    return [_told(clash, names, things.get(clash.id, ""), zone, texts) for clash in chosen]


def _told(clash: Clash, names: dict[str, Named], what: str, zone: str, texts: Texts) -> ClashTold:
    first, second = (_side(owner, names) for owner in (clash.first, clash.second))
    day = local_day(clash.start_ms, ZoneInfo(zone)).isoformat()
    start, end = (_clock(moment_ms, zone) for moment_ms in (clash.start_ms, clash.end_ms))
    words: dict[str, Any] = {"what": what, "day": day, "start": start, "end": end, "times": clash.times}
    return ClashTold(
        kind=clash.kind,
        id=clash.id,
        what=what,
        first=first,
        second=second,
        start=rfc3339(clash.start_ms),
        end=rfc3339(clash.end_ms),
        times=clash.times,
        words=texts(f"clash.{clash.kind}", first=_words(first), second=_words(second), **words),
    )


def _clock(moment_ms: int, zone: str) -> str:
    minute = local_minute(moment_ms, ZoneInfo(zone))
    return f"{minute // 60:02}:{minute % 60:02}"


def _side(owner: str, names: dict[str, Named]) -> ClashSide:
    """A lesson that was to be planned has no name yet."""
    found = names.get(owner)
    return ClashSide(owner, found.subject, found.lead, found.community) if found else ClashSide(owner, "", "", "")


def _words(side: ClashSide) -> str:
    return " · ".join(part for part in (side.subject, side.lead, side.community) if part)
