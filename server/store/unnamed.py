"""Rooms of a lesson for which no class is named: the one place that says which (docs/rights.md).

That is each remote room without a class, and the lead's own where pupils sit with her. Rehearsals and the
demonstration, in which nobody is taught, need none for the rooms they were planned for.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_

from server.store import schema
from server.store.rows import LessonOrigin

WITHOUT_CLASSES: Final[tuple[LessonOrigin, ...]] = ("rehearsal", "demo")
_LESSON, _SEAT, _PRESENT = schema.lesson, schema.lesson_classroom, schema.lesson_class


def remote_room_unnamed() -> ColumnElement[bool]:
    """Whether the seat of the lesson, both in the enclosing query, has no class."""
    asked = or_(_asked(), _SEAT.c.joined_as != "planned")
    return and_(_SEAT.c.lesson_id == _LESSON.c.id, asked, ~_named(_SEAT.c.classroom_id))


def leads_room_unnamed() -> ColumnElement[bool]:
    """Whether pupils sit with the lead of the lesson in the enclosing query, and nobody knows which class."""
    return and_(_LESSON.c.mode == "blended", _asked(), ~_named(_LESSON.c.lead_room_id))


def some_room_unnamed() -> ColumnElement[bool]:
    """Whether the lesson in the enclosing query has such a room."""
    return or_(exists().where(remote_room_unnamed()).correlate_except(_SEAT), leads_room_unnamed())


def _asked() -> ColumnElement[bool]:
    return _LESSON.c.origin.not_in(WITHOUT_CLASSES)


def _named(room: ColumnElement[str]) -> ColumnElement[bool]:
    here = (_PRESENT.c.lesson_id == _LESSON.c.id) & (_PRESENT.c.classroom_id == room)
    return exists().where(here).correlate_except(_PRESENT)
