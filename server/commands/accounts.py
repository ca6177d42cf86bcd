"""`tongke accounts add|reset|list`: how the first administrator of a county comes to her password."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from sqlalchemy import select

from server.accounts.desk import Desk, Refused
from server.accounts.names import sign_in_name
from server.accounts.passwords import Hasher
from server.audit.chain import Entry
from server.commands.table import table
from server.config import load
from server.exits import DATA, NO_INPUT, OK, explain
from server.store import schema
from server.store.accounts import AccountCard
from server.store.errors import Conflict
from server.store.store import Store, is_there, open_store
from server.texts import Texts

COLUMNS = ("sign_in_name", "name", "role", "school", "state", "code")


class Made(msgspec.Struct, frozen=True):
    """An account and its one-time password, for `--json`."""

    staff_id: str
    sign_in_name: str
    password: str


class Unfit(Exception):
    """What was asked cannot be done. `code` names the words."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def run(given: argparse.Namespace, texts: Texts) -> int:
    """Does what `given.verb` says; returns the exit code."""
    verbs: dict[str, Callable[[argparse.Namespace, Texts, Store], Awaitable[int]]] = {
        "add": _add,
        "reset": _reset,
        "list": _list,
    }
    try:
        return asyncio.run(_with_store(given, texts, verbs[given.verb]))
    except Unfit as unfit:
        print(f"tongke: {texts(f'accounts.{unfit.code}', **unfit.values)}", file=sys.stderr)
        return NO_INPUT if unfit.code == "unknown" else DATA
    except Exception as error:
        return explain(error, texts)


async def _with_store(
    given: argparse.Namespace, texts: Texts, verb: Callable[[argparse.Namespace, Texts, Store], Awaitable[int]]
) -> int:
    config = load({"data_dir": given.data}, os.environ, given.config).config
    if given.verb == "add":  # the first administrator may be made before the first start
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not is_there(config.data_dir, config.store.url):
        print(f"tongke: {texts('error.no_data', path=config.data_dir)}", file=sys.stderr)
        return NO_INPUT
    store = await open_store(config.data_dir, config.store.url)
    try:
        return await verb(given, texts, store)
    finally:
        await store.close()


async def _add(given: argparse.Namespace, texts: Texts, store: Store) -> int:
    name = sign_in_name(given.name)
    if name is None:
        raise Unfit("bad_name")
    if await store.accounts.by_name(name) is not None:
        raise Unfit("name_taken", name=name)
    staff_id = given.staff or await _new_staff(given, store)
    return await _hand_out(given, texts, store, "open_account", staff_id, lambda desk: _open(desk, staff_id, name))


async def _open(desk: Desk, staff_id: str, name: str) -> str:
    try:
        return await desk.open_account(staff_id, name, _now_ms())
    except Conflict as conflict:
        raise Unfit("has_account" if conflict.code == "has_account" else "unknown_staff", id=staff_id) from conflict


async def _reset(given: argparse.Namespace, texts: Texts, store: Store) -> int:
    found = await store.accounts.by_name(sign_in_name(given.name) or "")
    if found is None:
        raise Unfit("unknown", name=given.name)
    staff_id = found[0].staff_id
    await store.credentials.revoke_subject(staff_id, _now_ms())
    return await _hand_out(
        given, texts, store, "reset_account", staff_id,
        lambda desk: desk.reset(staff_id, _now_ms(), forget_code=given.forget_code),
    )  # fmt: skip


async def _hand_out(
    given: argparse.Namespace,
    texts: Texts,
    store: Store,
    how: str,
    staff_id: str,
    make: Callable[[Desk], Awaitable[str]],
) -> int:
    """Makes the password, writes down that it was made, and prints it, the only time."""
    desk = Desk(store.accounts, Hasher(), lambda: 0.0)
    try:
        password = await make(desk)
    except Refused as refused:
        raise Unfit(refused.code) from refused
    finally:
        desk.close()
    entry = Entry(_now_ms(), "", "operator", "accounts.manage", "changed", about=staff_id, code=how)
    await store.audit.append([entry])
    made = Made(staff_id, sign_in_name(given.name) or given.name, password)
    print(_json(made) if given.json else texts("accounts.password", name=made.sign_in_name, password=password))
    return OK


async def _new_staff(given: argparse.Namespace, store: Store) -> str:
    """The new member of staff the account is for, her county too if there is none of that name."""
    now_ms = _now_ms()
    county_id = await _county(given, store, now_ms)
    try:
        person = await store.people.add_staff(county_id, given.school, given.role, given.person or given.name, now_ms)
    except Conflict as conflict:
        raise Unfit("unknown_school", id=given.school) from conflict
    return person.id


async def _county(given: argparse.Namespace, store: Store, now_ms: int) -> str:
    query = select(schema.county.c.id, schema.county.c.name)
    counties = await store.database.read(lambda c: [(str(row.id), str(row.name)) for row in c.execute(query)])
    if given.county is None:
        if len(counties) != 1:
            raise Unfit("which_county" if counties else "no_county", names=", ".join(name for _, name in counties))
        return counties[0][0]
    found = [county_id for county_id, name in counties if given.county in (county_id, name)]
    return found[0] if found else await store.people.add_county(given.county, given.zone, now_ms)


async def _list(given: argparse.Namespace, texts: Texts, store: Store) -> int:
    query = select(schema.county.c.id)
    counties = await store.database.read(lambda c: list(c.scalars(query)))
    cards = [card for county_id in counties for card in await store.accounts.cards(county_id, None)]
    if given.json:
        print(_json(cards))
    elif cards:
        print(table([texts(f"accounts.column.{name}") for name in COLUMNS], [_row(card, texts) for card in cards]))
    else:
        print(texts("accounts.none"))
    return OK


def _row(card: AccountCard, texts: Texts) -> list[str]:
    code = texts("accounts.yes" if card.code else "accounts.no")
    role, state = texts(f"role.{card.role}"), texts(f"accounts.state.{card.state}")
    return [card.sign_in_name, card.name, role, card.school, state, code]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value)).decode()
