"""Seats of rooms that were invited from outside a lesson's community. For use inside a transaction.

Such a seat comes after those the lesson was planned with, is the timetable's no more than a covering room's is, and
goes with its invitation.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Select, and_, delete, func, insert, or_, select, update

from server.county.clashes import Booking, Use, find_clashes
from server.county.timetable import MAX_REMOTE_ROOMS
from server.store import schema
from server.store.bookings import lesson_bookings
from server.store.errors import Clashing, Conflict
from server.store.mapping import pieces

OPEN_STATES = ("planned", "live")
INVITED = "invited"


def check_lesson(connection: Connection, lesson_id: str, classroom_id: str) -> None:
    """The lesson has a seat left, and the room is of a school outside its community.

    Raises:
        Conflict: `lesson_over`, `already_there`, `lesson_full` or `room_in_community`.
    """
    lesson, seat = schema.lesson, schema.lesson_classroom
    found = connection.execute(select(lesson).where(lesson.c.id == lesson_id)).one()
    if found.state not in OPEN_STATES:
        raise Conflict("lesson_over", found.state)
    seated = list(connection.scalars(select(seat.c.classroom_id).where(seat.c.lesson_id == lesson_id)))
    if classroom_id in (*seated, found.lead_room_id):
        raise Conflict("already_there", classroom_id)
    if len(seated) >= MAX_REMOTE_ROOMS:
        raise Conflict("lesson_full", lesson_id)
    if connection.scalar(_school_of(classroom_id)) in set(connection.scalars(_members(found.community_id))):
        raise Conflict("room_in_community", classroom_id)


def check_free(connection: Connection, county_id: str, lesson_id: str, classroom_id: str, class_id: str | None) -> None:
    """The room and the class are in no other lesson then.

    Raises:
        Clashing: they are.
    """
    lesson = schema.lesson
    found = connection.execute(select(lesson).where(lesson.c.id == lesson_id)).one()
    uses = {Use("room", classroom_id), *([Use("class", class_id)] if class_id else [])}
    span = (found.planned_start_ms, found.planned_end_ms)
    wish = Booking(owner=lesson_id, start_ms=span[0], end_ms=span[1], uses=frozenset(uses))
    others = [one for one in lesson_bookings(connection, county_id, *span) if one.owner != lesson_id]
    clashes = find_clashes([wish, *others], frozenset([lesson_id]))
    if clashes:
        raise Clashing(clashes)


def take(connection: Connection, lesson_id: str, classroom_id: str, class_id: str | None) -> None:
    """Gives the room a seat behind all planned ones, and counts its class in unless it is in the lesson already."""
    seat, present, one = schema.lesson_classroom, schema.lesson_class, schema.school_class
    last = connection.scalar(select(func.max(seat.c.position)).where(seat.c.lesson_id == lesson_id)) or 0
    place = {"lesson_id": lesson_id, "classroom_id": classroom_id}
    behind = max(last, MAX_REMOTE_ROOMS) + 1
    connection.execute(insert(seat), {**place, "position": behind, "joined_as": INVITED})
    size = connection.execute(select(one.c.grade, one.c.pupils).where(one.c.id == class_id)).one_or_none()
    known = select(present.c.class_id).where(present.c.lesson_id == lesson_id, present.c.class_id == class_id)
    if size is not None and connection.scalar(known) is None:
        connection.execute(insert(present), {**place, "class_id": class_id, "grade": size.grade, "pupils": size.pupils})


def leave(connection: Connection, lesson_id: str, classroom_id: str) -> None:
    """Takes the room's seat and its class out of the lesson; a seat it has by other right stays."""
    seat, present = schema.lesson_classroom, schema.lesson_class
    here = and_(seat.c.lesson_id == lesson_id, seat.c.classroom_id == classroom_id, seat.c.joined_as == INVITED)
    if connection.execute(delete(seat).where(here)).rowcount:
        gone = and_(present.c.lesson_id == lesson_id, present.c.classroom_id == classroom_id)
        connection.execute(delete(present).where(gone))


def make_way(connection: Connection, plans: Sequence[tuple[str, Sequence[str]]], now_ms: int) -> None:
    """Withdraws invitations that the new rooms of lessons (`plans`) leave no seat for: the planned ones are first.

    A room that is planned for now needs no invitation; of the others the last invited go.
    """
    seat, table = schema.lesson_classroom, schema.invitation
    query = select(seat.c.lesson_id, seat.c.classroom_id).where(seat.c.joined_as == INVITED).order_by(seat.c.position)
    guests: dict[str, list[str]] = {}
    for piece in pieces([lesson_id for lesson_id, _ in plans]):
        for lesson_id, classroom_id in connection.execute(query.where(seat.c.lesson_id.in_(piece))):
            guests.setdefault(lesson_id, []).append(classroom_id)
    for lesson_id, rooms in plans:
        outside = [room for room in guests.get(lesson_id, ()) if room not in rooms]
        stay = set(outside[: max(0, MAX_REMOTE_ROOMS - len(rooms))])
        for room in set(guests.get(lesson_id, ())) - stay:
            leave(connection, lesson_id, room)
            theirs = and_(table.c.lesson_id == lesson_id, table.c.classroom_id == room, table.c.state == "accepted")
            connection.execute(update(table).where(theirs).values(state="withdrawn", withdrawn_ms=now_ms))


def over(now_ms: int) -> Select[tuple[str, str, str, str]]:
    """Invitations past their time that nobody answered, or whose lesson has not begun: id, lesson, room and state."""
    table, lesson = schema.invitation, schema.lesson
    waits = and_(table.c.state == "accepted", lesson.c.started_ms.is_(None))
    return (
        select(table.c.id, table.c.lesson_id, table.c.classroom_id, table.c.state)
        .join(lesson, lesson.c.id == table.c.lesson_id)
        .where(table.c.until_ms <= now_ms, or_(table.c.state == "open", waits))
    )


def lapse(connection: Connection, now_ms: int) -> list[str]:
    """Ends what is over: invitations past their time whose lesson has not begun; the lessons of seats that went.

    A lesson that began in time is not interrupted: its guest stays to the end.
    """
    table = schema.invitation
    found = connection.execute(over(now_ms)).all()
    for one in found:
        connection.execute(update(table).where(table.c.id == one.id).values(state="expired"))
        if one.state == "accepted":
            leave(connection, one.lesson_id, one.classroom_id)
    return sorted({one.lesson_id for one in found if one.state == "accepted"})


def _school_of(classroom_id: str) -> Select[tuple[str]]:
    room = schema.classroom
    return select(room.c.school_id).where(room.c.id == classroom_id)


def _members(community_id: str) -> Select[tuple[str]]:
    member = schema.community_member
    return select(member.c.school_id).where(member.c.community_id == community_id, member.c.left_ms.is_(None))
