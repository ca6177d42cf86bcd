"""The consent register of a class, for those who look after its school."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection, select

from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.permissions import Action, reach
from server.store import schema
from server.store.consents import ClassConsent, Consent
from server.store.errors import Conflict
from server.store.lookups import named_or_another


class ConsentRegister(Struct, frozen=True):
    """`holds`: the class may be recorded now. Entries newest first."""

    holds: bool
    entries: list[Consent]


class ConsentOverview(Struct, frozen=True):
    """Every class in reach that is not closed, by school and grade. zone: the county's."""

    zone: str
    classes: list[ClassConsent]


class NewConsent(Struct, frozen=True, forbid_unknown_fields=True):
    """The guardians of all pupils of the class agreed to the text of this version."""

    version: Annotated[str, Meta(min_length=1, max_length=64)]


async def all_consents(call: Call) -> ConsentOverview:
    """How every class in the caller's reach stands."""
    who = call.caller.subject
    school_id = None if reach(who.roles, "consent.read") == "county" else who.school_id or ""
    rows = await call.services.store.consents.overview(who.county_id, school_id)
    return ConsentOverview(await call.services.store.people.time_zone(who.county_id), rows)


async def consent_register(call: Call) -> ConsentRegister:
    """The register of one class."""
    return await _register(call, await class_within(call, "consent.read"))


async def record_consent(call: Call) -> ConsentRegister:
    """Enters a consent; an older one of the class ends."""
    class_id = await class_within(call, "consent.change")
    services, by = call.services, call.caller.subject.id
    await services.store.consents.record(class_id, call.body.version, by, services.clock())
    return await _register(call, class_id)


async def withdraw_consent(call: Call) -> ConsentRegister:
    """Ends the consent of a class: it is not recorded any more."""
    class_id = await class_within(call, "consent.change")
    services, by = call.services, call.caller.subject.id
    try:
        await services.store.consents.withdraw(class_id, by, services.clock())
    except Conflict as conflict:
        raise Problem(409, "no_consent") from conflict
    return await _register(call, class_id)


async def _register(call: Call, class_id: str) -> ConsentRegister:
    entries = await call.services.store.consents.of(class_id)
    return ConsentRegister(any(entry.withdrawn_ms is None for entry in entries), entries)


async def class_within(call: Call, action: Action) -> str:
    """The class's id, if it lies within the caller's reach.

    Raises:
        Problem: `not_found`, the same for what is not there and what is not the caller's.
    """
    who, class_id = call.caller.subject, call.part("id")
    one, school = schema.school_class, schema.school
    query = select(one.c.id).select_from(one.join(school)).where(named_or_another(one.c.id, class_id))
    query = query.where(school.c.county_id == who.county_id)
    if reach(who.roles, action) != "county":
        query = query.where(school.c.id == who.school_id)

    def work(connection: Connection) -> str | None:
        return connection.scalar(query)

    if await call.services.store.database.read(work) != class_id:
        raise not_found()
    return class_id


_MISSING = ((404, "not_found"),)

ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/consents",
        "How every class stands in the consent register",
        all_consents,
        action="consent.read",
        answer=ConsentOverview,
    ),
    Endpoint(
        "GET",
        "/api/classes/{id}/consent",
        "The consent register of a class",
        consent_register,
        action="consent.read",
        answer=ConsentRegister,
        problems=_MISSING,
    ),
    Endpoint(
        "POST",
        "/api/classes/{id}/consent",
        "Enter the guardians' consent",
        record_consent,
        action="consent.change",
        answer=ConsentRegister,
        body=NewConsent,
        problems=_MISSING,
    ),
    Endpoint(
        "POST",
        "/api/classes/{id}/consent/withdraw",
        "End the consent of a class",
        withdraw_consent,
        action="consent.change",
        answer=ConsentRegister,
        problems=(*_MISSING, (409, "no_consent")),
    ),
)
