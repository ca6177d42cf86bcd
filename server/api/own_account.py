"""One's own account: where one is signed in, signing out there, changing the password."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from server.accounts.desk import Refused
from server.accounts.passwords import TooBusy
from server.api.doors import forget, let_in, mark_browser, place_of
from server.api.problems import not_found
from server.api.registry import Call, Endpoint, json_response
from server.api.sign_in import problem_of
from server.permissions import needs_second_factor
from server.store.sign_ins import Way

Text = Annotated[str, Meta(max_length=256)]


class OwnAccount(Struct, frozen=True):
    """`sign_in_name` is null for who has only links. `code`: a phone is asked for; `code_needed`: it must be."""

    sign_in_name: str | None
    code: bool
    code_needed: bool


class OwnSignIn(Struct, frozen=True):
    """A screen the caller is signed in on; `here` is this one. Times are UTC milliseconds."""

    id: str
    began_ms: int
    expires_ms: int
    network: str
    browser: str
    way: Way
    here: bool


class OwnSignIns(Struct, frozen=True):
    """Newest first."""

    sign_ins: list[OwnSignIn]


class SignInId(Struct, frozen=True, forbid_unknown_fields=True):
    """Which of them."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """The password so far, and the one from now on."""

    password: Text
    new_password: Text


class Done(Struct, frozen=True):
    """It is done."""

    done: bool = True


async def account(call: Call) -> OwnAccount:
    """What the caller signs in with."""
    subject = call.caller.subject
    found = await call.services.store.accounts.of(subject.id)
    needed = needs_second_factor(subject.roles)
    if found is None:
        return OwnAccount(None, False, needed)
    return OwnAccount(found[0].name, found[0].code_secret is not None, needed)


async def sign_ins(call: Call) -> OwnSignIns:
    """Where the caller is signed in."""
    own = await call.services.store.sign_ins.of(call.caller.subject.id, call.services.clock())
    here = call.caller.credential.id
    return OwnSignIns(
        [
            OwnSignIn(one.id, one.began_ms, one.expires_ms, one.network, one.browser, one.way, one.id == here)
            for one in own
        ]
    )


async def end_sign_in(call: Call) -> Done:
    """Signs the caller out on one screen."""
    subject = call.caller.subject
    if not await call.services.store.sign_ins.end(subject.id, call.body.id, call.services.clock()):
        raise not_found()
    call.services.store.credentials.forget()
    call.visit.about = call.body.id
    return Done()


async def leave_everywhere(call: Call) -> web.Response:
    """Signs the caller out on all screens, this one too; links and marked browsers count no more."""
    await call.services.store.credentials.revoke_subject(call.caller.subject.id, call.services.clock())
    response = json_response(Done())
    forget(response)
    return response


async def change_password(call: Call) -> web.Response:
    """Changes the password; all other screens are signed out."""
    services, subject, now_ms = call.services, call.caller.subject, call.services.clock()
    place = await place_of(call)
    try:
        await services.desk.change_password(subject.id, call.body.password, call.body.new_password, place, now_ms)
    except (Refused, TooBusy) as error:
        raise problem_of(error) from error
    await services.store.credentials.revoke_subject(subject.id, now_ms)
    response = json_response(Done())
    await let_in(call, response, subject, "password")
    await mark_browser(call, response, subject)
    return response


ENDPOINTS = (
    Endpoint("GET", "/api/account", "The caller's account", account, action="account", answer=OwnAccount),
    Endpoint(
        "GET", "/api/account/sign-ins", "Where the caller is signed in", sign_ins, action="account", answer=OwnSignIns
    ),
    Endpoint(
        "POST",
        "/api/account/sign-ins/end",
        "Sign out on one screen",
        end_sign_in,
        action="account",
        answer=Done,
        body=SignInId,
        problems=((404, "not_found"),),
    ),
    Endpoint(
        "POST", "/api/account/leave-everywhere", "Sign out on all screens", leave_everywhere, action="account",
        answer=Done,
    ),
    Endpoint(
        "POST",
        "/api/account/password",
        "Change the password",
        change_password,
        action="account",
        answer=Done,
        body=NewPassword,
        problems=(
            (400, "no_account"),
            (400, "password_refused"),
            (400, "password_short"),
            (400, "password_long"),
            (400, "password_easy"),
            (400, "password_named"),
            (400, "password_same"),
            (429, "sign_in_wait"),
            (503, "too_busy"),
        ),
    ),
)  # fmt: skip
