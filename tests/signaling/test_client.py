"""The appliance's client against real sockets that break."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any

import pytest
from aiohttp import web

from signaling.board import Board
from signaling.messages import (
    VERSION,
    DrawStroke,
    FromServer,
    Goodbye,
    Hand,
    Hello,
    Logged,
    Pong,
    RefusedMessage,
    Snapshot,
    Sources,
    StrokeDrawn,
    Undo,
    Welcome,
)
from signaling.ws.backoff import silent_s
from signaling.ws.client import SignalingClient
from signaling.ws.endpoint import Endpoint

HELLO = Hello(version=VERSION, lesson="lesson-1")


class Pupil:
    """Reads a client and folds the board."""

    def __init__(self, client: SignalingClient) -> None:
        self.client = client
        self.board = Board()
        self.numbers: list[int] = []
        self.seen: list[FromServer] = []
        self.changed = asyncio.Event()

    async def read(self) -> None:
        async for message in self.client:
            self.seen.append(message)
            if isinstance(message, Snapshot):
                self.board = Board.restore(message.state.board)
                self.numbers = [message.state.number]
            if isinstance(message, Logged):
                self.numbers.append(message.number)
                self.board.apply(message)
            self.changed.set()
        self.changed.set()

    async def until(self, holds: Any) -> None:
        async with asyncio.timeout(20):
            while not holds():
                self.changed.clear()
                await self.changed.wait()

    def count(self, kind: type) -> int:
        return sum(isinstance(message, kind) for message in self.seen)


def _stroke(number: int) -> DrawStroke:
    return DrawStroke(id=f"stroke-{number:04d}", page=1, colour="#1a1a1a", width=40, points=[number, 2, 3])


async def test_P70_a_broken_line_comes_back_and_misses_nothing(hub: Any, serve: Any) -> None:
    url = await serve(hub)
    heard: list[bool] = []
    async with (
        SignalingClient(url, "staff-1", HELLO) as lead,
        SignalingClient(url, "room-1", HELLO, on_line=heard.append) as room,
        asyncio.TaskGroup() as tasks,
    ):
        pupil, teacher = Pupil(room), Pupil(lead)
        readers = [tasks.create_task(pupil.read()), tasks.create_task(teacher.read())]
        await pupil.until(lambda: pupil.count(Welcome) == 1)
        for number in range(5):
            await lead.send(_stroke(number))
        await pupil.until(lambda: pupil.count(Logged) >= 5)
        hub.lines["room-1"].gone()
        for number in range(5, 9):
            await lead.send(_stroke(number))
        await pupil.until(lambda: pupil.count(Welcome) == 2)
        await pupil.until(lambda: len(pupil.board.visible(1)) == 9)
        assert pupil.count(Snapshot) == 1
        assert pupil.numbers == list(range(pupil.numbers[0], pupil.numbers[-1] + 1))
        assert pupil.board.hash() == hub.room.fold.board.hash()
        assert heard == [True, False, True]
        for reader in readers:
            reader.cancel()


def answered(pupil: Pupil, times: int) -> bool:
    return pupil.count(Pong) >= times


class Relay:
    """Between a client and its server; while `mute`, what the server sends goes nowhere."""

    def __init__(self, port: int) -> None:
        self.port, self.mute, self.came = port, False, 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.port)
        self.came += 1
        self.mute = False
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pipe(reader, to_server, always=True))
                tasks.create_task(self._pipe(from_server, writer, always=False))
        except* OSError:
            pass
        finally:
            writer.close()
            to_server.close()

    async def _pipe(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, always: bool) -> None:
        while data := await source.read(65_536):
            if always or not self.mute:
                sink.write(data)
        sink.close()


async def test_a_doubted_line_that_stays_silent_is_given_up_sooner_and_one_that_answers_is_kept(
    hub: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.ws.client.silent_s", lambda _, media: 600.0)
    url = await serve(hub)
    relay = Relay(int(url.rsplit(":", 1)[1].partition("/")[0]))
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    here = url.replace(str(relay.port), str(server.sockets[0].getsockname()[1]))
    heard: list[bool] = []
    async with (
        server,
        SignalingClient(here, "room-1", HELLO, on_line=heard.append) as room,
        asyncio.TaskGroup() as tasks,
    ):
        pupil = Pupil(room)
        reader = tasks.create_task(pupil.read())
        await pupil.until(lambda: pupil.count(Pong) == 1)  # of the ping that follows a welcome
        for doubted in (1, 2, 3):
            await room.doubt()
            await pupil.until(partial(answered, pupil, doubted + 1))
        assert (relay.came, heard) == (1, [True])
        relay.mute = True
        await room.doubt()
        await room.doubt()
        await pupil.until(lambda: pupil.count(Welcome) == 2)
        assert (relay.came, heard) == (2, [True, False, True])
        reader.cancel()


async def test_P71_operations_are_sent_again_until_they_are_in_the_log_and_count_once(hub: Any, serve: Any) -> None:
    async with SignalingClient(await serve(hub), "staff-1", HELLO) as client, asyncio.TaskGroup() as tasks:
        teacher = Pupil(client)
        reader = tasks.create_task(teacher.read())
        await client.send(_stroke(0))  # before there is a line
        await teacher.until(lambda: client.connected)
        for number in range(1, 30):
            await client.send(_stroke(number))
            if number % 7 == 0:
                hub.restart()
        await client.send(Undo(id="undo-0001"))
        await client.send(Sources(live=["camera"]))
        await hub.until(lambda: len(hub.room.fold.board.visible(1)) == 29)
        await teacher.until(lambda: not client.unsent)
        drawn = [logged.event.id for logged in hub.log if isinstance(logged.event, StrokeDrawn)]
        assert drawn == [f"stroke-{number:04d}" for number in range(30)]
        assert not [told for told in teacher.seen if isinstance(told, RefusedMessage)]
        await hub.until(lambda: hub.room.fold.people["staff-1"].live == ["camera"])
        reader.cancel()


async def test_P72_a_goodbye_for_good_ends_the_iteration(hub: Any, serve: Any) -> None:
    async with SignalingClient(await serve(hub), "nobody", HELLO) as client:
        assert [message async for message in client] == [Goodbye(code="unauthorized", retry=False)]


async def test_P72_a_goodbye_with_retry_does_not(hub: Any, serve: Any) -> None:
    async with SignalingClient(await serve(hub), "room-1", HELLO) as client, asyncio.TaskGroup() as tasks:
        pupil = Pupil(client)
        reader = tasks.create_task(pupil.read())
        await pupil.until(lambda: pupil.count(Welcome) == 1)
        hub.lines["room-1"].cut("draining")
        await pupil.until(lambda: pupil.count(Welcome) == 2)
        reader.cancel()


async def test_P73_a_server_that_is_not_there_yet_is_tried_for_ever(hub: Any) -> None:
    closed_door = socket.socket()
    closed_door.bind(("127.0.0.1", 0))  # refuses connections until it listens
    url = f"ws://127.0.0.1:{closed_door.getsockname()[1]}/ws"
    async with SignalingClient(url, "room-1", HELLO) as client, asyncio.TaskGroup() as tasks:
        pupil = Pupil(client)
        reader = tasks.create_task(pupil.read())
        sending = tasks.create_task(client.send(Hand(up=False)))
        await asyncio.sleep(0)
        app = web.Application()
        app.router.add_get("/ws", Endpoint(hub).handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, closed_door).start()
        client.wake()
        await pupil.until(lambda: pupil.count(Welcome) == 1)
        await sending
        reader.cancel()
        await runner.cleanup()


async def test_P61_acknowledgements_keep_a_reading_client_alive(
    hub: Any, serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.ws.connection.ACK_LAG_S", 1.5)
    monkeypatch.setattr("signaling.ws.connection.WATCH_EVERY_S", 0.05)
    monkeypatch.setattr("signaling.ws.client.PING_EVERY_S", 0.05)
    async with SignalingClient(await serve(hub), "staff-1", HELLO) as client, asyncio.TaskGroup() as tasks:
        teacher = Pupil(client)
        reader = tasks.create_task(teacher.read())
        await teacher.until(lambda: client.connected)
        acked: asyncio.Queue[int] = asyncio.Queue()
        line = hub.lines["staff-1"]

        def noted(number: int, parts: int = 0) -> None:
            acked.put_nowait(number)
            type(line).acked(line, number, parts)

        monkeypatch.setattr(line, "acked", noted)
        for number in range(10):
            await client.send(_stroke(number))
        await teacher.until(lambda: len(teacher.board.visible(1)) == 10)
        async with asyncio.timeout(20):
            while await acked.get() < hub.room.number:
                pass
        assert line.closing is None
        reader.cancel()


def test_a_long_line_may_be_silent_for_longer_and_so_may_one_that_brings_media() -> None:
    assert silent_s(0.0, media=False) == 4.0
    assert silent_s(0.7, media=False) == pytest.approx(6.8)
    assert silent_s(60.0, media=False) == 12.0
    assert silent_s(0.0, media=True) == 12.0


async def test_P73_a_line_whose_handshake_takes_longer_than_one_attempt_is_up_in_the_next(hub: Any, serve: Any) -> None:
    url = await serve(hub)
    port, begun = int(url.rpartition(":")[2].partition("/")[0]), 0

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal begun
        begun += 1
        await asyncio.sleep(2.5)
        await relay.serve(reader, writer)

    relay = Relay(port)
    server = await asyncio.start_server(late, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    far = url.replace(f":{port}", f":{address[1]}")
    up = asyncio.Event()
    async with server, SignalingClient(far, "room-1", HELLO, on_line=lambda _: up.set()), asyncio.timeout(20):
        await up.wait()
    assert begun == 2


@pytest.mark.parametrize("sign", ["wake", "heard"])
async def test_P73_a_sign_of_life_ends_an_attempt_that_hangs(
    hub: Any, serve: Any, monkeypatch: pytest.MonkeyPatch, sign: str
) -> None:
    monkeypatch.setattr("signaling.ws.attempts.attempt_s", lambda failures, round_trip_s: 600.0)
    monkeypatch.setattr("signaling.ws.attempts.stale_s", lambda round_trip_s: 0.0)
    url = await serve(hub)
    port, begun, hanging = int(url.rpartition(":")[2].partition("/")[0]), 0, asyncio.Event()

    async def hangs_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            hanging.set()
            await reader.read()
            writer.close()
        else:
            await relay.serve(reader, writer)

    relay = Relay(port)
    server = await asyncio.start_server(hangs_once, "127.0.0.1", 0)
    far = url.replace(f":{port}", f":{server.sockets[0].getsockname()[1]}")
    up = asyncio.Event()
    async with server, SignalingClient(far, "room-1", HELLO, on_line=lambda _: up.set()) as room, asyncio.timeout(20):
        await hanging.wait()
        getattr(room, sign)()
        await up.wait()
    assert begun == 2


async def test_P73_an_attempt_that_is_never_welcomed_has_no_more_time_than_one_that_never_opens(
    hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.ws.attempts.attempt_s", lambda failures, round_trip_s: 0.3)
    monkeypatch.setattr("signaling.ws.client.silent_s", lambda _, media: 600.0)
    deaf = 1

    async def deaf_once(request: web.Request) -> web.WebSocketResponse:
        nonlocal deaf
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        deaf -= 1
        await socket.receive()
        await socket.receive()
        return socket

    async def first_deaf(request: web.Request) -> web.StreamResponse:
        return await (deaf_once(request) if deaf else Endpoint(hub).handle(request))

    app = web.Application()
    app.router.add_get("/ws", first_deaf)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    here = f"ws://127.0.0.1:{runner.addresses[0][1]}/ws"
    up = asyncio.Event()
    try:
        async with SignalingClient(here, "room-1", HELLO, on_line=lambda _: up.set()), asyncio.timeout(20):
            await up.wait()
    finally:
        await runner.cleanup()
    assert deaf == 0
