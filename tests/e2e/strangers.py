"""Cookies that open nothing: nobody's, and of somebody who is known but over or taken back."""

from __future__ import annotations

import time
from pathlib import Path

from server.store.rows import CredentialKind
from server.store.store import Store, open_store
from tests.e2e.running import Server
from tests.e2e.small_town import in_a_thread

NOBODYS = "nobody-ever-issued-this-token-to-anybody-0000"
YEAR_MS = 365 * 86_400_000


def cookies_of_strangers(server: Server) -> dict[str, str]:
    """By what is wrong with them, made beside the running server."""
    lesson = server.lesson
    made: dict[str, str] = in_a_thread(_make(server.data, lesson["teacher"]["id"], lesson["classrooms"][0]["id"]))
    return made


async def _make(data: Path, lead: str, room: str) -> dict[str, str]:
    store = await open_store(data)
    try:
        now_ms = time.time_ns() // 1_000_000
        return {
            "wrong": NOBODYS,
            "expired": await store.credentials.issue("cookie", lead, now_ms - YEAR_MS),
            "revoked": await _revoked(store, "device", room, now_ms),
        }
    finally:
        await store.close()


async def _revoked(store: Store, kind: CredentialKind, subject: str, now_ms: int) -> str:
    token = await store.credentials.issue(kind, subject, now_ms)
    found = await store.credentials.find(token, now_ms)
    assert found is not None
    await store.credentials.revoke(found[0].id, now_ms)
    return token
