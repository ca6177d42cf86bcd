"""Room and clients joined in memory over a seeded bad network: cuts, messages twice, a server that is killed."""

from __future__ import annotations

import random
from collections import deque

import pytest

from signaling.board import Board
from signaling.cast import Cast, Member
from signaling.codec import decode_from_client, decode_from_server, encode
from signaling.effects import Append, Effect, Send
from signaling.errors import Refused
from signaling.log import LogReader, encode_line
from signaling.messages import (
    AddPage,
    BoardCheck,
    BoardChecked,
    BoardDiffered,
    CallOn,
    DrawStroke,
    Erase,
    FromClient,
    LessonCard,
    Logged,
    Redo,
    RefusedMessage,
    Snapshot,
    StartLesson,
    StrokeDrawn,
    Undo,
    Welcome,
)
from signaling.room import Room

CARD = LessonCard(
    id="lesson-1",
    title="T",
    subject="S",
    mode="blended",
    planned_start="2026-03-02T08:00:00Z",
    planned_end="2026-03-02T08:40:00Z",
)
PEOPLE = ("staff-1", "room-1", "room-2", "room-3")
CAST = Cast(Member(who, "lead" if who == "staff-1" else "classroom", "S", who, "#000000") for who in PEOPLE)


class Client:
    """A page: folds what it is told, sends its operations again until they are in the log."""

    def __init__(self, who: str, chance: random.Random) -> None:
        self.who = who
        self.chance = chance
        self.board = Board()
        self.number = 0
        self.unsent: dict[str, FromClient] = {}
        self.acknowledged: list[str] = []
        self.made = 0
        self.line: Line | None = None

    def acts(self) -> None:
        self.made += 1
        name = f"{self.who}-{self.made:06d}"
        page = self.chance.choice(self.board.page_ids)
        known = [each.id for each in self.board.visible(page)]
        stroke = DrawStroke(id=name, page=page, colour="#000000", width=40, points=[self.made % 9_000, 2, 3])
        erase = Erase(id=name, page=page, objects=known[-2:]) if known else stroke
        others: list[FromClient] = [stroke] * 8 + [erase, Undo(id=name), Redo(id=name)]
        if self.who == "staff-1":
            others.append(AddPage(id=name))
        self.sends(name, self.chance.choice(others))

    def sends(self, name: str, message: FromClient) -> None:
        self.unsent[name] = message
        if self.line is not None and self.line.welcomed:
            self.line.up.append(encode(message))

    def hears(self, frame: bytes) -> None:
        match message := decode_from_server(frame):
            case Welcome():
                assert self.line is not None
                self.line.welcomed = True
                self.line.up += [encode(operation) for operation in self.unsent.values()]
            case Snapshot(state=state):
                self.board, self.number = Board.restore(state.board), state.number
            case Logged(number=number) if number > self.number:
                assert number == self.number + 1, "an event is missing"
                self.number = number
                self.board.apply(message)
                self.settles(getattr(message.event, "id", ""))
            case RefusedMessage(id=name, code=code):
                assert code in ("already_done", "nothing_to_undo", "nothing_to_redo", "no_such_object", "not_allowed")
                self.settles(name)

    def settles(self, name: str) -> None:
        if self.unsent.pop(name, None) is not None:
            self.acknowledged.append(name)


class Line:
    """A socket: frames under way in both directions, in order."""

    def __init__(self) -> None:
        self.up: deque[bytes] = deque()
        self.down: deque[bytes] = deque()
        self.welcomed = False


