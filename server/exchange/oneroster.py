"""OneRoster 1.2 CSV packages: schools, terms, subjects, classes and staff of a school information system.

Source: 1EdTech OneRoster 1.2, CSV Binding, sections 4 (files) and 5.1 (rostering). Pupils and guardians are never
read: of `users` and `roles` only staff is taken, of `enrollments` nothing, and `demographics` is not opened at all.
What our county needs and OneRoster does not know is derived: a school whose parent is a school is a teaching point.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from server.exchange.sheets import BadFile, Cell, Line, Sheet

FILES: Final = ("orgs", "academicSessions", "courses", "classes", "users", "roles")
ROLES: Final = {
    "teacher": "lead",
    "aide": "assistant",
    "proctor": "assistant",
    "principal": "school_admin",
    "siteAdministrator": "school_admin",
    "districtAdministrator": "county_admin",
    "systemAdministrator": "county_admin",
}
"""Roles of the specification that are staff of ours; the others are left out."""
_TERMS: Final = ("term", "semester")
_HAN: Final = range(0x3400, 0xA000)
Record = dict[str, str]


def is_package(sheets: Sequence[Sheet]) -> bool:
    """Whether the files of a zip are a package of OneRoster: its organisations have sourced identifiers."""
    orgs = next((sheet for sheet in sheets if sheet.name == "orgs"), None)
    return orgs is not None and bool(orgs.lines) and "sourcedId" in orgs.lines[0].cells


def convert(name: str, sheets: Sequence[Sheet]) -> list[Sheet]:
    """The package as tables of ours, rows with the numbers they have in their files.

    Raises:
        BadFile: `not_oneroster`, a file that others need is missing.
    """
    files = {sheet.name: list(_records(sheet)) for sheet in sheets if sheet.name in FILES}
    for needed, by in (("courses", "classes"), ("roles", "users")):
        if by in files and needed not in files and not any(one.get("role") for _, one in files[by]):
            raise BadFile("not_oneroster", name=name, part=f"{needed}.csv")
    orgs = {record["sourcedId"]: record for _, record in files.get("orgs", [])}
    schools = {key: record for key, record in orgs.items() if record.get("type") == "school"}
    return [
        _sheet("terms", ("name", "begins", "ends"), _terms(files.get("academicSessions", []))),
        _sheet("schools", ("code", "name", "kind"), _schools(files.get("orgs", []), schools)),
        _sheet("subjects", ("code", "name"), _subjects(files.get("courses", []))),
        _sheet("classes", ("school", "grade", "name"), _classes(files.get("classes", []), schools)),
        _sheet("staff", ("code", "name", "school", "role", "further"), _staff(files, schools)),
    ]


def _records(sheet: Sheet) -> Iterator[tuple[int, Record]]:
    """Rows by heading; those to be deleted are passed over, for nothing is deleted by an import."""
    if not sheet.lines:
        return
    head = [str(cell or "").strip() for cell in sheet.lines[0].cells]
    for line in sheet.lines[1:]:
        record = {key: str(cell or "").strip() for key, cell in zip(head, line.cells, strict=False)}
        if record.get("sourcedId") and record.get("status", "").lower() != "tobedeleted":
            yield line.number, record


def _sheet(name: str, head: Sequence[str], rows: Iterable[tuple[int, Sequence[Cell]]]) -> Sheet:
    return Sheet(name, [Line(1, tuple(head)), *(Line(number, tuple(cells)) for number, cells in rows)])


def _code(record: Record) -> str:
    """What the county itself calls it, else what the system does."""
    return record.get("identifier") or record["sourcedId"]


def _terms(records: Iterable[tuple[int, Record]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    for number, record in records:
        if record.get("type") in _TERMS:
            yield number, (record.get("title"), record.get("startDate"), record.get("endDate"))


def _schools(records: Iterable[tuple[int, Record]], schools: dict[str, Record]) -> Iterator[tuple[int, Sequence[Cell]]]:
    for number, record in records:
        if record["sourcedId"] in schools:
            below = record.get("parentSourcedId") in schools
            yield number, (_code(record), record.get("name"), "teaching_point" if below else "centre")


def _subjects(records: Iterable[tuple[int, Record]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    """One row a title: systems have a course for each school and year."""
    seen: set[str] = set()
    for number, record in records:
        title = record.get("title", "")
        if title and title not in seen:
            seen.add(title)
            yield number, (record.get("courseCode"), title)


def _classes(records: Iterable[tuple[int, Record]], schools: dict[str, Record]) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Home rooms: a `scheduled` class is a lesson of one subject, which the timetable has."""
    for number, record in records:
        home = schools.get(record.get("schoolSourcedId", ""))
        if record.get("classType") == "homeroom" and home is not None:
            grade = record.get("grades", "").split(",")[0].lstrip("0")
            yield number, (_code(home), grade, record.get("title"))


def _staff(
    files: dict[str, list[tuple[int, Record]]], schools: dict[str, Record]
) -> Iterator[tuple[int, Sequence[Cell]]]:
    roles: dict[str, list[Record]] = {}
    for _, record in files.get("roles", []):
        if record.get("role") in ROLES:
            roles.setdefault(record.get("userSourcedId", ""), []).append(record)
    for number, record in files.get("users", []):
        own = sorted(roles.get(record["sourcedId"], []), key=lambda role: role.get("roleType") != "primary")
        if not own:
            continue
        first, names = ROLES[own[0]["role"]], dict.fromkeys(ROLES[role["role"]] for role in own)
        home = schools.get(own[0].get("orgSourcedId", ""))
        further = ",".join(name for name in names if name != first)
        yield number, (_code(record), _name(record), _code(home) if home else None, first, further)


def _name(record: Record) -> str:
    family, given = record.get("familyName", ""), record.get("givenName", "")
    chinese = bool(family) and ord(family[0]) in _HAN
    return f"{family}{given}" if chinese else f"{given} {family}".strip()
