"""Deletions of recordings: what is due, what was asked for, what was done.

A recording with a deletion that was not taken back is hidden from everybody (`server.store.visibility`), from the
moment it is asked for: taking back an erasure shows it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct, structs
from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from server.county.policy import decode_policy
from server.store import schema
from server.store.database import Database
from server.store.holds import Hold, active_holds
from server.store.ids import new_id
from server.store.mapping import pieces
from server.store.rows import LessonState, Subject, build
from server.store.visibility import deletion_stands, lessons_within

DAY_MS = 86_400_000
PAGE = 100
JUDGED: tuple[LessonState, ...] = ("VALID", "INVALID", "REASONABLE_MISSED", "UNREASONABLE_MISSED")
"""What may be deleted: never a lesson that is planned, live, or whose log was not read yet."""

DeletionCause = Literal["retention", "erasure"]
DeletionState = Literal["waiting", "deleting", "done", "undone"]


class Deletion(Struct, frozen=True, kw_only=True):
    """One deletion (`server.store.tables.privacy`). Times are UTC milliseconds."""

    id: str
    county_id: str
    lesson_id: str
    school_class_id: str | None
    cause: DeletionCause
    state: DeletionState
    asked_by: str | None
    asked_ms: int
    due_ms: int
    begun_ms: int | None = None
    done_ms: int | None = None
    files: int = 0
    bytes: int = 0


class Kept(Struct, frozen=True, kw_only=True):
    """A recording that is there: since when its lesson is over, when it goes, and what holds it, if anything.

    judged: the lesson is over and judged; until then nothing deletes its recording.
    """

    lesson_id: str
    county_id: str
    title: str
    subject: str
    over_ms: int
    delete_ms: int
    judged: bool
    hold: Hold | None = None


class Deletions:
    """Asks for, carries on, lists deletions. `recorded`: the recordings there are, by who looked into the folders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def kept(self, recorded: Iterable[str], now_ms: int, within: ColumnElement[bool] | None = None) -> list[Kept]:
        """Those of the recordings `recorded` that no deletion stands against, the first to go first."""
        wanted = sorted(set(recorded))
        return await self._database.read(lambda c: _kept(c, wanted, now_ms, within))

    async def hidden(self, lesson_ids: Iterable[str]) -> set[str]:
        """Those of `lesson_ids` whose recording is deleted or about to be."""
        wanted, table = list(lesson_ids), schema.deletion
        query = select(table.c.lesson_id).where(table.c.lesson_id.in_(wanted), table.c.state != "undone")
        return set(await self._database.read(lambda c: c.scalars(query).all()))

    async def ask(
        self,
        lesson_ids: Sequence[str],
        cause: DeletionCause,
        by: str | None,
        class_id: str | None,
        now_ms: int,
        due_ms: int,
    ) -> list[Deletion]:
        """Hides these recordings, to be deleted at `due_ms`; those that are hidden already are passed over."""

        def work(connection: Connection) -> list[Deletion]:
            asked = []
            for lesson_id, county_id in _free(connection, lesson_ids):
                asked.append(
                    Deletion(
                        id=new_id("deletion", now_ms), county_id=county_id, lesson_id=lesson_id,
                        school_class_id=class_id, cause=cause, state="waiting", asked_by=by, asked_ms=now_ms,
                        due_ms=due_ms,
                    )
                )  # fmt: skip
            if asked:
                connection.execute(insert(schema.deletion), [structs.asdict(one) for one in asked])
            return asked

        return await self._database.write(work)

    async def take_back(self, class_id: str, now_ms: int) -> int:
        """Shows the recordings again that wait to be deleted for a class; how many."""
        table = schema.deletion
        waiting = (table.c.school_class_id == class_id, table.c.state == "waiting")
        statement = update(table).where(*waiting).values(state="undone", done_ms=now_ms)
        return await self._database.write(lambda c: c.execute(statement).rowcount)

    async def waiting_for(self, class_id: str) -> list[Deletion]:
        """Those for a class that can still be taken back."""
        table = schema.deletion
        return await self._select(and_(table.c.school_class_id == class_id, table.c.state == "waiting"))

    async def to_do(self, now_ms: int) -> list[Deletion]:
        """What a crash left half done, then what is due now, the oldest first."""
        table = schema.deletion
        due = and_(table.c.state == "waiting", table.c.due_ms <= now_ms)
        return await self._select((table.c.state == "deleting") | due)

    async def done(self) -> list[Deletion]:
        """Everything that was deleted, to look again whether it stayed so."""
        return await self._select(schema.deletion.c.state == "done")

    async def begin(self, deletion_id: str, files: int, size: int, now_ms: int) -> bool:
        """Files begin to go; False where the deletion was taken back meanwhile. The first count of files stands."""
        table = schema.deletion
        fresh = update(table).where(table.c.id == deletion_id, table.c.state == "waiting")
        begun = update(table).where(table.c.id == deletion_id, table.c.state.in_(("deleting", "done")))

        def work(connection: Connection) -> bool:
            values = {"state": "deleting", "begun_ms": now_ms, "files": files, "bytes": size}
            if connection.execute(fresh.values(**values)).rowcount:
                return True
            return connection.execute(begun.values(state="deleting")).rowcount == 1

        return await self._database.write(work)

    async def finish(self, deletion_id: str, now_ms: int) -> None:
        """Nothing is left, as was checked."""
        statement = update(schema.deletion).where(schema.deletion.c.id == deletion_id)
        await self._database.write(lambda c: c.execute(statement.values(state="done", done_ms=now_ms)))

    async def log(self, who: Subject, before: str = "") -> list[tuple[Deletion, str]]:
        """Deletions older than the one with the id `before`, of lessons in `who`'s reach, newest first, with titles."""
        table, lesson = schema.deletion, schema.lesson
        query = select(table, lesson.c.title.label("title")).select_from(table.join(lesson))
        query = query.where(lessons_within(who, "consent.read"))
        if before:
            query = query.where(table.c.id < before)
        query = query.order_by(table.c.id.desc()).limit(PAGE)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [(build(Deletion, row), row["title"]) for row in rows]

    async def _select(self, condition: ColumnElement[bool]) -> list[Deletion]:
        query = select(schema.deletion).where(condition).order_by(schema.deletion.c.asked_ms, schema.deletion.c.id)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [build(Deletion, row) for row in rows]


