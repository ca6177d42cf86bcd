"""A lesson with one room behind a weak line: server and participants in network namespaces, joined by our own switch.

The participants share a namespace with two devices, one for each kind of line. A participant is bound to one of them by
the address it sends from, and the server has an address in the network of either.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from classroom_client.lines.line import Conditions
from classroom_client.lines.profiles import Phase, rehearsed_lines
from classroom_client.lines.switch import Order, move
from classroom_client.rehearsal import relay
from classroom_client.rehearsal.lesson_run import WeakSeat
from classroom_client.rehearsal.venue import Venue, VenueError, read_links, running_server, venue_of_links

HTTPS: Final = "8443"
MEDIA: Final = "8444"
NEAR: Final = ("10.98.0.1", "10.98.0.2")
FAR: Final = ("10.98.1.1", "10.98.1.2")
"""The server's and the participants' address on the good and on the weak line."""
MOVED: Final = "10.98.1.77"
LAST: Final = 3
"""The number of the plug of the weak line."""
READY_WITHIN_S: Final = 10.0
TUN: Final = Path("/dev/net/tun")


class WeakLine:
    """The line of the last room, which may be changed at any time. junk: what sends it while the line is not good."""

    def __init__(self, switch: asyncio.subprocess.Process, plug: str, junk: list[str]) -> None:
        self._switch, self._plug, self._junk = switch, plug, junk
        self._namespace = plug.partition("=")[0]
        self._sending: subprocess.Popen[bytes] | None = None

    def become(self, phase: Phase | None) -> None:
        """The line is as in this phase from now on; None: a good one."""
        up, down = (Conditions(), Conditions()) if phase is None else (phase.up, phase.down)
        assert self._switch.stdin is not None
        self._switch.stdin.write(msgspec.json.encode(Order(self._plug, up, down)) + b"\n")
        if phase is not None and phase.moves:
            move(self._namespace, LAST, MOVED)
        if phase is None:
            self.quiet()
        elif self._junk and self._sending is None:
            self._sending = subprocess.Popen(self._junk, stdin=subprocess.PIPE)

    def quiet(self) -> None:
        """No junk from here on.

        Raises:
            VenueError: `no_namespaces`; what sent it had ended by itself, so there was none.
        """
        sending, self._sending = self._sending, None
        if sending is None:
            return
        ended = sending.poll()
        sending.terminate()
        sending.wait()
        if ended is not None:
            raise VenueError("no_namespaces", f"junk: {ended}")


@asynccontextmanager
async def behind_a_line(line: str, remotes: int) -> AsyncIterator[Venue]:
    """A server of our own with one lesson, whose last room's line can be made weak.

    Raises:
        VenueError: `no_namespaces`; `no_relay`; `server_not_started`.
    """
    if rehearsed_lines()[line].relay:
        relay.check()
    server, people = f"tongke-rehearsal-{os.getpid()}-server", f"tongke-rehearsal-{os.getpid()}"
    far, profile = f"{people}={FAR[1]}", rehearsed_lines()[line]
    # The relay sends from the first address, and what answers it on this machine answers from the same one.
    first, second = (FAR[0], NEAR[0]) if profile.relay else (NEAR[0], FAR[0])
    async with _switched([f"{server}={first},{second}", f"{people}={NEAR[1]}", far]) as switch:
        with tempfile.TemporaryDirectory(prefix="tongke-rehearsal-", ignore_cleanup_errors=True) as folder:
            data, ports = Path(folder) / "data", ("8080", HTTPS, MEDIA)
            environ = relay.environ(FAR[0]) if profile.relay else {}
            async with (
                running_server(data, Path(folder), 1, inside=_inside(server), ports=ports, environ=environ),
                relay.running_relay(data, FAR[0], _inside(server)) if profile.relay else nullcontext(),
            ):
                venue = venue_of_links(await read_links(data), f"https://{NEAR[0]}:{HTTPS}", 1, remotes)
                port = relay.SHARED if profile.relay else HTTPS
                weak = WeakSeat(line, f"https://{FAR[0]}:{port}", near=NEAR[1], far=FAR[1], moved=MOVED)
                changed = WeakLine(switch, far, _junk(server, profile.junk))
                try:
                    yield replace(
                        venue,
                        lessons=[replace(job, weak=weak) for job in venue.lessons],
                        inside=_inside(people),
                        ca=str(data / "tls" / "ca.crt"),
                        line=changed,
                    )
                finally:
                    changed.quiet()


def _inside(namespace: str) -> list[str]:
    return ["ip", "netns", "exec", namespace]


def _junk(server: str, per_second: int) -> list[str]:
    """From the server's own namespace: the switch is too slow for so much."""
    send = [sys.executable, "-m", "classroom_client.lines.junk", NEAR[0], MEDIA, str(per_second)]
    return [*_inside(server), *send] if per_second else []


@asynccontextmanager
async def _switched(plugs: list[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The switch with all lines good; its namespaces go with it."""
    if os.geteuid() != 0 or not TUN.exists() or shutil.which("ip") is None:
        raise VenueError("no_namespaces", f"uid {os.geteuid()}, {TUN}: {TUN.exists()}, ip: {shutil.which('ip')}")
    switch = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "classroom_client.lines.switch", *plugs,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert switch.stdin is not None
    assert switch.stdout is not None
    assert switch.stderr is not None
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            ready = await switch.stdout.readline()
        if ready.strip() != b"ready":
            raise VenueError("no_namespaces", (await switch.stderr.read()).decode(errors="replace")[-300:])
        yield switch
    finally:
        switch.stdin.close()
        await switch.wait()
