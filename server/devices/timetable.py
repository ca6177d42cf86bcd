"""What the rooms' screens have to know of the timetable, asked of the store seldom, however many screens there are."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence

from server.store.device_rows import RoomRow, Seat
from server.store.devices import Devices

LOOK_EVERY_MS = 3_000
ROOMS_EVERY_MS = 30_000
AHEAD_MS = 18 * 3_600_000


class TimetableNow:
    """The rooms, and the lessons that wait for each, at most a few seconds old."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices
        self._seats: dict[str, list[Seat]] = {}
        self._digests: dict[str, str] = {}
        self._nothing = digest([])
        self._rooms: dict[str, RoomRow] = {}
        self._looked_ms = -LOOK_EVERY_MS
        self._rooms_ms = -ROOMS_EVERY_MS

    async def look(self, now_ms: int) -> None:
        """Reads again what is older than it may be; a clock that was set back counts as old."""
        if not 0 <= now_ms - self._rooms_ms < ROOMS_EVERY_MS:
            self._rooms_ms = now_ms
            self._rooms = {room.id: room for room in await self._devices.rooms()}
        if not 0 <= now_ms - self._looked_ms < LOOK_EVERY_MS:
            self._looked_ms = now_ms
            found: dict[str, list[Seat]] = defaultdict(list)
            for seat in await self._devices.seats(now_ms - AHEAD_MS, now_ms + AHEAD_MS):
                found[seat.classroom_id].append(seat)
            self._seats = dict(found)
            self._digests = {room: digest(seats) for room, seats in self._seats.items()}

    def forget(self) -> None:
        """The next look reads everything."""
        self._looked_ms, self._rooms_ms = -LOOK_EVERY_MS, -ROOMS_EVERY_MS

    @property
    def rooms(self) -> dict[str, RoomRow]:
        """Every classroom by its id."""
        return self._rooms

    def seats(self, room_id: str) -> list[Seat]:
        """The room's lessons that are live or to come, earliest first."""
        return self._seats.get(room_id, [])

    def digest(self, room_id: str) -> str:
        """Another text whenever the room's lessons are others than before."""
        return self._digests.get(room_id, self._nothing)


def digest(seats: Sequence[Seat]) -> str:
    """A short name for a list of lessons."""
    told = ";".join(f"{seat.lesson_id},{seat.state},{seat.start_ms},{seat.end_ms}" for seat in seats)
    return f"{zlib.crc32(told.encode()):08x}"
