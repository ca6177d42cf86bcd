"""What one client says, by its WebSocket and beside it: one message after the other, within one allowance.

Docs/protocol.md, rules P4 to P6 and P65. What comes beside is bound by all that binds the WebSocket, and by a number of
messages a second besides; what is wrong there is left, and whoever brought it is told so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from signaling.codec import decode_from_client, refusal
from signaling.errors import SignalingError, TurnedAway
from signaling.messages import Ack, FromClient
from signaling.ws.allowance import Allowance, Bucket
from signaling.ws.connection import Connection
from signaling.ws.order import ACTS, Order, act_of, read_beside

BESIDE_PER_S, BESIDE_AT_ONCE = 30, 60
"""Messages from beside that are looked at: three times as many as a page sends."""


class Intake:
    """receive: passes a message on, and may raise SignalingError. mark: what each message from beside must say."""

    def __init__(self, connection: Connection, mark: int, receive: Callable[[FromClient], Awaitable[None]]) -> None:
        self._connection = connection
        self._mark = mark
        self._receive = receive
        now = time.monotonic()
        self._allowance = Allowance(now)
        self._beside = Bucket(BESIDE_PER_S, BESIDE_AT_ONCE, now)
        self._order = Order()
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()

    async def frame(self, frame: bytes) -> None:
        """A text frame of the WebSocket.

        Raises:
            TurnedAway: one too many that was no message.
        """
        try:
            message = decode_from_client(frame)
        except SignalingError as error:
            self.fault(error)
            return
        if isinstance(message, Ack):
            self._connection.acked(message.number, message.parts)
            return
        async with self._turn:
            if not isinstance(message, ACTS) or self._order.came(message):
                await self._take(message)
        if self._order.next_waits():
            self._wake.set()

    def fault(self, error: SignalingError) -> None:
        """A frame that was no message.

        Raises:
            TurnedAway: one too many.
        """
        if not self._allowance.faults.take(time.monotonic()):
            raise TurnedAway("bad_message", error.detail, retry=True) from error
        self._connection.send(refusal(None, error))

    def beside(self, message: bytes, packed: bool) -> bool:
        """A message from beside; False: it is none, or one too many, and nothing follows from it."""
        if not self._beside.take(time.monotonic()):
            return False
        try:
            mark, frames = read_beside(message, packed=packed)
            if mark != self._mark:
                return True  # sent before this connection was there
            acts = [(place, act_of(frame)) for place, frame in frames if self._order.wants(place)]
        except SignalingError:
            return False
        for place, act in acts:
            self._order.keep(place, act)
        if self._order.next_waits():
            self._wake.set()
        return True

    async def follow(self) -> None:
        """Takes acts that came beside when it is their turn, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._connection.closing is None and self._order.next_waits():
                async with self._turn:
                    act = self._order.take_next()
                    if act is not None:
                        await self._take(act)

    async def _take(self, message: FromClient) -> None:
        try:
            wait_s = self._allowance.wait_s(message, time.monotonic())
            if wait_s:
                await asyncio.sleep(wait_s)
            if wait_s is not None:
                await self._receive(message)
        except SignalingError as error:
            self._connection.send(refusal(message, error))
