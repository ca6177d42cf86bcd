"""What is wrong beside the rooms' devices: lessons, rooms before the bell, the server. Pure; time is an argument.

Each look finds everything that is wrong now; what lasts opens an alarm, what stays away closes it (`tickets.follow`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.devices.readiness import GRACE_MS, SOON_MS, Plan, Seen, is_heard, room_readiness
from server.devices.verdict import Severity
from server.store.alarm_rows import Alarm, NearLesson

KINDS: dict[str, Severity] = {
    "lesson.not_started": "red",
    "lesson.recording": "red",
    "room.no_device": "red",
    "room.silent": "red",
    "room.not_in_class": "red",
    "server.disk_full": "red",
    "server.disk_low": "amber",
    "server.certificate": "red",
    "server.clock": "red",
    "server.retention": "amber",
}
"""Every kind and how bad it is; the words are the pages' (`devices:fault.<kind>`)."""
AT_ONCE = frozenset({"lesson.not_started"})
"""Has waited for its own grace: it need not last any longer, and is over as soon as it is over."""
OWN_WILL = frozenset({"", "lesson", "consent", "no_class"})
"""Why a recording stands still without anything being wrong: nobody wanted one, or not every class consented."""
EXPIRES_SOON_MS = 14 * 86_400_000
"""The certificate is renewed thirty days before its end: with so little left that went wrong."""
CLOCKS_AT_LEAST = 3
"""With so many devices whose clocks are wrong, and the most of those heard, the server's own is."""


@dataclass(frozen=True)
class Machine:
    """The server as it is now. recordings: by open lesson, why none is kept, "" where one is. disk: free and total
    bytes, None where that cannot be told.
    """

    recordings: Mapping[str, str]
    disk: tuple[int, int] | None
    refuse_bytes: int
    certificate_ends_ms: int | None
    retention_failed: bool


def of_lessons(
    lessons: Iterable[NearLesson], devices: Mapping[str, Sequence[Seen]], machine: Machine, now_ms: int
) -> Iterator[Alarm]:
    """What is wrong with lessons, and with their rooms before and after the bell."""
    for lesson in lessons:
        late = lesson.state == "planned" and now_ms - lesson.start_ms >= GRACE_MS
        if late:
            yield _of_lesson("lesson.not_started", lesson)
        if lesson.state == "live" and machine.recordings.get(lesson.id, "") not in OWN_WILL:
            yield _of_lesson("lesson.recording", lesson)
        if lesson.state == "live" or (not late and lesson.start_ms - now_ms <= SOON_MS):
            yield from _of_rooms(lesson, devices, now_ms)


def is_sure(key: str) -> bool:
    """Whether the alarm with this key opens and closes at once."""
    return key.partition(" ")[0] in AT_ONCE


def of_server(counties: Iterable[str], heard: Iterable[Seen], machine: Machine, now_ms: int) -> Iterator[Alarm]:
    """What is wrong with the server; every county on it is told."""
    found = list(_server_kinds([seen for seen in heard if is_heard(seen, now_ms)], machine, now_ms))
    return (Alarm(kind, county_id) for county_id in counties for kind in found)


def _server_kinds(heard: Sequence[Seen], machine: Machine, now_ms: int) -> Iterator[str]:
    if machine.disk is not None:
        free, total = machine.disk
        if free < machine.refuse_bytes:
            yield "server.disk_full"
        elif free < 0.1 * total or free < 2 * machine.refuse_bytes:
            yield "server.disk_low"
    if machine.certificate_ends_ms is not None and machine.certificate_ends_ms - now_ms < EXPIRES_SOON_MS:
        yield "server.certificate"
    wrong = sum("clock.wrong" in seen.faults for seen in heard)
    if wrong >= CLOCKS_AT_LEAST and 2 * wrong > len(heard):
        yield "server.clock"
    if machine.retention_failed:
        yield "server.retention"


def _of_rooms(lesson: NearLesson, devices: Mapping[str, Sequence[Seen]], now_ms: int) -> Iterator[Alarm]:
    plan = Plan(lesson.id, lesson.state, lesson.start_ms, lesson.end_ms)
    for room_id, school_id, name in lesson.rooms:
        for reason in room_readiness(plan, devices.get(room_id, ()), now_ms).reasons:
            if reason.code in ("silent", "no_device", "not_in_class"):
                yield Alarm(f"room.{reason.code}", lesson.county_id, room_id, school_id, room_id, name)


def _of_lesson(kind: str, lesson: NearLesson) -> Alarm:
    return Alarm(kind, lesson.county_id, lesson.id, lesson.school_id, None, lesson.title)
