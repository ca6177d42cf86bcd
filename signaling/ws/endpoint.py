"""The WebSocket of the server: who comes in, what may pass, how each ends (docs/protocol.md, P1 to P8, P60 to P63).

What a client does wrong is told to it in a typed message and to nobody else. Use `Endpoint(hub).handle` as the aiohttp
handler of `/ws`.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol, cast

import structlog
from aiohttp import WSMsgType, web
from msgspec import Struct

from signaling.codec import FRAME_LIMIT_BYTES, Frames, decode_from_client, refusal
from signaling.errors import BadMessage, SignalingError, TooFast, TurnedAway
from signaling.messages import VERSION, Ack, FromClient, Hello, ParticipantId
from signaling.ws.allowance import BOARD, EXPENDABLE, Allowance
from signaling.ws.connection import Connection
from signaling.ws.server_socket import ServerSocket, tune

log = structlog.get_logger(__name__)

HELLO_WITHIN_S = 5.0
HEARTBEAT_S = 6.0
"""A silent client is pinged after this; half as long again without an answer, and it is lost."""
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
            heartbeat=HEARTBEAT_S,
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
            await self._serve_until_closed(ws, grant, connection)
        return ws

    async def _serve_until_closed(self, ws: _WebSocket, grant: Grant | None, connection: Connection) -> None:
        try:
            await self._serve(ws, grant, connection)
        except TurnedAway as turned:
            log.info("turned away", participant=connection.name, code=turned.code, detail=turned.detail)
            connection.cut(turned.code, retry=turned.retry)
        except Exception:
            log.exception("socket failed", participant=connection.name)
            connection.cut("internal")
        finally:
            if ws.closed:
                connection.gone()

    async def _serve(self, ws: _WebSocket, grant: Grant | None, connection: Connection) -> None:
        if grant is None:
            raise TurnedAway("unauthorized")
        hello = await _hello(ws)
        if hello is None:
            return
        connection.edition, connection.takes_parts = hello.edition, hello.parts
        who = await self._hub.joined(grant, hello, connection)
        try:
            await self._read(ws, who, connection)
        finally:
            await self._hub.left(who, connection)

    async def _read(self, ws: _WebSocket, who: ParticipantId, connection: Connection) -> None:
        allowance = Allowance(time.monotonic())
        while connection.closing is None:
            message: FromClient | None = None
            try:
                frame = await _frame(ws)
                if frame is None:
                    return
                message = decode_from_client(frame)
                if isinstance(message, Ack):
                    connection.acked(message.number, message.parts)
                elif await _allowed(allowance, message):
                    await self._hub.received(who, connection, message)
            except SignalingError as error:
                if message is None and not allowance.faults.take(time.monotonic()):
                    raise TurnedAway("bad_message", error.detail, retry=True) from error
                connection.send(refusal(message, error))


async def _allowed(allowance: Allowance, message: FromClient) -> bool:
    """Whether the message passes. Board operations wait for their turn.

    Raises:
        TooFast: the message is refused for the number of its kind.
    """
    bucket, kind, now = allowance.of(message), type(message), time.monotonic()
    if kind in BOARD:
        if (wait_s := bucket.wait_s(now)) > 0:
            await asyncio.sleep(wait_s)
        return True
    if bucket.take(now):
        return True
    if kind in EXPENDABLE:
        return False
    raise TooFast


async def _hello(ws: _WebSocket) -> Hello | None:
    """The first message; None where the client closed before it.

    Raises:
        TurnedAway: anything else came, or nothing in time, or another version.
    """
    try:
        frame = await _frame(ws, HELLO_WITHIN_S)
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
    return message


async def _frame(ws: _WebSocket, within_s: float | None = None) -> bytes | None:
    """The next text frame; None when the socket is closed.

    Raises:
        BadMessage: a binary frame came.
        TimeoutError: nothing came in time.
    """
    message = await ws.receive(within_s)
    if message.type is WSMsgType.BINARY:
        raise BadMessage("binary frame")
    return cast(bytes, message.data) if message.type is WSMsgType.TEXT else None
