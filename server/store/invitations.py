"""Invitations: a room of a school outside a lesson's community takes part in it, if its school says yes in time."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, insert, select, update

from server.county.name_order import by_name
from server.store import schema
from server.store.covers import check_school, usual_class
from server.store.database import Database
from server.store.errors import Conflict
from server.store.guest_seats import check_free, check_lesson, lapse, leave, over, take
from server.store.ids import new_id
from server.store.invitation_told import InvitationState, InvitationTold, with_names
from server.store.lookups import named_or_another
from server.store.mapping import fetch, row_of
from server.store.scope import in_county, require


class Invitation(Struct, frozen=True, kw_only=True):
    """A room that may take part in a lesson. `until_ms`: by then its school has said yes and the lesson has begun."""

    id: str
    lesson_id: str
    classroom_id: str
    class_id: str | None
    invited_by: str
    invited_ms: int
    until_ms: int
    state: InvitationState
    answered_by: str | None = None
    answered_ms: int | None = None
    withdrawn_ms: int | None = None


class GuestRoom(Struct, frozen=True):
    """A room that could be invited."""

    id: str
    school: str
    name: str


class Invitations:
    """Who was invited, and what came of it. Nothing is deleted; a lesson that is withdrawn takes its own along."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def invite(
        self, county_id: str, lesson_id: str, classroom_id: str, by: str, until_ms: int, now_ms: int
    ) -> Invitation:
        """An open invitation that the room's school can answer.

        Raises:
            Conflict: `unknown_lesson`, `unknown_classroom`, `until_past`, `already_invited`, `lesson_over`,
                `already_there`, `lesson_full` or `room_in_community`.
            Clashing: the room is in another lesson then.
        """

        def work(connection: Connection) -> Invitation:
            require(connection, county_id, schema.lesson, [lesson_id])
            _require_open_room(connection, county_id, classroom_id)
            if until_ms <= now_ms:
                raise Conflict("until_past")
            lapse(connection, now_ms)
            check_lesson(connection, lesson_id, classroom_id)
            if connection.scalar(_waiting(lesson_id, classroom_id)) is not None:
                raise Conflict("already_invited", classroom_id)
            check_free(connection, county_id, lesson_id, classroom_id, None)
            one = Invitation(
                id=new_id("invitation", now_ms), lesson_id=lesson_id, classroom_id=classroom_id, class_id=None,
                invited_by=by, invited_ms=now_ms, until_ms=until_ms, state="open",
            )  # fmt: skip
            connection.execute(insert(schema.invitation), row_of(one))
            return one

        return await self._database.write(work)

    async def accept(
        self, county_id: str, invitation_id: str, by: str, class_id: str | None, now_ms: int
    ) -> Invitation:
        """The room becomes one of the lesson's remote rooms; `class_id` left out is the one that usually sits there.

        Raises:
            Conflict: `unknown_invitation`, `invitation_expired`, `invitation_withdrawn`, `already_answered`,
                `lesson_over`, `lesson_full`, `already_there`, `room_in_community`, `unknown_school_class` or
                `class_of_other_school`.
            Clashing: the room or its class is in another lesson then.
        """

        def work(connection: Connection) -> Invitation:
            one = _answerable(connection, county_id, invitation_id, now_ms)
            require(connection, county_id, schema.school_class, [class_id])
            check_school(connection, one.classroom_id, class_id)
            chosen = class_id or usual_class(connection, one.classroom_id)
            check_lesson(connection, one.lesson_id, one.classroom_id)
            check_free(connection, county_id, one.lesson_id, one.classroom_id, chosen)
            take(connection, one.lesson_id, one.classroom_id, chosen)
            changes = {"state": "accepted", "class_id": chosen, "answered_by": by, "answered_ms": now_ms}
            return _set(connection, invitation_id, changes)

        return await self._database.write(work)

    async def decline(self, county_id: str, invitation_id: str, by: str, now_ms: int) -> Invitation:
        """The school does not want to.

        Raises:
            Conflict: `unknown_invitation`, `invitation_expired`, `invitation_withdrawn` or `already_answered`.
        """

        def work(connection: Connection) -> Invitation:
            _answerable(connection, county_id, invitation_id, now_ms)
            return _set(connection, invitation_id, {"state": "declined", "answered_by": by, "answered_ms": now_ms})

        return await self._database.write(work)

    async def withdraw(self, county_id: str, invitation_id: str, now_ms: int) -> Invitation:
        """Takes it back, and the seat with it; the room of a lesson that is over keeps its place in the reports.

        Raises:
            Conflict: `unknown_invitation`, `already_answered`: it was declined, withdrawn or expired; or `lesson_over`.
        """

        def work(connection: Connection) -> Invitation:
            one = _find(connection, county_id, invitation_id)
            if one.state not in ("open", "accepted"):
                raise Conflict("already_answered", one.state)
            lesson = schema.lesson
            state = connection.scalar(select(lesson.c.state).where(lesson.c.id == one.lesson_id))
            if one.state == "accepted" and state not in ("planned", "live"):
                raise Conflict("lesson_over", str(state))
            leave(connection, one.lesson_id, one.classroom_id)
            return _set(connection, invitation_id, {"state": "withdrawn", "withdrawn_ms": now_ms})

        return await self._database.write(work)

    async def lapse(self, now_ms: int) -> list[str]:
        """Ends invitations past their time; the lessons that lost a room by it. Cheap where there are none."""
        if await self._database.read(lambda c: c.scalar(over(now_ms).limit(1))) is None:
            return []
        return await self._database.write(lambda c: lapse(c, now_ms))

    async def find(self, invitation_id: str) -> Invitation | None:
        """The invitation, for who may have no right to know of it; where there is none, another (`lookups`)."""
        query = select(schema.invitation).where(named_or_another(schema.invitation.c.id, invitation_id))
        found = await self._database.read(lambda c: fetch(c, Invitation, query))
        return found[0] if found else None

    async def of_lesson(self, lesson_id: str, now_ms: int) -> list[InvitationTold]:
        """All that were made for the lesson, the newest first; what nobody answered in time is expired at once."""
        found = await self._told(schema.invitation.c.lesson_id == lesson_id, newest=True)
        return [
            replace(one, state="expired") if one.state == "open" and one.until_ms <= now_ms else one for one in found
        ]

    async def waiting(
        self, county_id: str, school_id: str | None, room_id: str | None, now_ms: int
    ) -> list[InvitationTold]:
        """Open ones to rooms of the county, of one school, or one room, by the time of their lessons."""
        table, room = schema.invitation, schema.classroom
        mine = and_(table.c.state == "open", table.c.until_ms > now_ms, in_county(room, county_id))
        if room_id is not None:
            mine = and_(mine, room.c.id == room_id)
        elif school_id is not None:
            mine = and_(mine, room.c.school_id == school_id)
        return await self._told(and_(mine, schema.lesson.c.state.in_(("planned", "live"))))

    async def rooms_for(self, county_id: str, lesson_id: str) -> list[GuestRoom]:
        """Rooms of the county whose school is not in the lesson's community, by school and name."""
        room, school, member, lesson = schema.classroom, schema.school, schema.community_member, schema.lesson
        community = select(lesson.c.community_id).where(lesson.c.id == lesson_id).scalar_subquery()
        inside = exists().where(
            member.c.community_id == community, member.c.school_id == school.c.id, member.c.left_ms.is_(None)
        )
        query = (
            select(room.c.id, school.c.name.label("school"), room.c.name)
            .join(school, school.c.id == room.c.school_id)
            .where(school.c.county_id == county_id, school.c.closed_ms.is_(None), room.c.closed_ms.is_(None), ~inside)
        )
        found = await self._database.read(lambda c: fetch(c, GuestRoom, query))
        return by_name(found, lambda one: (one.school, one.name))

    async def _told(self, condition: ColumnElement[bool], *, newest: bool = False) -> list[InvitationTold]:
        return await self._database.read(lambda c: fetch(c, InvitationTold, with_names(condition, newest)))


