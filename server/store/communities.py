"""Communities: one centre school and one to three teaching points."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select, update

from server.store import schema
from server.store.database import Database
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.rows import Community, School, build

MAX_TEACHING_POINTS = 3


class Communities:
    """Which schools teach and learn together, and since when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, county_id: str, name: str, centre_id: str, now_ms: int, term_id: str | None = None
    ) -> Community:
        """A community with its centre and no teaching point yet.

        Raises:
            Conflict: `not_a_centre`, or the county or school does not exist.
        """
        community = Community(
            id=new_id("community", now_ms),
            county_id=county_id,
            name=name,
            term_id=term_id,
            began_ms=now_ms,
            ended_ms=None,
        )
        row = {field: getattr(community, field) for field in community.__struct_fields__}

        def work(connection: Connection) -> None:
            _require_kind(connection, centre_id, "centre", "not_a_centre")
            connection.execute(insert(schema.community), row)
            _insert_member(connection, community.id, centre_id, 0, now_ms)

        await self._database.write(work)
        return community

    async def add_teaching_point(self, community_id: str, school_id: str, now_ms: int) -> None:
        """Adds a teaching point.

        Raises:
            Conflict: `community_full` for a fourth, `not_a_teaching_point`, or it is in the community already.
        """

        def work(connection: Connection) -> None:
            _require_kind(connection, school_id, "teaching_point", "not_a_teaching_point")
            member = schema.community_member
            query = select(func.count(), func.max(member.c.position)).where(
                member.c.community_id == community_id, member.c.position > 0, member.c.left_ms.is_(None)
            )
            count, last = connection.execute(query).one()
            if count >= MAX_TEACHING_POINTS:
                raise Conflict("community_full")
            _insert_member(connection, community_id, school_id, (last or 0) + 1, now_ms)

        await self._database.write(work)

    async def end(self, community_id: str, now_ms: int) -> None:
        """Ends a community, as at the end of a term; its lessons stay what they were."""
        table = schema.community
        statement = update(table).where(table.c.id == community_id, table.c.ended_ms.is_(None)).values(ended_ms=now_ms)
        await self._database.write(lambda c: c.execute(statement))

    async def all(self) -> list[Community]:
        """Communities that have not ended, oldest first."""
        table = schema.community
        query = select(table).where(table.c.ended_ms.is_(None)).order_by(table.c.began_ms, table.c.id)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [build(Community, row) for row in rows]

    async def schools(self, community_id: str) -> list[School]:
        """Its schools now, the centre first."""
        member = schema.community_member
        query = (
            select(schema.school)
            .join(member)
            .where(member.c.community_id == community_id, member.c.left_ms.is_(None))
            .order_by(member.c.position)
        )
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [build(School, row) for row in rows]


def _require_kind(connection: Connection, school_id: str, kind: str, code: str) -> None:
    found = connection.scalar(select(schema.school.c.kind).where(schema.school.c.id == school_id))
    if found != kind:
        raise Conflict(code)


def _insert_member(connection: Connection, community_id: str, school_id: str, position: int, now_ms: int) -> None:
    row = {"community_id": community_id, "school_id": school_id, "position": position, "joined_ms": now_ms}
    connection.execute(insert(schema.community_member), row)
