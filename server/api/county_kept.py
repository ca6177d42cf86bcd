"""How what a county consists of is listed, found and saved for a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from server.api.county_fields import school_within
from server.api.county_problems import refused_in_words
from server.api.problems import not_found
from server.api.registry import Call
from server.store.county_rows import SchoolClass, SchoolSubject
from server.store.ids import new_id
from server.store.registry import Registered
from server.store.rows import Classroom, School, Staff

R = TypeVar("R", School, Classroom, SchoolClass, SchoolSubject, Staff)


def county_of(call: Call) -> str:
    """The caller's county."""
    return call.caller.subject.county_id


def fields_of(call: Call) -> dict[str, Any]:
    """What the request says, field by field."""
    return {field: getattr(call.body, field) for field in call.body.__struct_fields__}


def new_thing(call: Call, prefix: str) -> str:
    """The id of what is about to be made, told to the audit log."""
    call.visit.about = new_id(prefix, call.services.clock())
    return call.visit.about


async def listed(call: Call, kind: type[R], school_of: Callable[[R], str | None]) -> list[R]:
    """Everything of one kind within the caller's reach, by the school it belongs to."""
    within = school_within(call, "county.read")
    found = await call.services.store.registry.all(kind, county_of(call))
    return [value for value in found if within is None or school_of(value) == within]


async def known_thing(call: Call, kind: type[R]) -> R:
    """What the path names, of this county.

    Raises:
        Problem: `not_found`.
    """
    found = await call.services.store.registry.get(kind, county_of(call), call.part("id"))
    if found is None:
        raise not_found()
    return found


async def save_thing(call: Call, value: R) -> R:
    """Writes one thing, new or changed.

    Raises:
        Problem: what the store refuses.
    """
    async with refused_in_words(call):
        registered: Registered = value
        await call.services.store.registry.save(county_of(call), [registered])
    return value
