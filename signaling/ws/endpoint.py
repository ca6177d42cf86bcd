"""The WebSocket of the server: who comes in, what may pass, how each ends (docs/protocol.md, P1 to P8, P60 to P63).

What a client does wrong is told to it in a typed message and to nobody else. Use `Endpoint(hub).handle` as the aiohttp
handler of `/ws`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol, cast

import structlog
from aiohttp import WSMsgType, web
from msgspec import Struct
from msgspec.structs import replace

from signaling.codec import FRAME_LIMIT_BYTES, Frames, decode_from_client
from signaling.errors import BadMessage, SignalingError, TurnedAway
from signaling.messages import PARTS_EDITION, VERSION, FromClient, Hello, ParticipantId
from signaling.ws.connection import Connection
from signaling.ws.intake import Intake
from signaling.ws.server_socket import ServerSocket, tune

log = structlog.get_logger(__name__)

HELLO_WITHIN_S = 5.0
CLOSING_WITHIN_S = 2.0

_WebSocket = web.WebSocketResponse[Any]


class Grant(Struct, frozen=True):
    """Who a client is, proven by its credential."""

    participant: ParticipantId


class Hub(Protocol):
    """Where sockets meet rooms."""

    def check_origin(self, request: web.Request) -> None:
        """Raises: web.HTTPException, where a page of another origin asks."""

    async def authenticate(self, request: web.Request) -> Grant | None:
        """Who asks, by cookie or bearer token; None where nobody is known by it. May raise web.HTTPException."""

    async def joined(self, grant: Grant, hello: Hello, connection: Connection) -> ParticipantId:
        """The participant is in its room; what it missed is being sent.

        Raises:
            TurnedAway: no such lesson, or not for this participant, or the server drains.
        """

    def passed(self, who: ParticipantId, connection: Connection, message: FromClient) -> bool:
        """Passes on, at once, what need not wait for anything else; whether it did."""

    async def received(self, who: ParticipantId, connection: Connection, message: FromClient) -> None:
        """A message came. It waits while the room is behind.

        Raises:
            SignalingError: told to the sender.
        """

    async def left(self, who: ParticipantId, connection: Connection) -> None:
        """The socket is closed."""


class Endpoint:
    """Serves the sockets of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._frames = Frames()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """The whole life of one socket."""
        self._hub.check_origin(request)
        grant = await self._hub.authenticate(request)
        ws = web.WebSocketResponse(
            timeout=CLOSING_WITHIN_S,
            compress=False,
            max_msg_size=FRAME_LIMIT_BYTES,
            writer_limit=1,
            decode_text=False,
        )
        await ws.prepare(request)
        transport = cast(asyncio.Transport, request.transport)
        long_line_s = tune(transport)
        name = grant.participant if grant else ""
        connection = Connection(ServerSocket(ws, transport), self._frames, name, long_line_s=long_line_s)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(connection.run())
            # A task of its own: a message that wakes this one would go through every handler around it.
            tasks.create_task(self._serve_until_closed(ws, grant, connection, tasks))
        return ws

    async def _serve_until_closed(
        self, ws: _WebSocket, grant: Grant | None, connection: Connection, tasks: asyncio.TaskGroup
    ) -> None:
        try:
            await _guarded(connection, self._serve(ws, grant, connection, tasks))
        finally:
            if ws.closed:
                connection.gone()

    async def _serve(
        self, ws: _WebSocket, grant: Grant | None, connection: Connection, tasks: asyncio.TaskGroup
    ) -> None:
        if grant is None:
            raise TurnedAway("unauthorized")
        hello = await _hello(ws)
        if hello is None:
            return
        connection.edition, connection.takes_parts = hello.edition, hello.parts
        who = await self._hub.joined(grant, hello, connection)
        intake = Intake(connection, hello.beside, lambda message: self._receive(who, connection, message))
        following = tasks.create_task(_guarded(connection, intake.follow())) if hello.beside else None
        if following is not None:
            connection.came_beside = intake.beside
        try:
            await self._read(ws, connection, intake)
        finally:
            if following is not None:
                following.cancel()
            await self._hub.left(who, connection)

    async def _read(self, ws: _WebSocket, connection: Connection, intake: Intake) -> None:
        while connection.closing is None:
            try:
                frame = _text(await ws.receive())
            except BadMessage as error:
                intake.fault(error)
                continue
            if frame is None:
                return
            await intake.frame(frame)

    async def _receive(self, who: ParticipantId, connection: Connection, message: FromClient) -> None:
        if not self._hub.passed(who, connection, message):
            await self._hub.received(who, connection, message)


async def _hello(ws: _WebSocket) -> Hello | None:
    """The first message; None where the client closed before it. Parts of an edition not told any more count as none.

    Raises:
        TurnedAway: anything else came, or nothing in time, or another version.
    """
    try:
        frame = _text(await ws.receive(HELLO_WITHIN_S))
        if frame is None:
            return None
        message = decode_from_client(frame)
    except TimeoutError as error:
        raise TurnedAway("bad_message", "no hello", retry=True) from error
    except SignalingError as error:
        raise TurnedAway("bad_message", error.detail) from error
    if not isinstance(message, Hello):
        raise TurnedAway("bad_message", "hello comes first")
    if message.version != VERSION:
        raise TurnedAway("version", f"this server speaks version {VERSION}")
    return message if message.edition >= PARTS_EDITION else replace(message, parts=False, ahead=False)


async def _guarded(connection: Connection, work: Coroutine[Any, Any, None]) -> None:
    """What goes wrong while one client is served, foreseen or not, ends its socket and nobody else's."""
    try:
        await work
    except TurnedAway as turned:
        log.info("turned away", participant=connection.name, code=turned.code, detail=turned.detail)
        connection.cut(turned.code, retry=turned.retry)
    except Exception:
        log.exception("socket failed", participant=connection.name)
        connection.cut("internal")


def _text(message: Any) -> bytes | None:
    """What a text frame holds; None when the socket is closed.

    Raises:
        BadMessage: a binary frame came.
    """
    if message.type is WSMsgType.BINARY:
        raise BadMessage("binary frame")
    return cast(bytes, message.data) if message.type is WSMsgType.TEXT else None
