"""Watches lessons, rooms and the server: opens and closes alarms, ends invitations whose time is over."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

import structlog

from server.devices.alarms import Machine, is_sure, of_lessons, of_server
from server.devices.desk import DeviceDesk
from server.devices.readiness import SOON_MS, Seen
from server.devices.tickets import Lasting, follow
from server.store.alarm_rows import Alarm
from server.store.errors import StoreError
from server.store.store import Store

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 15.0
BEHIND_MS = 3 * 3_600_000
"""Lessons that should have begun so long ago are the timetable's matter: they count as missed by then."""


class Watch:
    """Keeps the open alarms equal to what is wrong. `clock` is UTC in milliseconds."""

    def __init__(
        self, store: Store, desk: DeviceDesk, machine: Callable[[], Awaitable[Machine]], clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._desk = desk
        self._machine = machine
        self._clock = clock
        self._lasting = Lasting()

    async def run(self) -> None:
        """Looks until cancelled. While the database is away nothing is opened or closed; the next look makes up."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("alarms not looked through", code=error.code)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """One look.

        Raises:
            StoreError: the database did not answer; nothing changed.
        """
        now_ms = self._clock()
        await self._store.invitations.lapse(now_ms)
        wrong = {alarm.key: alarm for alarm in await self._wrong(now_ms)}
        open_now = {kept.alarm().key: kept.id for kept in await self._store.alarms.open_now()}
        turn = follow(self._lasting, wrong, open_now, now_ms, sure=is_sure)
        if turn.opened or turn.closed:
            opened = [(wrong[key], since_ms) for key, since_ms in turn.opened]
            await self._store.alarms.turn(opened, [open_now[key] for key in turn.closed], now_ms)
            log.info("alarms", opened=[one.kind for one, _ in opened], closed=len(turn.closed))

    async def _wrong(self, now_ms: int) -> list[Alarm]:
        machine, alarms = await self._machine(), self._store.alarms
        lessons = await alarms.near(now_ms - BEHIND_MS, now_ms + SOON_MS)
        devices: dict[str, list[Seen]] = defaultdict(list)
        for known in await self._desk.everybody():
            devices[known.device.classroom_id].append(known.seen())
        heard = [seen for some in devices.values() for seen in some]
        return [
            *of_lessons(lessons, devices, machine, now_ms),
            *of_server(await alarms.counties(), heard, machine, now_ms),
        ]
