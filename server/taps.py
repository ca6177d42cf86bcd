"""Hands the plane's tapped packets to whoever records their source."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from server.media.plane import MediaPlane, TapPacket

Sink = Callable[[Sequence[TapPacket]], None]


class Taps:
    """One per plane: `deliver` is its tap; each source has at most one sink."""

    def __init__(self) -> None:
        self._plane: MediaPlane | None = None
        self._sinks: dict[int, Sink] = {}

    def attach(self, plane: MediaPlane) -> None:
        """The plane whose sources are tapped."""
        self._plane = plane

    def open(self, source_id: int, sink: Sink) -> None:
        """Packets of this source go to `sink` from now on."""
        assert self._plane is not None, "attach comes first"
        self._sinks[source_id] = sink
        self._plane.tap(source_id, True)

    def close(self, source_id: int) -> None:
        """Nothing more of this source. Closing twice is closing once; the source may be gone already."""
        assert self._plane is not None, "attach comes first"
        if self._sinks.pop(source_id, None) is not None:
            try:
                self._plane.tap(source_id, False)
            except KeyError:
                return

    def deliver(self, batch: Sequence[TapPacket]) -> None:
        """Splits a batch by sink, each part in order of arrival."""
        parts: dict[Sink, list[TapPacket]] = {}
        for packet in batch:
            sink = self._sinks.get(packet.source)
            if sink is not None:
                parts.setdefault(sink, []).append(packet)
        for sink, packets in parts.items():
            sink(packets)
