"""The state of a lesson that is over, as county reports count it (docs/county.md, formulas and where they are from)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from server.county.policy import Policy
from server.county.presence import Held

Finding = Literal["held", "too_short", "never_began", "no_log"]
"""Why a lesson was judged as it was."""
Verdict = Literal["valid", "invalid", "absent"]
"""Whether a remote room listened; absent when it was never there while the class went on."""
JudgedState = Literal["VALID", "INVALID", "UNREASONABLE_MISSED", "UNJUDGED"]

MINUTE_MS = 60_000


class RoomJudgement(Struct, frozen=True):
    """How long a remote room was there with picture and sound, and what that is worth."""

    connected_ms: int
    verdict: Verdict


class Judgement(Struct, frozen=True):
    """What a lesson's log came to. `rooms` are the remote rooms that were expected."""

    state: JudgedState
    finding: Finding
    rooms: dict[str, RoomJudgement]


def judge(held: Held | None, expected: tuple[str, ...], policy: Policy) -> Judgement:
    """The judgement on a lesson that is over; `held` is None where its log is gone, and then it stays UNJUDGED."""
    if held is None:
        return Judgement("UNJUDGED", "no_log", {})
    rooms = {room: _room(held, room, policy) for room in expected}
    if not held.began:
        return Judgement("UNREASONABLE_MISSED", "never_began", rooms)
    if held.taught_ms < policy.valid_after_min * MINUTE_MS:
        return Judgement("INVALID", "too_short", rooms)
    return Judgement("VALID", "held", rooms)


def is_missed(planned_end_ms: int, policy: Policy, now_ms: int) -> bool:
    """Whether a lesson that has not begun is given up."""
    return now_ms >= planned_end_ms + policy.missed_after_min * MINUTE_MS


def _room(held: Held, room: str, policy: Policy) -> RoomJudgement:
    """A pair of lesson and room is valid when connected for max(30 min, 75 % of the lesson) with picture and sound."""
    connected_ms = held.heard_ms.get(room, 0)
    if held.present_ms.get(room, 0) == 0:
        return RoomJudgement(connected_ms, "absent")
    enough_ms = max(policy.listened_min * MINUTE_MS, held.taught_ms * policy.listened_share_pct / 100)
    return RoomJudgement(connected_ms, "valid" if connected_ms >= enough_ms else "invalid")
