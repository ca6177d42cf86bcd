"""What lessons that are over came to: by their logs, and by people who know why one was missed."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from sqlalchemy import Connection, bindparam, select, update

from server.county.judging import Judgement, is_missed
from server.county.policy import Policy, decode_policy
from server.store import schema
from server.store.database import Database
from server.store.errors import Conflict
from server.store.scope import in_county, require


class Unjudged(Struct, frozen=True):
    """A lesson that is over, the remote rooms that were expected in it, and its county's policy."""

    lesson_id: str
    rooms: tuple[str, ...]
    policy: Policy


class Judgements:
    """States of lessons that are over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give_up(self, now_ms: int) -> list[str]:
        """Marks lessons UNREASONABLE_MISSED that nobody began in time, by their county's policy; which ones."""
        return await self._database.write(lambda c: _give_up(c, now_ms))

    async def unjudged(self, limit: int = 100) -> list[Unjudged]:
        """Lessons that are over and whose log was not read yet, the first to end first."""
        return await self._database.read(lambda c: _unjudged(c, limit))

    async def write(self, lesson_id: str, judgement: Judgement, now_ms: int) -> None:
        """Keeps what a lesson's log came to, once; a lesson that goes on again is not touched."""
        lesson, seat = schema.lesson, schema.lesson_classroom
        waiting = (lesson.c.id == lesson_id, lesson.c.state == "UNJUDGED", lesson.c.judged_ms.is_(None))
        values = {"state": judgement.state, "finding": judgement.finding, "judged_ms": now_ms}
        rooms = [
            {"room": room, "connected_ms": found.connected_ms, "verdict": found.verdict}
            for room, found in judgement.rooms.items()
        ]

        def work(connection: Connection) -> None:
            if connection.execute(update(lesson).where(*waiting).values(values)).rowcount and rooms:
                place = (seat.c.lesson_id == lesson_id, seat.c.classroom_id == bindparam("room"))
                connection.execute(update(seat).where(*place), rooms)

        await self._database.write(work)

    async def excuse(self, county_id: str, lesson_id: str, reason: str, by: str, now_ms: int) -> None:
        """Says why a lesson was, or will be, missed: REASONABLE_MISSED, with who said so.

        Raises:
            Conflict: `unknown_lesson`, `unknown_staff`, `reason_missing`, or `not_missed`: it is live or was held.
        """
        if not reason.strip():
            raise Conflict("reason_missing")
        missed = ("planned", "REASONABLE_MISSED", "UNREASONABLE_MISSED")
        values = {"state": "REASONABLE_MISSED", "reason": reason, "judged_ms": now_ms, "judged_by": by}
        await self._rule(county_id, lesson_id, missed, values, by)

    async def take_back(self, county_id: str, lesson_id: str, now_ms: int, by: str) -> None:
        """Takes an excuse back: the lesson is planned again if its time is to come, else it counts as missed.

        Raises:
            Conflict: `unknown_lesson`, `unknown_staff`, or `not_missed`.
        """
        lesson = schema.lesson
        query = select(lesson.c.planned_end_ms).where(lesson.c.id == lesson_id)
        ends_ms = await self._database.read(lambda c: c.scalar(query)) or 0
        state = "planned" if ends_ms > now_ms else "UNREASONABLE_MISSED"
        judged_ms = None if state == "planned" else now_ms
        values = {"state": state, "reason": None, "judged_ms": judged_ms, "judged_by": by}
        await self._rule(county_id, lesson_id, ("REASONABLE_MISSED",), values, by)

    async def _rule(
        self, county_id: str, lesson_id: str, states: tuple[str, ...], values: Mapping[str, object], by: str
    ) -> None:
        lesson = schema.lesson

        def work(connection: Connection) -> None:
            require(connection, county_id, lesson, [lesson_id])
            require(connection, county_id, schema.staff, [by])
            statement = update(lesson).where(lesson.c.id == lesson_id, lesson.c.state.in_(states))
            if not connection.execute(statement.values(values)).rowcount:
                raise Conflict("not_missed", lesson_id)

        await self._database.write(work)


def _give_up(connection: Connection, now_ms: int) -> list[str]:
    lesson, county = schema.lesson, schema.county
    missed: list[str] = []
    for county_id, text in connection.execute(select(county.c.id, county.c.policy)).all():
        policy = decode_policy(text)
        late = select(lesson.c.id, lesson.c.planned_end_ms).where(
            lesson.c.state == "planned", lesson.c.planned_end_ms <= now_ms, in_county(lesson, county_id)
        )
        missed += [row.id for row in connection.execute(late) if is_missed(row.planned_end_ms, policy, now_ms)]
    if missed:
        values = {"state": "UNREASONABLE_MISSED", "finding": "never_began", "judged_ms": now_ms, "ended_ms": now_ms}
        given_up = update(lesson).where(lesson.c.id == bindparam("its_id"))
        connection.execute(given_up, [{**values, "its_id": lesson_id} for lesson_id in missed])
    return missed


def _unjudged(connection: Connection, limit: int) -> list[Unjudged]:
    lesson, community, county = schema.lesson, schema.community, schema.county
    query = (
        select(lesson.c.id, county.c.policy)
        .select_from(lesson.join(community, community.c.id == lesson.c.community_id).join(county))
        .where(lesson.c.state == "UNJUDGED", lesson.c.judged_ms.is_(None))
        .order_by(lesson.c.ended_ms, lesson.c.id)
        .limit(limit)
    )
    found = connection.execute(query).all()
    seat = schema.lesson_classroom
    rooms: dict[str, list[str]] = {}
    seats = select(seat).where(seat.c.lesson_id.in_([row.id for row in found])).order_by(seat.c.position)
    for row in connection.execute(seats):
        rooms.setdefault(row.lesson_id, []).append(row.classroom_id)
    return [Unjudged(row.id, tuple(rooms.get(row.id, ())), decode_policy(row.policy)) for row in found]
