"""A real `tongke serve` with the demonstration county, and synthetic participants of its lessons."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.ports import free_ports
from classroom_client.entry import Door
from classroom_client.rehearsal.book import Book, Whose
from classroom_client.rehearsal.footage import Footage, encode
from classroom_client.rehearsal.participant import Participant
from classroom_client.rehearsal.sabotage import Saboteur
from signaling.messages import StartLesson

READY_WITHIN_S: Final = 60.0
STEP_WITHIN_S: Final = 20.0
CLASSROOMS: Final = 3


@dataclass
class Served:
    """A server over a data directory, with its links document (`tongke links --json`)."""

    process: asyncio.subprocess.Process | None
    links: dict[str, Any]

    @staticmethod
    async def start(data: Path, lessons: int, *, supervised: bool = False) -> Served:
        """Starts it on free ports and waits for its readiness. supervised: as by `make run`, on ports that stay."""
        ports = free_ports(3) if supervised else ["0", "0", "0"]
        options = ["--port", ports[0], "--https-port", ports[1], "--media-port", ports[2]]
        options += ["--supervise"] if supervised else []
        address = str(data.parent / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, (data.parent / "server.log").open("ab") as log:
            ready.bind(address)
            ready.setblocking(False)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server", "serve", "--data", str(data), *options,
                "--demo", "--demo-lessons", str(lessons),
                stdout=log, stderr=log, env={**os.environ, "NOTIFY_SOCKET": address},
            )  # fmt: skip
            async with asyncio.timeout(READY_WITHIN_S):
                while b"READY=1" not in await asyncio.get_running_loop().sock_recv(ready, 4096):
                    pass
        Path(address).unlink()
        told = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "links", "--json", "--data", str(data), stdout=asyncio.subprocess.PIPE
        )
        output, _ = await told.communicate()
        return Served(process, json.loads(output))

    @property
    def pid(self) -> int:
        """For whoever measures it."""
        assert self.process is not None
        return self.process.pid

    @property
    def door(self) -> Door:
        """Plain HTTP on this machine."""
        return Door(self.links["http"], None)

    def tokens(self, lesson: int) -> list[str]:
        """The lead's and the classrooms'."""
        links = self.links["lessons"][lesson]
        return [links["teacher"]["token"], *(room["token"] for room in links["classrooms"][:CLASSROOMS])]

    def classroom_page(self, lesson: int, classroom: int) -> str:
        """Where a classroom's television goes, with its token."""
        token = self.links["lessons"][lesson]["classrooms"][classroom]["token"]
        return f"{self.links['http']}/classroom#token={token}"

    def lesson_id(self, lesson: int) -> str:
        """Its id."""
        return str(self.links["lessons"][lesson]["lesson"])

    async def stop(self) -> None:
        """Ends it in order."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGINT)
            try:
                async with asyncio.timeout(STEP_WITHIN_S):
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


class Cast:
    """Synthetic participants. Their footage is encoded before anything is measured, and is the same in each lesson."""

    def __init__(self, participants: int) -> None:
        everybody = [Whose(0, number) for number in range(participants)]
        self._footage: dict[Whose, Footage] = {whose: encode(*whose) for whose in everybody}
        self._book = Book(self._footage.items())
        self._tasks: list[asyncio.Task[None]] = []

    def participant(self, served: Served, lesson: int, number: int) -> Participant:
        """Participant `number` of a lesson, 0 the lead."""
        whose = Whose(0, number)
        saboteur = Saboteur("none", whose, CLASSROOMS)
        token = served.tokens(lesson)[number]
        return Participant(whose, served.door, token, self._footage[whose], self._book, saboteur)

    def enter(self, one: Participant) -> None:
        """It joins, by itself."""
        self._tasks.append(asyncio.create_task(one.run()))

    async def begin(self, lead: Participant) -> None:
        """Class begins once the lead is connected; without a recording, which is measured elsewhere."""
        async with asyncio.timeout(STEP_WITHIN_S):
            await lead.connected.wait()
        await lead.send(StartLesson(record=False))
        if not await lead.until(lambda: lead.lesson.phase == "live", STEP_WITHIN_S):
            raise RuntimeError("class did not begin")

    async def leave(self) -> None:
        """Everybody goes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