def _answerable(connection: Connection, county_id: str, invitation_id: str, now_ms: int) -> Invitation:
    """An open one whose time is not over."""
    one = _find(connection, county_id, invitation_id)
    if one.state == "expired" or (one.state == "open" and one.until_ms <= now_ms):
        raise Conflict("invitation_expired")
    if one.state == "withdrawn":
        raise Conflict("invitation_withdrawn")
    if one.state != "open":
        raise Conflict("already_answered", one.state)
    return one


def _find(connection: Connection, county_id: str, invitation_id: str) -> Invitation:
    table, lesson = schema.invitation, schema.lesson
    query = select(table).join(lesson).where(table.c.id == invitation_id, in_county(lesson, county_id))
    found = fetch(connection, Invitation, query)
    if not found:
        raise Conflict("unknown_invitation", invitation_id)
    return found[0]


def _set(connection: Connection, invitation_id: str, changes: Mapping[str, object]) -> Invitation:
    table = schema.invitation
    connection.execute(update(table).where(table.c.id == invitation_id).values(**changes))
    return fetch(connection, Invitation, select(table).where(table.c.id == invitation_id))[0]


def _waiting(lesson_id: str, classroom_id: str) -> Select[tuple[str]]:
    table = schema.invitation
    here = and_(table.c.lesson_id == lesson_id, table.c.classroom_id == classroom_id)
    return select(table.c.id).where(here, table.c.state.in_(("open", "accepted")))


def _require_open_room(connection: Connection, county_id: str, classroom_id: str) -> None:
    require(connection, county_id, schema.classroom, [classroom_id])
    room, school = schema.classroom, schema.school
    query = (
        select(room.c.id)
        .join(school)
        .where(room.c.id == classroom_id, room.c.closed_ms.is_(None), school.c.closed_ms.is_(None))
    )
    if connection.scalar(query) is None:
        raise Conflict("unknown_classroom", classroom_id)
