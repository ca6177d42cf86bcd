"""The county's communities: a centre school and its teaching points, who joined and left, and when each ended."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from server.api.county_fields import Identifier, Name, school_within, summary
from server.api.county_problems import PROBLEMS, refused_in_words
from server.api.own_account import Done
from server.api.problems import not_found
from server.api.registry import Call, Endpoint
from server.store.county_rows import Stay
from server.store.rows import Community


class CommunityTold(Struct, frozen=True):
    """A community and every stay of a school in it, the history included; position 0 is the centre."""

    community: Community
    stays: list[Stay]


class CommunityForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A new community: its centre and one to three teaching points."""

    name: Name
    centre_id: Identifier
    points: Annotated[list[Identifier], Meta(max_length=3)]
    term_id: Identifier | None = None


class CommunityName(Struct, frozen=True, forbid_unknown_fields=True):
    """What a community is called, and for which term it is."""

    name: Name
    term_id: Identifier | None = None


class PointForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A school that joins or leaves."""

    school_id: Identifier


async def communities(call: Call) -> list[CommunityTold]:
    """The communities within the caller's reach, those that ended included."""
    who, store = call.caller.subject, call.services.store
    within = school_within(call, "county.read")
    stays = await store.communities.stays(who.county_id)
    told = [
        CommunityTold(community, [stay for stay in stays if stay.community_id == community.id])
        for community in await store.communities.of_county(who.county_id, ended=True)
    ]
    return [one for one in told if within is None or within in {stay.school_id for stay in one.stays}]


async def add_community(call: Call) -> Community:
    """A new community with its schools."""
    who, store, now_ms, form = call.caller.subject, call.services.store, call.services.clock(), call.body
    async with refused_in_words(call):
        made = await store.communities.create(
            who.county_id, form.name, form.centre_id, now_ms, form.term_id, form.points
        )
    call.visit.about = made.id
    return made


async def change_community(call: Call) -> Done:
    """Another name or term."""
    async with refused_in_words(call):
        await call.services.store.communities.rename(
            call.caller.subject.county_id, await _community(call), call.body.name, call.body.term_id
        )
    return Done()


async def end_community(call: Call) -> Done:
    """Ends a community; its lessons and reports stay."""
    await call.services.store.communities.end(await _community(call), call.services.clock())
    return Done()


async def reopen_community(call: Call) -> Done:
    """Takes the end of a community back, with the schools it had."""
    known = await call.services.store.communities.of_county(call.caller.subject.county_id, ended=True)
    if call.part("id") not in {community.id for community in known}:
        raise not_found()
    await call.services.store.communities.reopen(call.part("id"))
    return Done()


async def join_community(call: Call) -> Done:
    """A teaching point joins."""
    async with refused_in_words(call):
        await call.services.store.communities.add_teaching_point(
            await _community(call), call.body.school_id, call.services.clock()
        )
    return Done()


async def leave_community(call: Call) -> Done:
    """A teaching point leaves; it may come back."""
    async with refused_in_words(call):
        await call.services.store.communities.remove_teaching_point(
            await _community(call), call.body.school_id, call.services.clock()
        )
    return Done()


async def _community(call: Call) -> str:
    """The community that the path names, of this county and not ended.

    Raises:
        Problem: `not_found`.
    """
    known = await call.services.store.communities.of_county(call.caller.subject.county_id)
    if call.part("id") not in {community.id for community in known}:
        raise not_found()
    return call.part("id")


_CHANGE = (
    (add_community, "/api/county/communities", CommunityForm, Community),
    (change_community, "/api/county/communities/{id}", CommunityName, Done),
    (end_community, "/api/county/communities/{id}/end", None, Done),
    (reopen_community, "/api/county/communities/{id}/reopen", None, Done),
    (join_community, "/api/county/communities/{id}/join", PointForm, Done),
    (leave_community, "/api/county/communities/{id}/leave", PointForm, Done),
)
ENDPOINTS = (
    Endpoint(
        "GET", "/api/county/communities", summary(communities), communities,
        action="county.read", answer=list[CommunityTold], problems=PROBLEMS[:1],
    ),
    *(
        Endpoint(
            "POST", path, summary(handler), handler, action="county.change", answer=answer, body=body, problems=PROBLEMS
        )
        for handler, path, body, answer in _CHANGE
    ),
)  # fmt: skip
