"""Communities: one centre school and one to three teaching points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from server.store import schema
from server.store.county_rows import Stay
from server.store.database import Database
from server.store.errors import Conflict
from server.store.ids import new_id
from server.store.mapping import fetch, row_of
from server.store.rows import Community, School, build
from server.store.scope import require

MAX_TEACHING_POINTS = 3


class Communities:
    """Which schools teach and learn together, and since when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        county_id: str,
        name: str,
        centre_id: str,
        now_ms: int,
        term_id: str | None = None,
        points: Sequence[str] = (),
    ) -> Community:
        """A community with its centre and its teaching points, all or nothing.

        Raises:
            Conflict: `not_a_centre`; the county, the school or the term does not exist there; or as
                `add_teaching_point`.
        """
        community = Community(
            id=new_id("community", now_ms),
            county_id=county_id,
            name=name,
            term_id=term_id,
            began_ms=now_ms,
            ended_ms=None,
        )

        await self._database.write(lambda c: insert_community(c, community, centre_id, points))
        return community

    async def add_teaching_point(self, community_id: str, school_id: str, now_ms: int) -> None:
        """Adds a teaching point.

        Raises:
            Conflict: `community_full` for a fourth, `not_a_teaching_point`, or `already_a_member`.
        """
        await self._database.write(lambda c: join_community(c, community_id, school_id, now_ms))

    async def remove_teaching_point(self, community_id: str, school_id: str, now_ms: int) -> None:
        """Ends a teaching point's stay; it may come back, and its lessons stay what they were.

        Raises:
            Conflict: `not_a_member`: it is not there now, or it is the centre.
        """
        await self._database.write(lambda c: leave_community(c, community_id, school_id, now_ms))

    async def rename(self, county_id: str, community_id: str, name: str, term_id: str | None) -> None:
        """Gives a community another name, or says for which term it is.

        Raises:
            Conflict: `unknown_community` or `unknown_term`.
        """
        await self._database.write(lambda c: rename_community(c, county_id, community_id, name, term_id))

    async def end(self, community_id: str, now_ms: int) -> None:
        """Ends a community and every stay in it, as at the end of a term; its lessons stay what they were."""
        table, member = schema.community, schema.community_member
        ending = update(table).where(table.c.id == community_id, table.c.ended_ms.is_(None)).values(ended_ms=now_ms)
        leaving = update(member).where(member.c.community_id == community_id, member.c.left_ms.is_(None))
        await self._database.write(lambda c: (c.execute(ending), c.execute(leaving.values(left_ms=now_ms))))

    async def reopen(self, community_id: str) -> None:
        """Takes the end of a community back: whoever left it at its end is in it again."""
        table, member = schema.community, schema.community_member

        def work(connection: Connection) -> None:
            ended_ms = connection.scalar(select(table.c.ended_ms).where(table.c.id == community_id))
            if ended_ms is None:
                return
            connection.execute(update(table).where(table.c.id == community_id).values(ended_ms=None))
            gone = update(member).where(member.c.community_id == community_id, member.c.left_ms == ended_ms)
            connection.execute(gone.values(left_ms=None))

        await self._database.write(work)

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

    async def of_county(self, county_id: str, *, ended: bool = False) -> list[Community]:
        """The county's communities, oldest first; those that ended only if asked for."""
        table = schema.community
        query = select(table).where(table.c.county_id == county_id).order_by(table.c.began_ms, table.c.id)
        if not ended:
            query = query.where(table.c.ended_ms.is_(None))
        return await self._database.read(lambda c: fetch(c, Community, query))

    async def stays(self, county_id: str) -> list[Stay]:
        """Every stay of every school in a community of the county, the history included."""
        member, table = schema.community_member, schema.community
        query = select(member).join(table).where(table.c.county_id == county_id)
        query = query.order_by(member.c.community_id, member.c.position, member.c.joined_ms)
        return await self._database.read(lambda c: fetch(c, Stay, query))


def insert_community(connection: Connection, community: Community, centre_id: str, points: Sequence[str]) -> None:
    """A new community with its schools, who join when it begins. For use inside a transaction, like those below."""
    _require_kind(connection, community.county_id, centre_id, "centre", "not_a_centre")
    require(connection, community.county_id, schema.term, [community.term_id])
    connection.execute(insert(schema.community), row_of(community))
    _insert_member(connection, community.id, centre_id, 0, community.began_ms)
    for point in points:
        join_community(connection, community.id, point, community.began_ms)


def leave_community(connection: Connection, community_id: str, school_id: str, now_ms: int) -> None:
    """As `Communities.remove_teaching_point`."""
    member = schema.community_member
    statement = update(member).where(
        member.c.community_id == community_id,
        member.c.school_id == school_id,
        member.c.position > 0,
        member.c.left_ms.is_(None),
    )
    if not connection.execute(statement.values(left_ms=now_ms)).rowcount:
        raise Conflict("not_a_member", school_id)


def rename_community(connection: Connection, county_id: str, community_id: str, name: str, term_id: str | None) -> None:
    """As `Communities.rename`."""
    table = schema.community
    require(connection, county_id, table, [community_id])
    require(connection, county_id, schema.term, [term_id])
    connection.execute(update(table).where(table.c.id == community_id).values(name=name, term_id=term_id))


def join_community(connection: Connection, community_id: str, school_id: str, now_ms: int) -> None:
    """As `Communities.add_teaching_point`."""
    member = schema.community_member
    home = select(schema.community.c.county_id).where(schema.community.c.id == community_id)
    _require_kind(connection, connection.scalar(home) or "", school_id, "teaching_point", "not_a_teaching_point")
    if school_id in set(connection.scalars(_members(community_id))):
        raise Conflict("already_a_member", school_id)
    query = select(func.count(), func.max(member.c.position)).where(
        member.c.community_id == community_id, member.c.position > 0, member.c.left_ms.is_(None)
    )
    count, last = connection.execute(query).one()
    if count >= MAX_TEACHING_POINTS:
        raise Conflict("community_full")
    _insert_member(connection, community_id, school_id, (last or 0) + 1, now_ms)


def _members(community_id: str) -> Select[Any]:
    member = schema.community_member
    return select(member.c.school_id).where(member.c.community_id == community_id, member.c.left_ms.is_(None))


def _require_kind(connection: Connection, county_id: str, school_id: str, kind: str, code: str) -> None:
    school = schema.school
    found = select(school.c.kind).where(school.c.id == school_id, school.c.county_id == county_id)
    if connection.scalar(found) != kind:
        raise Conflict(code)


def _insert_member(connection: Connection, community_id: str, school_id: str, position: int, now_ms: int) -> None:
    row = {"community_id": community_id, "school_id": school_id, "position": position, "joined_ms": now_ms}
    connection.execute(insert(schema.community_member), row)
