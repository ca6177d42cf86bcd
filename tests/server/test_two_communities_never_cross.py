"""Two communities on one server, driven by random messages: nothing of one reaches anybody of the other.

Stateful: participants of two lessons come, go, draw, call, and send whatever the wire has; strangers of the other
lesson try the door too. After every step, every frame anybody was sent is looked at: ids, names and the coordinates
drawn are each lesson's own, so one of the other's in it is a leak. At the end the lessons' folders are read too.
"""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.api.auth import Authenticator
from server.config import Relay
from server.lesson_hub import LessonHub
from server.media.server import MediaConfig, MediaServer
from server.origins import Origins
from server.recording.disk import DiskPolicy
from server.store.rows import Lesson, Subject
from server.store.store import FILE_NAME, Store, open_store
from server.taps import Taps
from server.turn import RelayAccess
from server.turned_away import Asker
from signaling.codec import decode_from_server
from signaling.errors import GoodbyeCode, TurnedAway
from signaling.messages import (
    VERSION,
    AddPage,
    CallOn,
    ClearPage,
    DrawStroke,
    Erase,
    FromClient,
    Hand,
    Hello,
    Ink,
    Laser,
    Level,
    Ping,
    Pong,
    ReturnFloor,
    SetTalk,
    Sources,
    StartLesson,
    TurnPage,
    Undo,
)
from signaling.ws.connection import Connection
from tests.server.store.county_town import BEFORE

NO_DISK = DiskPolicy(refuse_bytes=2**62, stop_bytes=2**62, resume_bytes=2**62)
"""No recording: its process would be most of the time. That recordings keep apart is measured with real media."""


class Screen:
    """A page's socket in memory: it keeps every frame, and tells when a wanted one is there."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.pongs: dict[int, asyncio.Event] = {}
        self.closed = False

    def try_write(self, frame: bytes) -> bool:
        self.frames.append(frame)
        message = decode_from_server(frame)
        if isinstance(message, Pong) and message.sent_ms in self.pongs:
            self.pongs[message.sent_ms].set()
        return True

    async def write(self, frame: bytes, *, binary: bool = False) -> None:
        self.try_write(frame)

    def alive(self) -> bool:
        return True

    def buffered(self) -> int:
        return 0

    def quiet(self) -> bool:
        return True

    async def close(self, code: GoodbyeCode) -> None:
        self.abort()

    def abort(self) -> None:
        self.closed = True
        for pong in self.pongs.values():
            pong.set()


@dataclass
class Side:
    """One community's lesson. `marks`: texts that only it has, and that nobody outside may ever be sent."""

    lesson: Lesson
    people: list[Subject]
    mark: int
    marks: list[bytes]
    keys: dict[str, str] = field(default_factory=dict)
    screens: dict[str, tuple[Screen, Connection]] = field(default_factory=dict)
    seen: list[Screen] = field(default_factory=list)


@dataclass
class Town:
    """The server's rooms, and the two sides."""

    folder: Path
    store: Store
    hub: LessonHub
    media: MediaServer
    running: asyncio.Task[None]
    sides: list[Side]


async def open_town(folder: Path) -> Town:
    shutil.copy(_empty(), folder / FILE_NAME)
    store = await open_store(folder)
    county = await store.people.add_county("县", "Asia/Shanghai", BEFORE)
    sides = [await _side(store, county, name, mark) for name, mark in (("甲", 7_113), ("乙", 8_227))]
    taps = Taps()
    media = MediaServer(MediaConfig("127.0.0.1", 0, ("127.0.0.1",)), lambda *event, **figures: None)
    taps.attach(media.plane)
    await media.start()
    hub = LessonHub(
        store, Authenticator(store.credentials, lambda: BEFORE, time.monotonic), Origins(), media, taps,
        folder / "lessons", lambda: BEFORE, lambda lesson_id: None, NO_DISK, RelayAccess(Relay("", 0, 0, ""), folder),
    )  # fmt: skip
    return Town(folder, store, hub, media, asyncio.create_task(hub.run()), sides)


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
    community = await store.communities.create(county, f"{name}共同体", centre.id, BEFORE)
    rooms = []
    for number in range(2):
        school = await store.people.add_school(county, "teaching_point", f"{name}教学点{number}", BEFORE)
        await store.communities.add_teaching_point(community.id, school.id, BEFORE)
        rooms.append((await store.people.add_classroom(school.id, f"{name}教室{number}", "simple", BEFORE)).id)
    now_ms = time.time_ns() // 1_000_000  # a room's clock is the wall's: long after its end it closes by itself
    lesson = await store.lessons.plan(
        community_id=community.id, lead_id=lead.id, classrooms=rooms, title=f"{name}课", subject="美术",
        mode="blended", planned_start_ms=now_ms, planned_end_ms=now_ms + 2_400_000, now_ms=now_ms,
    )  # fmt: skip
    people = [await store.people.subject(one) for one in (lead.id, *rooms)]
    texts = [lesson.id, lead.id, *rooms, f"{name}中心小学", f"{name}主讲", f"{name}教学点", f"{name}课", str(mark)]
    side = Side(lesson, [one for one in people if one is not None], mark, [text.encode() for text in texts])
    for one in side.people:
        found = await store.credentials.find(await store.credentials.issue("link", one.id, BEFORE), BEFORE)
        assert found is not None
        side.keys[one.id] = found[0].id
    return side


