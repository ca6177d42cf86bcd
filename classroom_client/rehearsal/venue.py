"""Where a rehearsal takes place: a server that runs already, or one started for it; its lessons and their links."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import msgspec
import structlog
from msgspec import Struct

from classroom_client.entry import split_link
from classroom_client.lines.profiles import Phase
from classroom_client.rehearsal.lesson_run import LessonJob

log = structlog.get_logger(__name__)

START_DEADLINE_S: Final = 60.0
STOP_DEADLINE_S: Final = 20.0
LINKS_DEADLINE_S: Final = 30.0
_SERVER: Final = (sys.executable, "-m", "server")


class VenueError(Exception):
    """There is no server to rehearse with. `code` is stable, `detail` the server's own last words."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class _Link(Struct, frozen=True):
    token: str


class _LessonLinks(Struct, frozen=True):
    lesson: str
    teacher: _Link
    classrooms: list[_Link]


class _Links(Struct, frozen=True):
    """What `tongke links --json` prints, as far as it matters here."""

    http: str
    lessons: list[_LessonLinks]
    pid: int | None = None


class Line(Protocol):
    """A line that may be changed."""

    def become(self, phase: Phase | None) -> None:
        """The line is as in this phase from now on; None: a good one."""


class Venue(Struct, frozen=True):
    """A running server. pid: its process on this machine, None where it is on another or unknown.

    inside: what a command that takes part is begun with; ca: its certificate authority, where it is another than asked
    for; line: that of the last room, where it can be made weak.
    """

    server: str
    lessons: list[LessonJob]
    pid: int | None
    inside: list[str] = []
    ca: str | None = None
    line: Line | None = None


def venue_of_links(document: bytes, server: str | None, lessons: int, remotes: int) -> Venue:
    """The venue that a links document (`tongke links --json`) describes; `server` takes the place of its address.

    Raises:
        VenueError: `bad_links`, it is something else; `too_few_lessons`, it has fewer than asked for.
    """
    try:
        links = msgspec.json.decode(document, type=_Links)
    except msgspec.DecodeError as error:
        raise VenueError("bad_links", str(error)) from error
    fitting = [lesson for lesson in links.lessons if len(lesson.classrooms) >= remotes]
    if len(fitting) < lessons:
        raise VenueError("too_few_lessons", str(len(fitting)))
    jobs = [
        LessonJob(number, [lesson.teacher.token, *(each.token for each in lesson.classrooms[:remotes])])
        for number, lesson in enumerate(fitting[:lessons])
    ]
    return Venue(server or links.http, jobs, links.pid)


def venue_of_join_links(join_links: list[str], pid: int | None) -> Venue:
    """One lesson by the join links of its participants, the lead's first.

    Raises:
        EntryError: `bad_link`.
        VenueError: `bad_links`, they lead to different servers.
    """
    servers, tokens = zip(*(split_link(link) for link in join_links), strict=True)
    if len({server.split("://")[0] for server in servers}) > 1:
        raise VenueError("bad_links")
    return Venue(servers[0], [LessonJob(0, list(tokens))], pid)


async def read_links(data: Path) -> bytes:
    """The links document of the server that runs over the data directory `data`.

    Raises:
        VenueError: `no_links`, none runs there.
    """
    process = await asyncio.create_subprocess_exec(
        *_SERVER, "links", "--json", "--data", str(data),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        output, errors = await asyncio.wait_for(process.communicate(), LINKS_DEADLINE_S)
    except TimeoutError as late:
        process.kill()
        await process.wait()
        raise VenueError("no_links") from late
    if process.returncode:
        raise VenueError("no_links", errors.decode(errors="replace")[-500:])
    return output


@asynccontextmanager
async def started_server(lessons: int, remotes: int) -> AsyncIterator[Venue]:
    """A server of our own over an empty data directory, with as many demonstration lessons; stopped afterwards.

    Raises:
        VenueError: `server_not_started`.
    """
    with tempfile.TemporaryDirectory(prefix="tongke-rehearsal-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        async with running_server(data, Path(folder), lessons):
            yield venue_of_links(await read_links(data), None, lessons, remotes)


@asynccontextmanager
async def running_server(
    data: Path,
    folder: Path,
    lessons: int,
    inside: Sequence[str] = (),
    ports: Sequence[str] = ("0", "0", "0"),
    environ: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[None]:
    """A server over `data`; ports: http, https, media. inside: what its command is begun with; environ: told besides.

    Raises:
        VenueError: `server_not_started`.
    """
    process = await _start(data, folder, lessons, inside, ports, environ)
    try:
        yield
    finally:
        await _stop(process)


async def _start(
    data: Path, folder: Path, lessons: int, inside: Sequence[str], ports: Sequence[str], environ: Mapping[str, str]
) -> asyncio.subprocess.Process:
    """Starts it and waits for its readiness (sd_notify's READY=1, as a service manager does)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, (folder / "server.log").open("wb") as output:
        ready.bind(str(folder / "notify"))
        ready.setblocking(False)
        process = await asyncio.create_subprocess_exec(
            *inside, *_SERVER, "serve", "--data", str(data),
            "--port", ports[0], "--https-port", ports[1], "--media-port", ports[2],
            "--demo", "--demo-lessons", str(lessons),
            stdout=output, stderr=output, env={**os.environ, **environ, "NOTIFY_SOCKET": str(folder / "notify")},
        )  # fmt: skip
        died = asyncio.create_task(process.wait())
        told = asyncio.create_task(_told_ready(ready))
        await asyncio.wait({died, told}, timeout=START_DEADLINE_S, return_when=asyncio.FIRST_COMPLETED)
        is_ready = told.done()
        for task in (died, told):
            task.cancel()
        await asyncio.gather(died, told, return_exceptions=True)
    if not is_ready:
        await _stop(process)
        raise VenueError("server_not_started", (folder / "server.log").read_text(errors="replace")[-1000:])
    return process


async def _told_ready(ready: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while b"READY=1" not in await loop.sock_recv(ready, 4096):
        pass


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_DEADLINE_S)
    except TimeoutError:
        log.warning("server did not stop in time", pid=process.pid)
        process.kill()
        await process.wait()
