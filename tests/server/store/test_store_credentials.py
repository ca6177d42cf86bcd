"""Tokens: expiry, renewal, revocation, and that no clear token is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from server.store import schema
from server.store.credentials import DAY_MS, LIFETIME_MS
from server.store.rows import CredentialKind
from server.store.store import FILE_NAME, Store

NOW = 1_800_000_000_000


@pytest.fixture
async def room_id(store: Store) -> str:
    county_id = await store.people.add_county("县", "Asia/Shanghai", NOW)
    school = await store.people.add_school(county_id, "teaching_point", "教学点", NOW)
    return (await store.people.add_classroom(school.id, "教室", "simple", NOW)).id


@pytest.mark.parametrize("kind", ["link", "cookie", "device"])
async def test_a_token_is_valid_until_it_expires_and_not_a_millisecond_longer(
    store: Store, room_id: str, kind: CredentialKind
) -> None:
    token = await store.credentials.issue(kind, room_id, NOW)
    early = await store.credentials.find(token, NOW)
    assert early is not None
    assert (early[0].kind, early[1].id) == (kind, room_id)
    other = await store.credentials.issue(kind, room_id, NOW)
    assert await store.credentials.find(other, NOW + LIFETIME_MS[kind] - 1) is not None
    third = await store.credentials.issue(kind, room_id, NOW)
    assert await store.credentials.find(third, NOW + LIFETIME_MS[kind]) is None


async def test_a_device_key_lives_on_while_it_is_used_and_dies_thirty_days_after(store: Store, room_id: str) -> None:
    token = await store.credentials.issue("device", room_id, NOW)
    moment = NOW
    for _ in range(10):
        moment += 29 * DAY_MS
        assert await store.credentials.find(token, moment) is not None
    assert await store.credentials.find(token, moment + 30 * DAY_MS) is None


@pytest.mark.parametrize("kind", ["link", "cookie"])
async def test_links_and_staff_cookies_are_not_prolonged(store: Store, room_id: str, kind: CredentialKind) -> None:
    token = await store.credentials.issue(kind, room_id, NOW)
    assert await store.credentials.find(token, NOW + LIFETIME_MS[kind] - 1) is not None
    assert await store.credentials.find(token, NOW + LIFETIME_MS[kind]) is None


async def test_a_revoked_token_is_dead_and_others_live(store: Store, room_id: str) -> None:
    first, second = await store.credentials.issue_many("device", [room_id, room_id], NOW)
    found = await store.credentials.find(first, NOW)
    assert found is not None
    await store.credentials.revoke(found[0].id, NOW)
    assert await store.credentials.find(first, NOW) is None
    assert await store.credentials.find(second, NOW) is not None
    await store.credentials.revoke_subject(room_id, NOW)
    assert await store.credentials.find(second, NOW) is None


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "a" * 4000, "é" * 43, "\x00" * 43])
async def test_a_token_nobody_issued_finds_nobody(store: Store, room_id: str, token: str) -> None:
    await store.credentials.issue("link", room_id, NOW)
    assert await store.credentials.find(token, NOW) is None


async def test_a_token_of_nobody_finds_nobody(store: Store) -> None:
    token = await store.credentials.issue("link", "room-that-never-was", NOW)
    assert await store.credentials.find(token, NOW) is None


async def test_tokens_are_kept_hashed_only(store: Store, room_id: str, tmp_path: Path) -> None:
    token = await store.credentials.issue("link", room_id, NOW)
    rows = await store.database.read(lambda c: c.execute(select(schema.credential)).all())
    assert len(rows) == 1
    assert token not in repr(rows)
    await store.close()
    for file in tmp_path.glob(FILE_NAME + "*"):
        assert token.encode() not in file.read_bytes()


async def test_purging_removes_only_what_expired_a_day_ago(store: Store, room_id: str) -> None:
    old, fresh = await store.credentials.issue_many("cookie", [room_id, room_id], NOW)
    later = await store.credentials.issue("cookie", room_id, NOW + DAY_MS)
    await store.credentials.purge(NOW + LIFETIME_MS["cookie"] + DAY_MS)
    assert await store.credentials.find(old, NOW) is not None
    assert await store.credentials.find(fresh, NOW) is not None
    await store.credentials.purge(NOW + LIFETIME_MS["cookie"] + DAY_MS + 1)
    assert await store.credentials.find(old, NOW) is None
    assert await store.credentials.find(later, NOW + DAY_MS) is not None
