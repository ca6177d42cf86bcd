"""What somebody does with a room as a whole: has its screen load its page anew, prints the card beside it."""

from __future__ import annotations

from msgspec import Struct

from server.accounts.qr import QrDrawing, draw
from server.api.devices import rooms_within
from server.api.outward import base_of
from server.api.problems import not_found
from server.api.registry import Call, Endpoint


class Restarting(Struct, frozen=True):
    """How many screens of the room are on: each loads its page anew with its next report, within `within_s`."""

    screens: int
    within_s: int


class RoomCard(Struct, frozen=True):
    """What the card of a room says. `url` is where its QR code leads: giving this room a screen, the room chosen."""

    id: str
    name: str
    code: str
    school: str
    url: str
    qr: QrDrawing


class RoomCards(Struct, frozen=True):
    """The cards of the rooms the caller looks after, by school. `classroom`: the address a screen opens;
    `trust`: where a device learns to trust this server, None where it need not.
    """

    rooms: list[RoomCard]
    classroom: str
    trust: str | None


REPORTS_WITHIN_S = 15
"""A device reports every fourteen seconds."""


async def restart_page(call: Call) -> Restarting:
    """Has the room's screens load their page anew."""
    room_id = call.part("id")
    if room_id not in {room.id for room in await rooms_within(call, "devices.pair")}:
        raise not_found()
    screens = await call.services.devices.restart_page(room_id)
    return Restarting(screens=screens, within_s=REPORTS_WITHIN_S)


async def cards(call: Call) -> RoomCards:
    """The cards of all rooms, or of one school's."""
    school_id = call.request.query.get("school", "")[:64]
    base = base_of(call)
    rooms = [room for room in await rooms_within(call, "devices.read") if school_id in ("", room.school_id)]
    secure = call.services.authority is not None and base.startswith("https://")
    return RoomCards(
        rooms=[
            RoomCard(id=room.id, name=room.name, code=room.code, school=room.school, url=url, qr=draw(url))
            for room in rooms
            for url in (f"{base}/pair#room={room.id}",)
        ],
        classroom=f"{base}/classroom",
        trust=f"{base}/trust" if secure else None,
    )


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/rooms/cards",
        "The cards that hang beside the rooms' screens",
        cards,
        answer=RoomCards,
        action="devices.read",
        query={"school": "Only rooms of this school"},
    ),
    Endpoint(
        "POST",
        "/api/rooms/{id}/restart-page",
        "Have the room's screens load their page anew",
        restart_page,
        answer=Restarting,
        action="devices.pair",
        problems=((404, "not_found"),),
    ),
)
