"""The devices of the rooms, for those who look after them: who there is, how each is, pairing, names, revoking."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from server.api.device_cards import DeviceHistory, DeviceNow, RoomNow, device_now, history_of, room_now
from server.api.outward import base_of
from server.api.problems import Problem, not_found
from server.api.registry import Call, Endpoint
from server.devices.known import Known
from server.permissions import Action, reach
from server.store.device_rows import RoomRow

Id = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(max_length=60)]


class RoomList(Struct, frozen=True):
    """The rooms the caller looks after, by school. `build` is the pages' newest; times are shown in `zone`.

    classroom: the address that a room's screen opens.
    """

    rooms: list[RoomNow]
    build: str
    zone: str
    classroom: str


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
        rooms=[room_now(room, by_room[room.id], now_ms) for room in rooms],
        build=desk.build(),
        zone=rooms[0].zone if rooms else "UTC",
        classroom=f"{base_of(call)}/classroom",
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
        raise Problem(404, "pairing_code_refused")
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
    return history_of(known, changes, tests, tickets, call.services.clock())


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
        problems=((404, "pairing_code_refused"), (404, "not_found"), (429, "too_many_codes")),
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
