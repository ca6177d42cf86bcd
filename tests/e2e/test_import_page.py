"""The import in a browser: a faulty file is named row by row, a good one with two communities is previewed, written,
and the same again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from server.store.store import FILE_NAME
from tests.e2e.people import follow
from tests.e2e.running import ROOT, Server
from tests.server.exchange.filled_county import TWO_COMMUNITIES, with_cell, workbook

pytestmark = pytest.mark.e2e
Launch = Callable[..., BrowserContext]
WORDS = json.loads((ROOT / "web/src/locales/zh-CN/admin-import.json").read_text(encoding="utf-8"))


def test_a_workbook_is_judged_shown_and_written(server: Server, launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "bad.xlsx").write_bytes(workbook(with_cell("学校", 4, "学校类型", "村委会")))
    (tmp_path / "good.xlsx").write_bytes(workbook(TWO_COMMUNITIES))
    (tmp_path / "photo.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n")
    page = launch(width=1366, height=768).new_page()
    follow(page, server.links["admin"]["url"])
    expect(page.get_by_role("navigation").first).to_be_visible()
    page.goto(f"{server.links['http']}/admin?lang=zh-CN#/import")
    chooser = page.locator("input[type=file]")
    chooser.set_input_files(tmp_path / "photo.xlsx")
    expect(page.get_by_role("alert")).to_contain_text("photo.xlsx")
    chooser.set_input_files(tmp_path / "bad.xlsx")
    row = page.get_by_role("table", name=WORDS["fault"]["title"]).get_by_role("row").nth(1)
    expect(row).to_contain_text("村委会")
    expect(row).to_contain_text(WORDS["fault"]["row"].replace("{{row}}", "4"))
    page.get_by_role("button", name=WORDS["againFixed"]).click()
    chooser.set_input_files(tmp_path / "good.xlsx")
    page.get_by_role("button", name=WORDS["carryOut"].partition("（")[0]).click()
    expect(page.get_by_role("heading", name=WORDS["done"]["title"])).to_be_visible()
    page.get_by_role("button", name=WORDS["another"]).click()
    chooser.set_input_files(tmp_path / "good.xlsx")
    expect(page.get_by_role("heading", name=WORDS["verdict"]["same"])).to_be_visible()
    page.get_by_role("link", name=WORDS["tabs"]["export"], exact=True).click()
    with page.expect_download() as download:
        page.locator("a[download]").first.click()
    assert download.value.suggested_filename == "tongke-county.xlsx"
    for community, schools, others in (
        ("东片共同体", ("中心小学", "河口教学点", "山口教学点"), ("西河小学", "西山教学点")),
        ("西片共同体", ("西河小学", "西山教学点"), ("中心小学", "河口教学点", "山口教学点")),
    ):
        page.goto(f"{server.links['http']}/admin?lang=zh-CN#/communities")
        shown = page.locator("main").get_by_role("listitem").filter(has_text=community)
        for school in schools:
            expect(shown).to_contain_text(school)
        for school in others:
            expect(shown).not_to_contain_text(school)
    assert entries_of(server.data) == [("东片共同体", 2), ("西片共同体", 1)]


def entries_of(data: Path) -> list[tuple[str, int]]:
    """What stands in the timetable of each community that was imported."""
    query = (
        "SELECT community.name, count(*) FROM timetable_entry JOIN community ON community.id = community_id "
        "WHERE community.name IN ('东片共同体', '西片共同体') GROUP BY community.name"
    )
    with closing(sqlite3.connect(data / FILE_NAME)) as store:
        return sorted(store.execute(query).fetchall())
