"""What the database knows of devices, as rows: each as it was registered, heard, tested, and at fault."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from server.store.rows import Profile


class Device(Struct, frozen=True):
    """A device of a room. It holds the key `credential_id`, or none: it was paired and has not come yet."""

    id: str
    classroom_id: str
    name: str
    kind: Literal["page", "appliance"]
    credential_id: str | None
    paired_ms: int
    paired_by: str | None
    revoked_ms: int | None


class State(Struct, frozen=True):
    """A device as it was last heard. `health` and `test_faults` are JSON."""

    device_id: str
    heard_ms: int
    health: str
    tested_ms: int | None
    test_faults: str


class Change(Struct, frozen=True):
    """Something about a device that was different from before. `what` is JSON."""

    device_id: str
    at_ms: int
    what: str


class Tested(Struct, frozen=True):
    """A self-test: its figures and the faults found, both JSON."""

    device_id: str
    at_ms: int
    figures: str
    faults: str


class Ticket(Struct, frozen=True):
    """A fault of a device, from when it was there until it was gone; who took note of it, and when."""

    id: str
    device_id: str
    fault: str
    opened_ms: int
    closed_ms: int | None
    acknowledged_ms: int | None = None
    acknowledged_by: str | None = None


class RoomRow(Struct, frozen=True):
    """A classroom with its school and county. `code` is what the county itself calls it, empty where it has none."""

    id: str
    name: str
    code: str
    profile: Profile
    school_id: str
    school: str
    county_id: str
    zone: str


class Seat(Struct, frozen=True):
    """A lesson as one of its rooms has to know it."""

    classroom_id: str
    lesson_id: str
    state: str
    start_ms: int
    end_ms: int


class Batch(Struct, frozen=True):
    """What is to be written together."""

    states: Sequence[State] = ()
    changes: Sequence[Change] = ()
    tests: Sequence[Tested] = ()
    opened: Sequence[Ticket] = ()
    closed: Sequence[tuple[str, int]] = ()
    """(ticket's id, when)."""


def faulty(tickets: Iterable[Ticket]) -> dict[str, dict[str, str]]:
    """Open tickets as {device: {fault: ticket}}."""
    found: dict[str, dict[str, str]] = {}
    for ticket in tickets:
        found.setdefault(ticket.device_id, {})[ticket.fault] = ticket.id
    return found
