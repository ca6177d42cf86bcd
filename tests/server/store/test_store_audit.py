"""The audit log in the database: appended, sealed, and telling what was done to it behind the server's back."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from server.audit.chain import GENESIS, Broken, Entry
from server.store.audit import BLOCK, Wanted
from server.store.errors import StoreError
from server.store.store import FILE_NAME, Store, open_store

NOW = 1_800_000_000_000


@pytest.fixture
async def store(tmp_path: Path, empty_database: Path) -> AsyncIterator[Store]:
    shutil.copy(empty_database, tmp_path / FILE_NAME)
    store = await open_store(tmp_path)
    yield store
    await store.close()


def entry(number: int, who: str = "staff-1") -> Entry:
    return Entry(at_ms=NOW + number, who=who, role="lead", what="recordings.watch", outcome="seen", about=f"l{number}")


async def fill(store: Store, count: int) -> None:
    await store.audit.append([entry(number) for number in range(1, count + 1)])


def tamper(folder: Path, *statements: str) -> None:
    """Changes the file as somebody would who has it in his hands: the triggers go first."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as raw, raw:
        for statement in ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete", *statements):
            raw.execute(statement)


async def test_rows_are_numbered_and_each_seals_the_one_before(store: Store) -> None:
    await store.audit.append([entry(1)])
    await store.audit.append([entry(2), entry(3)])
    newest, *_, oldest = rows = await store.audit.page()
    assert [row.number for row in rows] == [3, 2, 1]
    assert (oldest.previous, newest.previous) == (GENESIS, rows[1].hash)
    assert newest.entry == entry(3)
    assert await store.audit.append([]) == []


async def test_pages_go_back_in_time_and_can_be_of_one_person_or_thing(store: Store) -> None:
    await fill(store, 10)
    await store.audit.append([entry(11, who="staff-2")])
    assert [row.number for row in await store.audit.page(limit=3)] == [11, 10, 9]
    assert [row.number for row in await store.audit.page(before=9, limit=3)] == [8, 7, 6]
    assert [row.number for row in await store.audit.page(wanted=Wanted(who="staff-2"))] == [11]
    assert [row.number for row in await store.audit.page(wanted=Wanted(about=("l4",)))] == [4]


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit"])
async def test_the_database_itself_refuses_to_change_or_delete_a_row(store: Store, statement: str) -> None:
    await fill(store, 2)
    with pytest.raises(StoreError):
        await store.database.write(lambda c: c.execute(text(statement)))
    assert (await store.audit.verify()).broken == []


async def test_an_untouched_log_is_whole_and_tells_its_head(store: Store) -> None:
    assert (await store.audit.verify()).head == "0"
    await fill(store, BLOCK + 3)
    verdict = await store.audit.verify()
    newest = (await store.audit.page(limit=1))[0]
    assert (verdict.rows, verdict.broken) == (BLOCK + 3, [])
    assert verdict.head == f"{BLOCK + 3}:{newest.hash.hex()}"


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        (["UPDATE audit SET who = 'staff-9' WHERE number = 4"], [Broken(4, "changed")]),
        (["DELETE FROM audit WHERE number = 4"], [Broken(4, "removed")]),
        (["DELETE FROM audit WHERE number = 1"], [Broken(1, "removed")]),
        (["DELETE FROM audit WHERE number > 8"], [Broken(9, "removed"), Broken(10, "removed")]),
        (["DELETE FROM audit"], [Broken(number, "removed") for number in range(1, 11)]),
        (
            [
                "UPDATE audit SET number = 99 WHERE number = 3",
                "UPDATE audit SET number = 3 WHERE number = 7",
                "UPDATE audit SET number = 7 WHERE number = 99",
            ],
            [Broken(3, "changed"), Broken(3, "resealed"), Broken(7, "changed"), Broken(7, "resealed")],
        ),
    ],
    ids=["changed", "removed", "first removed", "end removed", "all removed", "swapped"],
)
async def test_what_was_done_to_the_file_is_named(
    store: Store, tmp_path: Path, statements: list[str], broken: list[Broken]
) -> None:
    await fill(store, 10)
    tamper(tmp_path, *statements)
    assert (await store.audit.verify()).broken == broken


async def test_two_writers_at_once_make_one_chain(store: Store, tmp_path: Path) -> None:
    second = await open_store(tmp_path)
    await asyncio.gather(*(log.append([entry(n)]) for n in range(20) for log in (store.audit, second.audit)))
    await second.close()
    verdict = await store.audit.verify()
    assert (verdict.rows, verdict.broken) == (40, [])


async def test_each_county_reads_what_its_own_people_and_rooms_did_and_what_strangers_tried(store: Store) -> None:
    found = []
    for name in ("甲县", "乙县"):
        county_id = await store.people.add_county(name, "Asia/Shanghai", NOW)
        school = await store.people.add_school(county_id, "centre", "中心小学", NOW)
        lead = await store.people.add_staff(county_id, school.id, "lead", "主讲教师", NOW)
        room = await store.people.add_classroom(school.id, "教室", "simple", NOW)
        found.append((county_id, lead.id, room.id))
    (first, hers, room), (second, theirs, _) = found
    await store.audit.append([entry(n, who) for n, who in enumerate((hers, theirs, room, "", "staff-gone"))])
    assert [row.entry.who for row in await store.audit.page(first)] == ["", room, hers]
    assert [row.entry.who for row in await store.audit.page(second)] == ["", theirs]
    assert [row.entry.who for row in await store.audit.page(first, wanted=Wanted(who=theirs))] == []
    assert await store.audit.people(first) == [room, hers]
    assert (await store.audit.verify()).rows == 5, "the chain is one for all"
