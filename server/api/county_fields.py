"""Fields that county requests share, and how far around a caller they reach."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from msgspec import Meta

from server.api.problems import not_found
from server.api.registry import Call
from server.permissions import Action, reach

_PLAIN = r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$"
"""Visible at both ends and without control characters, which no engine keeps and no screen shows."""
_PLAIN_OR_EMPTY = r"^([^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?)?$"

Identifier = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=_PLAIN)]
Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=_PLAIN)]
Words = Annotated[str, Meta(min_length=1, max_length=400, pattern=_PLAIN)]
NameOrNone = Annotated[str, Meta(max_length=80, pattern=_PLAIN_OR_EMPTY)]
WordsOrNone = Annotated[str, Meta(max_length=400, pattern=_PLAIN_OR_EMPTY)]
"""Empty where nothing was written; a union with an empty literal would refuse it."""
Grade = Annotated[int, Meta(ge=1, le=12)]
MinuteOfDay = Annotated[int, Meta(ge=0, le=1440)]
Weekday = Annotated[int, Meta(ge=1, le=7)]
Period = Annotated[int, Meta(ge=1, le=20)]


Handler = Callable[[Call], Awaitable[Any]]


def summary(handler: Handler) -> str:
    """The operation in the API's document: the first line of what its handler says of itself."""
    return (handler.__doc__ or handler.__name__).partition("\n")[0].rstrip(".")


def school_within(call: Call, action: Action) -> str | None:
    """The one school the caller's right reaches; None where it reaches all of the county."""
    who = call.caller.subject
    return None if reach(who.roles, action) == "county" else who.school_id or ""


def require_school(call: Call, action: Action, school_id: str | None) -> None:
    """The school lies within the caller's reach.

    Raises:
        Problem: `not_found`, as for a school that does not exist.
    """
    within = school_within(call, action)
    if within is not None and school_id != within:
        raise not_found()
