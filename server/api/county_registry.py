"""Schools, rooms, classes, subjects and staff: listed, added, changed, closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import replace

from server.api.county_fields import Code, Grade, Handler, Identifier, Name, require_school, school_within, summary
from server.api.county_problems import PROBLEMS, refused_in_words
from server.api.problems import not_found
from server.api.registry import Call, Endpoint
from server.permissions import Action, manages
from server.store.county_rows import SchoolClass, SchoolSubject
from server.store.ids import new_id
from server.store.registry import Registered
from server.store.rows import Classroom, Profile, School, SchoolKind, Staff, StaffRole

R = TypeVar("R", School, Classroom, SchoolClass, SchoolSubject, Staff)


class SchoolForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A school."""

    name: Name
    kind: SchoolKind
    code: Code | None = None


class RoomForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A room of a school; the school of a known room does not change."""

    school_id: Identifier
    name: Name
    profile: Profile
    code: Code | None = None


class ClassForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A class: how many pupils, never who."""

    school_id: Identifier
    grade: Grade
    name: Name
    pupils: Annotated[int, Meta(ge=0, le=200)]
    classroom_id: Identifier | None = None


class SubjectForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A subject."""

    name: Name
    code: Code | None = None
    weak: bool = False


class StaffForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A member of staff; without a school for the county's own people."""

    name: Name
    role: StaffRole
    school_id: Identifier | None = None
    code: Code | None = None


async def schools(call: Call) -> list[School]:
    """The schools within the caller's reach."""
    return await _listed(call, School, lambda school: school.id)


async def rooms(call: Call) -> list[Classroom]:
    """The rooms within the caller's reach."""
    return await _listed(call, Classroom, lambda room: room.school_id)


async def classes(call: Call) -> list[SchoolClass]:
    """The classes within the caller's reach."""
    return await _listed(call, SchoolClass, lambda one: one.school_id)


async def subjects(call: Call) -> list[SchoolSubject]:
    """The county's subjects."""
    return await call.services.store.registry.all(SchoolSubject, call.caller.subject.county_id)


async def staff(call: Call) -> list[Staff]:
    """The staff within the caller's reach."""
    return await _listed(call, Staff, lambda person: person.school_id)


async def add_school(call: Call) -> School:
    """A new school."""
    return await _save(call, School(id=_new(call, "school"), county_id=_county(call), **_fields(call)))


async def change_school(call: Call) -> School:
    """A school with another name, code or kind."""
    return await _save(call, replace(await _known(call, School), **_fields(call)))


async def close_school(call: Call) -> School:
    """A school that is no more; its lessons stay."""
    return await _save(call, replace(await _known(call, School), closed_ms=call.services.clock()))


async def reopen_school(call: Call) -> School:
    """A closed school, open again."""
    return await _save(call, replace(await _known(call, School), closed_ms=None))


async def add_room(call: Call) -> Classroom:
    """A new room."""
    require_school(call, "school.change", call.body.school_id)
    return await _save(call, Classroom(id=_new(call, "room"), **_fields(call)))


async def change_room(call: Call) -> Classroom:
    """A room with another name, profile or code."""
    known = await _known(call, Classroom)
    require_school(call, "school.change", known.school_id)
    return await _save(call, replace(known, **_fields(call)))


async def close_room(call: Call) -> Classroom:
    """A room that is no more."""
    known = await _known(call, Classroom)
    require_school(call, "school.change", known.school_id)
    return await _save(call, replace(known, closed_ms=call.services.clock()))


async def reopen_room(call: Call) -> Classroom:
    """A closed room, open again."""
    known = await _known(call, Classroom)
    require_school(call, "school.change", known.school_id)
    return await _save(call, replace(known, closed_ms=None))


async def add_class(call: Call) -> SchoolClass:
    """A new class."""
    require_school(call, "school.change", call.body.school_id)
    return await _save(call, SchoolClass(id=_new(call, "class"), **_fields(call)))


async def change_class(call: Call) -> SchoolClass:
    """A class with another name, grade, size or room."""
    known = await _known(call, SchoolClass)
    require_school(call, "school.change", known.school_id)
    return await _save(call, replace(known, **_fields(call)))


async def close_class(call: Call) -> SchoolClass:
    """A class that is no more, as at the end of its last year."""
    known = await _known(call, SchoolClass)
    require_school(call, "school.change", known.school_id)
    return await _save(call, replace(known, closed_ms=call.services.clock()))


async def reopen_class(call: Call) -> SchoolClass:
    """A closed class, open again."""
    known = await _known(call, SchoolClass)
    require_school(call, "school.change", known.school_id)
    return await _save(call, replace(known, closed_ms=None))


