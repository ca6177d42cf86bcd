"""The line to the server: how far, how wide both ways, and by which ways media come (web/src/selftest/line.ts)."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import aiohttp

from classroom_client.entry import Door, session
from classroom_client.selftest.ways import ways_figures

ROUNDS: Final = 5
PROBE_S: Final = 3.0
CHUNK: Final = 64 * 1_024
CHUNKS_MAX: Final = 32
WIDEST_KBPS: Final = 10_000_000
"""A line that carries more, as one within a machine does, is told as this wide (server/devices/measurements.py)."""


async def line_figures(door: Door, key: str) -> dict[str, Any] | None:
    """About ten seconds; None when the server does not answer: then there is no line."""
    try:
        async with session(door, key) as http:
            figures: dict[str, Any] = {"rtt_ms": await _round_trip(http)}
            figures["down_kbps"] = await _down(http)
            figures["up_kbps"] = await _up(http)
        figures |= await ways_figures(door, key)
    except (aiohttp.ClientError, OSError, TimeoutError):
        return None
    return figures


async def _round_trip(http: aiohttp.ClientSession) -> int:
    best_s = float("inf")
    for _ in range(ROUNDS):
        began_s = time.monotonic()
        async with http.get("/api/version", raise_for_status=True) as response:
            await response.read()
        best_s = min(best_s, time.monotonic() - began_s)
    return round(1000 * best_s)


async def _down(http: aiohttp.ClientSession) -> int:
    """What came in PROBE_S is the measure, whether or not all has come by then."""
    received, began_s = 0, time.monotonic()
    try:
        async with asyncio.timeout(PROBE_S), http.get("/api/devices/probe", raise_for_status=True) as response:
            began_s = time.monotonic()
            async for block in response.content.iter_any():
                received += len(block)
    except TimeoutError:
        pass
    return _kbps(received, time.monotonic() - began_s)


async def _up(http: aiohttp.ClientSession) -> int:
    sent, began_s = 0, time.monotonic()
    while time.monotonic() - began_s < PROBE_S and sent < CHUNKS_MAX * CHUNK:
        try:
            async with (
                asyncio.timeout(2 * PROBE_S),
                http.post("/api/devices/probe", data=bytes(CHUNK), raise_for_status=True) as response,
            ):
                await response.read()
        except TimeoutError:
            break  # not even one piece came through in its time
        sent += CHUNK
    return _kbps(sent, time.monotonic() - began_s)


def _kbps(count: int, seconds: float) -> int:
    return min(WIDEST_KBPS, round(count * 8 / 1000 / max(0.001, seconds)))
