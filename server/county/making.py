"""From the lessons a timetable means to what must change in the store: nothing that was held, nothing twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from server.county.timetable import Dated, SeatedClass
from signaling.messages import Mode


class Plan(Struct, frozen=True, kw_only=True):
    """What the timetable decides about a lesson. `cancelled` is a reason."""

    community_id: str
    term_id: str
    start_ms: int
    end_ms: int
    subject_id: str
    mode: Mode
    lead_id: str
    lead_room_id: str | None
    rooms: tuple[str, ...]
    classes: tuple[SeatedClass, ...]
    cancelled: str | None


class Made(Struct, frozen=True, kw_only=True):
    """A lesson that was made from the timetable before. `open`: nobody began, missed or judged it."""

    lesson_id: str
    key: tuple[str, date]
    plan: Plan
    open: bool


class Changes(Struct, frozen=True):
    """What to do to the store: make, change, take away."""

    make: tuple[tuple[tuple[str, date], Plan], ...]
    change: tuple[tuple[str, Plan], ...]
    withdraw: tuple[str, ...]


def plan_of(dated: Dated) -> Plan:
    """The timetable's decisions for one lesson."""
    entry = dated.entry
    return Plan(
        community_id=entry.community_id,
        term_id=entry.term_id,
        start_ms=dated.start_ms,
        end_ms=dated.end_ms,
        subject_id=entry.subject_id,
        mode=entry.mode,
        lead_id=entry.lead_id,
        lead_room_id=entry.lead_room_id,
        rooms=entry.rooms,
        classes=tuple(sorted(entry.classes)),
        cancelled=dated.cancelled,
    )


def reconcile(made: Iterable[Made], wanted: Iterable[Dated], now_ms: int) -> Changes:
    """What brings the lessons that were made to those that are wanted.

    Only what lies ahead changes: a lesson that began, was missed or judged, or whose planned start has passed, stays as
    it is, and no lesson is made for the past. A second call after the first was carried out finds nothing to do.
    """
    plans = {dated.key: plan_of(dated) for dated in wanted}
    known = {lesson.key: lesson for lesson in made}
    ahead = {key: lesson for key, lesson in known.items() if lesson.open and lesson.plan.start_ms > now_ms}
    return Changes(
        make=tuple((key, plan) for key, plan in plans.items() if key not in known and plan.start_ms > now_ms),
        change=tuple(
            (lesson.lesson_id, plans[key])
            for key, lesson in ahead.items()
            if key in plans and plans[key] != lesson.plan
        ),
        withdraw=tuple(lesson.lesson_id for key, lesson in ahead.items() if key not in plans),
    )
