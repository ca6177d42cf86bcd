"""Encoded packets from the capture's thread to the peers that carry them, by a bounded queue for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Literal

import av
from aiortc import MediaStreamTrack

WAITING_MAX: Final = 60
"""Packets that wait for one peer; one more, and all are dropped: a fresh keyframe is worth more."""


class PacketTrack(MediaStreamTrack):
    """A track of encoded packets, as RTCRtpSender takes them."""

    def __init__(self, kind: Literal["audio", "video"], overflow: Callable[[], None]) -> None:
        super().__init__()
        self.kind = kind
        self._queued: asyncio.Queue[av.Packet[Any]] = asyncio.Queue()
        self._overflow = overflow

    def put(self, packet: av.Packet[Any]) -> None:
        """The next packet; called in the event loop."""
        if self._queued.qsize() >= WAITING_MAX:
            while not self._queued.empty():
                self._queued.get_nowait()
            self._overflow()
            return
        self._queued.put_nowait(packet)

    async def recv(self) -> av.Packet[Any]:
        """The next packet, when there is one (aiortc's interface)."""
        return await self._queued.get()


class Fanout:
    """One encoded stream and the tracks that carry it now. overflow: what to do when a peer falls behind."""

    def __init__(self, kind: Literal["audio", "video"], overflow: Callable[[], None]) -> None:
        self._kind = kind
        self._overflow = overflow
        self._tracks: set[PacketTrack] = set()

    def open(self) -> PacketTrack:
        """A new track; it ends when it is stopped or closed here."""
        track = PacketTrack(self._kind, self._overflow)
        self._tracks.add(track)
        return track

    def close(self, track: PacketTrack) -> None:
        """Nothing more goes to this track."""
        self._tracks.discard(track)
        track.stop()

    def put(self, packet: av.Packet[Any]) -> None:
        """A packet for everybody; called in the event loop."""
        for track in self._tracks:
            track.put(packet)
