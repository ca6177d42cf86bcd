"""Files as they come: what is wrong is said by place and kind, and what is no table is never opened."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, time

import pytest
from openpyxl import Workbook, load_workbook

from server.exchange import limits
from server.exchange.csv_files import guarded, unguarded, write_csv
from server.exchange.faults import words_of
from server.exchange.packing import Page, Pages, pack_workbook
from server.exchange.reading import Job
from server.exchange.sheets import BadFile
from server.exchange.vocabulary import Vocabulary
from server.exchange.workbench import Workbench
from tests.server.exchange.filled_county import (
    COUNTY,
    NOW,
    counts,
    empty_county,
    faults,
    judged,
    with_cell,
    workbook,
)


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "fault"),
    [
        ("学校", 3, "学校类型", "村委会", ("schools", 3, "kind", "not_a_word")),
        ("学校", 3, "学校名称", "", ("schools", 3, "name", "empty")),
        ("学校", 3, "学校代码", "１０１", ("schools", 3, "code", "twice")),
        ("教室", 3, "学校", "没有的学校", ("rooms", 3, "school", "unknown_reference")),
        ("班级", 2, "学生人数", "很多", ("classes", 2, "pupils", "not_a_number")),
        ("班级", 2, "学生人数", -1, ("classes", 2, "pupils", "not_a_number")),
        ("班级", 2, "所在教室", "河口教学点/一号教室", ("classes", 2, "room", "room_of_other_school")),
        ("人员", 2, "学校", "", ("staff", 2, "school", "school_needed")),
        ("人员", 3, "姓名", "名" * 81, ("staff", 3, "name", "too_long")),
        ("人员", 3, "姓名", "#REF!", ("staff", 3, "name", "cell_error")),
        ("学期", 2, "结束日期", "2026-02-30", ("terms", 2, "ends", "not_a_date")),
        ("放假与调休", 2, "日期", "2027-01-01", ("days", 2, "day", "day_outside_term")),
        ("作息时间", 3, "下课时间", "08:00", ("bells", 3, "ends", "ends_before_start")),
        ("教学共同体", 2, "中心校", "河口教学点", ("communities", 2, "centre", "not_a_centre")),
        ("课表", 2, "听讲教室1", "", ("timetable", 2, "room1", "empty")),
        ("课表", 2, "听讲教室1", "中心小学/录播教室", ("timetable", 2, "room1", "room_twice")),
        ("课表", 2, "听讲班级2", "1班", ("timetable", 2, "classes2", "which_grade")),
        ("课表", 2, "听讲班级1", "9班", ("timetable", 2, "classes1", "unknown_class")),
        ("课表", 2, "第几节", 9, ("timetable", 2, "period", "no_bell")),
        ("课表", 2, "第几节", "", ("timetable", 2, "period", "period_or_time")),
        ("课表", 2, "周次", "月末", ("timetable", 2, "weeks", "bad_weeks")),
        ("课表", 3, "主讲教室", "录播教室", None),
        ("课表", 3, "主讲教师", "没有这个人", ("timetable", 3, "lead", "unknown_reference")),
    ],
)  # fmt: skip
def test_a_faulty_cell_is_named_by_table_row_and_column(table, row, column, value, fault) -> None:
    found = judged(with_cell(table, row, column, value))
    assert faults(found)[:1] == ([fault] if fault else [])
    assert (found.plan is None) == (fault is not None)


def test_every_fault_has_words_in_both_languages() -> None:
    vocabulary = Vocabulary()
    for sheet, column in (("学校", "学校类型"), ("人员", "身份"), ("课表", "主讲教师"), ("课表", "听讲教室1")):
        (fault, *_) = judged(with_cell(sheet, 2, column, "<script>'; DROP TABLE school;--")).faults
        for texts in vocabulary.texts.values():
            assert "DROP TABLE" in words_of(fault, texts)


def test_what_refers_to_a_faulty_row_is_not_told_again() -> None:
    found = judged(with_cell("学校", 4, "学校类型", "村委会"))
    assert faults(found) == [("schools", 4, "kind", "not_a_word")]
    assert counts(found)["rooms"] == (2, 0, 0, 1)


def test_two_lessons_of_a_room_at_once_name_both_rows_and_the_first_day() -> None:
    sheets = {name: list(rows) for name, rows in COUNTY.items()}
    clashing = list(COUNTY["课表"][1])
    clashing[6], clashing[8], clashing[9] = "t2", "", ""
    clashing[10], clashing[11], clashing[12], clashing[13] = "河口教学点/一号教室", "", "", ""
    clashing[7] = ""
    sheets["课表"] = [*COUNTY["课表"], clashing]
    found = judged(sheets)
    assert faults(found) == [("timetable", 4, "room1", "clash_room")]
    assert found.faults[0].values == {
        "what": "河口教学点 · 一号教室", "owner": "2", "day": "2026-09-07", "start": "08:20", "times": "8",
    }  # fmt: skip


def test_text_that_looks_like_sql_or_html_is_kept_as_text() -> None:
    found = judged(with_cell("学校", 3, "学校名称", "<b>河口</b>'; DROP TABLE school;--"))
    assert found.plan is None
    assert {code for *_, code in faults(found)} == {"unknown_reference"}
    schools = {"学校": with_cell("学校", 3, "学校名称", "<b>河口</b>'; DROP TABLE school;--")["学校"]}
    plan = judged(schools).plan
    assert plan is not None
    assert plan.schools[1].name == "<b>河口</b>'; DROP TABLE school;--"


def test_full_width_digits_spaces_dates_as_numbers_and_time_cells_are_understood() -> None:
    sheets = with_cell("班级", 2, "学生人数", "４２　")
    sheets["学期"][1] = ["　2026 秋 ", 46266, datetime(2026, 10, 31)]
    sheets["作息时间"][1] = ["", 1.0, time(8, 20), 0.375]
    sheets["学校"][1][0] = 101
    found = judged(sheets)
    assert found.plan is not None
    assert [(term.name, str(term.begins)) for term in found.plan.terms] == [("2026 秋", "2026-09-01")]
    assert (found.plan.classes[0].pupils, found.plan.bells[0].ends_min, found.plan.schools[0].code) == (42, 540, "101")


def test_headings_may_be_english_in_any_order_below_a_title_and_twice() -> None:
    rows = [
        ["全县学校一览表", None, None, None],
        ["Kind", "校长电话", "School name", "Code"],
        ["学校类型", "", "学校名称", "学校代码"],
        ["Centre school", "123", "中心小学", "101"],
        [None, None, None, None],
        ["示例 教学点", "", "河口", "1"],
        ["教学点", "", "河口", "102"],
    ]
    found = judged({"Sheet1": rows, "备注": [["随便写的"]]})
    assert counts(found) == {"schools": (2, 0, 0, 0)}
    assert (found.tallies[0].unknown, found.ignored) == (["校长电话"], ["备注"])


def test_merged_cells_are_named_instead_of_guessed() -> None:
    book = load_workbook(io.BytesIO(workbook(COUNTY)))
    book["班级"].merge_cells("A4:A5")
    out = io.BytesIO()
    book.save(out)
    assert faults(judged(out.getvalue())) == [("classes", 5, "school", "merged")]


def test_a_missing_column_is_said_once() -> None:
    found = judged({"学校": [["学校代码", "学校名称"], ["1", "甲"], ["2", "乙"]]})
    assert faults(found) == [("schools", 0, "kind", "column_missing")]
    assert counts(found) == {"schools": (0, 0, 0, 2)}


def refused(content: bytes, name: str = "名单.xlsx") -> str:
    with pytest.raises(BadFile) as bad:
        judged(content, name)
    return bad.value.code


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def test_what_is_no_table_is_refused_by_its_content() -> None:
    encrypted = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
    assert refused(b"") == refused(b"\r\n \n") == "empty"
    assert refused(b"\x89PNG\r\n\x1a\n" + bytes(99)) == refused(b"%PDF-1.7") == "not_a_table"
    assert refused(encrypted) == "old_format"
    assert refused(encrypted + "EncryptedPackage".encode("utf-16-le")) == "password"
    assert refused(b"PK\x03\x04 not really") == "damaged"
    assert refused(workbook(COUNTY)[:-400]) == "damaged"
    assert refused(zipped({"[Content_Types].xml": b"<x/>", "xl/vbaProject.bin": b"x"})) == "macros"
    assert refused(zipped({"[Content_Types].xml": b"<x"})) == "damaged"
    assert refused(zipped({"photo.jpg": b"x"})) == "no_csv_in_zip"
    assert refused(b"\xff\xfe\xfd\xfc\xfb\xfa\xf9" * 3, "a.csv") == "encoding"
    assert refused("甲,乙\n1,2\n".encode(), "a.csv") == "no_table"
    assert refused(workbook({"学校": [["随便", "什么"], ["1", "2"]]})) == "no_headings"


def test_a_zip_bomb_is_not_unpacked() -> None:
    assert refused(zipped({"学校.csv": bytes(limits.UNPACKED_BYTES // 2)})) == "too_large_unpacked"
    assert refused(zipped({f"{n}.csv": b"" for n in range(limits.PARTS + 1)})) == "too_large_unpacked"


def test_entities_that_grow_are_not_expanded() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Types>&b;</Types>'
    good = zipfile.ZipFile(io.BytesIO(workbook(COUNTY)))
    parts = {name: good.read(name) for name in good.namelist()} | {"[Content_Types].xml": bomb}
    assert refused(zipped(parts)) == "damaged"


def test_more_rows_than_any_county_has_are_refused() -> None:
    many = "学校名称,学校类型\n" + "甲,中心校\n" * 100_000
    assert refused(many.encode(), "学校.csv") == "too_many_rows"


def test_rows_that_were_only_formatted_cost_nothing() -> None:
    book = Workbook()
    sheet = book.active
    for row in COUNTY["学校"]:
        sheet.append(row)
    sheet["A1000000"].number_format = "@"
    out = io.BytesIO()
    book.save(out)
    assert counts(judged(out.getvalue())) == {"schools": (3, 0, 0, 0)}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'=x", "\t=1", "普通", "'quoted'"])
def test_no_exported_text_is_a_formula_and_each_comes_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t"))
    page = Page(name="学校", head=["学校名称"], rows=[[text]])
    cell = load_workbook(io.BytesIO(pack_workbook(Pages([page])))).worksheets[0]["A2"]
    assert (cell.data_type, cell.value) == ("s", text)
    assert write_csv([[text]]).startswith(b"\xef\xbb\xbf")


async def test_a_file_is_read_in_a_process_of_its_own() -> None:
    job = Job(name="a.xlsx", content=workbook(COUNTY), snapshot=empty_county(), whole=False, now_ms=NOW)
    bench = Workbench()
    assert (await bench.judge(job)).faulty == 0
    with pytest.raises(BadFile, match="not_a_table"):
        await bench.judge(Job(name="a", content=b"GIF89a", snapshot=empty_county(), whole=False, now_ms=NOW))


ONEROSTER = {
    "manifest.csv": "propertyName,value\noneroster.version,1.2\n",
    "orgs.csv": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
    "o0,,,县,district,,\no1,active,,中心小学,school,101,o0\no2,active,,河口教学点,school,102,o1\n"
    "o3,tobedeleted,,旧校,school,103,o0\n",
    "academicSessions.csv": "sourcedId,status,dateLastModified,title,type,startDate,endDate,schoolYear\n"
    "s1,,,2026 秋,semester,2026-09-01,2027-01-20,2027\ns2,,,2026,schoolYear,2026-09-01,2027-07-10,2027\n",
    "courses.csv": "sourcedId,status,dateLastModified,title,courseCode,orgSourcedId\n"
    "c1,,,美术,art,o1\nc2,,,美术,art,o2\n",
    "classes.csv": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classType,schoolSourcedId\n"
    "k1,,,1班,03,c1,homeroom,o2\nk2,,,美术课,03,c1,scheduled,o1\n",
    "users.csv": "sourcedId,status,dateLastModified,enabledUser,givenName,familyName,identifier\n"
    "u1,,,true,丽,张,t1\nu2,,,true,Ann,Lee,\nu3,,,true,小明,王,p1\n",
    "roles.csv": "sourcedId,userSourcedId,roleType,role,orgSourcedId\n"
    "r1,u1,primary,teacher,o1\nr2,u1,secondary,principal,o1\nr3,u2,primary,aide,o2\nr4,u3,primary,student,o2\n",
    "enrollments.csv": "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role\ne1,k1,o2,u3,student\n",
    "demographics.csv": "sourcedId,birthDate\nu3,2017-01-01\n",
}


def test_a_oneroster_package_brings_schools_terms_subjects_classes_and_staff_and_no_pupil() -> None:
    content = zipped({name: text.encode() for name, text in ONEROSTER.items()})
    found = judged(content, "oneroster.zip")
    assert found.plan is not None
    assert [(one.code, one.name, one.kind) for one in found.plan.schools] == [
        ("101", "中心小学", "centre"), ("102", "河口教学点", "teaching_point"),
    ]  # fmt: skip
    assert [(one.code, one.name, one.role) for one in found.plan.staff] == [
        ("t1", "张丽", "lead"), ("u2", "Ann Lee", "assistant"),
    ]  # fmt: skip
    assert list(found.plan.further.values()) == [["school_admin"]]
    assert [(one.grade, one.name) for one in found.plan.classes] == [(3, "1班")]
    assert [one.name for one in (*found.plan.terms, *found.plan.subjects)] == ["2026 秋", "美术"]
    assert "王" not in str(found)


def test_rows_of_the_timetable_that_name_no_class_for_a_room_are_counted_and_no_fault() -> None:
    assert judged(COUNTY).unnamed == 0
    for column, row in (("主讲班级", 2), ("听讲班级1", 2), ("听讲班级1", 3)):
        found = judged(with_cell("课表", row, column, ""))
        assert (found.unnamed, found.faulty) == (1, 0), column
    bare = {name: [list(line) for line in rows] for name, rows in COUNTY.items()}
    bare["课表"] = [[cell for n, cell in enumerate(line) if n not in (9, 11, 13)] for line in bare["课表"]]
    assert judged(bare).unnamed == 2, "a file without columns of classes"
