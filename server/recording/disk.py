"""Room on the disk: when a recording may begin, when to warn, when to stop. Pure but for `measure`."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

MIB = 1024 * 1024
GIB = 1024 * MIB


class DiskPolicy(Struct, frozen=True, kw_only=True):
    """refuse_bytes: less free than this, and a recording is refused before class. warn_*: less than this fraction of
    the disk, or so many minutes at the present rate, and the lead is warned. stop_bytes: less than this, and the
    recording stops, the class goes on; above resume_bytes it goes on too."""

    refuse_bytes: int = 5 * GIB
    warn_fraction: float = 0.10
    warn_minutes: float = 30.0
    stop_bytes: int = 500 * MIB
    resume_bytes: int = 600 * MIB


class Room(Struct, frozen=True, kw_only=True):
    """What is free now. minutes_left: until recordings stop, at the present rate; None while nothing is written."""

    bytes_free: int
    bytes_total: int
    low: bool
    minutes_left: float | None


def judge(policy: DiskPolicy, bytes_free: int, bytes_total: int, bytes_per_s: float) -> Room:
    """How much room `bytes_free` of `bytes_total` is while `bytes_per_s` are written."""
    minutes = max(0.0, bytes_free - policy.stop_bytes) / bytes_per_s / 60 if bytes_per_s > 0 else None
    low = bytes_free < policy.warn_fraction * bytes_total or (minutes is not None and minutes < policy.warn_minutes)
    return Room(bytes_free=bytes_free, bytes_total=bytes_total, low=low, minutes_left=minutes)


def measure(folder: Path) -> tuple[int, int]:
    """Free and total bytes of the disk that holds `folder`, or its nearest ancestor that is there.

    Raises:
        OSError: it cannot be told.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize


def may_begin(policy: DiskPolicy, bytes_free: int) -> bool:
    """A recording may begin with so much free."""
    return bytes_free >= policy.refuse_bytes
