"""A device as the server knows it now: its row, its latest report, its latest test, and what changed since. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from server.devices import tickets, verdict
from server.devices.measurements import Health, SelfTest
from server.devices.readiness import HEARD_WITHIN_MS, Seen
from server.store.device_rows import Change, Device, State, Tested, Ticket
from server.store.ids import new_id

HELD = 50
"""Changes and tests of one device that wait for a store that refuses to write; older ones are dropped."""


@dataclass
class Unwritten:
    """What the store does not have yet of a device."""

    moved: bool = False
    changes: list[Change] = field(default_factory=list)
    tests: list[Tested] = field(default_factory=list)
    opened: list[Ticket] = field(default_factory=list)
    closed: list[tuple[str, int]] = field(default_factory=list)

    def before(self, later: Unwritten) -> Unwritten:
        """This and what came later, cut to what is held for a store that refuses to write."""
        return Unwritten(
            self.moved or later.moved,
            (self.changes + later.changes)[-HELD:],
            (self.tests + later.tests)[-HELD:],
            self.opened + later.opened,
            self.closed + later.closed,
        )


@dataclass
class Known:
    """One device."""

    device: Device
    heard_ms: int = 0
    health: Health | None = None
    build: str = ""
    """The build its page told last; a page that was just loaded does not know its own yet."""
    cameras: int | None = None
    """How many were plugged in when it looked last: in class it does not."""
    tested_ms: int | None = None
    tested: frozenset[str] = frozenset()
    faults: frozenset[str] = frozenset()
    open: dict[str, str] = field(default_factory=dict)
    """Fault to ticket."""
    lasting: tickets.Lasting = field(default_factory=tickets.Lasting)
    unwritten: Unwritten = field(default_factory=Unwritten)
    restart: bool = False
    """Somebody asked that its page be loaded anew, and it was not yet."""

    def report(self, health: Health, now_ms: int) -> None:
        """Takes a report."""
        before, away_ms = self._signature(), now_ms - self.heard_ms if self.heard_ms else 0
        self.heard_ms, self.health, self.build = now_ms, health, health.version or self.build
        self.cameras = self.cameras if health.cameras is None else health.cameras
        self._judge(now_ms, sure=False)
        if away_ms > HEARD_WITHIN_MS or self._signature() != before:
            self._note(now_ms, {"away_ms": away_ms} if away_ms > HEARD_WITHIN_MS else {})

    def restarts(self, health: Health) -> bool:
        """Whether it is to load its page anew now because somebody asked; what was just loaded has done so.

        A page or program that has just begun names no build in its first report, and is told again until that one
        comes: an answer may be lost.
        """
        asked, fresh = self.restart, not health.version
        if fresh:
            self.restart = False
        return asked and not fresh

    def test(self, figures: SelfTest, now_ms: int) -> list[verdict.Fault]:
        """Takes a test; the faults it found."""
        found = verdict.of_test(figures, now_ms)
        before = self._signature()
        self.heard_ms, self.tested_ms, self.tested = now_ms, now_ms, frozenset(found)
        self._judge(now_ms, sure=True)
        told, codes = msgspec.json.encode(figures).decode(), msgspec.json.encode(sorted(found)).decode()
        self.unwritten.tests.append(Tested(device_id=self.device.id, at_ms=now_ms, figures=told, faults=codes))
        if self._signature() != before:
            self._note(now_ms, {})
        return verdict.named(found)

    def state(self) -> State:
        """What is kept of it."""
        return State(
            device_id=self.device.id,
            heard_ms=self.heard_ms,
            health=msgspec.json.encode(self.health).decode(),
            tested_ms=self.tested_ms,
            test_faults=msgspec.json.encode(sorted(self.tested)).decode(),
        )

    def restore(self, state: State, open_tickets: dict[str, str]) -> None:
        """Goes on from what was kept, after a restart of the server."""
        self.heard_ms, self.tested_ms = state.heard_ms, state.tested_ms
        self.health = msgspec.json.decode(state.health, type=Health | None)
        self.build = self.health.version if self.health else ""
        self.cameras = self.health.cameras if self.health else None
        self.tested = frozenset(msgspec.json.decode(state.test_faults, type=list[str])) & verdict.FAULTS.keys()
        self.open = dict(open_tickets)
        self.faults = frozenset(self._now(state.heard_ms))

    def is_heard(self, now_ms: int) -> bool:
        """Whether it reported within the last three of its turns."""
        return self.heard_ms > 0 and now_ms - self.heard_ms <= HEARD_WITHIN_MS

    def seen(self) -> Seen:
        """For the ready board."""
        return Seen(self.heard_ms, self.health.lesson if self.health else None, self.faults, self.cameras)

    def take(self) -> Unwritten:
        """What the store does not have yet, to be written now."""
        taken, self.unwritten = self.unwritten, Unwritten()
        return taken

    def _now(self, now_ms: int) -> set[str]:
        reported = verdict.of_health(self.health, now_ms) if self.health else set()
        return verdict.together(reported, set(self.tested))

    def _judge(self, now_ms: int, *, sure: bool) -> None:
        self.unwritten.moved = True
        self.faults = frozenset(self._now(now_ms))
        turn = tickets.follow(self.lasting, self.faults, self.open, now_ms, sure=lambda _: sure)
        for fault, since_ms in turn.opened:
            ticket = Ticket(new_id("ticket", now_ms), self.device.id, fault, since_ms, None)
            self.open[fault] = ticket.id
            self.unwritten.opened.append(ticket)
        for fault in turn.closed:
            self.unwritten.closed.append((self.open.pop(fault), now_ms))

    def _signature(self) -> tuple[Iterable[str], str, tuple[int, int]]:
        """What makes a state another one: not the level of the microphone, not the lesson."""
        if self.health is None:
            return self.faults, "", (0, 0)
        return self.faults, self.build, (self.health.width, self.health.height)

    def _note(self, now_ms: int, more: dict[str, int]) -> None:
        what = {"faults": sorted(self.faults), "version": self.build, **more}
        self.unwritten.changes.append(
            Change(device_id=self.device.id, at_ms=now_ms, what=msgspec.json.encode(what).decode())
        )
