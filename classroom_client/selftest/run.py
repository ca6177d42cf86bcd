"""The whole self-test, about twenty seconds, and when it is due; the server judges the figures."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import structlog

from classroom_client.entry import Door, EntryError, post
from classroom_client.selftest.line import line_figures
from classroom_client.selftest.loop import Whistle, loop_figures
from classroom_client.selftest.picture import camera_figures
from classroom_client.selftest.sound import sound_figures
from classroom_client.selftest.tasting import Tasting
from classroom_client.selftest.upright import compared

log = structlog.get_logger(__name__)

LASTS_S: Final = 3.5
"""So long picture and sound are looked at."""
FROM_MS: Final = 30 * 60_000
UNTIL_MS: Final = 2 * 60_000
TESTED_FOR_MS: Final = 10 * 3_600_000


class Room(NamedTuple):
    """What is tested. parts: what the capture says of camera and microphone; `unknown` is not tested.

    screen: width, height and height of class's letters, pixels; None without one.
    """

    tasting: Tasting
    parts: dict[str, str]
    whistle: Whistle
    screen: tuple[int, int, int] | None
    state: Path


def is_due(next_start_ms: int | None, tested_ms: int | None, now_ms: int) -> bool:
    """Whether to test by itself: once a day, between half an hour and two minutes before the first lesson."""
    if next_start_ms is None or (tested_ms is not None and now_ms - tested_ms < TESTED_FOR_MS):
        return False
    return UNTIL_MS <= next_start_ms - now_ms <= FROM_MS


async def run(room: Room, door: Door, key: str) -> list[str]:
    """Looks, listens, chirps where there is a loudspeaker, tries the line, and sends it all; the faults found in it.

    Raises:
        EntryError: the server did not take the figures.
    """
    began_s = time.monotonic()
    await asyncio.sleep(LASTS_S)
    figures = device_figures(room)
    if room.screen is not None and room.parts["microphone"] == "ok":
        figures["loop"] = await loop_figures(room.whistle, room.tasting)
    figures["line"] = await line_figures(door, key)
    figures |= {"by": "itself", "clock_ms": time.time_ns() // 1_000_000}
    figures["took_ms"] = round(1000 * (time.monotonic() - began_s))
    body, _ = await post(door, "/api/devices/selftest", figures, key)
    try:
        faults = [fault.code for fault in msgspec.json.decode(body, type=_Verdict).faults]
    except msgspec.DecodeError as error:
        raise EntryError("bad_answer", str(error)) from error
    log.info("self-test", faults=faults)
    return faults


def device_figures(room: Room) -> dict[str, Any]:
    """The figures of camera, microphone, screen and disk."""
    figures: dict[str, Any] = {}
    if room.parts["camera"] != "unknown":
        figures["camera"] = _camera(room)
    if room.parts["microphone"] != "unknown":
        heard = room.tasting.take("audio").samples
        figures["microphone"] = sound_figures(heard) if heard.size else {"trouble": _trouble(room.parts["microphone"])}
    if room.screen is not None:
        width, height, letters = room.screen
        figures["screen"] = {"width": width, "height": height, "letters": round(1000 * letters / height, 1)}
    figures["disk_free_mb"] = shutil.disk_usage(room.state if room.state.exists() else "/").free // 1_000_000
    return figures


def _camera(room: Room) -> dict[str, Any]:
    pictures = room.tasting.pictures
    if not pictures:
        return {"trouble": _trouble(room.parts["camera"])}
    return camera_figures(pictures) | compared(pictures[-1], room.state)


def _trouble(part: str) -> str:
    """A device that is open and gives nothing has failed."""
    return "failed" if part == "ok" else part


class _Fault(msgspec.Struct, frozen=True):
    code: str


class _Verdict(msgspec.Struct, frozen=True):
    faults: list[_Fault]