class Lesson:
    """The server: a room over a log that survives it."""

    def __init__(self) -> None:
        self.disk = b""
        self.lines: dict[str, Line] = {}
        self.room = Room(CARD, CAST)
        self.carry_out(self.room.open("2026-03-02T07:55:00Z"))

    def carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Append():
                    self.disk += encode_line(effect.logged)
                case Send(to=to, message=message) if to in self.lines:
                    self.lines[to].down.append(encode(message))

    def connect(self, client: Client) -> None:
        self.lines[client.who] = client.line = Line()
        self.carry_out(self.room.join(client.who, 0, client.number))

    def cut(self, client: Client) -> None:
        """What is under way is lost."""
        if self.lines.pop(client.who, None) is not None:
            client.line = None
            self.carry_out(self.room.lost(client.who, 0))

    def kill(self, clients: list[Client], torn: bytes) -> None:
        """kill -9, with a line half written."""
        for client in clients:
            client.line = None
        self.lines.clear()
        reader = LogReader()
        events = list(reader.read([self.disk + torn]))
        self.disk = self.disk[: reader.length]
        self.room = Room.replay(CARD, CAST, events)
        self.carry_out(self.room.reopen(0))

    def hears(self, client: Client, frame: bytes) -> None:
        message = decode_from_client(frame)
        try:
            self.carry_out(self.room.receive(client.who, message, 0))
        except Refused as refused:
            answer = RefusedMessage(code=refused.code, of="", id=getattr(message, "id", ""))
            self.lines[client.who].down.append(encode(answer))

    @property
    def log(self) -> list[Logged]:
        return list(LogReader().read([self.disk]))


def run(seed: int, steps: int) -> tuple[Lesson, list[Client]]:
    chance = random.Random(seed)
    lesson, clients = Lesson(), [Client(who, chance) for who in PEOPLE]
    for client in clients:
        lesson.connect(client)
    lesson.carry_out(lesson.room.receive("staff-1", StartLesson(), 0))
    for step in range(steps):
        client = chance.choice(clients)
        if step % 300 == 0 and "staff-1" in lesson.lines:
            lesson.carry_out(lesson.room.receive("staff-1", CallOn(participant=chance.choice(PEOPLE[1:])), 0))
        match chance.random():
            case x if x < 0.35:
                client.acts()
            case x if x < 0.63 and client.line and client.line.up:
                frame = client.line.up.popleft()
                for _ in range(2 if chance.random() < 0.1 else 1):
                    lesson.hears(client, frame)
            case x if x < 0.97 and client.line and client.line.down:
                for _ in range(min(4, len(client.line.down))):
                    client.hears(client.line.down.popleft())
            case x if x < 0.985:
                lesson.cut(client)
            case x if x < 0.998 and client.line is None:
                lesson.connect(client)
            case x if x > 0.9995:
                lesson.kill(clients, torn=lesson.disk[-40:-1])
    settle(lesson, clients)
    return lesson, clients


def settle(lesson: Lesson, clients: list[Client]) -> None:
    """The network is good again."""
    for client in clients:
        if client.line is None:
            lesson.connect(client)
    while any(client.line and (client.line.up or client.line.down) for client in clients):
        for client in clients:
            assert client.line is not None
            while client.line.up:
                lesson.hears(client, client.line.up.popleft())
            while client.line.down:
                client.hears(client.line.down.popleft())


@pytest.mark.parametrize("seed", range(6))
def test_P71_over_a_bad_network_nothing_is_lost_nothing_doubled_all_boards_equal(seed: int) -> None:
    lesson, clients = run(seed, 8_000)
    log = lesson.log
    assert [logged.number for logged in log] == list(range(1, len(log) + 1))
    operations = [logged.event.id for logged in log if hasattr(logged.event, "id")]
    assert len(operations) == len(set(operations)) > 500
    strokes = [logged.event.id for logged in log if logged.by == "staff-1" and isinstance(logged.event, StrokeDrawn)]
    assert strokes == sorted(strokes), "what is never refused keeps its author's order"
    for client in clients:
        assert not client.unsent
        assert len(client.acknowledged) == client.made
        assert client.board.hash() == lesson.room.fold.board.hash()
        assert client.board.snapshot() == lesson.room.fold.board.snapshot()


def test_P39_after_the_storm_every_client_is_found_in_step() -> None:
    lesson, clients = run(99, 3_000)
    told = []
    for client in clients:
        effects = lesson.room.receive(client.who, BoardCheck(number=client.number, hash=client.board.hash()), 0)
        told += [effect.message for effect in effects if isinstance(effect, Send)]
    assert told == [BoardChecked(participant=who, number=lesson.room.number, same=True) for who in PEOPLE]
    assert not [logged for logged in lesson.log if isinstance(logged.event, BoardDiffered)]
