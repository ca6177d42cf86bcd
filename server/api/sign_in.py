"""Signing in with a name and a password, and on a classroom PC by a phone."""

from __future__ import annotations

from typing import Annotated, Literal

from aiohttp import web
from msgspec import Meta, Struct

from server.accounts import codes
from server.accounts.desk import ISSUER, Given, Refused, Step
from server.accounts.handover import LIVES_MS, TooMany
from server.accounts.passwords import TooBusy
from server.accounts.qr import QrDrawing, draw
from server.api.doors import let_in, mark_browser, place_of, screen_of
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint, json_response
from server.permissions import PUBLIC
from server.start_pages import page_of

SCREEN = "tongke_screen"
_SCREEN_PATH = "/api/sign-in"
Text = Annotated[str, Meta(max_length=256)]
_STATUS = {"sign_in_refused": 401, "code_refused": 401, "sign_in_wait": 429, "one_time_expired": 403}


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything typed so far; each step sends it again."""

    name: Text
    password: Text
    code: Text = ""
    new_password: Text = ""


class SignInStep(Struct, frozen=True):
    """What comes next: a `code`, a `new_password`, `set_up_code` on a phone, or the way to `page` is `open`.

    secret, qr: for the phone's app, to be typed or scanned, with `set_up_code`. recovery_codes: to be written down.
    """

    next: Literal["code", "new_password", "set_up_code", "open"]
    page: str = ""
    secret: str = ""
    qr: QrDrawing | None = None
    recovery_codes: list[str] = []


class SignInScreen(Struct, frozen=True):
    """What a classroom PC shows: a QR code to scan, the same in short letters, for so many seconds."""

    id: str
    code: str
    address: str
    qr: QrDrawing
    lives_s: int


class ScreenId(Struct, frozen=True, forbid_unknown_fields=True):
    """Which screen's request."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]


class ScreenState(Struct, frozen=True):
    """`waiting`, `over` (show a new one), or `open`, with the page to go to."""

    state: Literal["waiting", "over", "open"]
    page: str = ""


class AskingScreen(Struct, frozen=True):
    """What the phone shows before it says yes. `same_network`: phone and screen are in one network."""

    code: str
    browser: str
    network: str
    same_network: bool


async def sign_in(call: Call) -> web.Response:
    """Takes the next step; the last one sets the cookie."""
    given = Given(call.body.name, call.body.password, call.body.code, call.body.new_password)
    call.visit.what = "sign_in"
    try:
        step = await call.services.desk.sign_in(given, await place_of(call), call.services.clock())
    except (Refused, TooBusy) as error:
        raise problem_of(error) from error
    response = json_response(_step(step, given.name))
    if step.next == "open":
        await let_in(call, response, step.subject, "password")
        await mark_browser(call, response, step.subject)
    return response


async def show_screen(call: Call) -> web.Response:
    """Begins a request to be approved by a phone; its secret stays in this browser."""
    services, screen = call.services, screen_of(call)
    try:
        request, secret = services.desk.handovers.begin(screen.network, screen.browser, services.clock())
    except TooMany as error:
        raise Problem(503, "too_busy", {"Retry-After": "30"}) from error
    secure = services.authenticator.is_secure(call.request)
    address = f"{'https' if secure else 'http'}://{call.request.host}/signin#approve={request.id}"
    answer = SignInScreen(request.id, request.code, address, draw(address), LIVES_MS // 1000)
    response = json_response(answer)
    response.set_cookie(
        SCREEN, secret, max_age=LIVES_MS // 1000, path=_SCREEN_PATH, httponly=True, samesite="Strict", secure=secure
    )
    return response


async def collect_screen(call: Call) -> web.Response:
    """Tells the screen how its request stands, and signs it in once a phone has approved it."""
    services, now_ms = call.services, call.services.clock()
    call.visit.what = "sign_in"
    request = services.desk.handovers.collect(call.body.id, call.request.cookies.get(SCREEN, ""), now_ms)
    if request is None:
        return json_response(ScreenState("over"))
    if request.approved_by is None:
        return json_response(ScreenState("waiting"))
    subject = await services.store.people.subject(request.approved_by)
    if subject is None:
        return json_response(ScreenState("over"))
    response = json_response(ScreenState("open", page_of(subject)))
    await let_in(call, response, subject, "phone")
    return response


async def look_at_screen(call: Call) -> AskingScreen:
    """The screen that asks, for the phone to compare with what is on it."""
    request = call.services.desk.handovers.look(call.part("id"), call.services.clock())
    if request is None:
        raise not_found()
    same = request.network == screen_of(call).network
    return AskingScreen(request.code, request.browser, request.network, same)


async def approve_screen(call: Call) -> ScreenState:
    """Says yes: the screen is signed in as the caller."""
    request = call.services.desk.handovers.approve(call.body.id, call.caller.subject.id, call.services.clock())
    if request is None:
        raise not_found()
    return ScreenState("open")


def problem_of(error: Refused | TooBusy) -> Problem:
    """The desk's refusal as the caller is told it."""
    if isinstance(error, TooBusy):
        return Problem(503, "too_busy", {"Retry-After": "5"})
    headers = {"Retry-After": str(int(error.wait_s) + 1)} if error.wait_s else None
    return Problem(_STATUS.get(error.code, 400), error.code, headers)


def _step(step: Step, name: str) -> SignInStep:
    drawn = draw(codes.address(step.secret, name, ISSUER)) if step.secret else None
    page = page_of(step.subject) if step.next == "open" else ""
    return SignInStep(step.next, page, step.secret, drawn, list(step.recovery_codes))


_REFUSALS = (
    (400, "password_short"),
    (400, "password_long"),
    (400, "password_easy"),
    (400, "password_named"),
    (400, "password_same"),
    (401, "sign_in_refused"),
    (401, "code_refused"),
    (403, "one_time_expired"),
    (429, "sign_in_wait"),
    (503, "too_busy"),
)
_GONE = ((404, "not_found"),)

ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/sign-in",
        "Sign in with a name and a password, step by step",
        sign_in,
        action=PUBLIC,
        answer=SignInStep,
        body=SignIn,
        problems=_REFUSALS,
    ),
    Endpoint(
        "POST",
        "/api/sign-in/screen",
        "A QR code by which a phone signs this screen in",
        show_screen,
        action=PUBLIC,
        answer=SignInScreen,
        problems=((503, "too_busy"),),
    ),
    Endpoint(
        "POST",
        "/api/sign-in/screen/collect",
        "How this screen's request stands",
        collect_screen,
        action=PUBLIC,
        answer=ScreenState,
        body=ScreenId,
    ),
    Endpoint(
        "GET",
        "/api/sign-in/screen/{id}",
        "The screen that asks to be signed in",
        look_at_screen,
        action="account",
        answer=AskingScreen,
        problems=_GONE,
    ),
    Endpoint(
        "POST",
        "/api/sign-in/screen/approve",
        "Sign that screen in as the caller",
        approve_screen,
        action="account",
        answer=ScreenState,
        body=ScreenId,
        problems=_GONE,
    ),
)
