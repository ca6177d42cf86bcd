"""Signing in by the county's own sign-in service, where one is configured; linking it to an account."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web
from msgspec import Struct

from server.accounts.oidc import FLOW_LIVES_MS, OidcError, OidcProvider
from server.api.county_fields import summary
from server.api.doors import let_in
from server.api.own_account import Done
from server.api.problems import Problem
from server.api.registry import Call, Endpoint, json_response
from server.limiter import subnet
from server.permissions import PUBLIC, needs_second_factor
from server.start_pages import page_of
from server.store.errors import Conflict
from server.store.rows import Subject

FLOW = "tongke_sso"
"""The cookie of a browser on its way. Lax: it must come along when the service sends the browser back."""
PATH = "/api/sso"


class OutsideSignIn(Struct, frozen=True):
    """What the county calls its sign-in service; empty where there is none."""

    name: str


class OutsideLink(Struct, frozen=True):
    """Whether the caller's account is linked, and what the service is called."""

    name: str
    linked: bool


class OutsideWay(Struct, frozen=True):
    """Where the browser goes now."""

    address: str


async def outside_sign_in(call: Call) -> OutsideSignIn:
    """Whether the county's own sign-in service may be used"""
    return OutsideSignIn(call.services.sso_name if call.services.sso else "")


async def begin_outside(call: Call) -> web.Response:
    """Send the browser to the county's sign-in service"""
    try:
        address, browser = await _provider(call).begin(_return_address(call), None, _network(call))
    except OidcError as error:
        return _to_page(f"/signin#sso={error.code}")
    response = _to_page(address)
    _keep(call, response, browser)
    return response


async def return_from_outside(call: Call) -> web.Response:
    """Where the county's sign-in service sends the browser back to"""
    query = call.request.query
    call.visit.what = "sign_in"
    try:
        flow, subject = await _provider(call).finish(
            query.get("state", ""), call.request.cookies.get(FLOW, ""), query.get("code", ""), query.get("iss")
        )
        if flow.link is not None:
            await _link(call, flow.link, subject)
            response = _to_page("/signin#sso=linked")
        else:
            response = await _let_in(call, subject)
    except OidcError as error:
        if error.code == "sso_refused":
            call.visit.refused(Problem(401, error.code))
        response = _to_page(f"/signin#sso={error.code}")
    except Problem as problem:
        call.visit.refused(problem)
        response = _to_page(f"/signin#sso={problem.code}")
    response.del_cookie(FLOW, path=PATH)
    return response


async def own_link(call: Call) -> OutsideLink:
    """Whether the caller's account is linked to the county's sign-in service"""
    linked = await call.services.store.outside.is_linked(call.caller.subject.id)
    return OutsideLink(call.services.sso_name if call.services.sso else "", linked)


async def link_outside(call: Call) -> web.Response:
    """Begin to link the caller's account to the county's sign-in service"""
    who = call.caller.subject
    if who.kind != "staff" or needs_second_factor(who.roles):
        raise Problem(403, "sso_password")
    try:
        address, browser = await _provider(call).begin(_return_address(call), who.id, _network(call))
    except OidcError as error:
        raise Problem(503, "sso_unreachable") from error
    response = json_response(OutsideWay(address))
    _keep(call, response, browser)
    return response


async def unlink_outside(call: Call) -> Done:
    """End the link of the caller's account"""
    await call.services.store.outside.unlink(call.caller.subject.id)
    return Done()


def _provider(call: Call) -> OidcProvider:
    if call.services.sso is None:
        raise Problem(404, "sso_off")
    return call.services.sso


async def _link(call: Call, staff_id: str, subject: str) -> None:
    services = call.services
    try:
        await services.store.outside.link(_provider(call).issuer, subject, staff_id, services.clock())
    except Conflict as conflict:
        raise Problem(409, "sso_taken") from conflict
    person = await services.store.people.subject(staff_id)
    if person is not None:
        await call.visit.came_in(person, "sso_linked")


async def _let_in(call: Call, subject: str) -> web.Response:
    """Signs the person in whose identity it is, unless her account is closed or asks for a code as well.

    Raises:
        Problem: `sso_unknown`, `sso_password`.
    """
    person = await _person(call, subject)
    if person is None:
        raise Problem(401, "sso_unknown")
    if needs_second_factor(person.roles):
        raise Problem(403, "sso_password")
    response = _to_page(page_of(person))
    await let_in(call, response, person, "sso")
    return response


async def _person(call: Call, subject: str) -> Subject | None:
    store = call.services.store
    staff_id = await store.outside.staff_of(_provider(call).issuer, subject)
    account = await store.accounts.of(staff_id) if staff_id else None
    if staff_id is None or account is None or account[0].closed_ms is not None:
        return None
    return await store.people.subject(staff_id)


def _return_address(call: Call) -> str:
    """Of this server, as the browser reached it; its host was checked."""
    scheme = "https" if call.services.authenticator.is_secure(call.request) else "http"
    return f"{scheme}://{call.request.host}{PATH}/return"


def _network(call: Call) -> str:
    return subnet(call.services.authenticator.address(call.request))


def _keep(call: Call, response: web.Response, browser: str) -> None:
    response.set_cookie(
        FLOW, browser, max_age=FLOW_LIVES_MS // 1000, path=PATH, httponly=True, samesite="Lax",
        secure=call.services.authenticator.is_secure(call.request),
    )  # fmt: skip


def _to_page(address: str) -> web.Response:
    safe = quote(address, safe="/:?#&=%+~.-_@!$'()*,;[]")
    return web.Response(status=303, headers={"Location": safe, "Cache-Control": "no-store"})


_OFF = (404, "sso_off")
ENDPOINTS = (
    Endpoint("GET", PATH, summary(outside_sign_in), outside_sign_in, action=PUBLIC, answer=OutsideSignIn),
    Endpoint("GET", f"{PATH}/begin", summary(begin_outside), begin_outside, action=PUBLIC, redirects=True,
             problems=(_OFF,)),
    Endpoint("GET", f"{PATH}/return", summary(return_from_outside), return_from_outside, action=PUBLIC, redirects=True,
             query={"state": "ours", "code": "the service's", "iss": "the service"}),
    Endpoint("GET", "/api/account/sso", summary(own_link), own_link, action="account", answer=OutsideLink),
    Endpoint("POST", f"{PATH}/link", summary(link_outside), link_outside, action="account", answer=OutsideWay,
             problems=(_OFF, (403, "sso_password"), (503, "sso_unreachable"))),
    Endpoint("POST", f"{PATH}/unlink", summary(unlink_outside), unlink_outside, action="account", answer=Done),
)  # fmt: skip
