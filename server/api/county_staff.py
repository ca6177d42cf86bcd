"""Staff and their roles: listed, added, changed, those who leave, those who come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from server.api.county_fields import Code, Identifier, Name, NameOrNone, require_school, summary
from server.api.county_kept import county_of, known_thing, listed, new_thing, save_thing
from server.api.county_problems import PROBLEMS
from server.api.problems import not_found
from server.api.registry import Call, Endpoint
from server.permissions import manages, needs_second_factor
from server.store.rows import Staff, StaffRole


class StaffForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A member of staff; without a school for the county's own people.

    `role` is the one whose page opens first; `further_roles` and `duty` are left as they are when left out.
    """

    name: Name
    role: StaffRole
    school_id: Identifier | None = None
    code: Code | None = None
    further_roles: Annotated[list[StaffRole], Meta(max_length=5)] | None = None
    duty: NameOrNone | None = None


class StaffTold(Struct, frozen=True, kw_only=True):
    """A member of staff with all roles: she may do what any of them may."""

    id: str
    county_id: str
    school_id: str | None
    role: StaffRole
    further_roles: list[StaffRole]
    name: str
    code: str | None
    left_ms: int | None
    duty: str


async def staff(call: Call) -> list[StaffTold]:
    """The staff within the caller's reach."""
    further = await call.services.store.registry.further_roles(county_of(call))
    found = await listed(call, Staff, lambda person: person.school_id)
    return [_told(person, further.get(person.id, [])) for person in found]


async def add_staff(call: Call) -> StaffTold:
    """A new member of staff, of roles that are in the caller's hands."""
    form = call.body
    further = _further(form, [])
    _require_managed(call, form.school_id, form.role, *further)
    person = Staff(
        new_thing(call, "staff"), county_of(call), form.school_id, form.role, form.name, form.code, duty=form.duty or ""
    )
    return await _save_staff(call, person, further)


async def change_staff(call: Call) -> StaffTold:
    """A member of staff with another name, school, code or other roles; who becomes an administrator signs in anew.

    A lesson in which she is by a right she has no more closes to her.
    """
    form, known, roles = call.body, *await _managed(call)
    further = _further(form, roles)
    _require_managed(call, form.school_id, form.role, *further)
    duty = known.duty if form.duty is None else form.duty
    changed = replace(known, name=form.name, school_id=form.school_id, role=form.role, code=form.code, duty=duty)
    told = await _save_staff(call, changed, further)
    if needs_second_factor((form.role, *further)) and not needs_second_factor((known.role, *roles)):
        # where she is signed in now, no phone was asked for: the next sign-in does
        await call.services.store.credentials.revoke_subject(known.id, call.services.clock())
    else:
        call.services.store.credentials.forget()
    return told


async def close_staff(call: Call) -> StaffTold:
    """Somebody who left: she cannot sign in any more, and her lessons keep her name."""
    now_ms = call.services.clock()
    known, further = await _managed(call)
    left = await save_thing(call, replace(known, left_ms=now_ms))
    await call.services.store.credentials.revoke_subject(left.id, now_ms)
    return _told(left, further)


async def reopen_staff(call: Call) -> StaffTold:
    """Somebody who came back; she signs in with her account as before."""
    known, further = await _managed(call)
    return _told(await save_thing(call, replace(known, left_ms=None)), further)


async def _managed(call: Call) -> tuple[Staff, list[StaffRole]]:
    """The person that the path names with her further roles, if all of them are in the caller's hands.

    Raises:
        Problem: `not_found`.
    """
    known = await known_thing(call, Staff)
    further = (await call.services.store.registry.further_roles(county_of(call))).get(known.id, [])
    _require_managed(call, known.school_id, known.role, *further)
    return known, further


def _require_managed(call: Call, school_id: str | None, *roles: StaffRole) -> None:
    """Nobody gives a role above their own, nor takes one.

    Raises:
        Problem: `not_found`.
    """
    require_school(call, "school.change", school_id)
    if not manages(call.caller.subject.roles, roles):
        raise not_found()


def _further(form: StaffForm, known: Iterable[StaffRole]) -> list[StaffRole]:
    """The further roles wanted: the first one is not repeated among them."""
    wanted = known if form.further_roles is None else form.further_roles
    return sorted(set(wanted) - {form.role})


def _told(person: Staff, further: list[StaffRole]) -> StaffTold:
    return StaffTold(further_roles=further, **asdict(person))


async def _save_staff(call: Call, person: Staff, further: list[StaffRole]) -> StaffTold:
    await save_thing(call, person)
    await call.services.store.registry.set_further_roles(county_of(call), person.id, further)
    return _told(person, further)


_CHANGE = (
    (add_staff, "/api/county/staff", StaffForm),
    (change_staff, "/api/county/staff/{id}", StaffForm),
    (close_staff, "/api/county/staff/{id}/close", None),
    (reopen_staff, "/api/county/staff/{id}/reopen", None),
)
ENDPOINTS = (
    Endpoint("GET", "/api/county/staff", summary(staff), staff, action="county.read", answer=list[StaffTold]),
    *(
        Endpoint(
            "POST", path, summary(handler), handler,
            action="school.change", answer=StaffTold, body=form, problems=PROBLEMS,
        )
        for handler, path, form in _CHANGE
    ),
)  # fmt: skip
