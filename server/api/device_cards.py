"""A room and its devices as the pages show them, and what became of a device. Times are RFC 3339, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from server.devices.known import Known
from server.devices.measurements import Health
from server.devices.verdict import Fault, named
from server.devices.wall import RoomState, room_health
from server.store.device_rows import Change, RoomRow, Tested, Ticket
from server.store.rows import rfc3339


class DeviceNow(Struct, frozen=True):
    """A device as it was last heard. `online`: it reported within the last 45 s. Times are RFC 3339, UTC."""

    id: str
    room: str
    name: str
    kind: str
    paired: str
    paired_by: str | None
    online: bool
    heard: str | None
    tested: str | None
    health: Health | None
    faults: list[Fault]


class RoomNow(Struct, frozen=True):
    """A classroom and its devices. `state` and `faults` are those of the room as a whole: a part that works on one of
    its devices is no fault; `off` is a room whose devices are not heard, `none` one without any.
    """

    id: str
    name: str
    code: str
    profile: str
    school_id: str
    school: str
    state: RoomState
    faults: list[Fault]
    devices: list[DeviceNow]


class Changed(Struct, frozen=True):
    """Something about the device that was different from before."""

    at: str
    what: Any


class TestedThen(Struct, frozen=True):
    """A self-test: its figures, and the codes of the faults it found."""

    at: str
    figures: Any
    faults: list[str]


class TicketThen(Struct, frozen=True):
    """A fault from its beginning to its end; `closed` is None while it is there."""

    fault: str
    opened: str
    closed: str | None


class DeviceHistory(Struct, frozen=True):
    """A device and what became of it, each list newest first."""

    device: DeviceNow
    changes: list[Changed]
    tests: list[TestedThen]
    tickets: list[TicketThen]


def room_now(room: RoomRow, devices: list[Known], now_ms: int) -> RoomNow:
    """A room with its devices."""
    state, codes = room_health(None, [known.seen() for known in devices], now_ms)
    return RoomNow(
        id=room.id,
        name=room.name,
        code=room.code,
        profile=room.profile,
        school_id=room.school_id,
        school=room.school,
        state=state,
        faults=named(codes),
        devices=[device_now(known, now_ms) for known in devices],
    )


def device_now(known: Known, now_ms: int) -> DeviceNow:
    """A device as the pages show it."""
    device = known.device
    return DeviceNow(
        id=device.id,
        room=device.classroom_id,
        name=device.name,
        kind=device.kind,
        paired=rfc3339(device.paired_ms),
        paired_by=device.paired_by,
        online=known.is_heard(now_ms),
        heard=_moment(known.heard_ms or None),
        tested=_moment(known.tested_ms),
        health=known.health,
        faults=named(known.faults),
    )


def history_of(
    known: Known, changes: Sequence[Change], tests: Sequence[Tested], tickets: Sequence[Ticket], now_ms: int
) -> DeviceHistory:
    """A device with its past."""
    return DeviceHistory(
        device=device_now(known, now_ms),
        changes=[Changed(at=rfc3339(one.at_ms), what=msgspec.json.decode(one.what)) for one in changes],
        tests=[
            TestedThen(
                at=rfc3339(one.at_ms),
                figures=msgspec.json.decode(one.figures),
                faults=msgspec.json.decode(one.faults, type=list[str]),
            )
            for one in tests
        ],
        tickets=[TicketThen(one.fault, rfc3339(one.opened_ms), _moment(one.closed_ms)) for one in tickets],
    )


def _moment(utc_ms: int | None) -> str | None:
    return None if utc_ms is None else rfc3339(utc_ms)
