"""The relay of a rehearsed lesson: coturn and HAProxy beside the server, with the files that `tongke relay` writes.

They are started as deploy/relay.sh starts them, packet filter first; that script is not there where Tongke was
installed as a package, and it looks for changes that a rehearsal does not have.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from classroom_client.rehearsal.venue import VenueError

SHARED: Final = "443"
"""The port that pages, the WebSocket and the relay share."""
PROGRAMS: Final = {"turnserver": "coturn", "haproxy": "haproxy", "nft": "nftables"}
"""What it takes, and the packages of Debian that have it."""
LISTENS_WITHIN_S: Final = 10.0
LOOKS_EVERY_S: Final = 0.1
WRITES_WITHIN_S: Final = 30.0
ENDS_WITHIN_S: Final = 5.0
_LISTENING: Final = "0A"
"""A socket's state in /proc/net/tcp (proc_pid_net(5))."""


def environ(address: str) -> dict[str, str]:
    """What a server with a relay at `address` is told by its environment."""
    return {
        "TONGKE_RELAY_HOST": address,
        "TONGKE_PUBLIC_ORIGINS": f"https://{address}",
        "TONGKE_TRUSTED_PROXIES": "127.0.0.0/8",
    }


def check() -> None:
    """Raises VenueError, `no_relay`, with the packages that are missing."""
    missing = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if missing:
        raise VenueError("no_relay", " ".join(missing))


@asynccontextmanager
async def running_relay(data: Path, address: str, inside: Sequence[str]) -> AsyncIterator[None]:
    """The relay of the server that runs over `data`, as long as the context; inside: what commands are begun with.

    Raises:
        VenueError: `no_relay`, one of its programs is missing or does not run here.
    """
    check()
    told = await _run([*inside, sys.executable, "-m", "server", "relay", "--data", str(data)], environ(address))
    folder = Path(told.strip())
    await _run([*inside, "nft", "-f", str(folder / "relay.nft")])
    async with AsyncExitStack() as programs:
        for command in (
            ["turnserver", "-c", str(folder / "turnserver.conf")],
            ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")],
        ):
            await programs.enter_async_context(_beside([*inside, *command], folder / f"{command[0]}.log"))
        await _listens(inside, (3478, int(SHARED)), folder)
        yield


def listening(table: str) -> set[int]:
    """The ports that are listened to, by /proc/net/tcp."""
    rows = [row.split() for row in table.splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == _LISTENING}


async def _listens(inside: Sequence[str], ports: Sequence[int], folder: Path) -> None:
    """Returns once something listens on all the ports, in the namespace of `inside`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LISTENS_WITHIN_S):
            while True:
                if listening(await _run([*inside, "cat", "/proc/net/tcp"])).issuperset(ports):
                    return
                await asyncio.sleep(LOOKS_EVERY_S)
    said = [(folder / f"{program}.log").read_text(errors="replace")[-300:] for program in ("turnserver", "haproxy")]
    raise VenueError("no_relay", " ".join(said))


async def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    """What a command prints; VenueError where it fails."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    try:
        output, errors = await asyncio.wait_for(process.communicate(), WRITES_WITHIN_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise VenueError("no_relay", errors.decode(errors="replace")[-300:])
    return output.decode()


@asynccontextmanager
async def _beside(command: Sequence[str], log: Path) -> AsyncIterator[None]:
    """A program that runs as long as the context."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), ENDS_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()
