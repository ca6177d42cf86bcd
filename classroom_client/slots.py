"""The receive slots at this end: what each peer's tracks bring goes into playouts that outlive the peer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from classroom_client.peer import Peer
from classroom_client.playout import RATE_HZ, AudioPlayout, SlotClock, VideoPlayout, mix
from signaling.messages import SLOTS, View

Samples = np.ndarray[Any, np.dtype[np.float32]]
STOPPED_WITHIN_S: Final = 1.0


@dataclass
class Slot:
    """One slot's playouts. seat: whose they are and which sources, so that another's remains are never shown."""

    pictures: VideoPlayout[av.VideoFrame] = field(default_factory=VideoPlayout)
    sound: AudioPlayout = field(default_factory=AudioPlayout)
    seat: tuple[str, str | None, str | None] | None = None


class Slots:
    """All slots. `heard_s` is when media last came, monotonic seconds."""

    def __init__(self) -> None:
        self.slots = [Slot() for _ in range(SLOTS)]
        self.heard_s = time.monotonic()
        self._readers: dict[Peer, list[asyncio.Task[None]]] = {}

    def follow(self, view: View) -> None:
        """A new view: slots whose seat changed forget what waits in them."""
        seats = {seat.slot: (seat.participant, seat.video, seat.audio) for seat in view.seats}
        for number, slot in enumerate(self.slots):
            seat = seats.get(number)
            if seat is None or slot.seat is None or seat[:2] != slot.seat[:2]:
                slot.pictures.clear()
            if seat is None or slot.seat is None or (seat[0], seat[2]) != (slot.seat[0], slot.seat[2]):
                slot.sound.clear()
            slot.seat = seat

    def attach(self, peer: Peer) -> None:
        """Reads a peer's tracks from now on; call it once its answer is applied."""
        self._readers[peer] = [
            asyncio.create_task(read(slot, transceiver.receiver.track))
            for slot, pair in zip(self.slots, peer.slots, strict=True)
            for read, transceiver in zip((self._hear, self._see), pair, strict=True)
            if transceiver.receiver.track is not None
        ]

    async def detach(self, peer: Peer) -> None:
        """Reads that peer no more."""
        tasks = self._readers.pop(peer, [])
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOPPED_WITHIN_S)

    def sound(self, count: int) -> Samples:
        """The next `count` samples of all slots together."""
        return mix((slot.sound.pull(count) for slot in self.slots), count)

    async def _see(self, slot: Slot, track: MediaStreamTrack) -> None:
        clock = SlotClock()
        while (frame := await _next(track)) is not None:
            self.heard_s = now_s = time.monotonic()
            if slot.seat is not None and slot.seat[1] is not None:
                slot.pictures.push(frame, clock.due(float(frame.time or 0.0), now_s))

    async def _hear(self, slot: Slot, track: MediaStreamTrack) -> None:
        while (frame := await _next(track)) is not None:
            self.heard_s = time.monotonic()
            if slot.seat is not None and slot.seat[2] is not None:
                slot.sound.push(_mono(frame))


async def _next(track: MediaStreamTrack) -> Any:
    """The track's next frame, None once it has ended."""
    try:
        return await track.recv()
    except MediaStreamError:
        return None


def _mono(frame: av.AudioFrame) -> Samples:
    """16-bit interleaved sound at RATE_HZ, as aiortc's Opus decoder gives it, to mono floats."""
    assert frame.sample_rate == RATE_HZ, "Opus is decoded at 48 kHz"
    samples = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
    mono: Samples = (samples.mean(axis=1) / 32768.0).astype(np.float32)
    return mono
