"""What to send again when a receiver asks: history of a source, seen through the epochs of a route. Pure.

A route shows one source after another under one run of sequence numbers. Each stretch is an `Epoch` with the shifts
that were in force, so that a repair carries exactly what the lost packet carried, also across a switch.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from server.media.payload import vp8_shifted

VIDEO_HISTORY = 512
AUDIO_HISTORY = 64
MAX_EPOCHS = 8
"""Switches remembered: a receiver asks within a second, and nobody switches a slot eight times in that."""


Packet = tuple[int, int, int, bytes]
"""One RTP packet of a source, header extensions and padding gone: its sequence number as an index that never wraps,
its timestamp, the header's second byte (marker and payload type), and the payload. A plain tuple: it is made and
unpacked at packet rate."""


class History:
    """The last packets of a source, by index. `ring` and `mask` are public for the plane's loop."""

    __slots__ = ("mask", "ring")

    def __init__(self, size: int) -> None:
        assert size & (size - 1) == 0, "a power of two"
        self.mask = size - 1
        self.ring: list[Packet | None] = [None] * size

    def keep(self, packet: Packet) -> None:
        """Remembers a packet, in place of the one `size` before it."""
        self.ring[packet[0] & self.mask] = packet

    def get(self, index: int) -> Packet | None:
        """The packet with this index, if still there."""
        packet = self.ring[index & self.mask]
        return packet if packet is not None and packet[0] == index else None


@dataclass(frozen=True, slots=True)
class Epoch:
    """One stretch of a route. Outgoing index = the source's index + `index_shift`, from `first` (outgoing) on.

    payload_types: the source's -> the route's; picture_shift and tl0_shift are for VP8.
    """

    first: int
    history: History
    index_shift: int
    timestamp_shift: int
    picture_shift: int
    tl0_shift: int
    payload_types: dict[int, int]

    @property
    def renumbers(self) -> bool:
        """Whether VP8 descriptors change on their way."""
        return bool(self.picture_shift or self.tl0_shift)

    def renumbered(self, payload: bytes) -> bytes:
        """The payload as it leaves in this epoch."""
        return vp8_shifted(payload, self.picture_shift, self.tl0_shift) if self.renumbers else payload


class Epochs:
    """The latest epochs of a route, newest last."""

    def __init__(self) -> None:
        self._epochs: deque[Epoch] = deque(maxlen=MAX_EPOCHS)

    def begin(self, epoch: Epoch) -> None:
        """A switch: `epoch.first` is greater than every index sent before."""
        self._epochs.append(epoch)

    def forget(self) -> None:
        """The route is empty: nothing of before is sent again. What comes next needs none of it."""
        self._epochs.clear()

    def find(self, outgoing: int) -> tuple[Epoch, Packet] | None:
        """The packet that left as index `outgoing` and the epoch it left in; None if it is too long ago."""
        for epoch in reversed(self._epochs):
            if outgoing >= epoch.first:
                packet = epoch.history.get(outgoing - epoch.index_shift)
                return None if packet is None else (epoch, packet)
        return None