SIDES, PEOPLE = st.integers(0, 1), st.integers(0, 2)
OPERATIONS = st.sampled_from([f"operation-{number}" for number in range(6)])
PAGES = st.integers(1, 3)


def messages(town: Town, mine: Side) -> st.SearchStrategy[FromClient]:
    """Whatever the wire has; people and operations are of both sides, the mark is always the sender's own."""
    anybody = st.sampled_from([one.id for side in town.sides for one in side.people])
    points = st.just([mine.mark, mine.mark, 5, mine.mark, mine.mark, 9])
    ink = {"id": OPERATIONS, "page": PAGES, "colour": st.just("#112233"), "width": st.just(8)}
    return st.one_of(
        st.builds(DrawStroke, points=points, **ink),
        st.builds(Ink, start=st.just(0), points=points, **ink),
        st.builds(Erase, id=OPERATIONS, page=PAGES, objects=st.lists(OPERATIONS, min_size=1, max_size=2)),
        st.builds(ClearPage, id=OPERATIONS, page=PAGES),
        st.builds(Undo, id=OPERATIONS),
        st.builds(AddPage, id=OPERATIONS),
        st.builds(TurnPage, page=PAGES),
        st.builds(CallOn, participant=anybody),
        st.just(ReturnFloor()),
        st.builds(Hand, up=st.booleans(), participant=st.none() | anybody),
        st.builds(SetTalk, talk=st.sampled_from(["listen", "discussion"])),
        st.builds(Laser, x=st.just(mine.mark), y=st.just(mine.mark)),
        st.builds(Level, value=st.integers(0, 100)),
        st.builds(Sources, live=st.lists(st.sampled_from(["microphone", "camera"]), unique=True)),
        st.sampled_from([StartLesson(), StartLesson(record=False)]),
    )


class TwoCommunities(RuleBasedStateMachine):
    """People of both sides come, go and send, in any order; what each was sent is looked at after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="tongke-cross-"))
        self.town = self.runner.run(open_town(self.folder))
        self.pings = 0

    @rule(of=SIDES, person=PEOPLE)
    def comes(self, of: int, person: int) -> None:
        side = self.town.sides[of]
        who = side.people[person]
        if who.id in side.screens:
            return
        self.runner.run(self._join(side, who))

    @rule(of=SIDES, person=PEOPLE)
    def tries_the_other_door(self, of: int, person: int) -> None:
        who, other = self.town.sides[of].people[person], self.town.sides[1 - of]
        screen = Screen()
        with pytest.raises(TurnedAway) as turned:
            self.runner.run(self._joined(other, who, screen))
        assert turned.value.code == "no_such_lesson"
        self.town.sides[of].seen.append(screen)

    @rule(of=SIDES, person=PEOPLE)
    def goes(self, of: int, person: int) -> None:
        side = self.town.sides[of]
        who = side.people[person].id
        if who in side.screens:
            _, line = side.screens.pop(who)
            self.runner.run(self.town.hub.left(who, line))

    @rule(of=SIDES, person=PEOPLE, data=st.data())
    def sends(self, of: int, person: int, data: st.DataObject) -> None:
        side = self.town.sides[of]
        who = side.people[person].id
        if who not in side.screens:
            return
        message = data.draw(messages(self.town, side))
        self.runner.run(self._send(who, side.screens[who], message))

    @invariant()
    def nobody_was_sent_anything_of_the_other_side(self) -> None:
        for side, other in zip(self.town.sides, reversed(self.town.sides), strict=True):
            for screen in side.seen:
                for frame in screen.frames:
                    assert not [mark for mark in other.marks if mark in frame], frame
                screen.frames.clear()

    def teardown(self) -> None:
        self.runner.run(self._close())
        for side, other in zip(self.town.sides, reversed(self.town.sides), strict=True):
            folder = self.folder / "lessons" / side.lesson.id
            for path in folder.rglob("*") if folder.is_dir() else ():
                content = path.read_bytes() if path.is_file() else b""
                assert not [mark for mark in other.marks if mark in content], path
        self.runner.close()
        shutil.rmtree(self.folder)

    async def _join(self, side: Side, who: Subject) -> None:
        screen = Screen()
        line = await self._joined(side, who, screen)
        side.screens[who.id] = screen, line
        side.seen.append(screen)
        await self._send(who.id, (screen, line), None)

    async def _joined(self, side: Side, who: Subject, screen: Screen) -> Connection:
        line = Connection(screen)
        keys = self.town.sides[0].keys | self.town.sides[1].keys
        asker = Asker(who.id, who, keys[who.id], "10.0.0.0/24")
        await self.town.hub.joined(asker, Hello(version=VERSION, lesson=side.lesson.id), line)
        return line

    async def _receive(self, who: str, line: Connection, message: FromClient) -> None:
        if not self.town.hub.passed(who, line, message):
            await self.town.hub.received(who, line, message)

    async def _send(self, who: str, end: tuple[Screen, Connection], message: FromClient | None) -> None:
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

    async def _close(self) -> None:
        self.town.running.cancel()
        await asyncio.wait([self.town.running])
        await self.town.media.close()
        await self.town.store.close()


TwoCommunities.TestCase.settings = settings(
    max_examples=12, stateful_step_count=40, deadline=None, database=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
TestTwoCommunities = TwoCommunities.TestCase
TestTwoCommunities.pytestmark = [pytest.mark.media]
