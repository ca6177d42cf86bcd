"""The appliance's end of the wire: says hello, resumes, reconnects for ever (docs/protocol.md, P70 to P76).

    async with SignalingClient("wss://server/ws", token, hello) as client:
        await client.send(Sources(live=["camera"]))
        async for message in client:
            ...

The iteration ends only when the server says a goodbye that is meant for good. Whatever breaks before is mended behind
it: the next messages are a new `Welcome` and what was missed. Operations are sent again until they are in the log.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import ssl
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

import structlog
from msgspec.structs import replace
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from signaling.codec import decode_from_server, encode
from signaling.errors import BadMessage
from signaling.messages import Ack, BoardHistory, BoardPart, FromClient, FromServer, Goodbye, Hello, Ping, Pong, Welcome
from signaling.packing import inflated
from signaling.ws.attempts import Attempts
from signaling.ws.backoff import SILENT_S, silent_s
from signaling.ws.early import Early, events_of
from signaling.ws.memory import Memory
from signaling.ws.round_trip import RoundTrip

log = structlog.get_logger(__name__)

PING_EVERY_S = 2.0
SILENT_WHILE_BEHIND_S = 30.0
"""A long snapshot takes its time on a slow line."""
DOUBTED_S = 0.5
UNKNOWN_ROUND_TRIP_S = 0.5
"""A doubted line has this and three round trips to bring a frame."""
INBOX = 1_024
SNAPSHOT_BYTES = 256 * 1024 * 1024

BROKEN = (OSError, TimeoutError, WebSocketException, BadMessage)


class SignalingClient:
    """One participant's socket, and the ones after it. `hello.after` is where it begins.

    credential: a bearer token. tls: for `wss` with a private certificate authority. on_line: told True when a welcome
    has come and False when the line broke. chance: for the jitter.
    """

    def __init__(
        self,
        url: str,
        credential: str,
        hello: Hello,
        *,
        tls: ssl.SSLContext | None = None,
        on_line: Callable[[bool], None] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._url = url
        self._credential = credential
        self._hello = hello
        self._tls = tls
        self._on_line = on_line
        self._inbox: asyncio.Queue[FromServer | None] = asyncio.Queue(INBOX)
        self._memory = Memory(hello.after)
        self._early = Early()
        self._socket: ClientConnection | None = None
        self._silence: asyncio.Timeout | None = None
        """Ends the wait for a frame; None while behind."""
        self._round_trip = RoundTrip()
        self._attempts = Attempts(self._round_trip, chance)
        self._media_s = -math.inf
        self._online = asyncio.Event()
        self._tasks = asyncio.TaskGroup()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._keeper = self._tasks.create_task(self._keep_connected())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
        await self._tasks.__aexit__(kind, error, trace)

    @property
    def connected(self) -> bool:
        """Whether the line is up and welcomed."""
        return self._online.is_set()

    @property
    def unsent(self) -> int:
        """Operations that are not in the log yet, as far as this end knows."""
        return self._memory.unsent

    def wake(self) -> None:
        """A sign of life, e.g. another media connection stands: the next attempt starts at once."""
        self._attempts.sign()

    def heard(self) -> None:
        """Media came in: a sign of life where there was none before, and a reason to be patient (P62)."""
        self._media_s = asyncio.get_running_loop().time()
        self._attempts.heard()

    async def doubt(self) -> None:
        """Media that should come has fallen silent: an address may have changed, and then this line is dead as well."""
        silence, socket = self._silence, self._socket
        until_s = (
            asyncio.get_running_loop().time() + DOUBTED_S + 3 * (self._round_trip.smoothed_s or UNKNOWN_ROUND_TRIP_S)
        )
        if silence is None or socket is None or (silence.when() or 0.0) <= until_s:
            return
        await self._ping(socket)
        if self._silence is silence and not silence.expired():
            silence.reschedule(until_s)

    async def send(self, message: FromClient) -> None:
        """Sends a message; waits while the line is down.

        Operations, and the latest sources, are remembered and sent again after a break, so for them there is no wait.
        """
        if not self._memory.keeps(message):
            await self._online.wait()
        if self._socket is not None and self._online.is_set():
            await self._write(self._socket, message)

    def beside(self, message: bytes) -> None:
        """What came by the data channel: each event is taken once, in its turn, whichever way brought it first.

        Also while the line is down: the next one begins behind it.
        """
        if self._memory.number:
            for event in events_of(message):
                self._early.keep(event, self._memory.number)
            self._take_early()

    def _take_early(self) -> None:
        while not self._inbox.full() and (event := self._early.after(self._memory.number)) is not None:
            if self._memory.is_news(event):
                self._inbox.put_nowait(event)

    async def __aiter__(self) -> AsyncIterator[FromServer]:
        while (message := await self._inbox.get()) is not None:
            yield message
            self._memory.done(message)

    # --- the line ----------------------------------------------------------------------------------------------

    async def _keep_connected(self) -> None:
        """One socket after the other, until a goodbye for good."""
        while True:
            try:
                goodbye = await self._one_socket()
            except BROKEN as error:
                level = logging.INFO if self._attempts.first else logging.DEBUG
                log.log(level, "signaling line broken", url=self._url, reason=type(error).__name__)
                goodbye = None
            self._set_online(None)
            if goodbye is not None and not goodbye.retry:
                await self._inbox.put(None)
                return
            await self._attempts.pause()

    async def _one_socket(self) -> Goodbye | None:
        async with self._attempts.step():
            socket = await connect(
                self._url,
                additional_headers={"Authorization": f"Bearer {self._credential}"},
                ssl=self._tls,
                compression=None,
                proxy=None,
                open_timeout=None,
                ping_interval=None,
                close_timeout=1.0,
                max_size=SNAPSHOT_BYTES,
            )
        failed: BaseException | None = None
        try:
            await self._write(socket, replace(self._hello, after=self._memory.after))
            async with asyncio.TaskGroup() as tasks:
                beats = tasks.create_task(self._beat(socket))
                try:
                    return await self._listen(socket)
                finally:
                    beats.cancel()
        except* BROKEN as broken:
            failed = _first(broken)
        finally:
            socket.transport.abort()
        # Raised out here: Python before 3.11.4 puts what is raised inside `except*` into a group of its own.
        assert failed is not None
        raise failed

    async def _listen(self, socket: ClientConnection) -> Goodbye:
        in_step_at = 0
        while True:
            frame = await self._frame(socket, behind=self._memory.number < in_step_at)
            message = decode_from_server(frame if isinstance(frame, str) else inflated(frame, SNAPSHOT_BYTES))
            if self._memory.is_news(message):
                await self._inbox.put(message)
                if isinstance(message, BoardPart | BoardHistory):  # the next one waits for this
                    await self._write(socket, Ack(number=self._memory.processed, parts=self._memory.parts))
                self._take_early()
            if isinstance(message, Welcome):
                in_step_at = message.number
                for kept in self._memory.again():
                    await self._write(socket, kept)
                self._attempts.welcomed()
                self._set_online(socket)
                await self._ping(socket)  # so that the line's length is known when it breaks
            if isinstance(message, Pong):
                self._round_trip.took(asyncio.get_running_loop().time() - message.sent_ms / 1000)
            if isinstance(message, Goodbye):
                return message

    async def _frame(self, socket: ClientConnection, *, behind: bool) -> str | bytes:
        if not self._online.is_set():
            async with self._attempts.step():
                return await socket.recv()
        media = asyncio.get_running_loop().time() - self._media_s < SILENT_S
        patience_s = SILENT_WHILE_BEHIND_S if behind else silent_s(self._round_trip.smoothed_s, media=media)
        async with asyncio.timeout(patience_s) as silence:
            self._silence = None if behind else silence
            try:
                return await socket.recv()
            finally:
                self._silence = None

    async def _beat(self, socket: ClientConnection) -> None:
        """Pings, and acknowledges along with that what came."""
        acked = 0
        while True:
            await asyncio.sleep(PING_EVERY_S)
            if self._memory.processed > acked:
                acked = self._memory.processed
                await self._write(socket, Ack(number=acked))
            await self._ping(socket)

    async def _ping(self, socket: ClientConnection) -> None:
        await self._write(socket, Ping(sent_ms=int(asyncio.get_running_loop().time() * 1000)))

    async def _write(self, socket: ClientConnection, message: FromClient) -> None:
        """A socket that broke meanwhile is the reader's business."""
        try:
            await socket.send(encode(message), text=True)
        except WebSocketException:
            log.debug("written to a broken line", type=type(message).__name__)

    def _set_online(self, socket: ClientConnection | None) -> None:
        was_online = self._online.is_set()
        self._socket = socket
        if socket is None:
            self._online.clear()
        else:
            self._online.set()
        if self._on_line is not None and was_online != self._online.is_set():
            self._on_line(self._online.is_set())


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """One of the errors that broke the line; the others follow from it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
