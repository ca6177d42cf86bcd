"""What a lesson can be put together from: communities with their schools, rooms and classes, teachers and subjects."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from server.api.county_fields import school_within, summary
from server.api.registry import Call, Endpoint
from server.county.name_order import by_name
from server.permissions import reach
from server.store.county_rows import SchoolClass, SchoolSubject, Stay
from server.store.rows import Classroom, Community, School, Staff


class CommunityChoice(Struct, frozen=True):
    """A community as it is now; the first school is its centre."""

    id: str
    name: str
    schools: list[str]


class Choices(Struct, frozen=True, kw_only=True):
    """What the caller may choose from. `teachers` are those whose lessons are in the caller's hands."""

    communities: list[CommunityChoice]
    schools: list[School]
    rooms: list[Classroom]
    classes: list[SchoolClass]
    teachers: list[Staff]
    subjects: list[SchoolSubject]


async def choices(call: Call) -> Choices:
    """What a lesson can be put together from: for one school, with the schools of its communities."""
    who, store = call.caller.subject, call.services.store
    registry, within = store.registry, school_within(call, "county.read")
    far = reach(who.roles, "lessons.change")
    stays = await store.communities.stays(who.county_id)
    told = _communities(await store.communities.of_county(who.county_id), stays, within)
    reached = None if within is None else {within, *(school for one in told for school in one.schools)}
    schools = [one for one in await registry.all(School, who.county_id) if reached is None or one.id in reached]
    rooms = [one for one in await registry.all(Classroom, who.county_id) if reached is None or one.school_id in reached]
    classes = [
        one for one in await registry.all(SchoolClass, who.county_id) if reached is None or one.school_id in reached
    ]
    names = {one.id: one.name for one in schools}
    return Choices(
        communities=told,
        schools=by_name(schools, lambda one: (one.name,)),
        rooms=by_name(rooms, lambda one: (names.get(one.school_id, ""), one.name)),
        classes=by_name(classes, lambda one: (names.get(one.school_id, ""), str(one.grade), one.name)),
        teachers=[
            one
            for one in await registry.all(Staff, who.county_id)
            if within is None or one.id == who.id or (one.school_id == within and far == "school")
        ],
        subjects=await registry.all(SchoolSubject, who.county_id),
    )


def _communities(known: Iterable[Community], stays: Iterable[Stay], within: str | None) -> list[CommunityChoice]:
    members: dict[str, list[Stay]] = {}
    for stay in stays:
        if stay.left_ms is None:
            members.setdefault(stay.community_id, []).append(stay)
    told = [
        CommunityChoice(
            one.id,
            one.name,
            [stay.school_id for stay in sorted(members.get(one.id, ()), key=lambda stay: stay.position)],
        )
        for one in by_name(known, lambda one: (one.name,))
    ]
    return [one for one in told if within is None or within in one.schools]


ENDPOINTS = (
    Endpoint(
        "GET", "/api/county/choices", summary(choices), choices, action="county.read", answer=Choices,
    ),
)  # fmt: skip
