"""Checks of the machine: Python, libraries, disk, clock, limits, network."""

from __future__ import annotations

import importlib
import resource
import shutil
import subprocess
import sys
import time
import zoneinfo
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from server.commands.table import size
from server.config import Config
from server.doctor.finding import Finding, fine, warn, wrong

LIBRARIES = (
    "aiohttp", "aioice", "aiortc", "alembic", "argon2", "av", "cryptography", "cv2", "ifaddr", "msgspec", "numpy",
    "OpenSSL", "prometheus_client", "psycopg", "pylibsrtp", "pyotp", "segno", "sqlalchemy", "structlog", "websockets",
)  # fmt: skip
OLDEST_PYTHON = (3, 11)
FILES_AT_LEAST = 4096
BUFFER_AT_LEAST = 2 * 1024 * 1024
LESSON_BYTES = 600 * 1024 * 1024
"""A lesson of 40 minutes at 2 Mbit/s."""
GIB = 1024**3
LAUNCHED = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock of a working server is before this program was made."""


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Whether Python is new enough."""
    words = ".".join(map(str, version))
    return (fine if version >= OLDEST_PYTHON else wrong)("python", version=words)


def libraries(
    names: Iterable[str] = LIBRARIES, load: Callable[[str], object] = importlib.import_module
) -> list[Finding]:
    """Whether every library loads, its system libraries included."""
    found = []
    names = tuple(names)
    for name in names:
        try:
            load(name)
        except Exception as error:  # a broken library may raise anything while it loads; that is what we look for
            found.append(wrong("library", name=name, detail=str(error) or type(error).__name__))
    return found or [fine("library", count=len(names))]


def disk(config: Config, usage: Callable[[Path], tuple[int, int]] | None = None) -> Finding:
    """Whether there is room for recordings where they will be."""
    folder = config.data_dir
    while not folder.exists():
        folder = folder.parent
    total, free = (usage or _usage)(folder)
    needed = int(config.recording.refuse_below_gib * GIB)
    if free < needed:
        return wrong("disk", free=size(free), needed=size(needed))
    if free < total / 10:
        return warn("disk", free=size(free))
    return fine("disk", free=size(free), lessons=(free - needed) // LESSON_BYTES)


def clock(now: datetime, synchronised: bool | None, step_s: float = 0.0) -> Finding:
    """Whether the wall clock can be right, runs evenly against the monotonic one, and follows a time server.

    step_s: how far the wall clock moved against the monotonic one while we watched.
    """
    if now < LAUNCHED:
        return wrong("clock", now=now.isoformat(timespec="seconds"))
    if abs(step_s) > 0.5:
        return warn("clock", says="clock.stepping", step=round(step_s, 1))
    if synchronised is False:
        return warn("clock")
    return fine("clock", zone=time.strftime("%Z %z"))


def watch_clock(seconds: float = 0.2) -> tuple[datetime, float]:
    """Now, and how far the wall clock moves against the monotonic one in `seconds`."""
    wall, even = time.time(), time.monotonic()
    time.sleep(seconds)
    return datetime.now(UTC), (time.time() - wall) - (time.monotonic() - even)


def synchronised() -> bool | None:
    """What timedatectl(1) says of time synchronisation; None where it cannot be asked."""
    try:
        asked = subprocess.run(
            ["timedatectl", "show", "--property=NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=3,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"yes": True, "no": False}.get(asked.stdout.strip())


def zones() -> Finding:
    """Whether the county's time zone can be shown."""
    try:
        zoneinfo.ZoneInfo("Asia/Shanghai")
    except zoneinfo.ZoneInfoNotFoundError:
        return wrong("zones")
    return fine("zones")


def limits() -> Finding:
    """Whether enough files and sockets may be open at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    usable = hard if hard != resource.RLIM_INFINITY else soft
    return (fine if usable >= FILES_AT_LEAST else warn)("limits", limit=usable)


def buffers(path: Path = Path("/proc/sys/net/core/rmem_max")) -> list[Finding]:
    """Whether the kernel grants large UDP buffers; nothing where it does not say."""
    try:
        allowed = int(path.read_text())
    except (OSError, ValueError):
        return []
    return [(fine if allowed >= BUFFER_AT_LEAST else warn)("buffers", size=size(allowed))]


def network(addresses: tuple[str, ...]) -> Finding:
    """Whether anybody else can reach this machine."""
    return fine("network", addresses=", ".join(addresses)) if addresses else warn("network")


def environment(environ: Iterable[str], known: Iterable[str]) -> Finding:
    """Whether the configuration's variables are spelt right."""
    unknown = sorted({name for name in environ if name.startswith("TONGKE_")} - set(known))
    return warn("config", names=", ".join(unknown)) if unknown else fine("config")


def _usage(folder: Path) -> tuple[int, int]:
    status = shutil.disk_usage(folder)
    return status.total, status.free
