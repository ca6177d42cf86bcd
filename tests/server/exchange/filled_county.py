"""A small county as a workbook, and how tests put it through the import."""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from server.county.calendar import moment_ms
from server.exchange.desk import Upload, carry_out, preview
from server.exchange.reading import Job, judge_file
from server.exchange.snapshot import Judged, Snapshot
from server.exchange.workbench import Workbench
from server.store.store import Store

ZONE = ZoneInfo("Asia/Shanghai")
NOW = moment_ms(date(2026, 8, 20), 9 * 60, ZONE)
Sheets = dict[str, list[list[Any]]]

COUNTY: Sheets = {
    "学期": [["学期名称", "开始日期", "结束日期"], ["2026 秋", date(2026, 9, 1), date(2026, 10, 31)]],
    "学校": [
        ["学校代码", "学校名称", "学校类型"],
        ["101", "中心小学", "中心校"],
        ["102", "河口教学点", "教学点"],
        ["103", "山口教学点", "教学点"],
    ],
    "教室": [
        ["学校", "教室编号", "教室名称", "教室配置"],
        ["中心小学", "1", "录播教室", "录播"],
        ["河口教学点", "1", "一号教室", "标准"],
        ["103", "1", "一号教室", "简易"],
    ],
    "班级": [
        ["学校", "年级", "班级名称", "学生人数", "所在教室"],
        ["中心小学", "三年级", "1班", 42, "录播教室"],
        ["河口教学点", "3", "1班", 9, "一号教室"],
        ["山口教学点", "三", "1班", 7, ""],
        ["山口教学点", "四年级", "1班", 5, ""],
    ],
    "学科": [["学科代码", "学科名称", "薄弱学科"], ["art", "美术", "是"], ["music", "音乐", "否"]],
    "应开课时": [["学科", "年级", "每周节数"], ["美术", "三年级", 2]],
    "人员": [
        ["工号", "姓名", "学校", "身份", "其他身份"],
        ["t1", "主讲甲", "中心小学", "主讲教师", "学校管理员"],
        ["t2", "主讲乙", "中心小学", "主讲教师", ""],
        ["a1", "助教甲", "河口教学点", "助教", ""],
        ["", "督导甲", "", "督导", ""],
    ],
    "作息时间": [["学校", "第几节", "上课时间", "下课时间"], ["", 1, "08:20", "09:00"], ["", 2, "09:10", "09:50"]],
    "放假与调休": [
        ["学期", "日期", "按哪天的课表上课", "说明"],
        ["2026 秋", "2026-10-01", "", "国庆节"],
        ["2026 秋", "2026年10月10日", "2026/10/1", "调休"],
    ],
    "教学共同体": [
        ["共同体名称", "学期", "中心校", "教学点1", "教学点2", "教学点3"],
        ["东片共同体", "2026 秋", "中心小学", "河口教学点", "山口教学点", ""],
    ],
    "课表": [
        ["学期", "共同体", "星期", "第几节", "周次", "学科", "主讲教师", "上课方式",
         "主讲教室", "主讲班级", "听讲教室1", "听讲班级1", "听讲教室2", "听讲班级2"],
        ["2026 秋", "东片共同体", "星期一", 1, "", "美术", "t1", "混合课堂",
         "录播教室", "1班", "河口教学点/一号教室", "1班", "103/一号教室", "三年级1班；四年级1班"],
        ["2026 秋", "东片共同体", "周三", "２", "单周", "音乐", "主讲乙", "专递课堂",
         "", "", "河口教学点/一号教室", "三年级/1班"],
    ],
}  # fmt: skip
SECOND_COMMUNITY: Sheets = {
    "学校": [["201", "西河小学", "中心校"], ["202", "西山教学点", "教学点"]],
    "教室": [["西河小学", "1", "西河录播室", "录播"], ["西山教学点", "1", "西山一号", "标准"]],
    "班级": [["西河小学", "三年级", "1班", 38, "西河录播室"], ["西山教学点", "三年级", "1班", 8, "西山一号"]],
    "人员": [["t9", "西河主讲", "西河小学", "主讲教师", ""]],
    "教学共同体": [["西片共同体", "2026 秋", "西河小学", "西山教学点", "", ""]],
    "课表": [
        ["2026 秋", "西片共同体", "星期一", 1, "", "音乐", "t9", "混合课堂",
         "西河录播室", "1班", "西山教学点/西山一号", "1班", "", ""],
    ],
}  # fmt: skip
"""Rows to add: other schools, and a lesson at the same hour."""
TWO_COMMUNITIES: Sheets = {name: [*rows, *SECOND_COMMUNITY.get(name, [])] for name, rows in COUNTY.items()}
MONDAYS, ODD_WEDNESDAYS = 8, 5
"""Mondays from 7 September to 26 October; Wednesdays of weeks 1, 3, 5, 7, 9, that of week 1 being the second day."""


def workbook(sheets: Sheets) -> bytes:
    """The sheets as an .xlsx."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_cell(table: str, row: int, column: str, value: Any) -> Sheets:
    """The county with another cell; `row` as Excel numbers it."""
    sheets = {name: [list(line) for line in rows] for name, rows in COUNTY.items()}
    lines = sheets[table]
    lines[row - 1][lines[0].index(column)] = value
    return sheets


class SameProcess(Workbench):
    """Judges without a process of its own, which most tests need not wait for."""

    async def judge(self, job: Job) -> Judged:
        return judge_file(job)


def empty_county(county_id: str = "county-1") -> Snapshot:
    """A county where nothing stands yet."""
    return Snapshot(
        county_id=county_id, time_zone=str(ZONE), terms=[], days={}, schools=[], rooms=[], classes=[], subjects=[],
        prescribed=[], staff=[], further={}, bells=[], communities=[], stays=[], entries=[], changes=[],
    )  # fmt: skip


def judged(content: bytes | Sheets, name: str = "county.xlsx", snapshot: Snapshot | None = None) -> Judged:
    """What the file would change in an empty county, or in `snapshot`."""
    given = content if isinstance(content, bytes) else workbook(content)
    county = snapshot or empty_county()
    return judge_file(Job(name=name, content=given, snapshot=county, whole=False, now_ms=NOW))


def faults(found: Judged) -> list[tuple[str, int, str, str]]:
    """Table, row, column and code of every fault."""
    return [(fault.table, fault.row, fault.column, fault.code) for fault in found.faults]


def counts(found: Judged) -> dict[str, tuple[int, int, int, int]]:
    """New, changed, unchanged and faulty rows by table."""
    return {one.table: (one.new, one.changed, one.unchanged, one.faulty) for one in found.tallies}


async def imported(store: Store, county_id: str, content: bytes | Sheets, name: str = "county.xlsx") -> Judged:
    """The file after preview and import; what the import found."""
    given = content if isinstance(content, bytes) else workbook(content)
    bench, upload = SameProcess(), Upload(name=name, content=given)
    shown = await preview(store, bench, county_id, upload, NOW)
    assert shown.judged.faults == []
    found, _ = await carry_out(store, bench, county_id, upload, shown.token, NOW)
    return found
