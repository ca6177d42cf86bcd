"""Tells the server every few seconds how this device is, and hears its time. The server never calls a device."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import structlog

from classroom_client.entry import Door, EntryError, post
from classroom_client.report_line import ReportLine

log = structlog.get_logger(__name__)

EVERY_S: Final = 14.0
ANSWERED_WITHIN_S: Final = 30.0
"""Two reports that went by without an answer: nobody would tell of a change."""


class Heard(msgspec.Struct, frozen=True):
    """What of the server's answer this program uses.

    now_ms: UTC, by the server's clock. timetable: another text whenever the room's lessons changed. reload: somebody
    asked that the room's screen begin anew.
    """

    now_ms: int
    timetable: str = ""
    reload: bool = False


class Reporter:
    """Reports while it has a key. parts: camera, microphone and how many cameras now, in the words of a report.

    Like a page, its first report names no version: by that the server knows that this program has begun anew.
    """

    def __init__(self, door: Door, version: str, parts: Callable[[], Mapping[str, str | int]]) -> None:
        self.lesson: str | None = None
        self.restart_asked = asyncio.Event()
        self.timetable = ""
        """As the server names it; another name: the room's lessons are others."""
        self._key: str | None = None
        self._keyed = asyncio.Event()
        self._door, self._version, self._parts = door, version, parts
        self._heard = False
        self._heard_s = -math.inf
        self._ahead_ms = 0
        self._rtt_ms: int | None = None
        self._line = ReportLine(door)

    @property
    def key(self) -> str | None:
        """This device's key; None while it has none, and reports nothing."""
        return self._key

    @key.setter
    def key(self, key: str | None) -> None:
        self._key = key
        if key is None:
            self._keyed.clear()
        else:
            self._keyed.set()

    def is_answered(self) -> bool:
        """Whether the server hears this device, and would tell it of a change."""
        return time.monotonic() - self._heard_s < ANSWERED_WITHIN_S

    def now_ms(self) -> int:
        """UTC in milliseconds, by the server's clock once it was heard: a box without a battery wakes in 1970."""
        return time.time_ns() // 1_000_000 + self._ahead_ms

    async def run(self) -> None:
        """Reports until cancelled; a server that is away is reported to the next time."""
        try:
            while True:
                await self._keyed.wait()
                if self._key is not None:
                    await self.report(self._key)
                await asyncio.sleep(EVERY_S)
        finally:
            await self.close()

    async def close(self) -> None:
        """Leaves the line."""
        await self._line.close()

    async def report(self, key: str) -> None:
        """One report: on the line, or as a request, after which there is a line."""
        began_s = time.monotonic()
        report = self._health()
        body: str | bytes | None = await self._line.ask(report, key)
        on_line = body is not None
        try:
            if body is None:
                began_s = time.monotonic()
                body, _ = await post(self._door, "/api/devices/health", report, key)
            heard = msgspec.json.decode(body, type=Heard)
        except (EntryError, msgspec.DecodeError) as error:
            log.info("not reported", error=str(error))
            return
        self._take(heard, began_s)
        if not on_line:
            await self._line.open(key)

    def _take(self, heard: Heard, began_s: float) -> None:
        self._heard, self._heard_s = True, time.monotonic()
        self.timetable = heard.timetable
        if heard.reload:
            self.restart_asked.set()
        self._rtt_ms = round(1000 * (time.monotonic() - began_s))
        self._ahead_ms = heard.now_ms + self._rtt_ms // 2 - time.time_ns() // 1_000_000

    def _health(self) -> dict[str, Any]:
        return {
            "kind": "appliance",
            "version": self._version if self._heard else "",
            "sound": "unknown",
            "width": 0,
            "height": 0,
            "clock_ms": time.time_ns() // 1_000_000,
            "lesson": self.lesson,
            "rtt_ms": self._rtt_ms,
            **self._parts(),
        }
