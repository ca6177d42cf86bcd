"""An import: previewed, written in one transaction, the same again changes nothing, what comes out goes in again."""

from __future__ import annotations

import pytest
from msgspec import structs
from sqlalchemy import func, select

from server.exchange.csv_files import write_csv
from server.exchange.desk import Upload, carry_out, preview
from server.exchange.exporting import Exporter
from server.exchange.loading import load
from server.exchange.packing import Pages, pack_csv, pack_workbook
from server.exchange.snapshot import Snapshot
from server.exchange.tables import COLUMNS
from server.exchange.vocabulary import Vocabulary
from server.store import schema
from server.store.errors import Conflict
from server.store.store import Store
from tests.server.exchange.filled_county import (
    COUNTY,
    MONDAYS,
    NOW,
    ODD_WEDNESDAYS,
    SameProcess,
    Sheets,
    counts,
    imported,
    with_cell,
    workbook,
)


@pytest.fixture
async def county_id(store: Store) -> str:
    return await store.people.add_county("县", "Asia/Shanghai", NOW)


async def snapshot(store: Store, county_id: str) -> Snapshot:
    return await store.database.read(lambda c: load(c, county_id, NOW))


async def lessons(store: Store) -> int:
    query = select(func.count()).select_from(schema.lesson)
    return int(await store.database.read(lambda c: c.scalar(query)) or 0)


async def test_a_workbook_of_all_tables_makes_the_county_and_its_lessons(store: Store, county_id: str) -> None:
    found = await imported(store, county_id, COUNTY)
    assert {table: (new, faulty) for table, (new, _, _, faulty) in counts(found).items()} == {
        "terms": (1, 0), "schools": (3, 0), "rooms": (3, 0), "classes": (4, 0), "subjects": (2, 0),
        "prescribed": (1, 0), "staff": (4, 0), "bells": (2, 0), "days": (2, 0), "communities": (1, 0),
        "timetable": (2, 0),
    }  # fmt: skip
    now = await snapshot(store, county_id)
    assert [school.code for school in now.schools] == ["101", "102", "103"]
    assert sorted(map(len, [now.rooms, now.classes, now.staff, now.stays, now.entries])) == [2, 3, 3, 4, 4]
    assert next(iter(now.further.values())) == ["school_admin"]
    assert await lessons(store) == MONDAYS + ODD_WEDNESDAYS


async def test_the_same_file_again_changes_nothing_and_says_so(store: Store, county_id: str) -> None:
    await imported(store, county_id, COUNTY)
    before = await snapshot(store, county_id)
    again = await imported(store, county_id, COUNTY)
    assert all((new, changed, faulty) == (0, 0, 0) for new, changed, _, faulty in counts(again).values())
    assert counts(again)["timetable"] == (0, 0, 2, 0)
    assert await snapshot(store, county_id) == before
    assert await lessons(store) == MONDAYS + ODD_WEDNESDAYS


async def test_a_preview_writes_nothing(store: Store, county_id: str) -> None:
    before = await snapshot(store, county_id)
    await preview(store, SameProcess(), county_id, Upload(name="a.xlsx", content=workbook(COUNTY)), NOW)
    assert await snapshot(store, county_id) == before


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("packed", [pack_workbook, pack_csv])
async def test_what_is_exported_can_be_imported_again_unchanged(
    store: Store, county_id: str, language: str, packed
) -> None:
    await imported(store, county_id, COUNTY)
    exporter = Exporter(await snapshot(store, county_id), Vocabulary(), language)
    content = packed(Pages([exporter.page(table) for table in COLUMNS]))
    again = await imported(store, county_id, content, "export.zip")
    assert {(new, changed, faulty) for new, changed, _, faulty in counts(again).values()} == {(0, 0, 0)}
    assert sum(unchanged for _, _, unchanged, _ in counts(again).values()) == 25


async def test_what_is_closed_is_told_with_its_day_and_comes_in_again_as_nothing(store: Store, county_id: str) -> None:
    await imported(
        store, county_id, {name: rows for name, rows in COUNTY.items() if name not in ("教学共同体", "课表")}
    )
    before = await snapshot(store, county_id)
    school = next(one for one in before.schools if one.code == "103")
    person = next(one for one in before.staff if one.code == "t2")
    room = next(one for one in before.rooms if one.code == "1" and one.school_id == before.schools[0].id)
    over = [structs.replace(school, closed_ms=NOW), structs.replace(room, closed_ms=NOW)]
    await store.registry.save(county_id, [*over, structs.replace(person, left_ms=NOW)])
    closed = await snapshot(store, county_id)
    exporter = Exporter(closed, Vocabulary(), "en")
    pages = {table: exporter.page(table) for table in COLUMNS}
    told = {table: [row[-1] for row in pages[table].rows] for table in ("schools", "rooms", "classes", "staff")}
    assert told == {
        "schools": ["", "", "2026-08-20"],
        "rooms": ["2026-08-20", "", "2026-08-20"],
        "classes": ["", "", "2026-08-20", "2026-08-20"],
        "staff": ["", "2026-08-20", "", ""],
    }
    again = await imported(store, county_id, pack_csv(Pages(list(pages.values()))), "export.zip")
    assert {(new, changed, faulty) for new, changed, _, faulty in counts(again).values()} == {(0, 0, 0)}
    assert await snapshot(store, county_id) == closed


async def test_a_changed_cell_changes_that_thing_alone_and_names_the_column(store: Store, county_id: str) -> None:
    await imported(store, county_id, COUNTY)
    found = await imported(store, county_id, with_cell("班级", 3, "学生人数", 11))
    assert [(one.table, one.row, one.columns) for one in found.differences] == [("classes", 3, ["pupils"])]
    assert counts(found)["classes"] == (0, 1, 3, 0)


