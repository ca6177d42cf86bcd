"""The devices of the rooms, for those who look after them: who there is, how each is, pairing, names, revoking."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.devices.known import Known
from server.devices.measurements import Health
from server.devices.verdict import Fault, named
from server.devices.wall import RoomState, room_health
from server.permissions import Action, reach
from server.store.device_rows import RoomRow
from server.store.rows import rfc3339

Id = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(max_length=60)]


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


class RoomList(Struct, frozen=True):
    """The rooms the caller looks after, by school. `build` is the pages' newest; times are shown in `zone`."""

    rooms: list[RoomNow]
    build: str
    zone: str


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


class Pair(Struct, frozen=True, forbid_unknown_fields=True):
    """Gives the screen that shows `code` to a classroom; `device`: in the place of this one, whose key ends."""

    code: Annotated[str, Meta(min_length=1, max_length=32)]
    classroom: Id
    name: Name = ""
    device: Id | None = None


class Rename(Struct, frozen=True, forbid_unknown_fields=True):
    """The new name, e.g. where in the room it stands."""

    name: Name


async def listing(call: Call) -> RoomList:
    """The rooms and their devices."""
    desk, now_ms = call.services.devices, call.services.clock()
    rooms = await rooms_within(call, "devices.read")
    by_room: dict[str, list[Known]] = {room.id: [] for room in rooms}
    for known in await desk.devices(by_room):
        by_room[known.device.classroom_id].append(known)
    return RoomList(
        rooms=[_room_now(room, by_room[room.id], now_ms) for room in rooms],
        build=desk.build(),
        zone=rooms[0].zone if rooms else "UTC",
    )


async def pair(call: Call) -> DeviceNow:
    """Assigns a waiting screen. A code that is wrong, expired or used gets one answer, and counts as a failure."""
    services, body, who = call.services, call.body, call.caller.subject
    desk, now_ms = services.devices, services.clock()
    if desk.guesses.retry_after_s(who.id, now_ms / 1000) > 0:
        raise Problem(429, "too_many_codes", {"Retry-After": "60"})
    rooms = {room.id for room in await rooms_within(call, "devices.pair")}
    if body.classroom not in rooms:
        raise not_found()
    old = await desk.find(body.device) if body.device is not None else None
    if body.device is not None and (old is None or old.device.classroom_id not in rooms):
        raise not_found()
    waiting = desk.codes.find(body.code, now_ms)
    if waiting is None:
        desk.guesses.failed(who.id, now_ms / 1000)
        raise Problem(404, "code_refused")
    device = await desk.assign(waiting, body.classroom, body.name.strip(), who.id, body.device)
    call.visit.about = device.id
    if old is not None:
        call.visit.operation = "replace"
    return await _answer(call, device.id)


async def rename(call: Call) -> DeviceNow:
    """Gives a device a name."""
    known = await _device(call, "devices.change")
    await call.services.devices.rename(known.device.id, call.body.name.strip())
    return await _answer(call, known.device.id)


async def revoke(call: Call) -> DeviceNow:
    """Ends a device's key at once; its screen shows a code again."""
    known = await _device(call, "devices.change")
    before = device_now(known, call.services.clock())
    await call.services.devices.revoke(known.device.id)
    return before


async def history(call: Call) -> DeviceHistory:
    """One device, with its past."""
    known = await _device(call, "devices.read")
    await call.services.devices.write()
    changes, tests, tickets = await call.services.store.devices.history(known.device.id)
    return DeviceHistory(
        device=device_now(known, call.services.clock()),
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


def _room_now(room: RoomRow, devices: list[Known], now_ms: int) -> RoomNow:
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


async def rooms_within(call: Call, action: Action, *, fresh: bool = True) -> list[RoomRow]:
    """The rooms that the caller's right to `action` reaches: its county's, or its school's.

    fresh: as they are in the store now; else as they were half a minute ago at most, for screens that ask again anyway.
    """
    who = call.caller.subject
    far = reach(who.roles, action)
    rooms = (await call.services.devices.rooms(fresh=fresh)).values()
    if far == "county":
        return [room for room in rooms if room.county_id == who.county_id]
    return [room for room in rooms if far == "school" and room.school_id == who.school_id]


async def _device(call: Call, action: Action) -> Known:
    """The device of the path, if it is within the caller's reach; the same answer for one that is not there."""
    known = await call.services.devices.find(call.part("id"))
    rooms = {room.id for room in await rooms_within(call, action)}
    if known is None or known.device.classroom_id not in rooms:
        raise not_found()
    return known


async def _answer(call: Call, device_id: str) -> DeviceNow:
    known = await call.services.devices.find(device_id)
    if known is None:
        raise not_found()
    return device_now(known, call.services.clock())


def _moment(utc_ms: int | None) -> str | None:
    return None if utc_ms is None else rfc3339(utc_ms)


_THERE = ((404, "not_found"),)
ENDPOINTS = (
    Endpoint("GET", "/api/devices", "The rooms and their devices", listing, answer=RoomList, action="devices.read"),
    Endpoint(
        "POST",
        "/api/devices/pair",
        "Give a waiting screen to a classroom",
        pair,
        answer=DeviceNow,
        body=Pair,
        action="devices.pair",
        problems=((404, "code_refused"), (404, "not_found"), (429, "too_many_codes")),
    ),
    Endpoint(
        "POST",
        "/api/devices/{id}/rename",
        "Give a device a name",
        rename,
        answer=DeviceNow,
        body=Rename,
        action="devices.change",
        problems=_THERE,
    ),
    Endpoint(
        "POST",
        "/api/devices/{id}/revoke",
        "End a device's key",
        revoke,
        answer=DeviceNow,
        action="devices.change",
        problems=_THERE,
    ),
    Endpoint(
        "GET",
        "/api/devices/{id}",
        "A device and its history",
        history,
        answer=DeviceHistory,
        action="devices.read",
        problems=_THERE,
    ),
)
