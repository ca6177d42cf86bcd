"""One connection's data channel at work: the courier's messages by SCTP over DTLS, each at its time, and what comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from server.media.courier import Courier, Line
from server.media.sctp import Association
from server.media.sctp_intake import MESSAGE_BYTES, Message


class SideChannel:
    """`send` takes one SCTP packet to the peer, now; `took` each message from it. All calls from the event loop."""

    def __init__(self, port: int, send: Callable[[bytes], None], took: Callable[[Message], None]) -> None:
        self._association = Association(port)
        self._courier = Courier()
        self._send = send
        self._took = took
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def note(self, number: int, text: bytes) -> None:
        """An event that the WebSocket brings, too."""
        self._courier.note(number, text, time.monotonic())
        self._carry()

    def inherit(self, before: SideChannel) -> None:
        """Takes over from the channel of an older connection what that has no receipt for."""
        self._courier.inherit(before._courier, time.monotonic())
        self._carry()

    def line(self, line: Line) -> None:
        """What is known of the line now."""
        self._courier.line(line)
        self._carry()

    def receive(self, packets: list[bytes]) -> None:
        """What came from the peer."""
        for packet in packets:
            for message in self._association.receive(packet):
                self._courier.came(message)
        self._flush()
        self._carry()
        for came in self._association.messages():
            self._took(came)

    def close(self) -> None:
        """Sends nothing more; twice is once."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._closed = True

    def _carry(self) -> None:
        """Sends what is due, and wakes up for what will be."""
        if self._closed:
            return
        now_s = time.monotonic()
        while self._association.open and (taken := self._courier.take(now_s)) is not None:
            numbers, message = taken
            number = self._association.send(message, now_s) if len(message) <= MESSAGE_BYTES else None
            if number is not None:
                self._courier.sent(number, numbers)
        self._flush()
        due_s = self._courier.due_s() if self._association.open else None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due_s is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.0, due_s - now_s) + 0.001, self._carry)

    def _flush(self) -> None:
        for packet in self._association.outgoing():
            self._send(packet)
