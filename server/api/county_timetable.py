"""The weekly timetable: its entries, days that are different, and the lessons made from it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from server.api.county_fields import (
    Identifier,
    MinuteOfDay,
    NameOrNone,
    Period,
    Weekday,
    WordsOrNone,
    school_within,
    summary,
)
from server.api.county_problems import PROBLEMS, ClashTold, refused_in_words, tell_clashes
from server.api.own_account import Done
from server.api.problems import not_found
from server.api.registry import Call, Endpoint
from server.county.timetable import Change, Entry, SeatedClass
from server.store.ids import new_id
from server.store.making import Made
from server.store.rows import Staff
from signaling.messages import Mode


class SeatForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A class and the room it sits in."""

    class_id: Identifier
    classroom_id: Identifier


class EntryForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A weekly lesson: `period`, or `starts_min` and `ends_min`; `weeks` as `1-16` or `1-15 odd`, empty for all."""

    community_id: Identifier
    weekday: Weekday
    period: Period | None = None
    starts_min: MinuteOfDay | None = None
    ends_min: MinuteOfDay | None = None
    weeks: Annotated[str, Meta(max_length=200)] = ""
    subject_id: Identifier
    title: NameOrNone = ""
    lead_id: Identifier
    lead_room_id: Identifier | None = None
    mode: Mode
    rooms: Annotated[list[Identifier], Meta(max_length=4)]
    classes: Annotated[list[SeatForm], Meta(max_length=20)] = []


class ChangeForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One day's lesson of an entry: cancelled for a `reason`, or on another day, at another time, by somebody else."""

    day: date
    kind: Literal["cancelled", "changed"]
    reason: WordsOrNone = ""
    to_day: date | None = None
    starts_min: MinuteOfDay | None = None
    ends_min: MinuteOfDay | None = None
    lead_id: Identifier | None = None


class DayForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A day of the timetable."""

    day: date


async def entries(call: Call) -> list[Entry]:
    """The term's entries within the caller's reach, by weekday."""
    within = school_within(call, "county.read")
    schools = await _schools_of_staff(call)
    return [entry for entry in await _entries(call) if within is None or schools.get(entry.lead_id) == within]


async def check_entry(call: Call) -> list[ClashTold]:
    """What a new entry would clash with, without saving it."""
    await _require_term(call)
    return await _clashes(call, await _entry(call, "entry-unsaved", call.part("id")))


async def check_change(call: Call) -> list[ClashTold]:
    """What an entry would clash with if it were so, without saving it."""
    known = await _known(call)
    return await _clashes(call, await _entry(call, known.id, known.term_id))


async def add_entry(call: Call) -> Entry:
    """A new entry; its lessons are made at once."""
    await _require_term(call)
    call.visit.about = new_id("entry", call.services.clock())
    return await _save(call, await _entry(call, call.visit.about, call.part("id")))


async def change_entry(call: Call) -> Entry:
    """An entry as it is from now on; one that was taken out is in the timetable again."""
    known = await _known(call, removed=True)
    return await _save(call, await _entry(call, known.id, known.term_id))


async def remove_entry(call: Call) -> Done:
    """Takes an entry out of the timetable; lessons that were held stay."""
    known = await _known(call)
    store = call.services.store
    await store.timetable.remove(call.caller.subject.county_id, [known.id], call.services.clock())
    await _follow(call, known)
    return Done()


async def changes(call: Call) -> list[Change]:
    """The days of a term on which an entry is cancelled or changed."""
    within = {entry.id for entry in await entries(call)}
    found = await call.services.store.timetable.changes(call.caller.subject.county_id, call.part("id"))
    return [change for change in found if change.entry_id in within]


async def set_change(call: Call) -> Done:
    """Cancels or changes one day of an entry."""
    known, form = await _known(call), call.body
    fields = {field: getattr(form, field) for field in form.__struct_fields__}
    async with refused_in_words(call):
        await call.services.store.timetable.set_change(
            call.caller.subject.county_id, Change(entry_id=known.id, **fields), call.services.clock()
        )
    await _follow(call, known)
    return Done()


async def drop_change(call: Call) -> Done:
    """Lets a day be as the timetable says again."""
    known = await _known(call)
    await call.services.store.timetable.drop_change(call.caller.subject.county_id, known.id, call.body.day)
    await _follow(call, known)
    return Done()


async def make_lessons(call: Call) -> Made:
    """Makes, changes and withdraws lessons until what lies ahead is what the timetable says."""
    await _require_term(call)
    store = call.services.store
    return await store.timetable.make(call.caller.subject.county_id, call.part("id"), call.services.clock())


async def _require_term(call: Call) -> None:
    """Raises: Problem `not_found` for a term that is not there."""
    if await call.services.store.terms.get(call.caller.subject.county_id, call.part("id")) is None:
        raise not_found()


async def _entries(call: Call) -> list[Entry]:
    await _require_term(call)
    return await call.services.store.timetable.entries(call.caller.subject.county_id, call.part("id"))


async def _known(call: Call, *, removed: bool = False) -> Entry:
    """The entry that the path names, within the caller's reach.

    Raises:
        Problem: `not_found`.
    """
    store = call.services.store
    found = await store.timetable.get(call.caller.subject.county_id, call.part("id"), removed=removed)
    if found is None:
        raise not_found()
    await _require_lead(call, found.lead_id)
    return found


async def _require_lead(call: Call, lead_id: str) -> None:
    """An entry is in the hands of its lead's school.

    Raises:
        Problem: `not_found`.
    """
    within = school_within(call, "timetable.change")
    if within is not None and (await _schools_of_staff(call)).get(lead_id) != within:
        raise not_found()


async def _entry(call: Call, identifier: str, term_id: str) -> Entry:
    form = call.body
    await _require_lead(call, form.lead_id)
    return Entry(
        id=identifier,
        term_id=term_id,
        rooms=tuple(form.rooms),
        classes=tuple(SeatedClass(seat.class_id, seat.classroom_id) for seat in form.classes),
        **{name: getattr(form, name) for name in form.__struct_fields__ if name not in ("rooms", "classes")},
    )


async def _clashes(call: Call, entry: Entry) -> list[ClashTold]:
    store, county_id = call.services.store, call.caller.subject.county_id
    async with refused_in_words(call):
        clashes = await store.timetable.check(county_id, entry.term_id, [entry], call.services.clock())
    return await tell_clashes(call, clashes, [entry])


async def _save(call: Call, entry: Entry) -> Entry:
    store = call.services.store
    async with refused_in_words(call, [entry]):
        await store.timetable.save(call.caller.subject.county_id, entry.term_id, [entry], call.services.clock())
    await _follow(call, entry)
    return entry


async def _follow(call: Call, entry: Entry) -> None:
    """The entry's lessons become what the timetable says now."""
    await call.services.store.timetable.make(
        call.caller.subject.county_id, entry.term_id, call.services.clock(), only=entry.id
    )


async def _schools_of_staff(call: Call) -> dict[str, str | None]:
    staff = await call.services.store.registry.all(Staff, call.caller.subject.county_id, closed=True)
    return {person.id: person.school_id for person in staff}


_CHANGE = (
    (check_entry, "/api/county/terms/{id}/entries/check", EntryForm, list[ClashTold]),
    (add_entry, "/api/county/terms/{id}/entries", EntryForm, Entry),
    (change_entry, "/api/county/entries/{id}", EntryForm, Entry),
    (check_change, "/api/county/entries/{id}/check", EntryForm, list[ClashTold]),
    (remove_entry, "/api/county/entries/{id}/remove", None, Done),
    (set_change, "/api/county/entries/{id}/change", ChangeForm, Done),
    (drop_change, "/api/county/entries/{id}/restore", DayForm, Done),
)
ENDPOINTS = (
    Endpoint(
        "GET", "/api/county/terms/{id}/entries", summary(entries), entries,
        action="county.read", answer=list[Entry], problems=PROBLEMS[:1],
    ),
    Endpoint(
        "GET", "/api/county/terms/{id}/changes", summary(changes), changes,
        action="county.read", answer=list[Change], problems=PROBLEMS[:1],
    ),
    Endpoint(
        "POST", "/api/county/terms/{id}/make", summary(make_lessons), make_lessons,
        action="county.change", answer=Made, problems=PROBLEMS,
    ),
    *(
        Endpoint(
            "POST", path, summary(handler), handler,
            action="timetable.change", answer=answer, body=body, problems=PROBLEMS,
        )
        for handler, path, body, answer in _CHANGE
    ),
)  # fmt: skip
