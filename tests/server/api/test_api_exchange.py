"""Import and export over HTTP: words for what is wrong, bounds, rights, files that can be kept."""

from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import load_workbook

from server.exchange import limits
from server.store.audit import AuditLog
from tests.server.exchange.filled_county import COUNTY, with_cell, workbook

FILE = workbook({"学校": COUNTY["学校"], "教室": COUNTY["教室"]})
SCHOOL_ADMIN = "school_admin"
KEPT = (
    "devices", "consents", "tickets", "alarms", "tests", "history", "exceptions", "deletions", "holds", "covers",
    "invitations", "accounts",
)  # fmt: skip


async def send(site, path: str, content: bytes, **query: str) -> tuple[int, dict]:
    headers = await site.bearer(site.admin) | site.origin | {"Accept-Language": "en"}
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    async with site.request("POST", f"{path}?{asked}", headers=headers, data=content) as response:
        return response.status, await response.json(content_type=None)


async def test_a_file_is_previewed_and_then_imported(site_under_test) -> None:
    site = site_under_test
    status, shown = await send(site, "/api/exchange/preview", FILE, name="a.xlsx")
    assert (status, shown["ready"], shown["faults"]) == (200, True, [])
    assert [(one["name"], one["new"], one["changed"]) for one in shown["tables"]] == [
        ("Schools", 2, 1),
        ("Rooms", 3, 0),
    ]
    status, done = await send(site, "/api/exchange/import", FILE, name="a.xlsx", token=shown["token"])
    assert (status, done["lessons"]) == (200, {"made": 0, "changed": 0, "withdrawn": 0})
    status, again = await send(site, "/api/exchange/preview", FILE, name="a.xlsx")
    assert (again["ready"], [one["unchanged"] for one in again["tables"]]) == (False, [3, 3])
    status, late = await send(site, "/api/exchange/import", FILE, name="a.xlsx", token=shown["token"])
    assert (status, late["code"]) == (409, "preview_outdated")


async def test_an_import_is_in_the_audit_log(site_under_test) -> None:
    site = site_under_test
    _, shown = await send(site, "/api/exchange/preview", FILE)
    await send(site, "/api/exchange/import", FILE, token=shown["token"])
    log: AuditLog = site.store.audit
    newest = (await log.page(limit=1))[0].entry
    assert (newest.who, newest.code, newest.about) == (site.admin, "import_file", f"import:{shown['token'][:16]}")


async def test_faults_are_told_with_row_column_and_what_is_allowed(site_under_test) -> None:
    content = workbook({"学校": with_cell("学校", 3, "学校类型", "村委会")["学校"]})
    _, shown = await send(site_under_test, "/api/exchange/preview", content)
    assert shown["ready"] is False
    assert shown["faults"] == [
        {
            "table": "schools", "sheet": "学校", "row": 3, "column": "学校类型", "got": "村委会",
            "words": '"村委会" is not known. It may be: Centre school · Teaching point.',
        }
    ]  # fmt: skip
    status, refused = await send(site_under_test, "/api/exchange/import", content, token=shown["token"])
    assert (status, refused["code"]) == (409, "import_faulty")


async def test_a_file_that_is_none_is_refused_in_words(site_under_test) -> None:
    status, refused = await send(site_under_test, "/api/exchange/preview", b"\x89PNG\r\n\x1a\n", name="list.xlsx")
    assert (status, refused["code"], refused["reason"]) == (400, "bad_file", "not_a_table")
    assert refused["words"].startswith('"list.xlsx" is no table')


async def test_an_upload_has_a_bound_of_its_own(site_under_test) -> None:
    status, refused = await send(site_under_test, "/api/exchange/preview", bytes(limits.FILE_BYTES + 1))
    assert (status, refused["code"]) == (413, "too_large")


async def get(site, who: str, path: str) -> tuple[int, bytes, str]:
    async with site.request("GET", path, headers=await site.bearer(who)) as response:
        return response.status, await response.read(), response.headers.get("Content-Disposition", "")


async def test_a_template_is_imported_as_nothing(site_under_test) -> None:
    site = site_under_test
    for language in ("zh-CN", "en"):
        status, content, name = await get(site, site.admin, f"/api/exchange/template?language={language}")
        assert (status, name) == (200, 'attachment; filename="tongke-template.xlsx"')
        _, shown = await send(site, "/api/exchange/preview", content)
        assert shown["faults"] == []
        assert {one["new"] + one["changed"] + one["unchanged"] for one in shown["tables"]} == {0}
        assert len(shown["tables"]) == 11
        sheet = load_workbook(io.BytesIO(content)).worksheets[1]
        assert sheet.data_validations.dataValidation
        assert sheet["A1"].comment is not None


@pytest.mark.media
@pytest.mark.parametrize("table", ["county", "schools", "timetable", "lessons", "audit", *KEPT])
async def test_every_table_is_exported_in_both_formats_and_the_export_written_down(site_under_test, table: str) -> None:
    site = site_under_test
    status, content, _ = await get(site, site.admin, f"/api/exchange/export/{table}")
    assert status == 200
    assert load_workbook(io.BytesIO(content)).worksheets
    status, content, name = await get(site, site.admin, f"/api/exchange/export/{table}?format=csv")
    assert status == 200
    if table == "county":
        assert name.endswith('.zip"')
        assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 11
    else:
        assert content.startswith(b"\xef\xbb\xbf")
    newest = (await site.store.audit.page(limit=1))[0].entry
    assert (newest.outcome, newest.about) == ("seen", f"export:{table}")


async def test_lessons_are_exported_with_state_rooms_and_local_times(site_under_test) -> None:
    site = site_under_test
    path = "/api/exchange/export/lessons?format=csv&language=en&from=2027-01-15&to=2027-01-15"
    _, content, _ = await get(site, site.admin, path)
    head, lesson = content.decode("utf-8-sig").splitlines()
    assert head.startswith("Lesson id,Day,Begins,Ends,Subject,Title,Lead teacher")
    assert lesson.startswith(
        f"{site.lesson.id},2027-01-15,16:00,16:45,数学,认识分数,主讲教师,中心小学,Blended,Planned,"
    )
    assert "第一教学点/教室; 第二教学点/教室" in lesson


async def test_a_school_administrator_exports_her_own_school_alone_and_imports_nothing(site_under_test) -> None:
    site = site_under_test
    lead = await site.store.people.subject(site.lead)
    admin = await site.store.people.add_staff(lead.county_id, lead.school_id, SCHOOL_ADMIN, "校长", site.clock())
    _, content, _ = await get(site, admin.id, "/api/exchange/export/schools?format=csv")
    assert [line.split(",")[1] for line in content.decode("utf-8-sig").splitlines()[1:]] == ["中心小学"]
    status, _, _ = await get(site, admin.id, "/api/exchange/export/audit")
    assert status == 403
    headers = await site.bearer(admin.id) | site.origin
    async with site.request("POST", "/api/exchange/preview", headers=headers, data=FILE) as response:
        assert response.status == 403


@pytest.mark.parametrize("query", ["format=pdf", "from=2026-01-01", "from=x&to=y", "from=2026-02-01&to=2026-01-01"])
async def test_a_query_that_makes_no_sense_is_refused(site_under_test, query: str) -> None:
    status, content, _ = await get(site_under_test, site_under_test.admin, f"/api/exchange/export/lessons?{query}")
    assert (status, b"bad_query" in content) == (400, True)
