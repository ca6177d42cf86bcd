"""Letting somebody in: the cookie, the row in her list of sign-ins, the line in the audit log, all in one place."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import hdrs, web

from server.accounts.browsers import describe
from server.accounts.desk import Place
from server.api import csrf
from server.api.auth import set_cookie
from server.api.origins import COOKIE
from server.api.registry import Call
from server.audit.networks import prefix
from server.limiter import subnet
from server.store.credentials import LIFETIME_MS
from server.store.rows import CredentialKind, Subject
from server.store.sign_ins import Way

MARK = "tongke_browser"
"""The cookie of a browser its owner signed in with before. It opens nothing: it tells her tries from a stranger's."""
_MARK_PATH = "/api"


@dataclass(frozen=True)
class Screen:
    """Where a request comes from, as far as it is kept."""

    network: str
    browser: str


async def let_in(call: Call, response: web.Response, subject: Subject, way: Way) -> None:
    """Signs `subject` in on this browser: a person by a cookie, a classroom by a device key. Written down first."""
    services, now_ms = call.services, call.services.clock()
    kind: CredentialKind = "device" if subject.kind == "classroom" else "cookie"
    await call.visit.came_in(subject, way)
    token = await services.store.credentials.issue(kind, subject.id, now_ms)
    if kind == "cookie":
        screen = screen_of(call)
        await services.store.sign_ins.began(token, subject.id, way, screen.network, screen.browser, now_ms)
    set_cookie(response, kind, token, secure=services.authenticator.is_secure(call.request))


async def mark_browser(call: Call, response: web.Response, subject: Subject) -> None:
    """Marks this browser as one that `subject` uses, unless it is marked so already."""
    services = call.services
    if (await place_of(call)).mark_of == subject.id:
        return
    token = await services.store.credentials.issue("browser", subject.id, services.clock())
    response.set_cookie(
        MARK,
        token,
        max_age=LIFETIME_MS["browser"] // 1000,
        path=_MARK_PATH,
        httponly=True,
        samesite="Strict",
        secure=services.authenticator.is_secure(call.request),
    )


async def place_of(call: Call) -> Place:
    """Where tries of this request are counted: its network, or its browser if that is marked."""
    services = call.services
    network = subnet(services.authenticator.address(call.request))
    token = call.request.cookies.get(MARK)
    found = await services.store.credentials.find(token, services.clock()) if token else None
    if found is None or found[0].kind != "browser":
        return Place(network)
    return Place(network, mark=found[0].id, mark_of=found[1].id)


def screen_of(call: Call) -> Screen:
    """The network and the browser of this request."""
    address = call.services.authenticator.address(call.request)
    return Screen(prefix(address), describe(call.request.headers.get(hdrs.USER_AGENT, "")))


def forget(response: web.Response) -> None:
    """Takes the cookies back."""
    for name in (COOKIE, csrf.COOKIE):
        response.del_cookie(name, path="/")
