"""Coming in by a link, and who I am."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from server.api.doors import forget, let_in
from server.api.registry import Call, Endpoint, json_response
from server.permissions import PUBLIC, Action, Reach, rights_of
from server.start_pages import page_of


class Enter(Struct, frozen=True, forbid_unknown_fields=True):
    """The token from a link's fragment."""

    token: Annotated[str, Meta(min_length=1, max_length=128)]


class Entered(Struct, frozen=True):
    """The page the caller belongs to, and the zone (an IANA name) in which the county reads its times."""

    page: str
    zone: str


class SignedOut(Struct, frozen=True):
    """The page for somebody who is not signed in."""

    page: str


class Me(Struct, frozen=True):
    """The caller. `role` is a staff role or `classroom`; `rights`: what it may do (docs/rights.md), and how far.

    zone: the county's, an IANA name; every time is shown in it.
    """

    id: str
    role: str
    name: str
    school: str
    page: str
    rights: dict[Action, Reach]
    school_id: str | None
    zone: str


async def enter(call: Call) -> web.Response:
    """Exchanges the link's token for a cookie; the page removes the fragment from the address bar."""
    services = call.services
    call.visit.what = "sign_in"
    subject = await services.authenticator.enter(call.request, call.body.token)
    zone = await services.store.people.time_zone(subject.county_id)
    response = json_response(Entered(page=page_of(subject), zone=zone))
    await let_in(call, response, subject, "link")
    return response


async def leave(call: Call) -> web.Response:
    """Ends the caller's own credential and forgets the cookie."""
    await call.services.store.credentials.revoke(call.caller.credential.id, call.services.clock())
    response = json_response(SignedOut(page="/"))
    forget(response)
    return response


async def me(call: Call) -> Me:
    """The caller, as the pages greet it."""
    subject = call.caller.subject
    return Me(
        id=subject.id,
        role=subject.role,
        name=subject.name,
        school=subject.school,
        page=page_of(subject),
        rights=rights_of(subject.roles),
        school_id=subject.school_id,
        zone=await call.services.store.people.time_zone(subject.county_id),
    )


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/enter",
        "Exchange a link's token for a cookie",
        enter,
        answer=Entered,
        body=Enter,
        action=PUBLIC,
        problems=((401, "token_refused"),),
    ),
    Endpoint("POST", "/api/leave", "Sign out", leave, answer=SignedOut, action="self"),
    Endpoint("GET", "/api/me", "Who the caller is", me, answer=Me, action="self"),
)
