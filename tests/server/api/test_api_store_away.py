"""A database that is full, read-only or away: words and 503, nothing lost, and it goes on by itself afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from server.store.errors import StoreFull, StoreReadOnly
from tests.server.own_mounts import small, with_mounts

SMALL = "3m"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The test's folder on a real file system of 3 MB."""
    with small(tmp_path, SMALL):
        yield tmp_path


def fill(folder: Path) -> None:
    """Leaves no room on the disk."""
    with (folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass


async def change(site, name: str) -> tuple[int, str]:
    """Status and code of a change that an administrator makes."""
    headers = site.origin | await site.bearer_kept()
    async with site.request(
        "POST", "/api/county/schools", headers=headers, json={"kind": "centre", "name": name}
    ) as got:
        return got.status, (await got.json(content_type=None)).get("code") or ""


@pytest.fixture
async def site(site_under_test):
    """With a token issued while the store was still well."""
    headers = await site_under_test.bearer(site_under_test.admin)

    async def bearer_kept() -> dict[str, str]:
        return headers

    site_under_test.bearer_kept = bearer_kept
    return site_under_test


async def schools(site) -> list[str]:
    async with site.request("GET", "/api/county/schools", headers=await site.bearer_kept()) as answer:
        assert answer.status == 200
        told = await answer.json()
    return [one["name"] for one in (told if isinstance(told, list) else next(iter(told.values())))]


@pytest.mark.media
@with_mounts
async def test_a_full_disk_is_said_in_words_and_reading_and_later_changes_go_on(small_disk: Path, site) -> None:
    before = await schools(site)
    fill(small_disk)
    answers = {await change(site, f"学校 {number} " + "长" * 60) for number in range(30)}
    assert (503, "store_unavailable") in answers
    assert answers <= {(503, "store_unavailable"), (200, "")}
    kept = await schools(site)
    assert set(before) <= set(kept)
    (small_disk / "filler").unlink()
    assert (await change(site, "又有空间了"))[0] == 200
    assert "又有空间了" in await schools(site)
    assert (await site.store.audit.verify()).broken == []


async def test_a_database_that_may_not_grow_is_said_in_words_and_goes_on_when_it_may(site) -> None:
    pages = await site.store.database.read(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar())
    await site.store.database.read(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}"))
    answers = [await change(site, f"学校 {number} " + "长" * 60) for number in range(60)]
    assert set(answers) == {(503, "store_unavailable"), (200, "")}
    with pytest.raises(StoreFull):
        await site.store.settings.set("large", "x" * 100_000)
    assert len(await schools(site)) == 4 + answers.count((200, ""))
    await site.store.database.read(lambda c: c.exec_driver_sql("PRAGMA max_page_count=1000000"))
    assert (await change(site, "又有空间了"))[0] == 200
    assert (await site.store.audit.verify()).broken == []


async def test_a_database_that_may_only_be_read_is_read_and_every_change_is_refused_in_words(site) -> None:
    before = await schools(site)
    await site.store.database.read(lambda c: c.exec_driver_sql("PRAGMA query_only=ON"))
    assert await change(site, "新学校") == (503, "store_unavailable")
    with pytest.raises(StoreReadOnly):
        await site.store.settings.set("a", "b")
    assert await schools(site) == before
    await site.store.database.read(lambda c: c.exec_driver_sql("PRAGMA query_only=OFF"))
    assert (await change(site, "新学校"))[0] == 200


@pytest.mark.media
@with_mounts
async def test_a_full_disk_is_a_typed_error_of_the_store(small_disk: Path, site) -> None:
    fill(small_disk)
    with pytest.raises(StoreFull):
        await site.store.settings.set("large", "x" * 4_000_000)


async def test_the_words_say_that_lessons_go_on_and_what_to_do(site) -> None:
    await site.store.database.read(lambda c: c.exec_driver_sql("PRAGMA query_only=ON"))
    headers = site.origin | await site.bearer_kept() | {"Accept-Language": "zh-CN"}
    body = {"kind": "centre", "name": "新学校"}
    async with site.request("POST", "/api/county/schools", headers=headers, json=body) as answer:
        assert answer.headers["Retry-After"] == "2"
        told = await answer.json(content_type=None)
    assert "正在上的课不受影响" in told["detail"]
