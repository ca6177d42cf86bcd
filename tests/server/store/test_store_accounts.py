"""Accounts, codes and sign-ins in the store."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.store.credentials import DAY_MS
from server.store.errors import Conflict
from server.store.store import FILE_NAME, Store, open_store

NOW = 1_800_000_000_000


@pytest.fixture
async def store(tmp_path: Path, empty_database: Path) -> AsyncIterator[Store]:
    shutil.copy(empty_database, tmp_path / FILE_NAME)
    store = await open_store(tmp_path)
    yield store
    await store.close()


@pytest.fixture
async def admin(store: Store) -> str:
    county_id = await store.people.add_county("县", "Asia/Shanghai", NOW)
    return (await store.people.add_staff(county_id, None, "county_admin", "管理员", NOW)).id


async def test_a_new_account_has_a_password_to_be_changed_and_no_code(store: Store, admin: str) -> None:
    await store.accounts.add(admin, "wangfang", "hash", NOW, NOW + DAY_MS)
    found = await store.accounts.by_name("wangfang")
    assert found is not None
    account, subject = found
    assert (account.staff_id, account.must_change, account.expires_ms) == (admin, True, NOW + DAY_MS)
    assert (account.code_secret, account.closed_ms, subject.id) == (None, None, admin)
    assert await store.accounts.by_name("nobody") is None
    await store.accounts.set_password(admin, "other", NOW + 1)
    found = await store.accounts.of(admin)
    assert found is not None
    assert (found[0].hash, found[0].must_change, found[0].expires_ms) == ("other", False, None)


async def test_a_name_belongs_to_one_person_and_a_person_has_one_account(store: Store, admin: str) -> None:
    await store.accounts.add(admin, "wangfang", "hash", NOW, NOW + DAY_MS)
    with pytest.raises(Conflict) as refused:
        await store.accounts.add(admin, "other", "hash", NOW, NOW + DAY_MS)
    assert refused.value.code == "has_account"
    county_id = (await store.people.subject(admin)).county_id  # type: ignore[union-attr]
    second = await store.people.add_staff(county_id, None, "inspector", "督导", NOW)
    with pytest.raises(Conflict) as refused:
        await store.accounts.add(second.id, "wangfang", "hash", NOW, NOW + DAY_MS)
    assert refused.value.code == "name_taken"
    with pytest.raises(Conflict):
        await store.accounts.add("staff-nobody", "nobody", "hash", NOW, NOW + DAY_MS)


async def test_a_code_is_offered_once_until_it_is_confirmed(store: Store, admin: str) -> None:
    await store.accounts.add(admin, "wangfang", "hash", NOW, NOW + DAY_MS)
    assert [await store.accounts.offer_code(admin, secret) for secret in ("FIRST", "SECOND")] == ["FIRST", "FIRST"]
    assert not await store.accounts.confirm_code(admin, "SECOND", 7, [b"r" * 32])
    assert await store.accounts.confirm_code(admin, "FIRST", 7, [b"r" * 32])
    assert not await store.accounts.confirm_code(admin, "FIRST", 8, [b"s" * 32])


async def test_a_step_and_a_recovery_code_are_spent_once(store: Store, admin: str) -> None:
    await store.accounts.add(admin, "wangfang", "hash", NOW, NOW + DAY_MS)
    await store.accounts.offer_code(admin, "FIRST")
    await store.accounts.confirm_code(admin, "FIRST", 7, [b"r" * 32])
    assert [await store.accounts.spend_step(admin, step) for step in (7, 8, 8, 6, 9)] == [
        False, True, False, False, True,
    ]  # fmt: skip
    assert await store.accounts.has_recovery(admin, b"r" * 32)
    assert [await store.accounts.spend_recovery(admin, b"r" * 32) for _ in range(2)] == [True, False]
    assert not await store.accounts.has_recovery(admin, b"r" * 32)


async def test_a_reset_opens_a_closed_account_and_forgets_the_phone_only_if_told(store: Store, admin: str) -> None:
    await store.accounts.add(admin, "wangfang", "hash", NOW, NOW + DAY_MS)
    await store.accounts.offer_code(admin, "FIRST")
    await store.accounts.confirm_code(admin, "FIRST", 7, [b"r" * 32])
    await store.accounts.close(admin, NOW)
    for forget, secret in ((False, "FIRST"), (True, None)):
        await store.accounts.reset(admin, "one-time", NOW, NOW + DAY_MS, forget_code=forget)
        found = await store.accounts.of(admin)
        assert found is not None
        assert (found[0].code_secret, found[0].closed_ms, found[0].must_change) == (secret, None, True)
    assert not await store.accounts.has_recovery(admin, b"r" * 32)


async def test_cards_are_those_of_the_county_or_the_school_and_tell_no_secret(store: Store, admin: str) -> None:
    county_id = (await store.people.subject(admin)).county_id  # type: ignore[union-attr]
    school = await store.people.add_school(county_id, "centre", "中心小学", NOW)
    lead = await store.people.add_staff(county_id, school.id, "lead", "主讲教师", NOW)
    for staff_id, name in ((admin, "wangfang"), (lead.id, "lilei")):
        await store.accounts.add(staff_id, name, "hash", NOW, NOW + DAY_MS)
    await store.accounts.close(lead.id, NOW)
    cards = await store.accounts.cards(county_id, None)
    assert [(card.sign_in_name, card.role, card.school, card.state) for card in cards] == [
        ("lilei", "lead", "中心小学", "closed"),
        ("wangfang", "county_admin", "", "first_password"),
    ]
    assert [card.staff_id for card in await store.accounts.cards(county_id, school.id)] == [lead.id]
    assert await store.accounts.cards("county-elsewhere", None) == []
    assert not {"hash", "code_secret"} & set(cards[0].__struct_fields__)


async def test_sign_ins_are_listed_while_they_hold_and_ended_by_their_owner_only(store: Store, admin: str) -> None:
    tokens = await store.credentials.issue_many("cookie", [admin, admin], NOW)
    for number, token in enumerate(tokens):
        await store.sign_ins.began(token, admin, "password", f"10.0.{number}.0/24", "Chrome", NOW + number)
    newest, oldest = await store.sign_ins.of(admin, NOW)
    assert (newest.network, newest.browser, newest.way) == ("10.0.1.0/24", "Chrome", "password")
    assert not await store.sign_ins.end("staff-other", oldest.id, NOW)
    assert await store.sign_ins.end(admin, oldest.id, NOW)
    assert not await store.sign_ins.end(admin, oldest.id, NOW)
    assert await store.credentials.find(tokens[0], NOW) is None
    assert [one.id for one in await store.sign_ins.of(admin, NOW)] == [newest.id]
    assert await store.sign_ins.of(admin, NOW + DAY_MS) == []
    await store.credentials.purge(NOW + 10 * DAY_MS)
    assert await store.sign_ins.of(admin, NOW) == []
