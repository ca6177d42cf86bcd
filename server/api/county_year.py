"""What the county sets for a term: its days and holidays, bells, prescribed periods, policy."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from server.api.county_fields import (
    Grade,
    Identifier,
    MinuteOfDay,
    Name,
    Period,
    require_school,
    summary,
)
from server.api.county_problems import PROBLEMS, refused_in_words
from server.api.own_account import Done
from server.api.problems import not_found
from server.api.registry import Call, Endpoint
from server.county.policy import Policy
from server.county.timetable import Bell
from server.store.county_rows import County, Prescribed, SpecialDay, Term
from server.store.ids import new_id


class TermForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A term, its first and last day included."""

    name: Name
    begins: date
    ends: date


class Days(Struct, frozen=True, forbid_unknown_fields=True):
    """All holidays and make-up days of a term."""

    days: Annotated[list[SpecialDay], Meta(max_length=120)]


class BellForm(Struct, frozen=True, forbid_unknown_fields=True):
    """When a period is, in minutes since local midnight."""

    period: Period
    starts_min: MinuteOfDay
    ends_min: MinuteOfDay


class BellsForm(Struct, frozen=True, forbid_unknown_fields=True):
    """All bells of a school; without one, those of every school that has none of its own."""

    bells: Annotated[list[BellForm], Meta(max_length=20)]
    school_id: Identifier | None = None


class PrescribedForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Periods a week of one subject, by grade."""

    subject_id: Identifier
    per_week: dict[Grade, Annotated[int, Meta(ge=0, le=20)]]


async def terms(call: Call) -> list[Term]:
    """The county's terms, the latest first."""
    return await call.services.store.terms.all(call.caller.subject.county_id)


async def add_term(call: Call) -> Term:
    """A new term."""
    call.visit.about = new_id("term", call.services.clock())
    return await _save_term(call, call.visit.about)


async def change_term(call: Call) -> Term:
    """A term with another name or other days."""
    if await call.services.store.terms.get(call.caller.subject.county_id, call.part("id")) is None:
        raise not_found()
    return await _save_term(call, call.part("id"))


async def term_days(call: Call) -> list[SpecialDay]:
    """The term's holidays and make-up days."""
    store, county_id = call.services.store, call.caller.subject.county_id
    if await store.terms.get(county_id, call.part("id")) is None:
        raise not_found()
    return await store.terms.special_days(county_id, call.part("id"))


async def set_term_days(call: Call) -> Done:
    """Replaces the term's holidays and make-up days; lessons ahead follow."""
    store, county_id = call.services.store, call.caller.subject.county_id
    if await store.terms.get(county_id, call.part("id")) is None:
        raise not_found()
    async with refused_in_words(call):
        await store.terms.set_special_days(county_id, call.part("id"), call.body.days)
    await store.timetable.make(county_id, call.part("id"), call.services.clock())
    return Done()


async def bells(call: Call) -> list[Bell]:
    """When the periods are: the county's, then each school's own."""
    return await call.services.store.terms.bells(call.caller.subject.county_id)


async def set_bells(call: Call) -> Done:
    """Replaces the bells of a school, or of the county; lessons ahead follow."""
    form, store, now_ms = call.body, call.services.store, call.services.clock()
    county_id = call.caller.subject.county_id
    require_school(call, "timetable.change", form.school_id)
    rows = [
        Bell(school_id=form.school_id, period=one.period, starts_min=one.starts_min, ends_min=one.ends_min)
        for one in form.bells
    ]
    async with refused_in_words(call):
        await store.terms.set_bells(county_id, form.school_id, rows, now_ms)
    for term in await store.terms.all(county_id):
        await store.timetable.make(county_id, term.id, now_ms)
    return Done()


async def prescribed(call: Call) -> list[Prescribed]:
    """How many periods a week each grade must have of each subject."""
    return await call.services.store.registry.prescribed(call.caller.subject.county_id)


async def prescribe(call: Call) -> Done:
    """Replaces what is prescribed of one subject."""
    async with refused_in_words(call):
        await call.services.store.registry.prescribe(
            call.caller.subject.county_id, call.body.subject_id, call.body.per_week
        )
    return Done()


async def county(call: Call) -> County:
    """The caller's county."""
    found = await call.services.store.registry.county(call.caller.subject.county_id)
    if found is None:
        raise not_found()
    return found


async def policy(call: Call) -> Policy:
    """How the county's lessons are judged."""
    return await call.services.store.registry.policy(call.caller.subject.county_id)


async def set_policy(call: Call) -> Policy:
    """Sets how lessons are judged from now on."""
    await call.services.store.registry.set_policy(call.caller.subject.county_id, call.body)
    return await policy(call)


async def _save_term(call: Call, identifier: str) -> Term:
    form = call.body
    term = Term(identifier, call.caller.subject.county_id, form.name, form.begins, form.ends)
    async with refused_in_words(call):
        await call.services.store.terms.save(term)
    return term


_READ = (
    (terms, "/api/county/terms", list[Term]),
    (term_days, "/api/county/terms/{id}/days", list[SpecialDay]),
    (bells, "/api/county/bells", list[Bell]),
    (prescribed, "/api/county/prescribed", list[Prescribed]),
    (county, "/api/county", County),
    (policy, "/api/county/policy", Policy),
)
_CHANGE = (
    (add_term, "/api/county/terms", TermForm, Term),
    (change_term, "/api/county/terms/{id}", TermForm, Term),
    (set_term_days, "/api/county/terms/{id}/days", Days, Done),
    (prescribe, "/api/county/prescribed", PrescribedForm, Done),
    (set_policy, "/api/county/policy", Policy, Policy),
)
ENDPOINTS = (
    *(
        Endpoint("GET", path, summary(handler), handler, action="county.read", answer=answer, problems=PROBLEMS[:1])
        for handler, path, answer in _READ
    ),
    *(
        Endpoint(
            "POST", path, summary(handler), handler, action="county.change", answer=answer, body=body, problems=PROBLEMS
        )
        for handler, path, body, answer in _CHANGE
    ),
    Endpoint(
        "POST", "/api/county/bells", summary(set_bells), set_bells,
        action="timetable.change", answer=Done, body=BellsForm, problems=PROBLEMS,
    ),
)  # fmt: skip
