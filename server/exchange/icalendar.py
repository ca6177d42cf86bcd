"""Lessons as an iCalendar feed (RFC 5545): least data, UTC, stable identifiers, numbered changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from server.store.calendars import FeedKind, Told, content_digest
from server.store.grid import GridLesson

LINE_OCTETS: Final = 75
"""RFC 5545, section 3.1: longer lines are folded."""
_ESCAPED: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})
CANCELLED: Final = "REASONABLE_MISSED"


def event_digest(lesson: GridLesson) -> bytes:
    """Whether a calendar must be told of a lesson again: every kind of feed tells the same things of it."""
    rooms = [f"{room.school}/{room.name}" for room in lesson.rooms]
    cancelled = str(lesson.state == CANCELLED)
    return content_digest(
        str(lesson.start_ms), str(lesson.end_ms), lesson.subject, lesson.title, lesson.lead_school, cancelled, *rooms
    )


def calendar(name: str, kind: FeedKind, lessons: Iterable[GridLesson], told: dict[str, Told]) -> bytes:
    """The feed. No person is named in it, and nothing about pupils, classes or reasons."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Tongke//Tongke//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for lesson in lessons:
        lines += _event(kind, lesson, told[lesson.id])
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode()


def _event(kind: FeedKind, lesson: GridLesson, told: Told) -> list[str]:
    """One lesson. DTSTAMP is when it last changed: a feed asked for twice is the same."""
    title = lesson.subject if lesson.title in ("", lesson.subject) else f"{lesson.subject} · {lesson.title}"
    rooms = [f"{room.school} {room.name}" for room in lesson.rooms]
    place = lesson.lead_school if kind == "teacher" else ", ".join(rooms)
    more = ", ".join(rooms) if kind == "teacher" else lesson.lead_school
    return [
        "BEGIN:VEVENT",
        f"UID:{lesson.id}@tongke",
        f"DTSTAMP:{_moment(told.changed_ms)}",
        f"LAST-MODIFIED:{_moment(told.changed_ms)}",
        f"SEQUENCE:{told.sequence}",
        f"DTSTART:{_moment(lesson.start_ms)}",
        f"DTEND:{_moment(lesson.end_ms)}",
        f"SUMMARY:{_text(title)}",
        f"LOCATION:{_text(place)}",
        f"DESCRIPTION:{_text(more)}",
        f"STATUS:{'CANCELLED' if lesson.state == CANCELLED else 'CONFIRMED'}",
        "END:VEVENT",
    ]


def _text(words: str) -> str:
    """RFC 5545, section 3.3.11."""
    return "".join(letter for letter in words if letter.isprintable() or letter == "\n").translate(_ESCAPED)


def _moment(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def _folded(line: str) -> str:
    """Lines of at most 75 octets; the next ones begin with a space. No character is cut in two."""
    parts: list[str] = []
    room, part = LINE_OCTETS, ""
    for letter in line:
        size = len(letter.encode())
        if size > room:
            parts.append(part)
            room, part = LINE_OCTETS - 1, ""
        part += letter
        room -= size
    return "\r\n ".join([*parts, part])
