"""One client's end of the wire on the server: a bounded queue and one writer, so that no client ever delays another.

Docs/protocol.md, rules P60 to P63. A client that does not read, or reads and does not acknowledge, is cut; it comes
back by itself and catches up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog

from signaling.codec import Frames
from signaling.errors import GoodbyeCode
from signaling.messages import EDITION, Answer, Expected, FromServer, Goodbye, Logged, Snapshot
from signaling.pace import Pace
from signaling.parts import CURRENT_OCTETS, Parts, frame_of, head
from signaling.ws.outbox import Full, Outbox, Spared

log = structlog.get_logger(__name__)

ACK_LAG_S = 10.0
"""An event written so long ago must be acknowledged, and bytes handed to the network must have moved."""
ACK_SAMPLE_S = 0.5
LAST_WORDS_S = 2.0
"""How long a closing connection may take to write what waits."""
WATCH_EVERY_S = 1.0
"""All connections are looked at in the same moment: a wake-up of the server costs as much as many looks."""
ANSWER_ROUND_TRIPS = 2.0
"""On a long line a board waits so long for the answer to the client's offer: speech first, or it would stand behind."""
DIRECT_BYTES = 16 * 1024
"""Longer frames go through the writer, which knows when the network has taken them."""


class Socket(Protocol):
    """A WebSocket, as much of it as a connection needs."""

    def try_write(self, frame: bytes) -> bool:
        """Hands a text frame to the network if nothing waits before it; False, and nothing done, otherwise."""

    async def write(self, frame: bytes, *, binary: bool = False) -> None:
        """Hands a frame to the network and waits until there is room for the next.

        Raises:
            ConnectionError: the socket is closed.
        """

    def buffered(self) -> int:
        """Bytes handed over that the network has not taken yet."""

    def quiet(self) -> bool:
        """Whether the other end has confirmed all that was handed over, as far as this machine can tell."""

    def alive(self) -> bool:
        """Whether the other end was heard of lately; one that has been silent for long is pinged."""

    async def close(self, code: GoodbyeCode) -> None:
        """The closing handshake, with a deadline."""

    def abort(self) -> None:
        """Drops the socket at once."""