async def test_who_is_on_duty_is_imported_exported_and_kept_by_a_file_that_does_not_say(
    store: Store, county_id: str
) -> None:
    rows = [["工号", "姓名", "身份", "值班"], ["d1", "管设备", "县管理员", "大屏，工作日"]]
    await imported(store, county_id, {"人员": rows})
    await imported(store, county_id, {"人员": [row[:3] for row in rows]})
    now = await snapshot(store, county_id)
    assert [(one.code, one.duty) for one in now.staff] == [("d1", "大屏，工作日")]
    page = Exporter(now, Vocabulary(), "zh-CN").page("staff")
    assert dict(zip(page.head, page.rows[0], strict=True))["值班"] == "大屏，工作日"


async def test_a_preview_of_a_county_that_changed_since_is_refused_and_nothing_written(
    store: Store, county_id: str
) -> None:
    bench, upload = SameProcess(), Upload(name="a.xlsx", content=workbook(COUNTY))
    shown = await preview(store, bench, county_id, upload, NOW)
    await store.people.add_school(county_id, "centre", "另一所", NOW)
    before = await snapshot(store, county_id)
    with pytest.raises(Conflict, match="preview_outdated"):
        await carry_out(store, bench, county_id, upload, shown.token, NOW)
    assert await snapshot(store, county_id) == before


async def test_another_file_than_the_previewed_one_is_refused(store: Store, county_id: str) -> None:
    bench, upload = SameProcess(), Upload(name="a.xlsx", content=workbook(COUNTY))
    shown = await preview(store, bench, county_id, upload, NOW)
    other = structs.replace(upload, content=workbook({"学校": COUNTY["学校"]}))
    with pytest.raises(Conflict, match="preview_outdated"):
        await carry_out(store, bench, county_id, other, shown.token, NOW)


async def test_one_faulty_row_keeps_everything_out(store: Store, county_id: str) -> None:
    bench = SameProcess()
    upload = Upload(name="a.xlsx", content=workbook(with_cell("学校", 4, "学校类型", "村委会")))
    before = await snapshot(store, county_id)
    shown = await preview(store, bench, county_id, upload, NOW)
    with pytest.raises(Conflict, match="import_faulty"):
        await carry_out(store, bench, county_id, upload, shown.token, NOW)
    assert await snapshot(store, county_id) == before


async def test_only_a_whole_timetable_takes_out_what_it_does_not_have(store: Store, county_id: str) -> None:
    await imported(store, county_id, COUNTY)
    bench, one = SameProcess(), {"课表": COUNTY["课表"][:2]}
    part = Upload(name="a.xlsx", content=workbook(one))
    assert (await preview(store, bench, county_id, part, NOW)).judged.tallies[0].removed == 0
    whole = structs.replace(part, whole=True)
    shown = await preview(store, bench, county_id, whole, NOW)
    assert shown.judged.tallies[0].removed == 1
    _, written = await carry_out(store, bench, county_id, whole, shown.token, NOW)
    assert written.withdrawn == ODD_WEDNESDAYS
    assert await lessons(store) == MONDAYS


async def test_a_point_that_moves_to_another_community_leaves_history_behind(store: Store, county_id: str) -> None:
    await imported(store, county_id, COUNTY)
    fewer: Sheets = {
        "教学共同体": [COUNTY["教学共同体"][0], ["东片共同体", "2026 秋", "中心小学", "河口教学点", "", ""]]
    }
    found = await imported(store, county_id, fewer)
    assert counts(found)["communities"] == (0, 1, 0, 0)
    stays = await store.communities.stays(county_id)
    assert [(stay.position, stay.left_ms) for stay in stays] == [(0, None), (1, None), (2, NOW)]


async def test_a_code_of_something_closed_opens_it_again(store: Store, county_id: str) -> None:
    await imported(store, county_id, COUNTY)
    school = (await snapshot(store, county_id)).schools[2]
    await store.registry.save(county_id, [structs.replace(school, closed_ms=NOW)])
    found = await imported(store, county_id, {"学校": COUNTY["学校"]})
    assert [one.columns for one in found.differences] == [["closed_ms"]]
    assert (await snapshot(store, county_id)).schools[2] == school


async def test_tables_come_as_csv_one_by_one_whatever_their_code_and_delimiter(store: Store, county_id: str) -> None:
    rows = [[str(cell) for cell in row] for row in COUNTY["学校"]]
    for content in (
        write_csv(rows),
        "\r\n".join(";".join(row) for row in rows).encode("gb18030"),
        "\n".join("\t".join(row) for row in rows).encode(),
    ):
        found = await imported(store, county_id, content, "学校.csv")
        assert [one.table for one in found.tallies] == ["schools"]
    assert len((await snapshot(store, county_id)).schools) == 3


async def test_an_import_signs_out_who_becomes_an_administrator_and_nobody_else(store: Store, county_id: str) -> None:
    await imported(store, county_id, COUNTY)
    people = (await snapshot(store, county_id)).staff
    risen, same = (next(person for person in people if person.code == code) for code in ("t2", "t1"))
    tokens = await store.credentials.issue_many("link", [risen.id, same.id], NOW)
    await imported(store, county_id, with_cell("人员", 3, "其他身份", "学校管理员"))
    found = [await store.credentials.find(token, NOW) for token in tokens]
    assert [one and one[1].id for one in found] == [None, same.id]
