"""A county of 60 schools imported from one workbook, as an administrator does it: preview, then import, on SQLite."""

from __future__ import annotations

import tempfile
import time
from datetime import date
from itertools import product
from pathlib import Path

from bench.county_store import COMMUNITIES, ENTRIES, ROOMS_A_SCHOOL, STAFF, ZONE
from bench.harness import Figure, Row
from server.county.calendar import moment_ms
from server.exchange.desk import Upload, carry_out, preview
from server.exchange.packing import Page, Pages, pack_workbook
from server.exchange.tables import COLUMNS, TableName
from server.exchange.workbench import Workbench
from server.store.store import open_store

NOW_MS = moment_ms(date(2026, 8, 20), 540, ZONE)
ROWS = (Row("60 schools, 180 rooms, 300 staff, 5,000 lessons imported from one workbook", "s", "<=", 10.0),)


async def measure() -> dict[str, Figure]:
    """From the file's bytes to lessons on disk; the preview before it is told beside, for both are waited for."""
    content = county_workbook()
    with tempfile.TemporaryDirectory(prefix="tongke-bench-") as folder:
        store, bench = await open_store(Path(folder)), Workbench()
        county_id = await store.people.add_county("county", str(ZONE), NOW_MS)
        upload = Upload(name="county.xlsx", content=content)
        began_s = time.monotonic()
        shown = await preview(store, bench, county_id, upload, NOW_MS)
        seen_s = time.monotonic()
        _, written = await carry_out(store, bench, county_id, upload, shown.token, NOW_MS)
        took_s = time.monotonic() - seen_s
        await store.close()
    notes: dict[str, float | str] = {
        "preview_s": round(seen_s - began_s, 2),
        "lessons": written.made,
        "file_bytes": len(content),
    }
    return {ROWS[0].name: Figure(took_s, [took_s], notes=notes)}


def county_workbook() -> bytes:
    """The same county as `bench.county_store` writes, as a workbook with every table."""
    kinds = ("centre", "teaching_point", "teaching_point", "teaching_point")
    schools = [(f"S{n:02}", f"school {n}", kind) for n, (_, kind) in enumerate(product(range(COMMUNITIES), kinds))]
    rooms = [(name, str(number), f"room {number}") for _, name, _ in schools for number in range(ROOMS_A_SCHOOL)]
    tables: dict[TableName, list[tuple[str | int, ...]]] = {
        "terms": [("term", "2026-09-07", "2027-01-24")],
        "schools": list(schools),
        "rooms": [(school, code, name, "standard") for school, code, name in rooms],
        "classes": [(school, "3", f"class {name}", 20, name) for school, _, name in rooms],
        "subjects": [("art", "art", "yes")],
        "staff": [(f"T{n:03}", f"teacher {n}", schools[n % len(schools)][1], "lead", "") for n in range(STAFF)],
        "bells": [("", n, _clock(440 + 50 * n), _clock(480 + 50 * n)) for n in range(1, 8)],
        "communities": [
            (f"community {n}", "term", *(school[1] for school in schools[4 * n : 4 * n + 4]))
            for n in range(COMMUNITIES)
        ],
        "timetable": [_entry(n, schools) for n in range(ENTRIES)],
    }
    pages = [
        Page(name=name, head=[column.key for column in COLUMNS[name]], rows=[list(row) for row in rows])
        for name, rows in tables.items()
    ]
    return pack_workbook(Pages(pages))


def _entry(n: int, schools: list[tuple[str, str, str]]) -> tuple[str | int, ...]:
    """Entry `n`: its community, then its hour, so that none clash."""
    community, hour = n % COMMUNITIES, n // COMMUNITIES
    centre, *points = (name for _, name, _ in schools[4 * community : 4 * community + 4])
    seats = [cell for school in (centre, *points) for cell in (f"{school}/room 0", "class room 0")]
    weekday, period = str(hour % 5 + 1), hour // 5 + 1
    head = ("term", f"community {community}", weekday, period, "", "", "", "art", "", f"T{4 * community:03}", "blended")
    return (*head, *seats)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
