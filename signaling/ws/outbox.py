"""What waits to be written to one client: bounded; what is expendable makes room (docs/protocol.md, P60). Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from signaling.messages import (
    BoardChecked,
    InkSeen,
    LaserSeen,
    LevelSeen,
    LinkSeen,
    Message,
    Pong,
    Snapshot,
    Welcome,
)

MESSAGES_AT_MOST = 256
BYTES_AT_MOST = 512 * 1024
CATCH_UP_MESSAGES = 4_096
CATCH_UP_BYTES = 64 * 1024 * 1024
"""After a welcome or a snapshot, until the queue has been empty once: all that a returning client missed must fit."""
BEHIND_MESSAGES = 16
"""From so many waiting messages on, unfinished ink is not worth sending."""


class Full(Exception):
    """The client does not read fast enough to stay."""


class Outbox:
    """A queue of frames. Of what only the latest value counts, only the latest waits."""

    def __init__(self) -> None:
        self._frames: OrderedDict[Hashable, bytes] = OrderedDict()
        self._next = 0
        self._catching_up = True
        self.size = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, message: Message, frame: bytes) -> None:
        """Queues a frame, in order.

        Raises:
            Full: over the limit; the frame is not queued.
        """
        if isinstance(message, InkSeen) and len(self._frames) >= BEHIND_MESSAGES:
            self.dropped += 1
            return
        key = _latest_of(message)
        if key is not None and key in self._frames:
            self.dropped += 1
            self.size += len(frame) - len(self._frames[key])
            self._frames[key] = frame
            return
        self._catching_up = self._catching_up or isinstance(message, Welcome | Snapshot)
        self._make_sure_of_room(frame)
        self._frames[key if key is not None else self._count()] = frame
        self.size += len(frame)

    def take(self) -> bytes | None:
        """The next frame to write; None when all is written."""
        if not self._frames:
            self._catching_up = False
            return None
        _, frame = self._frames.popitem(last=False)
        self.size -= len(frame)
        return frame

    def clear(self) -> None:
        """Forgets what waits."""
        self._frames.clear()
        self.size = 0

    def _make_sure_of_room(self, frame: bytes) -> None:
        messages = CATCH_UP_MESSAGES if self._catching_up else MESSAGES_AT_MOST
        size = CATCH_UP_BYTES if self._catching_up else BYTES_AT_MOST
        if self._frames and (len(self._frames) >= messages or self.size + len(frame) > size):
            raise Full

    def _count(self) -> int:
        self._next += 1
        return self._next


class Spared:
    """What a thin line is not given at once: the latest value of what has one; unfinished ink not at all."""

    def __init__(self) -> None:
        self._frames: dict[Hashable, bytes] = {}

    def holds(self, message: Message, frame: bytes) -> bool:
        """Whether the message is kept back, or left out."""
        if isinstance(message, InkSeen):
            return True
        key = None if isinstance(message, Pong) else _latest_of(message)
        if key is not None:
            self._frames[key] = frame
        return key is not None

    def take(self) -> list[bytes]:
        """All that was kept back; it is handed out once."""
        frames, self._frames = list(self._frames.values()), {}
        return frames


def _latest_of(message: Message) -> Hashable | None:
    """Names what the message is the latest value of; None where every message counts."""
    match message:
        case LaserSeen(by=who) | LevelSeen(by=who) | LinkSeen(participant=who) | BoardChecked(participant=who):
            return type(message), who
        case Pong():
            return type(message)
        case _:
            return None
