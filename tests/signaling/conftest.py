"""A lesson, its cast, and a hub in memory with real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from hypothesis import HealthCheck, settings

from signaling.cast import Cast, Member, seat_of
from signaling.effects import Append, Close, Effect, Send
from signaling.errors import TurnedAway
from signaling.messages import FromClient, Hello, LessonCard, Logged, ParticipantId, Sources, StartLesson
from signaling.room import Room
from signaling.ws.connection import Connection
from signaling.ws.endpoint import Endpoint, Grant
from tests.signaling.room_tools import ROOMS

settings.register_profile("tongke", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tongke")

WALL = "2026-03-02T07:55:00Z"
MEMBERS = (
    Member("staff-1", "lead", "中心小学", "主讲教师", "#1a1a1a"),
    Member("room-1", "classroom", "第一教学点", "一班", "#c04000"),
    Member("room-2", "classroom", "第二教学点", "二班", "#0060a0"),
    Member("room-3", "classroom", "第三教学点", "三班", "#208040"),
    Member("watch-1", "observer", "县教研室", "观摩", "#606060"),
    Member("help-1", "assistant", "第一教学点", "助教", "#806000"),
    Member("admin-1", "admin", "县电教馆", "值班", "#400080"),
)


def make_card(mode: str = "blended") -> LessonCard:
    return LessonCard(
        id="lesson-1",
        title="面积",
        subject="数学",
        mode=mode,  # type: ignore[arg-type]
        planned_start="2026-03-02T08:00:00Z",
        planned_end="2026-03-02T08:40:00Z",
    )


@pytest.fixture
def card() -> LessonCard:
    return make_card()


@pytest.fixture
def cast() -> Cast:
    return Cast(MEMBERS)


class MemoryHub:
    """One room without disk or media. Tokens are participant ids."""

    def __init__(self) -> None:
        self.log: list[Logged] = []
        self.room = Room(make_card(), Cast(MEMBERS))
        self.lines: dict[ParticipantId, Connection] = {}
        self.received_types: list[str] = []
        self.fails = False
        self.changed = asyncio.Event()
        self.carry_out(self.room.open(WALL))

    def check_origin(self, request: web.Request) -> None:
        if request.headers.get("Origin", "http://here") != "http://here":
            raise web.HTTPForbidden

    async def authenticate(self, request: web.Request) -> Grant | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return Grant(token) if any(member.id == token for member in MEMBERS) else None

    async def joined(self, grant: Grant, hello: Hello, connection: Connection) -> ParticipantId:
        if hello.lesson != "lesson-1":
            raise TurnedAway("no_such_lesson")
        who = seat_of(grant.participant, hello.screen)
        if who in self.lines:
            self.lines[who].cut("replaced", retry=False)
        self.lines[who] = connection
        self.carry_out(self.room.join(who, 0, hello.after))
        return who

    def passed(self, who: ParticipantId, connection: Connection, message: FromClient) -> bool:
        return False

    async def received(self, who: ParticipantId, connection: Connection, message: FromClient) -> None:
        if self.fails:
            raise RuntimeError("a fault of ours")
        self.received_types.append(str(message.__struct_config__.tag))
        self.carry_out(self.room.receive(who, message, 0))

    async def left(self, who: ParticipantId, connection: Connection) -> None:
        if self.lines.get(who) is connection:
            del self.lines[who]
            self.carry_out(self.room.lost(who, 0))

    def restart(self) -> None:
        """As after kill -9: every socket is gone, the room comes back from its log."""
        for line in list(self.lines.values()):
            line.gone()
        self.lines.clear()
        self.room = Room.replay(make_card(), Cast(MEMBERS), list(self.log))
        self.carry_out(self.room.reopen(0))

    def carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Append():
                    self.log.append(effect.logged)
                case Send(to=to, message=message) if to in self.lines:
                    self.lines[to].send(message)
                case Close(participant=who, code=code) if who in self.lines:
                    self.lines[who].close(code)
        self.changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits until `holds` after some effect."""
        async with asyncio.timeout(20):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def hub() -> MemoryHub:
    return MemoryHub()


Serve = Callable[[MemoryHub], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a server for a hub and gives its WebSocket address."""
    runners: list[web.AppRunner] = []

    async def start(hub: MemoryHub) -> str:
        app = web.Application()
        app.router.add_get("/ws", Endpoint(hub).handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"ws://127.0.0.1:{runner.addresses[0][1]}/ws"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
def empty(card: LessonCard, cast: Cast) -> Room:
    room = Room(card, cast)
    room.open(WALL)
    return room


@pytest.fixture
def room(empty: Room) -> Room:
    """The lead and three classrooms, all with camera and microphone, before class."""
    for who in ("staff-1", *ROOMS):
        empty.join(who, 100)
        empty.receive(who, Sources(live=["microphone", "camera"]), 200)
    return empty


@pytest.fixture
def live(room: Room) -> Room:
    room.receive("staff-1", StartLesson(), 1_000)
    return room
