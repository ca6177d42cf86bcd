"""The ready board: is each room of today's lessons ready, and if not, why. Pure; time is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from server.devices.verdict import FAULTS, Severity, named, part_of
from server.store.rows import LessonState, Profile

Light = Literal["green", "amber", "red", "over"]

HEARD_WITHIN_MS = 45_000
"""A device reports every fourteen seconds: after three that did not come it is off, or its line is."""
SOON_MS = 15 * 60_000
"""From here to the bell a room that is not on is red; before, it only is not on yet."""
JOINS_MS = 10 * 60_000
"""A screen goes into its lesson so long before the bell (web/src/pages/classroom/itinerary.ts)."""
SETTLES_MS = 60_000
GRACE_MS = 2 * 60_000
"""So long after the bell a lesson counts as about to begin."""

_WORST: dict[Light, int] = {"red": 0, "amber": 1, "green": 2, "over": 3}
REASONS: dict[str, Light] = {
    "no_device": "red",
    "silent": "red",
    "not_on": "amber",
    "not_joined": "amber",
    "not_in_class": "red",
    "waiting_for_teacher": "amber",
    "not_started": "red",
    "one_camera": "amber",
    "missed": "red",
    "excused": "over",
}
"""What is not a fault of a device; the words are the page's (`ready:reason.<code>`)."""


@dataclass(frozen=True)
class Seen:
    """A device as it was last heard: when, in which lesson it was, its faults, and its cameras where it told them."""

    heard_ms: int
    lesson: str | None
    faults: frozenset[str]
    cameras: int | None = None


@dataclass(frozen=True)
class Plan:
    """What the ready board needs of a lesson."""

    id: str
    state: LessonState
    start_ms: int
    end_ms: int


class Reason(Struct, frozen=True):
    """Why a light is not green. code: of `REASONS` or of `verdict.FAULTS`."""

    code: str
    light: Light


class Readiness(Struct, frozen=True):
    """A light, and the reasons for it, the worst first. heard_ms: when the room was last heard, if it is silent."""

    light: Light
    reasons: list[Reason]
    heard_ms: int | None = None


def is_heard(device: Seen, now_ms: int) -> bool:
    """Whether a device reported within the last three of its turns."""
    return now_ms - device.heard_ms <= HEARD_WITHIN_MS


def lesson_readiness(plan: Plan, now_ms: int) -> Readiness:
    """The lesson itself: has it begun when it should have?"""
    if plan.state == "planned":
        late_ms = now_ms - plan.start_ms
        if late_ms < 0:
            return _of([])
        return _of(["waiting_for_teacher" if late_ms < GRACE_MS else "not_started"])
    if plan.state in ("REASONABLE_MISSED", "UNREASONABLE_MISSED"):
        return _of(["excused" if plan.state == "REASONABLE_MISSED" else "missed"])
    return _of([]) if plan.state == "live" else Readiness("over", [])


def room_readiness(plan: Plan, devices: Sequence[Seen], now_ms: int, profile: Profile = "simple") -> Readiness:
    """One room of the lesson, before the bell and in class; a lesson that is over asks nothing of a room.

    profile: what the room is said to have, and is expected to show.
    """
    if plan.state not in ("planned", "live"):
        return Readiness("over", [])
    if not devices:
        return _of(["no_device"])
    heard_ms = max(device.heard_ms for device in devices)
    heard = [device for device in devices if is_heard(device, now_ms)]
    soon = plan.state == "live" or plan.start_ms - now_ms <= SOON_MS
    if not heard:
        found = _of(["silent" if soon else "not_on"])
        return Readiness(found.light, found.reasons, heard_ms or None)
    return _of(
        [*_place(plan, heard, now_ms), *common_faults(device.faults for device in heard), *lacking(profile, heard)]
    )


def common_faults(devices: Iterable[frozenset[str]]) -> list[str]:
    """The faults of a room with several devices: a part that works on one of them is no fault of the room."""
    each = list(devices)
    if not each:
        return []
    broken = set.intersection(*({part_of(code) for code in faults} for faults in each))
    codes = {code for faults in each for code in faults if part_of(code) in broken}
    return [fault.code for fault in named(codes)]


def lacking(profile: Profile, heard: Iterable[Seen]) -> list[str]:
    """What a room is expected to have and does not: a recording room films its pupils with a camera of their own.

    A device in class does not look what is plugged in, and a room without any camera is told so as a fault.
    """
    told = [device.cameras for device in heard if device.cameras is not None]
    return ["one_camera"] if profile == "recording" and told and sum(told) == 1 else []


def worst(lights: Iterable[Light]) -> Light:
    """The light of a whole: of several rooms, or of a lesson and its rooms."""
    return min(lights, key=_WORST.__getitem__, default="green")


def _place(plan: Plan, heard: Sequence[Seen], now_ms: int) -> list[str]:
    if any(device.lesson == plan.id for device in heard):
        return []
    if plan.state == "live":
        return ["not_in_class"]
    return ["not_joined"] if now_ms >= plan.start_ms - JOINS_MS + SETTLES_MS else []


def _of(codes: Sequence[str]) -> Readiness:
    reasons = [Reason(code, _light(code)) for code in codes]
    reasons.sort(key=lambda reason: _WORST[reason.light])
    return Readiness(worst([reason.light for reason in reasons]), reasons)


def _light(code: str) -> Light:
    severity: Severity | None = FAULTS.get(code)
    return severity if severity is not None else REASONS[code]
