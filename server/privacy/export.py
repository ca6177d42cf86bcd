"""What is kept about one class, as a zip of tables: for guardians who ask, and for inspections.

No media: a recording shows other classes as well. Bounded by LESSONS, so that it is made in memory.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from server.exchange.csv_files import write_csv
from server.recording.package import read_manifest
from server.store import schema
from server.store.consents import Consent
from server.store.database import Database
from server.store.deletions import Deletion
from server.store.rows import build

LESSONS = 10_000
"""Of one class: more than twice its whole time at school."""


class AttendedLesson(Struct, frozen=True, kw_only=True):
    """A lesson the class took part in: how many pupils it had, and what the lesson came to."""

    id: str
    title: str
    subject: str
    state: str
    planned_start_ms: int
    started_ms: int | None
    ended_ms: int | None
    grade: int
    pupils: int
    classroom_id: str


class KeptOfClass(Struct, frozen=True):
    """Everything of one class in the database."""

    lessons: list[AttendedLesson]
    consents: list[Consent]
    deletions: list[Deletion]


class KeptFile(Struct, frozen=True):
    """A file of a recording."""

    recording: str
    file: str
    bytes: int
    duration_ms: int


async def kept_of_class(database: Database, class_id: str) -> KeptOfClass:
    """Lessons newest first, at most LESSONS of them."""
    return await database.read(lambda c: _kept(c, class_id))


def archive(kept: KeptOfClass, lessons_dir: Path) -> bytes:
    """The zip. Reads the manifests of recordings: call it in a thread."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, rows in _tables(kept, lessons_dir):
            zipped.writestr(name, write_csv(rows))
        zipped.writestr("class.json", msgspec.json.format(msgspec.json.encode(kept)))
    return buffer.getvalue()


def _tables(kept: KeptOfClass, lessons_dir: Path) -> list[tuple[str, list[list[str]]]]:
    recorded = [file for lesson in kept.lessons for file in _files(lessons_dir / lesson.id)]
    return [
        ("lessons.csv", _table(AttendedLesson, kept.lessons)),
        ("consents.csv", _table(Consent, kept.consents)),
        ("deletions.csv", _table(Deletion, kept.deletions)),
        ("recordings.csv", _table(KeptFile, recorded)),
    ]


def _table(kind: type[Struct], rows: Sequence[Struct]) -> list[list[str]]:
    """A head of the fields' names, then a line a row; moments as people read them, in UTC."""
    fields = kind.__struct_fields__
    head = [field.removesuffix("_ms") + "_utc" if _is_moment(field) else field for field in fields]
    return [head, *([_cell(field, getattr(row, field)) for field in fields] for row in rows)]


def _is_moment(field: str) -> bool:
    return field.endswith("_ms") and field != "duration_ms"


def _cell(field: str, value: object) -> str:
    if value is None:
        return ""
    if _is_moment(field) and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="seconds")
    return str(value)


def _files(folder: Path) -> list[KeptFile]:
    manifest = read_manifest(folder)
    tracks = manifest.tracks if manifest else []
    return [KeptFile(folder.name, track.file, track.bytes, track.duration_ms) for track in tracks]


def _kept(connection: Connection, class_id: str) -> KeptOfClass:
    lesson, present, consent, deletion = schema.lesson, schema.lesson_class, schema.consent, schema.deletion
    attended = (
        select(lesson, present.c.grade, present.c.pupils, present.c.classroom_id)
        .select_from(lesson.join(present))
        .where(present.c.class_id == class_id)
        .order_by(lesson.c.planned_start_ms.desc(), lesson.c.id)
        .limit(LESSONS)
    )
    agreed = select(consent).where(consent.c.school_class_id == class_id).order_by(consent.c.recorded_ms.desc())
    mine = select(present.c.lesson_id).where(present.c.class_id == class_id)
    gone = select(deletion).where(deletion.c.lesson_id.in_(mine)).order_by(deletion.c.asked_ms.desc()).limit(LESSONS)
    return KeptOfClass(
        [build(AttendedLesson, row) for row in connection.execute(attended).mappings()],
        [build(Consent, row) for row in connection.execute(agreed).mappings()],
        [build(Deletion, row) for row in connection.execute(gone).mappings()],
    )
