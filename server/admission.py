"""Who may come into a lesson, and as what: decided here, from its cast and the caller's rights. Pure.

Everybody not named here is told that there is no such lesson, whoever she is and whether there is one or not.
"""

from __future__ import annotations

from server.permissions import allows
from server.store.rows import LessonWithCast, Subject
from signaling.cast import Cast, Member
from signaling.messages import Part

LEAD_INK = "#1a1a1a"
ROOM_INKS = ("#0067a5", "#b84a00", "#00735c")
"""Blue, orange and green that colour-blind eyes tell apart (after Okabe and Ito 2008), dark enough for white paper."""
NO_INK = "#5b6470"
"""Of who never draws."""
WATCHING: dict[str, Part] = {
    "trainer": "trainer",
    "inspector": "inspector",
    "school_admin": "school_admin",
    "county_admin": "county_admin",
}
"""Whose office it is to look into lessons, and as what she is shown then."""


def cast_of(lesson: LessonWithCast) -> Cast:
    """The lead, the planned classes, and those that sit in."""
    inks = iter(ROOM_INKS)
    return Cast(
        Member(
            id=member.id,
            role=member.role,
            school=member.school,
            name=member.name,
            colour=LEAD_INK if member.role == "lead" else next(inks),
            part="cover" if member.joined_as == "cover" else "planned",
        )
        for member in lesson.cast
    )


def member_for(who: Subject, lesson: LessonWithCast, reads: bool) -> Member | None:
    """As what `who` may come into the lesson; None: not at all.

    reads: her right `lessons.read` reaches this lesson (server/store/visibility.py).
    """
    planned = cast_of(lesson).find(who.id)
    if planned is not None:
        return planned
    if not reads or not allows(who.roles, "lessons.read"):
        return None
    helper = _assistant(who, lesson) if "assistant" in who.roles else None
    part = next((WATCHING[role] for role in who.roles if role in WATCHING), None)
    if helper is not None or part is None:
        return helper
    return Member(who.id, "observer", "", "", NO_INK, part)


def _assistant(who: Subject, lesson: LessonWithCast) -> Member | None:
    """Beside the first of her school's rooms; with none in the lesson she has no place there."""
    rooms = (member.id for member in lesson.cast if member.role == "classroom" and member.school_id == who.school_id)
    beside = next(rooms, None)
    if beside is None:
        return None
    return Member(who.id, "assistant", who.school, who.name, NO_INK, "assistant", beside)
