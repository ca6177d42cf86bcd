"""The server's end of the channel to a writer: never blocks, bounded, loses media before it loses control messages."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable

from server.recording.channel import CONTROL, MESSAGE_MOST

WAITING_MOST_BYTES = 16 * 1024 * 1024
"""About 20 s of a full lesson; a disk that stalls for longer costs media, and the writer finds the gap."""
SOCKET_BYTES = 1024 * 1024
RECEIVE_BYTES = MESSAGE_MOST + 4096


class Link:
    """One end of a socket pair that keeps message boundaries. Called from the event loop only.

    `received` gets each of the writer's messages, `lost` is called once when the writer is gone.
    """

    def __init__(self, end: socket.socket, received: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = end
        self._received = received
        self._lost = lost
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._closed = False
        self.dropped = 0
        """Media messages that found no room."""
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        self._loop.add_reader(end, self._readable)

    def send(self, message: bytes) -> None:
        """Sends now or as soon as there is room. Media beyond the bound is dropped and counted."""
        if self._closed:
            return
        if not self._waiting:
            try:
                self._end.send(message)
                return
            except (BlockingIOError, InterruptedError):
                self._loop.add_writer(self._end, self._writable)
            except OSError:
                self._gone()
                return
        if self._waiting_bytes + len(message) > WAITING_MOST_BYTES and message[0] != CONTROL:
            self.dropped += 1
            return
        self._waiting.append(message)
        self._waiting_bytes += len(message)

    def close(self) -> None:
        """Lets go of the channel; the writer finishes what it has received."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._end)
        self._loop.remove_writer(self._end)
        self._waiting.clear()
        self._end.close()

    def _writable(self) -> None:
        while self._waiting:
            try:
                self._end.send(self._waiting[0])
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self._gone()
                return
            self._waiting_bytes -= len(self._waiting.popleft())
        self._loop.remove_writer(self._end)

    def _readable(self) -> None:
        while not self._closed:
            try:
                message = self._end.recv(RECEIVE_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                message = b""
            if not message:
                self._gone()
                return
            self._received(message)

    def _gone(self) -> None:
        if not self._closed:
            self.close()
            self._lost()