async def add_subject(call: Call) -> SchoolSubject:
    """A new subject."""
    return await _save(call, SchoolSubject(id=_new(call, "subject"), county_id=_county(call), **_fields(call)))


async def change_subject(call: Call) -> SchoolSubject:
    """A subject with another name or code."""
    return await _save(call, replace(await _known(call, SchoolSubject), **_fields(call)))


async def add_staff(call: Call) -> Staff:
    """A new member of staff, of a role that is in the caller's hands."""
    _require_managed(call, call.body.school_id, call.body.role)
    return await _save(call, Staff(id=_new(call, "staff"), county_id=_county(call), **_fields(call)))


async def change_staff(call: Call) -> Staff:
    """A member of staff with another name, school, role or code."""
    known = await _known(call, Staff)
    _require_managed(call, known.school_id, known.role)
    _require_managed(call, call.body.school_id, call.body.role)
    return await _save(call, replace(known, **_fields(call)))


async def close_staff(call: Call) -> Staff:
    """Somebody who left: she cannot sign in any more, and her lessons keep her name."""
    known, now_ms = await _known(call, Staff), call.services.clock()
    _require_managed(call, known.school_id, known.role)
    left = await _save(call, replace(known, left_ms=now_ms))
    await call.services.store.credentials.revoke_subject(left.id, now_ms)
    return left


async def reopen_staff(call: Call) -> Staff:
    """Somebody who came back; she signs in with her account as before."""
    known = await _known(call, Staff)
    _require_managed(call, known.school_id, known.role)
    return await _save(call, replace(known, left_ms=None))


def _require_managed(call: Call, school_id: str | None, role: StaffRole) -> None:
    """Nobody gives a role above their own, nor takes one.

    Raises:
        Problem: `not_found`.
    """
    require_school(call, "school.change", school_id)
    if not manages(call.caller.subject.role, role):
        raise not_found()


def _county(call: Call) -> str:
    return call.caller.subject.county_id


def _fields(call: Call) -> dict[str, Any]:
    return {field: getattr(call.body, field) for field in call.body.__struct_fields__}


def _new(call: Call, prefix: str) -> str:
    """The id of what is about to be made, told to the audit log."""
    call.visit.about = new_id(prefix, call.services.clock())
    return call.visit.about


async def _listed(call: Call, kind: type[R], school_of: Callable[[R], str | None]) -> list[R]:
    within = school_within(call, "county.read")
    found = await call.services.store.registry.all(kind, _county(call))
    return [value for value in found if within is None or school_of(value) == within]


async def _known(call: Call, kind: type[R]) -> R:
    """What the path names, of this county.

    Raises:
        Problem: `not_found`.
    """
    found = await call.services.store.registry.get(kind, _county(call), call.part("id"))
    if found is None:
        raise not_found()
    return found


async def _save(call: Call, value: R) -> R:
    async with refused_in_words(call):
        registered: Registered = value
        await call.services.store.registry.save(_county(call), [registered])
    return value


def _endpoints() -> tuple[Endpoint, ...]:
    """Per kind: its list, and how one is added, changed and closed."""
    kinds: tuple[tuple[str, type, type, Action, tuple[Handler, ...]], ...] = (
        ("schools", School, SchoolForm, "county.change", (schools, add_school, change_school)),
        ("rooms", Classroom, RoomForm, "school.change", (rooms, add_room, change_room)),
        ("classes", SchoolClass, ClassForm, "school.change", (classes, add_class, change_class)),
        ("subjects", SchoolSubject, SubjectForm, "county.change", (subjects, add_subject, change_subject)),
        ("staff", Staff, StaffForm, "school.change", (staff, add_staff, change_staff)),
    )
    ends: dict[str, tuple[Handler, Handler]] = {
        "schools": (close_school, reopen_school),
        "rooms": (close_room, reopen_room),
        "classes": (close_class, reopen_class),
        "staff": (close_staff, reopen_staff),
    }
    rows: list[Endpoint] = []
    for name, kind, form, action, (listing, adding, changing) in kinds:
        path = f"/api/county/{name}"
        rows += [
            Endpoint("GET", path, summary(listing), listing, action="county.read", answer=list[kind]),  # type: ignore[valid-type]
            Endpoint("POST", path, summary(adding), adding, action=action, answer=kind, body=form, problems=PROBLEMS),
            Endpoint(
                "POST", path + "/{id}", summary(changing), changing,
                action=action, answer=kind, body=form, problems=PROBLEMS,
            ),
        ]  # fmt: skip
        rows += [
            Endpoint("POST", f"{path}/{{id}}/{verb}", summary(one), one, action=action, answer=kind, problems=PROBLEMS)
            for verb, one in zip(("close", "reopen"), ends.get(name, ()), strict=False)
        ]
    return tuple(rows)


ENDPOINTS = _endpoints()
