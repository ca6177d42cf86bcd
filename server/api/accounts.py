"""Accounts of others, for administrators: opened, reset, closed. A one-time password is shown once, here."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from server.accounts.desk import Refused
from server.accounts.passwords import TooBusy
from server.api.own_account import Done
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.api.sign_in import problem_of
from server.permissions import manages, reach
from server.store.accounts import AccountCard
from server.store.errors import Conflict
from server.store.rows import Subject


class AccountList(Struct, frozen=True):
    """By the name they sign in with."""

    accounts: list[AccountCard]


class NewAccount(Struct, frozen=True, forbid_unknown_fields=True):
    """For a member of staff without one: the name to sign in with."""

    staff_id: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(min_length=1, max_length=64)]


class Reset(Struct, frozen=True, forbid_unknown_fields=True):
    """`forget_code`: the phone was lost, the next sign-in sets up another."""

    forget_code: bool = False


class OneTimePassword(Struct, frozen=True):
    """To be handed to its owner; it is shown only now and must be changed at the first sign-in."""

    staff_id: str
    password: str
    days: int


async def accounts(call: Call) -> AccountList:
    """The accounts in the caller's hands."""
    who = call.caller.subject
    school_id = None if reach(who.roles, "accounts.manage") == "county" else who.school_id or ""
    cards = await call.services.store.accounts.cards(who.county_id, school_id)
    further = await call.services.store.registry.further_roles(who.county_id)
    return AccountList([card for card in cards if manages(who.roles, (card.role, *further.get(card.staff_id, ())))])


async def open_account(call: Call) -> OneTimePassword:
    """Opens an account for a member of staff."""
    services, now_ms = call.services, call.services.clock()
    staff = await _managed(call, call.body.staff_id)
    call.visit.about = staff.id
    try:
        password = await services.desk.open_account(staff.id, call.body.name, now_ms)
    except (Refused, TooBusy) as error:
        raise problem_of(error) from error
    except Conflict as conflict:
        if conflict.code not in ("name_taken", "has_account"):
            raise
        raise Problem(409, conflict.code) from conflict
    return OneTimePassword(staff.id, password, 7)


async def reset_account(call: Call) -> OneTimePassword:
    """A new one-time password; whoever is signed in with the account is signed out everywhere."""
    services, now_ms = call.services, call.services.clock()
    staff = await _with_account(call)
    try:
        password = await services.desk.reset(staff.id, now_ms, forget_code=call.body.forget_code)
    except TooBusy as error:
        raise problem_of(error) from error
    await services.store.credentials.revoke_subject(staff.id, now_ms)
    return OneTimePassword(staff.id, password, 7)


async def close_account(call: Call) -> Done:
    """Closes an account: nobody signs in with it, and who is, is out. Reopening or resetting it lets her in again."""
    services, now_ms = call.services, call.services.clock()
    staff = await _with_account(call)
    if staff.id == call.caller.subject.id:
        raise Problem(409, "own_account")
    await services.store.accounts.close(staff.id, now_ms)
    await services.store.credentials.revoke_subject(staff.id, now_ms)
    return Done()


async def reopen_account(call: Call) -> Done:
    """A closed account opens again, with the password it had."""
    staff = await _with_account(call)
    await call.services.store.accounts.reopen(staff.id)
    return Done()


async def unlock_account(call: Call) -> Done:
    """Whoever mistyped her password too often need not wait any more."""
    staff = await _with_account(call)
    await call.services.desk.unlock(staff.id)
    return Done()


async def _managed(call: Call, staff_id: str) -> Subject:
    """The member of staff, if her account is in the caller's hands.

    Raises:
        Problem: `not_found`, the same for who is not there and who is not the caller's.
    """
    who, staff = call.caller.subject, await call.services.store.people.find_staff(staff_id)
    if staff is None or staff.county_id != who.county_id:
        raise not_found()
    near = reach(who.roles, "accounts.manage") == "county" or staff.school_id == who.school_id
    if not near or not manages(who.roles, staff.roles):
        raise not_found()
    return staff


async def _with_account(call: Call) -> Subject:
    staff = await _managed(call, call.part("id"))
    if await call.services.store.accounts.of(staff.id) is None:
        raise not_found()
    return staff


_MISSING = ((404, "not_found"), (503, "too_busy"))

ENDPOINTS = (
    Endpoint(
        "GET", "/api/accounts", "Accounts in the caller's hands", accounts, action="accounts.manage", answer=AccountList
    ),
    Endpoint(
        "POST",
        "/api/accounts",
        "Open an account for a member of staff",
        open_account,
        action="accounts.manage",
        answer=OneTimePassword,
        body=NewAccount,
        problems=(*_MISSING, (400, "bad_name"), (409, "name_taken"), (409, "has_account")),
    ),
    Endpoint(
        "POST",
        "/api/accounts/{id}/reset",
        "A new one-time password for an account",
        reset_account,
        action="accounts.manage",
        answer=OneTimePassword,
        body=Reset,
        problems=_MISSING,
    ),
    Endpoint(
        "POST",
        "/api/accounts/{id}/close",
        "Close an account",
        close_account,
        action="accounts.manage",
        answer=Done,
        problems=((404, "not_found"), (409, "own_account")),
    ),
    Endpoint(
        "POST",
        "/api/accounts/{id}/reopen",
        "Open a closed account again",
        reopen_account,
        action="accounts.manage",
        answer=Done,
        problems=((404, "not_found"),),
    ),
    Endpoint(
        "POST",
        "/api/accounts/{id}/unlock",
        "End the wait after too many wrong passwords",
        unlock_account,
        action="accounts.manage",
        answer=Done,
        problems=((404, "not_found"),),
    ),
)
