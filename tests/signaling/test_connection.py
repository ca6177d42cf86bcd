"""One client's connection over sockets in memory that are slow, stuck or gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from signaling.cast import Cast, Member
from signaling.codec import encode
from signaling.errors import GoodbyeCode
from signaling.messages import Expected, Goodbye, LessonCard, Logged, Snapshot, StrokeDrawn
from signaling.room import Room
from signaling.ws.connection import Connection


class MemorySocket:
    """Takes frames when `room` is set; `sizes` is what it says of its buffer, one answer a question."""

    def __init__(self, sizes: Iterator[int]) -> None:
        self.frames: list[bytes] = []
        self.room = asyncio.Event()
        self.sizes = sizes
        self.closed: GoodbyeCode | None = None
        self.aborted = asyncio.Event()

    def try_write(self, frame: bytes) -> bool:
        if not self.room.is_set():
            return False
        self.frames.append(frame)
        return True

    async def write(self, frame: bytes, *, binary: bool = False) -> None:
        self.frames.append(frame)
        waits = [asyncio.ensure_future(self.room.wait()), asyncio.ensure_future(self.aborted.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()
        if self.aborted.is_set():
            raise ConnectionResetError

    def alive(self) -> bool:
        return True

    def buffered(self) -> int:
        return next(self.sizes)

    async def close(self, code: GoodbyeCode) -> None:
        self.closed = code

    def abort(self) -> None:
        self.aborted.set()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.ws.connection.ACK_LAG_S", 0.02)
    monkeypatch.setattr("signaling.ws.connection.LAST_WORDS_S", 0.02)
    monkeypatch.setattr("signaling.ws.connection.WATCH_EVERY_S", 0.01)


def _event(number: int, points: int = 3) -> Logged:
    stroke = StrokeDrawn(id=f"stroke-{number}", page=1, colour="#000000", width=40, points=[1] * points)
    return Logged(number=number, at=0, by="staff-1", event=stroke)


def _snapshot() -> Snapshot:
    card = LessonCard(id="l", title="", subject="", mode="blended", planned_start="", planned_end="")
    room = Room(card, Cast([Member("a", "lead", "", "", "#000000")]))
    for number in range(1, 40):
        room.fold.apply(_event(number, points=600))
    return Snapshot(state=room.state())


async def test_P61_a_long_snapshot_on_a_slow_line_is_no_stall_while_bytes_move() -> None:
    fifty_looks = asyncio.Event()  # of the watch, each after ACK_LAG_S / 2

    def moving() -> Iterator[int]:
        for size in range(10_000, 0, -1):
            if size == 9_950:
                fifty_looks.set()
            yield size

    socket = MemorySocket(moving())
    socket.room.set()  # a snapshot is too long to be written directly
    connection = Connection(socket)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.run())
        socket.room.clear()
        connection.send(_snapshot())
        connection.send(_event(40))
        async with asyncio.timeout(20):
            await fifty_looks.wait()
        assert connection.closing is None
        assert len(socket.frames) == 1
        connection.acked(40)
        socket.room.set()
        connection.close("ended")
    assert socket.frames[1] == encode(_event(40))
    assert socket.closed == "ended"


async def test_P60_a_line_whose_bytes_do_not_move_is_cut_and_aborted() -> None:
    socket = MemorySocket(iter(lambda: 70_000, 0))
    connection = Connection(socket)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.run())
        connection.send(_event(1))
    assert connection.closing == "stalled"
    assert socket.aborted.is_set()
    assert socket.closed is None


async def test_P61_events_that_nobody_acknowledges_end_in_a_goodbye() -> None:
    socket = MemorySocket(iter(lambda: 0, 1))
    socket.room.set()
    connection = Connection(socket)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.run())
        connection.send(_event(1))
    assert socket.frames == [encode(_event(1)), encode(Goodbye(code="stalled", retry=True))]
    assert socket.closed == "stalled"


async def test_P60_what_was_queued_before_close_is_written_what_comes_after_is_not() -> None:
    socket = MemorySocket(iter(lambda: 0, 1))
    connection = Connection(socket)
    for number in (1, 2, 3):
        connection.send(_event(number))
    goodbye = Goodbye(code="draining", retry=True)
    connection.send(goodbye)
    connection.close("draining")
    connection.close("ended")
    connection.send(_event(4))
    socket.room.set()
    await connection.run()
    assert socket.frames == [encode(message) for message in (_event(1), _event(2), _event(3), goodbye)]
    assert socket.closed == "draining"


async def test_P7_a_socket_that_is_gone_ends_the_connection_quietly() -> None:
    socket = MemorySocket(iter(lambda: 0, 1))
    connection = Connection(socket)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.run())
        connection.send(_event(1))
        await asyncio.sleep(0)
        connection.gone()
        connection.gone()
    assert connection.closing == "ended"
    connection.send(_event(2))
    assert len(socket.frames) <= 1


async def test_P64_no_event_beside_the_line_overtakes_the_roster_that_names_somebody_new() -> None:
    socket = MemorySocket(iter(()))
    socket.room.set()
    connection = Connection(socket)
    beside: list[tuple[int, bytes]] = []
    connection.beside = lambda number, frame: beside.append((number, frame))
    before, after = _event(1), _event(3)
    expected = Logged(number=2, at=0, by="server", event=Expected(participant="b", role="assistant", part="assistant"))
    for message in (before, expected, after):
        connection.send(message)
    assert socket.frames == [encode(before), encode(expected), encode(after)]
    assert beside == [(1, encode(before)), (3, encode(after))]