class Connection:
    """Sends messages to one client. `send` and `close` return at once and never raise."""

    def __init__(
        self, socket: Socket, frames: Frames | None = None, name: str = "", *, long_line_s: float = 0.0
    ) -> None:
        """long_line_s: the round trip of a line that is long; 0 of any other."""
        self.name = name
        self.edition = EDITION
        """Of the wire, that the client reads."""
        self.takes_parts = False
        """Whether the client takes a board in parts."""
        self._socket = socket
        self._frames = frames or Frames()
        self._outbox = Outbox()
        self._spared: Spared | None = None
        self.beside: Callable[[int, bytes], None] = _nowhere
        """Takes each numbered event and its frame, to send it another way as well (docs/weak-lines.md)."""
        self.came_beside: Callable[[bytes, bool], bool] = _nothing_comes
        """Takes what came another way from this client, once it has said hello: a message, and whether it is packed.
        False: it was nothing that a client says."""
        self._parts: Parts | None = None
        self._pace = Pace()
        self._parts_sent = 0
        self._long_line_s = long_line_s
        self._parts_from_s = 0.0
        self._wake = asyncio.Event()
        self._writing = False
        self._loop = asyncio.get_running_loop()
        self._unacked: deque[tuple[int, float]] = deque()
        self._acked = 0
        self._closing: GoodbyeCode | None = None
        self._deadline: float | None = None
        self._next_look: asyncio.TimerHandle | None = None
        self._moved = (self._loop.time(), 0)

    @property
    def long_line(self) -> bool:
        """Whether the line is long: such a one may be thin as well."""
        return self._long_line_s > 0

    @property
    def closing(self) -> GoodbyeCode | None:
        """Why it closes or was closed; None while it is open."""
        return self._closing

    @property
    def waiting(self) -> tuple[int, int]:
        """Messages and bytes that wait to be written."""
        return len(self._outbox), self._outbox.size

    def send(self, message: FromServer) -> None:
        """Queues a message; after `close` it is dropped."""
        if self._closing is not None:
            return
        if self.takes_parts and isinstance(message, Snapshot):
            self._parts = Parts(message.state.number, message.state.board, ahead=message.ahead)
            self._pace, self._parts_sent = Pace(), int(message.ahead)
            if message.ahead:  # which the client acknowledges like any other
                self._pace.sent(self._loop.time())
            self._parts_from_s = self._loop.time() + ANSWER_ROUND_TRIPS * self._long_line_s
            message = head(message)
            self._wake.set()
        frame = self._frames.told_to(self.edition, message)
        if frame is None or (self._spared is not None and self._spared.holds(message, frame)):
            return
        direct = len(frame) <= DIRECT_BYTES and not self._writing and not self._outbox.size
        if not (direct and self._socket.try_write(frame)):
            try:
                self._outbox.put(message, frame)
            except Full:
                self.cut("stalled")
                return
            self._wake.set()
        match message:
            case Logged(number=number, event=event):
                self._expect_ack(number)
                if not isinstance(event, Expected):  # the roster before it has no number, and must not be overtaken
                    self.beside(number, frame)
            case Snapshot(state=state):
                self._expect_ack(state.number)
            case Answer() if self._parts is not None:
                self._parts_from_s = 0.0
                self._wake.set()

    def spare(self, on: bool) -> None:
        """On a thin line what is expendable waits until nothing else is under way, or is left out."""
        if on:
            self._spared = self._spared or Spared()
        elif self._spared is not None:
            spared, self._spared = self._spared, None
            self._try_all(spared)

    def _try_all(self, spared: Spared) -> None:
        for frame in spared.take():
            self._socket.try_write(frame)

    def acked(self, number: int, parts: int = 0) -> None:
        """The client has processed all events up to `number`, and has so many parts of the latest snapshot's board."""
        if parts and parts >= self._parts_sent:
            self._pace.came(self._loop.time())
            self._wake.set()
        self._acked = max(self._acked, number)
        while self._unacked and self._unacked[0][0] <= self._acked:
            self._unacked.popleft()

    def close(self, code: GoodbyeCode) -> None:
        """Closes once what waits is written. Closing twice is closing once."""
        if self._closing is None:
            self._closing = code
            self._deadline = self._loop.time() + LAST_WORDS_S
            self._wake.set()

    def cut(self, code: GoodbyeCode, *, retry: bool = True) -> None:
        """Closes with a goodbye and without what waits."""
        if self._closing is not None:
            return
        log.info("connection cut", participant=self.name, code=code, waiting=len(self._outbox))
        self._outbox.clear()
        goodbye = Goodbye(code=code, retry=retry)
        self._outbox.put(goodbye, self._frames.of(goodbye))
        self.close(code)

    def gone(self) -> None:
        """The other end has closed: nothing can be written any more."""
        self._outbox.clear()
        self.close("ended")
        if self._writing:
            self._socket.abort()

    async def run(self) -> None:
        """Writes what is queued until the connection is closed, and looks every second whether the client stalls."""
        self._look_later()
        try:
            while self._closing is None or len(self._outbox):
                if (frame := self._outbox.take()) is not None:
                    await self._write(frame)
                elif self._parts is None or not await self._tell_part(self._parts):
                    self._wake.clear()
                    await self._wake.wait()
            await self._socket.close(self._closing or "ended")
        except ConnectionError:
            self._closing = self._closing or "ended"
        finally:
            if self._next_look is not None:
                self._next_look.cancel()
            self._socket.abort()

    def _look_later(self) -> None:
        """At the next whole multiple of WATCH_EVERY_S of the loop's clock."""
        now = self._loop.time()
        self._next_look = self._loop.call_at(now - now % WATCH_EVERY_S + WATCH_EVERY_S, self._look)

    def _look(self) -> None:
        """Cuts the client when it stalls, and the socket when nobody is there or its last words take too long."""
        now, buffered = self._loop.time(), self._socket.buffered()
        if buffered != self._moved[1] or not self._writing:
            self._moved = now, buffered
        unacked_since = self._unacked[0][1] if self._unacked and not self._writing else now
        if self._closing is None and now - min(unacked_since, self._moved[0]) > ACK_LAG_S:
            self.cut("stalled")
        alive = self._socket.alive()
        if not alive:
            log.info("connection silent", participant=self.name)
        if not alive or (self._deadline is not None and now >= self._deadline):
            self._socket.abort()
        if self._spared is not None and self._closing is None and not len(self._outbox) and self._socket.quiet():
            self._try_all(self._spared)
        self._look_later()

    async def _tell_part(self, parts: Parts) -> bool:
        """Writes the next part, if it may leave now: those of the page that is shown at once, the others at their pace.

        False: nothing is to be done until the client answers, or somebody wakes us.
        """
        now = self._loop.time()
        due_s = 0.0 if parts.urgent else self._pace.due_s(now)
        if due_s is None:
            return False
        due_s = max(due_s, self._parts_from_s - now)
        if due_s > 0:
            with suppress(TimeoutError):
                self._wake.clear()
                await asyncio.wait_for(self._wake.wait(), due_s)
            return True
        part = parts.take(CURRENT_OCTETS if parts.urgent else self._pace.octets)
        if part is None:
            self._parts = None
            return False
        self._parts_sent += 1
        self._pace.sent(now)
        await self._write(frame_of(part), binary=True)
        return True

    async def _write(self, frame: bytes, *, binary: bool = False) -> None:
        self._writing = True
        try:
            await self._socket.write(frame, binary=binary)
        finally:
            self._writing = False
        if self._unacked and not len(self._outbox):
            self._unacked = deque([(self._unacked[-1][0], self._loop.time())])

    def _expect_ack(self, number: int) -> None:
        now = self._loop.time()
        if not self._unacked or now - self._unacked[-1][1] >= ACK_SAMPLE_S:
            self._unacked.append((number, now))


def _nowhere(number: int, frame: bytes) -> None:
    """There is no other way."""


def _nothing_comes(message: bytes, packed: bool) -> bool:
    """This client said nothing of another way."""
    return False
