"""Two communities on one server for tests: each with a lesson, its people, their screens and their media."""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import re
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from server.api.auth import Authenticator
from server.config import Relay
from server.lesson_hub import LessonHub
from server.origins import Origins
from server.recording.disk import DiskPolicy
from server.store.county_rows import SchoolClass
from server.store.ids import new_id
from server.store.rows import Lesson, Subject
from server.store.store import FILE_NAME, Store, open_store
from server.taps import Taps
from server.turn import RelayAccess
from server.turned_away import Asker
from signaling.codec import decode_from_server
from signaling.messages import VERSION, FromClient, Hello, Offer, Ping, Pong
from signaling.ws.connection import Connection
from tests.memory_socket import MemorySocket
from tests.server.media_in_memory import Client, MediaInMemory, offer_sdp
from tests.server.store.county_town import BEFORE

ANY_DISK = DiskPolicy(refuse_bytes=0, stop_bytes=0, resume_bytes=0)
LEAD, ROOM, OTHER_ROOM, ASSISTANT, WATCHER, GUEST = range(6)
"""The people of a side: its lead, two rooms, an assistant in the first of them, the head of the centre, who watches,
and a third room, which sits in on the lesson once it was asked and admitted."""


class Screen(MemorySocket):
    """It keeps every frame, and tells when a wanted one is there."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[bytes] = []
        self.pongs: dict[int, asyncio.Event] = {}
        self.closed = False

    def try_write(self, frame: bytes) -> bool:
        self.frames.append(frame)
        message = decode_from_server(frame)
        if isinstance(message, Pong) and message.sent_ms in self.pongs:
            self.pongs[message.sent_ms].set()
        return True

    def abort(self) -> None:
        self.closed = True
        for pong in self.pongs.values():
            pong.set()


@dataclass
class Side:
    """One community's lesson. `marks`: what only it has, and nobody outside may ever be sent."""

    lesson: Lesson
    people: list[Subject]
    mark: int
    marks: re.Pattern[bytes]
    picture: str
    keys: dict[str, str] = field(default_factory=dict)
    screens: dict[str, tuple[Screen, Connection]] = field(default_factory=dict)
    seen: list[Screen] = field(default_factory=list)
    clients: dict[str, Client] = field(default_factory=dict)
    heard_from: list[Client] = field(default_factory=list)
    """Also those whose connection is over."""
    guests: set[int] = field(default_factory=set)


@dataclass
class Town:
    """The server's rooms, and the two sides."""

    folder: Path
    store: Store
    county: str
    hub: LessonHub
    media: MediaInMemory
    running: asyncio.Task[None]
    sides: list[Side]
    pings: int = 0

    async def join(self, side: Side, who: Subject) -> None:
        """Comes in, as far as the room is told of it."""
        screen = Screen()
        side.seen.append(screen)
        line = await self.joined(side, who, screen)
        side.screens[who.id] = screen, line
        await self.send(who.id, (screen, line), None)

    async def joined(self, side: Side, who: Subject, screen: Screen) -> Connection:
        line = Connection(screen)
        keys = self.sides[0].keys | self.sides[1].keys
        asker = Asker(who.id, who, keys[who.id], "10.0.0.0/24")
        await self.hub.joined(asker, Hello(version=VERSION, lesson=side.lesson.id, edition=99), line)
        return line

    async def send(self, who: str, end: tuple[Screen, Connection], message: FromClient | None) -> None:
        """Sends, and waits until the room has answered what came after it."""
        screen, line = end
        self.pings += 1
        pong = screen.pongs[self.pings] = asyncio.Event()
        if screen.closed:
            return
        if message is not None:
            await self._receive(who, line, message)
        await self._receive(who, line, Ping(sent_ms=self.pings))
        async with asyncio.timeout(20):
            await pong.wait()

    async def offer(self, side: Side, who: Subject) -> None:
        """A connection for media, in place of one she may have."""
        number = 1 + sum(one.of == who.id for one in side.heard_from)
        sdp = offer_sdp(sends=who.id in [side.people[at].id for at in (LEAD, ROOM, OTHER_ROOM, GUEST)])
        await self.send(who.id, side.screens[who.id], Offer(connection=number, sdp=sdp))
        for connection in self.media.opened:
            side.clients[who.id] = self.media.connect(connection, who.id)
            side.heard_from.append(side.clients[who.id])
        self.media.opened.clear()

    async def play(self, side: Side) -> None:
        """Everybody of the side sends; what goes to a recording gets there."""
        for who, client in side.clients.items():
            client.send(who.encode())
        async with asyncio.timeout(20):
            while self.media.taps_wait:
                await asyncio.sleep(0.005)

    async def recording(self, side: Side) -> None:
        """Returns once a lesson that is to be recorded is."""
        runner = self.hub.rooms.running.get(side.lesson.id)
        async with asyncio.timeout(20):
            while runner is not None and runner.room.fold.recording and not runner._recording.running:
                await asyncio.sleep(0.01)

    async def cover(self, side: Side) -> None:
        """The guest's class asks to sit in, and is admitted."""
        now_ms, lesson_id = time.time_ns() // 1_000_000, side.lesson.id
        asked = await self.store.covers.ask(self.county, lesson_id, side.people[GUEST].id, None, now_ms)
        await self.hub.rooms.covers_changed(lesson_id)
        await self.store.covers.answer(self.county, asked.id, "admitted", now_ms)
        await self.hub.rooms.covers_changed(lesson_id)

    async def close(self) -> None:
        """The recordings are complete afterwards."""
        self.running.cancel()
        await asyncio.wait([self.running])
        await self.media.close()
        await self.store.close()

    async def _receive(self, who: str, line: Connection, message: FromClient) -> None:
        if not self.hub.passed(who, line, message):
            await self.hub.received(who, line, message)


