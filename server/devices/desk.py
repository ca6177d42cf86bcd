"""The desk: every device of the county in memory, as it was last heard; written to the store every few seconds.

The server never calls a device. A device asks for a code, takes its key, reports, and is answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog
from msgspec.structs import replace

from server.devices import renewal
from server.devices.build_id import BuildId
from server.devices.codes import Assignment, Kind, PairingCodes, Waiting
from server.devices.known import Known
from server.devices.measurements import Health
from server.devices.timetable import TimetableNow
from server.limiter import FailureLimiter
from server.store.device_rows import Batch, Device, RoomRow, faulty
from server.store.errors import StoreError
from server.store.rows import Credential
from server.store.store import Store

log = structlog.get_logger(__name__)

WRITE_EVERY_S = 5.0


class DeviceDesk:
    """All devices. Every time is UTC in milliseconds."""

    def __init__(self, store: Store, build: BuildId, clock: Callable[[], int]) -> None:
        self.codes = PairingCodes()
        self.guesses = FailureLimiter()
        self.timetable = TimetableNow(store.devices)
        self.build = build
        self._store = store
        self._clock = clock
        self._known: dict[str, Known] = {}
        self._by_key: dict[str, Known] = {}
        self._loaded = False
        self._loading = asyncio.Lock()

    async def run(self) -> None:
        """Writes what was reported, every few seconds, until cancelled; the last time on the way out."""
        try:
            while True:
                await asyncio.sleep(WRITE_EVERY_S)
                await self._write_or_say()
        finally:
            await self._write_or_say()

    # --- pairing -------------------------------------------------------------------------------------------------

    async def assign(self, waiting: Waiting, room_id: str, name: str, by: str, device_id: str | None) -> Device:
        """Makes the waiting screen a device of this room; `device_id` an existing one, which it takes the place of.

        Whoever types the same code meanwhile finds it used; if the store fails, it is not.
        """
        with self.codes.hold(waiting, self._clock):
            return await self._assign(waiting, room_id, name, by, device_id)

    async def _assign(self, waiting: Waiting, room_id: str, name: str, by: str, device_id: str | None) -> Device:
        now_ms = self._clock()
        await self._load()
        old = self._known.get(device_id) if device_id else None
        if old is None:
            device = await self._store.devices.add(room_id, name, waiting.kind, by, now_ms)
        else:
            await self._take_back(old)
            await self._store.devices.repair(old.device.id, room_id, waiting.kind, by, now_ms)
            device = replace(old.device, classroom_id=room_id, kind=waiting.kind, paired_ms=now_ms, paired_by=by)
        self._keep(device)
        self.codes.assign(waiting, Assignment(device.id, room_id, by), now_ms)
        log.info("device paired", device=device.id, room=room_id, by=by, again=old is not None)
        return device

    async def hand_over(self, assignment: Assignment) -> str | None:
        """The key for the screen that waits for it, issued now; None if the device was revoked meanwhile.

        One that was issued before and did not get there ends: a device has one key.
        """
        known = self._known.get(assignment.device_id)
        if known is None:
            return None
        if known.device.credential_id is not None:
            await self._store.credentials.revoke(known.device.credential_id, self._clock())
        token = await self._store.credentials.issue("device", assignment.classroom_id, self._clock())
        found = await self._store.credentials.find(token, self._clock())
        if found is None:
            return None
        await self._hold(known, found[0].id)
        return token

    async def revoke(self, device_id: str) -> None:
        """Ends a device and all that it could come in by."""
        known = self._known.get(device_id)
        if known is None:
            return
        await self._take_back(known)
        await self._store.devices.revoke(device_id, self._clock())
        self._known.pop(device_id, None)
        log.info("device revoked", device=device_id)

    async def rename(self, device_id: str, name: str) -> None:
        """Gives a device a name."""
        await self._store.devices.rename(device_id, name)
        known = self._known[device_id]
        known.device = replace(known.device, name=name)

    # --- what devices say ----------------------------------------------------------------------------------------

    async def device(self, credential: Credential, kind: Kind) -> Known:
        """The device that holds this key. A screen that came in by a link becomes known with its first report."""
        await self._load()
        known = self._by_key.get(credential.id)
        if known is None:
            device = await self._store.devices.add(credential.subject, "", kind, None, self._clock(), credential.id)
            known = self._keep(device)
        return known

    async def heard(self, known: Known, health: Health, build: str) -> bool:
        """Takes a report; whether the device is to load its page anew now. build: the pages' newest."""
        now_ms = self._clock()
        await self.timetable.look(now_ms)
        known.report(health, now_ms)
        if known.restarts(health):
            return True
        room = self.timetable.rooms.get(known.device.classroom_id)
        # A page names no build in its first report: it was loaded a moment ago.
        if room is None or health.version in ("", build) or health.kind != "page" or health.lesson is not None:
            return False
        lessons = [(seat.start_ms, seat.end_ms) for seat in self.timetable.seats(room.id)]
        return renewal.due(known.device.id, room.zone, lessons, now_ms)

    async def restart_page(self, room_id: str) -> int:
        """Has every screen of the room that is on load its page anew with its next report; how many there are."""
        now_ms = self._clock()
        known = [one for one in await self.devices([room_id]) if one.is_heard(now_ms)]
        for one in known:
            one.restart = True
        return len(known)

    # --- what people ask -----------------------------------------------------------------------------------------

    async def devices(self, room_ids: Iterable[str]) -> list[Known]:
        """The devices of these rooms, oldest first."""
        await self._load()
        wanted = set(room_ids)
        return [known for known in self._known.values() if known.device.classroom_id in wanted]

    async def everybody(self) -> list[Known]:
        """Every device that was not revoked, oldest first."""
        await self._load()
        return list(self._known.values())

    async def find(self, device_id: str) -> Known | None:
        """The device with this id that was not revoked."""
        await self._load()
        return self._known.get(device_id)

    async def rooms(self, *, fresh: bool = True) -> dict[str, RoomRow]:
        """Every classroom by its id; if not `fresh`, as they were half a minute ago at most."""
        if fresh:
            self.timetable.forget()
        await self.timetable.look(self._clock())
        return self.timetable.rooms

    async def write(self) -> None:
        """Writes everything that the store does not have yet, in one transaction.

        Raises:
            StoreError: nothing was written; it is kept for the next time.
        """
        taken = [(known, known.take()) for known in self._known.values() if known.unwritten.moved]
        if not taken:
            return
        batch = Batch(
            states=[known.state() for known, _ in taken],
            changes=[one for _, unwritten in taken for one in unwritten.changes],
            tests=[one for _, unwritten in taken for one in unwritten.tests],
            opened=[one for _, unwritten in taken for one in unwritten.opened],
            closed=[one for _, unwritten in taken for one in unwritten.closed],
        )
        try:
            await self._store.devices.write(batch)
        except BaseException:
            for known, unwritten in taken:
                known.unwritten = unwritten.before(known.unwritten)
            raise

    # --- inside --------------------------------------------------------------------------------------------------

    async def _write_or_say(self) -> None:
        try:
            await self.write()
        except StoreError as error:
            log.error("device states not written", code=error.code)

    async def _load(self) -> None:
        """Once: what the store has of every device."""
        if self._loaded:
            return
        async with self._loading:
            if self._loaded:
                return
            states = {state.device_id: state for state in await self._store.devices.states()}
            tickets = faulty(await self._store.devices.open_tickets())
            for device in await self._store.devices.all():
                known = self._keep(device)
                if device.id in states:
                    known.restore(states[device.id], tickets.get(device.id, {}))
            self._loaded = True

    def _keep(self, device: Device) -> Known:
        known = self._known.get(device.id) or Known(device)
        known.device = device
        self._known[device.id] = known
        if device.credential_id is not None:
            self._by_key[device.credential_id] = known
        return known

    async def _hold(self, known: Known, credential_id: str) -> None:
        await self._store.devices.hold(known.device.id, credential_id)
        self._keep(replace(known.device, credential_id=credential_id))

    async def _take_back(self, known: Known) -> None:
        """Revokes the key a device holds, and with it what else opens its room and no other device holds.

        That is a key that was issued and never came, or was got by a link and never reported; and the links, one of
        which the device may have come in by: it could come in again.
        """
        device = known.device
        room = (one.device for one in self._known.values() if one.device.classroom_id == device.classroom_id)
        others = {one.credential_id for one in room if one.id != device.id and one.credential_id is not None}
        await self._store.credentials.revoke_screens(device.classroom_id, others, self._clock())
        if device.credential_id is not None:
            self._by_key.pop(device.credential_id, None)
            await self._store.devices.hold(device.id, None)
            known.device = replace(device, credential_id=None)