def _free(connection: Connection, lesson_ids: Iterable[str]) -> list[tuple[str, str]]:
    """Lesson and county of those that no deletion stands against."""
    lesson, community = schema.lesson, schema.community
    found: list[tuple[str, str]] = []
    for piece in pieces(sorted(set(lesson_ids))):
        query = select(lesson.c.id, community.c.county_id).select_from(lesson.join(community))
        rows = connection.execute(query.where(lesson.c.id.in_(piece), ~deletion_stands()))
        found += [(row.id, row.county_id) for row in rows]
    return found


def _kept(
    connection: Connection, recorded: Sequence[str], now_ms: int, within: ColumnElement[bool] | None
) -> list[Kept]:
    lesson, community, county = schema.lesson, schema.community, schema.county
    over = func.coalesce(lesson.c.ended_ms, lesson.c.planned_end_ms).label("over_ms")
    columns = (lesson.c.id, lesson.c.title, lesson.c.subject, lesson.c.state, over, county.c.id.label("of"))
    query = select(*columns, county.c.policy).select_from(lesson.join(community).join(county)).where(~deletion_stands())
    if within is not None:
        query = query.where(within)
    kept: list[Kept] = []
    for piece in pieces(recorded):
        holds = active_holds(connection, piece, now_ms)
        for row in connection.execute(query.where(lesson.c.id.in_(piece))):
            days = decode_policy(row.policy).keep_recordings_days
            kept.append(
                Kept(
                    lesson_id=row.id, county_id=row.of, title=row.title, subject=row.subject, over_ms=row.over_ms,
                    delete_ms=row.over_ms + days * DAY_MS, judged=row.state in JUDGED, hold=holds.get(row.id),
                )
            )  # fmt: skip
    return sorted(kept, key=lambda one: (one.delete_ms, one.lesson_id))
