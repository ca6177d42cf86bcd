"""Who may do what over HTTP: one table of role x action, asked on every request (docs/rights.md explains it).

A right has a reach: how far around its holder it goes. `allows` says whether a role has the right at all, `reach` how
far; which rows lie within it is said in one place of the store. What a participant may send in a live lesson has its
own table in signaling/permissions.py.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal, get_args

Role = Literal["county_admin", "school_admin", "lead", "assistant", "trainer", "inspector", "classroom"]
"""`classroom` is a room's device; the others are people."""

Reach = Literal["county", "school", "community", "own"]
"""All of the county; the holder's school and the lessons it takes part in; the communities of the holder's school now
that the holder teaches or learns in; what is the holder's own."""

Action = Literal[
    "self",
    "account",
    "lessons.read",
    "lessons.change",
    "lessons.cover",
    "recordings.watch",
    "recordings.change",
    "county.read",
    "county.change",
    "school.change",
    "timetable.read",
    "timetable.change",
    "rooms.read",
    "devices.read",
    "devices.pair",
    "devices.change",
    "devices.report",
    "consent.read",
    "consent.change",
    "accounts.manage",
    "audit.read",
    "figures.read",
]
"""What each one means is in docs/rights.md; a test holds the two together."""

PUBLIC: Final = "public"
"""In an action's place: anybody may call, signed in or not."""

ROLES: tuple[Role, ...] = get_args(Role)
ACTIONS: tuple[Action, ...] = get_args(Action)
WRITTEN_DOWN: frozenset[str] = frozenset(ACTIONS) - {"devices.report"}
"""Whose changes go into the audit log. A device that says every few seconds that it is well changes nothing."""
SECOND_FACTOR: frozenset[Role] = frozenset({"county_admin", "school_admin"})
"""Who signs in with a code from a phone besides the password."""


def _within(reach: Reach, *actions: Action) -> dict[Action, Reach]:
    return dict.fromkeys(actions, reach)


_PERSON = _within("own", "self", "account")

RIGHTS: dict[Role, dict[Action, Reach]] = {
    "county_admin": _within("county", *(action for action in ACTIONS if action != "devices.report")) | _PERSON,
    "school_admin": _PERSON
    | _within("school", "lessons.read", "lessons.change", "lessons.cover", "recordings.watch", "county.read")
    | _within("school", "school.change", "timetable.read", "timetable.change", "rooms.read", "accounts.manage")
    | _within("school", "devices.read", "devices.pair", "devices.change", "consent.read", "consent.change"),
    "lead": _PERSON
    | _within("own", "lessons.read", "lessons.change", "lessons.cover", "timetable.read")
    | _within("community", "recordings.watch")
    | _within("school", "county.read", "consent.read"),
    "assistant": _PERSON
    | _within("school", "lessons.read", "lessons.cover", "recordings.watch", "county.read", "timetable.read")
    | _within("school", "rooms.read", "devices.read", "devices.pair", "consent.read"),
    "trainer": _PERSON
    | _within("county", "lessons.read", "recordings.watch", "county.read", "timetable.read", "rooms.read"),
    "inspector": _PERSON
    | _within("county", "lessons.read", "recordings.watch", "county.read", "timetable.read", "rooms.read")
    | _within("county", "devices.read", "consent.read", "audit.read"),
    "classroom": _within("own", "self", "lessons.read", "lessons.cover", "timetable.read", "devices.report")
    | _within("community", "recordings.watch"),
}


Held = str | tuple[str, ...]
"""One role, or all that a person holds: she may do what any of them may."""


def reaches(held: Held, action: Action) -> tuple[Reach, ...]:
    """How far the right to `action` goes by each role that has it, the widest first; a role nobody knows has none."""
    roles = (held,) if isinstance(held, str) else held
    found = {rights[action] for role, rights in RIGHTS.items() if role in roles and action in rights}
    return tuple(sorted(found, key=get_args(Reach).index))


def reach(held: Held, action: Action) -> Reach | None:
    """How far the right to `action` goes at its widest, or None without one."""
    return _widest(held, action)


@lru_cache(maxsize=1024)
def _widest(held: Held, action: Action) -> Reach | None:
    """Asked of every request; there are a few roles and actions, and what they may do never changes."""
    return next(iter(reaches(held, action)), None)


def rights_of(held: Held) -> dict[Action, Reach]:
    """Everything that may be done, and how far each right goes."""
    return {action: found for action in ACTIONS if (found := reach(held, action)) is not None}


def needs_second_factor(held: Held) -> bool:
    """Whether one of the roles asks for a code from a phone."""
    return not SECOND_FACTOR.isdisjoint((held,) if isinstance(held, str) else held)


def allows(held: Held, action: Action) -> bool:
    """Whether `action` may be done at all; on which rows, its reach says."""
    return reach(held, action) is not None


def manages(manager: Held, managed: Held) -> bool:
    """Whether accounts of `managed` are in the hands of `manager`: nobody makes accounts above their own.

    Of a person with several roles, each has to be in them.
    """
    roles = {managed} if isinstance(managed, str) else set(managed)
    match reach(manager, "accounts.manage"):
        case "county":
            return "classroom" not in roles
        case "school":
            return roles <= {"lead", "assistant", "school_admin"}
        case _:
            return False