async def open_town(folder: Path) -> Town:
    """A server with the two lessons, both now."""
    shutil.copy(_empty(), folder / FILE_NAME)
    store = await open_store(folder)
    county = await store.people.add_county("县", "Asia/Shanghai", BEFORE)
    sides = [await _side(store, county, name, mark) for name, mark in (("甲", 7_113), ("乙", 8_227))]
    taps, media = Taps(), MediaInMemory()
    taps.attach(media.plane)
    media.plane.set_tap(taps.deliver)
    await media.start()
    hub = LessonHub(
        store, Authenticator(store.credentials, lambda: BEFORE, time.monotonic), Origins(), media, taps,
        folder / "lessons", lambda: BEFORE, lambda lesson_id: None, ANY_DISK, RelayAccess(Relay("", 0, 0, ""), folder),
    )  # fmt: skip
    return Town(folder, store, county, hub, media, asyncio.create_task(hub.run()), sides)


@cache
def _empty() -> Path:
    """A migrated database, to be copied; it goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="tongke-cross-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

    def migrate() -> None:
        asyncio.run(_migrate(folder))

    thread = threading.Thread(target=migrate)
    thread.start()
    thread.join()
    return folder / FILE_NAME


async def _migrate(folder: Path) -> None:
    await (await open_store(folder)).close()


async def _side(store: Store, county: str, name: str, mark: int) -> Side:
    centre = await store.people.add_school(county, "centre", f"{name}中心小学", BEFORE)
    lead = await store.people.add_staff(county, centre.id, "lead", f"{name}主讲", BEFORE)
    head = await store.people.add_staff(county, centre.id, "school_admin", f"{name}校长", BEFORE)
    community = await store.communities.create(county, f"{name}共同体", centre.id, BEFORE)
    schools, rooms = [], []
    for number in range(3):
        school = await store.people.add_school(county, "teaching_point", f"{name}教学点{number}", BEFORE)
        await store.communities.add_teaching_point(community.id, school.id, BEFORE)
        schools.append(school.id)
        rooms.append((await store.people.add_classroom(school.id, f"{name}教室{number}", "simple", BEFORE)).id)
    helper = await store.people.add_staff(county, schools[0], "assistant", f"{name}助教", BEFORE)
    sits_in = SchoolClass(new_id("class", BEFORE), schools[2], 3, f"{name}班", 20, rooms[2])
    await store.registry.save(county, [sits_in])
    await store.consents.record(sits_in.id, "2026-09", lead.id, BEFORE)
    now_ms = time.time_ns() // 1_000_000  # a room's clock is the wall's: long after its end it closes by itself
    lesson = await store.lessons.plan(
        community_id=community.id, lead_id=lead.id, classrooms=rooms[:2], title=f"{name}课", subject="美术",
        mode="blended", planned_start_ms=now_ms, planned_end_ms=now_ms + 2_400_000, now_ms=now_ms,
        origin="rehearsal",  # which is recorded without classes and their consents
    )  # fmt: skip
    ids = [lead.id, *rooms[:2], helper.id, head.id, rooms[2]]
    people = [await store.people.subject(one) for one in ids]
    picture = hashlib.sha256(name.encode()).hexdigest()
    texts = [lesson.id, *ids, *schools, f"{name}中心小学", f"{name}主讲", f"{name}教学点", f"{name}课", f"{name}条"]
    drawn = [f"{mark},{mark}", f'"x":{mark},', picture]
    marks = re.compile("|".join(map(re.escape, texts + drawn)).encode())
    side = Side(lesson, [one for one in people if one is not None], mark, marks, picture)
    for one in side.people:
        found = await store.credentials.find(await store.credentials.issue("link", one.id, BEFORE), BEFORE)
        assert found is not None
        side.keys[one.id] = found[0].id
    return side
