"""A thin line: what is expendable waits for a quiet moment, and numbered events are offered another way as well."""

from __future__ import annotations

import asyncio

import pytest

from signaling.codec import decode_from_server
from signaling.messages import Ink, InkSeen, LaserSeen, LevelSeen, Logged, Message, Pong, Started
from signaling.ws.connection import Connection
from tests.memory_socket import MemorySocket

INK = InkSeen(by="staff-1", ink=Ink(id="stroke-01", page=1, colour="#000000", width=40, start=0, points=[1, 1, 1]))


class ThinSocket(MemorySocket):
    """`settled`: the other end has confirmed what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.settled = True
        self.unsettled_looks: asyncio.Queue[None] = asyncio.Queue()

    def quiet(self) -> bool:
        if not self.settled:
            self.unsettled_looks.put_nowait(None)
        return self.settled

    def now(self) -> list[Message]:
        """What was written since the last question."""
        return [self.received.get_nowait() for _ in range(self.received.qsize())]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.ws.connection.WATCH_EVERY_S", 0.005)


def level(value: int) -> LevelSeen:
    return LevelSeen(by="staff-1", value=value)


async def test_unfinished_ink_is_left_out_and_everything_that_counts_goes_at_once() -> None:
    socket = ThinSocket()
    connection = Connection(socket)
    connection.spare(True)
    for message in (INK, Pong(sent_ms=1, now_ms=2), Logged(number=1, at=0, by="a", event=Started())):
        connection.send(message)
    assert [type(one) for one in socket.now()] == [Pong, Logged]


async def test_the_latest_level_and_pointer_wait_until_nothing_is_under_way() -> None:
    socket = ThinSocket()
    socket.settled = False
    connection = Connection(socket)
    connection.spare(True)
    running = asyncio.create_task(connection.run())
    laser = LaserSeen(by="staff-1", x=None, y=None)
    for message in (level(1), level(2), LaserSeen(by="staff-1", x=1, y=1), laser):
        connection.send(message)
    async with asyncio.timeout(5):
        for _ in range(3):
            await socket.unsettled_looks.get()
        assert socket.now() == []
        socket.settled = True
        assert [await socket.received.get(), await socket.received.get()] == [level(2), laser]
    connection.close("ended")
    await running


async def test_when_the_line_is_good_again_what_was_kept_back_follows_and_nothing_waits_any_more() -> None:
    socket = ThinSocket()
    connection = Connection(socket)
    connection.spare(True)
    connection.send(level(1))
    connection.spare(False)
    connection.send(INK)
    assert socket.now() == [level(1), INK]


async def test_each_numbered_event_is_offered_another_way_and_nothing_else() -> None:
    offered: list[tuple[int, bytes]] = []
    connection = Connection(ThinSocket())
    connection.beside = lambda number, frame: offered.append((number, frame))
    event = Logged(number=7, at=0, by="a", event=Started())
    connection.send(event)
    connection.send(level(1))
    assert [(number, decode_from_server(frame)) for number, frame in offered] == [(7, event)]
