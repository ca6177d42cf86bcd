"""What a county may set about how its lessons are judged; one value, kept as JSON, every field with a default."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

Minutes = Annotated[int, Meta(ge=1, le=240)]


class Policy(Struct, frozen=True, kw_only=True):
    """Thresholds. The defaults are those of public county platforms where there are any (docs/county.md).

    valid_after_min: a lesson taught for less is INVALID.
    listened_min, listened_share_pct: a remote room listened when it was there with picture and sound for at least the
        longer of the two; the share is of the lesson as taught.
    missed_after_min: how long after its planned end a lesson that never began is UNREASONABLE_MISSED.
    late_after_min: a start or end further from the plan than this does not conform to the timetable.
    idle_after_days: a room without a lesson for longer is idle.
    keep_recordings_days: a recording older than this is deleted; the default is half a year, about one term.
    """

    valid_after_min: Minutes = 30
    listened_min: Minutes = 30
    listened_share_pct: Annotated[int, Meta(ge=1, le=100)] = 75
    missed_after_min: Annotated[int, Meta(ge=0, le=240)] = 15
    late_after_min: Minutes = 5
    idle_after_days: Annotated[int, Meta(ge=1, le=60)] = 7
    keep_recordings_days: Annotated[int, Meta(ge=7, le=3650)] = 183


def decode_policy(text: str) -> Policy:
    """The policy in `text`; keys of other versions of the program are passed over.

    Raises:
        msgspec.ValidationError: a value is out of its range.
    """
    return msgspec.json.decode(text, type=Policy)


def encode_policy(policy: Policy) -> str:
    """What `decode_policy` reads."""
    return msgspec.json.encode(policy).decode()
