"""Credentials that open nothing: of somebody who is known, but over, taken back, or of another county."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from server.store.rows import CredentialKind
from server.store.store import Store, open_store
from tests.e2e.running import Server
from tests.e2e.small_town import in_a_thread

NOBODYS = "nobody-ever-issued-this-token-to-anybody-0000"
YEAR_MS = 365 * 86_400_000


@dataclass(frozen=True)
class Strangers:
    """Tokens of links and cookies by what is wrong with them; good links of another county and of another school."""

    links: dict[str, str]
    cookies: dict[str, str]
    neighbours: dict[str, str]


def strangers_at(server: Server) -> Strangers:
    """Makes them beside the running server."""
    made: Strangers = in_a_thread(_beside(server))
    return made


def hold_and_end(server: Server) -> None:
    """The demo's lesson was held and is over."""
    in_a_thread(_held(server.data, server.lesson["lesson"]))


async def _beside(server: Server) -> Strangers:
    store = await open_store(server.data)
    try:
        now_ms = time.time_ns() // 1_000_000
        return await _make(store, server.lesson["teacher"]["id"], server.lesson["classrooms"][0]["id"], now_ms)
    finally:
        await store.close()


async def _make(store: Store, lead: str, room: str, now_ms: int) -> Strangers:
    links = {
        "wrong": NOBODYS,
        "expired": await store.credentials.issue("link", lead, now_ms - YEAR_MS),
        "revoked": await _revoked(store, "link", lead, now_ms),
    }
    cookies = {
        "wrong": NOBODYS,
        "expired": await store.credentials.issue("cookie", lead, now_ms - YEAR_MS),
        "revoked": await _revoked(store, "device", room, now_ms),
    }
    return Strangers(links, cookies, await _neighbours(store, now_ms))


async def _neighbours(store: Store, now_ms: int) -> dict[str, str]:
    """A teacher and an administrator of another county, and the head of a school beside those of the demo's lesson."""
    people = store.people
    county = await people.add_county("邻县", "Asia/Shanghai", now_ms)
    far = await people.add_school(county, "centre", "邻县中心小学", now_ms)
    near = await people.add_school((await people.county_admins())[0].county_id, "centre", "城西小学", now_ms)
    who = {
        "teacher": await people.add_staff(county, far.id, "lead", "邻县教师", now_ms),
        "admin": await people.add_staff(county, None, "county_admin", "邻县管理员", now_ms),
        "admin#school": await people.add_staff(near.county_id, near.id, "school_admin", "城西校长", now_ms),
    }
    tokens = await store.credentials.issue_many("link", [one.id for one in who.values()], now_ms)
    return dict(zip(who, tokens, strict=True))


async def _revoked(store: Store, kind: CredentialKind, subject: str, now_ms: int) -> str:
    token = await store.credentials.issue(kind, subject, now_ms)
    found = await store.credentials.find(token, now_ms)
    assert found is not None
    await store.credentials.revoke(found[0].id, now_ms)
    return token


async def _held(data: Path, lesson: str) -> None:
    store = await open_store(data)
    try:
        now_ms = time.time_ns() // 1_000_000
        await store.lessons.began(lesson, now_ms - 60_000)
        await store.lessons.ended(lesson, now_ms)
    finally:
        await store.close()
