"""Schools, rooms, classes and subjects: listed, added, changed, closed and opened again."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from server.api.county_fields import Code, Grade, Handler, Identifier, Name, require_school, summary
from server.api.county_kept import county_of, fields_of, known_thing, listed, new_thing, save_thing
from server.api.county_problems import PROBLEMS
from server.api.registry import Call, Endpoint
from server.permissions import Action
from server.store.county_rows import SchoolClass, SchoolSubject
from server.store.rows import Classroom, Profile, School, SchoolKind


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


async def schools(call: Call) -> list[School]:
    """The schools within the caller's reach."""
    return await listed(call, School, lambda school: school.id)


async def rooms(call: Call) -> list[Classroom]:
    """The rooms within the caller's reach."""
    return await listed(call, Classroom, lambda room: room.school_id)


async def classes(call: Call) -> list[SchoolClass]:
    """The classes within the caller's reach."""
    return await listed(call, SchoolClass, lambda one: one.school_id)


async def subjects(call: Call) -> list[SchoolSubject]:
    """The county's subjects."""
    return await call.services.store.registry.all(SchoolSubject, call.caller.subject.county_id)


async def add_school(call: Call) -> School:
    """A new school."""
    return await save_thing(call, School(id=new_thing(call, "school"), county_id=county_of(call), **fields_of(call)))


async def change_school(call: Call) -> School:
    """A school with another name, code or kind."""
    return await save_thing(call, replace(await known_thing(call, School), **fields_of(call)))


async def close_school(call: Call) -> School:
    """A school that is no more; its lessons stay."""
    return await save_thing(call, replace(await known_thing(call, School), closed_ms=call.services.clock()))


async def reopen_school(call: Call) -> School:
    """A closed school, open again."""
    return await save_thing(call, replace(await known_thing(call, School), closed_ms=None))


async def add_room(call: Call) -> Classroom:
    """A new room."""
    require_school(call, "school.change", call.body.school_id)
    return await save_thing(call, Classroom(id=new_thing(call, "room"), **fields_of(call)))


async def change_room(call: Call) -> Classroom:
    """A room with another name, profile or code."""
    known = await known_thing(call, Classroom)
    require_school(call, "school.change", known.school_id)
    return await save_thing(call, replace(known, **fields_of(call)))


async def close_room(call: Call) -> Classroom:
    """A room that is no more; its screens are out at once."""
    known = await known_thing(call, Classroom)
    require_school(call, "school.change", known.school_id)
    closed = await save_thing(call, replace(known, closed_ms=call.services.clock()))
    call.services.store.credentials.forget()
    return closed


async def reopen_room(call: Call) -> Classroom:
    """A closed room, open again."""
    known = await known_thing(call, Classroom)
    require_school(call, "school.change", known.school_id)
    return await save_thing(call, replace(known, closed_ms=None))


async def add_class(call: Call) -> SchoolClass:
    """A new class."""
    require_school(call, "school.change", call.body.school_id)
    return await save_thing(call, SchoolClass(id=new_thing(call, "class"), **fields_of(call)))


async def change_class(call: Call) -> SchoolClass:
    """A class with another name, grade, size or room."""
    known = await known_thing(call, SchoolClass)
    require_school(call, "school.change", known.school_id)
    return await save_thing(call, replace(known, **fields_of(call)))


async def close_class(call: Call) -> SchoolClass:
    """A class that is no more, as at the end of its last year."""
    known = await known_thing(call, SchoolClass)
    require_school(call, "school.change", known.school_id)
    return await save_thing(call, replace(known, closed_ms=call.services.clock()))


async def reopen_class(call: Call) -> SchoolClass:
    """A closed class, open again."""
    known = await known_thing(call, SchoolClass)
    require_school(call, "school.change", known.school_id)
    return await save_thing(call, replace(known, closed_ms=None))


async def add_subject(call: Call) -> SchoolSubject:
    """A new subject."""
    return await save_thing(
        call, SchoolSubject(id=new_thing(call, "subject"), county_id=county_of(call), **fields_of(call))
    )


async def change_subject(call: Call) -> SchoolSubject:
    """A subject with another name or code."""
    return await save_thing(call, replace(await known_thing(call, SchoolSubject), **fields_of(call)))


def _endpoints() -> tuple[Endpoint, ...]:
    """Per kind: its list, and how one is added, changed and closed."""
    kinds: tuple[tuple[str, type, type, Action, tuple[Handler, ...]], ...] = (
        ("schools", School, SchoolForm, "county.change", (schools, add_school, change_school)),
        ("rooms", Classroom, RoomForm, "school.change", (rooms, add_room, change_room)),
        ("classes", SchoolClass, ClassForm, "school.change", (classes, add_class, change_class)),
        ("subjects", SchoolSubject, SubjectForm, "county.change", (subjects, add_subject, change_subject)),
    )
    ends: dict[str, tuple[Handler, Handler]] = {
        "schools": (close_school, reopen_school),
        "rooms": (close_room, reopen_room),
        "classes": (close_class, reopen_class),
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
