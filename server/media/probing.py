"""Padding sent for a moment, to see whether a line carries more than it is given: nothing breaks that can be missed."""

from __future__ import annotations

from dataclasses import dataclass

from server.media.peer import Peer
from server.media.repair_stream import PADDING
from server.media.route_packets import EXTENDED_BYTES

STEP_NS = 20_000_000
DATAGRAM_BYTES = EXTENDED_BYTES + len(PADDING)
MAX_PACKETS = 128
"""Of one step: some 14 Mbit/s."""


@dataclass(slots=True)
class _Probe:
    peer: Peer
    bitrate_bps: int
    until_ns: int
    stepped_ns: int
    bytes_out: int
    owed: int = 0
    """Bytes still to be sent; below nought: sent too many."""


class Probing:
    """The probes under way, at most one for each peer. `due_ns` says when `tick` has something to do."""

    def __init__(self) -> None:
        self._probes: dict[int, _Probe] = {}
        self.due_ns: int | None = None

    def begin(self, peer: Peer, bitrate_bps: int, duration_ms: int, now_ns: int) -> None:
        """Fills up what this peer is sent to `bitrate_bps`, from now on for `duration_ms`."""
        self._probes[peer.id] = _Probe(peer, bitrate_bps, now_ns + duration_ms * 1_000_000, now_ns, peer.bytes_out)
        self.due_ns = now_ns + STEP_NS

    def end(self, peer: int) -> None:
        """Stops at once; a peer without a probe has none to stop."""
        self._probes.pop(peer, None)

    def tick(self, now_ns: int) -> None:
        """The padding of one step."""
        if self.due_ns is None or now_ns < self.due_ns:
            return
        for probe in tuple(self._probes.values()):
            _step(probe, now_ns)
            if now_ns >= probe.until_ns:
                self.end(probe.peer.id)
        self.due_ns = now_ns + STEP_NS if self._probes else None


def _step(probe: _Probe, now_ns: int) -> None:
    """What media left free since the last step; what it took too much is owed."""
    peer, until_ns = probe.peer, min(now_ns, probe.until_ns)
    probe.owed += probe.bitrate_bps * (until_ns - probe.stepped_ns) // 8_000_000_000 - (
        peer.bytes_out - probe.bytes_out
    )
    probe.stepped_ns, probe.bytes_out = until_ns, peer.bytes_out
    route = next((one for one in peer.routes.values() if one.video), None)
    packets = min(MAX_PACKETS, probe.owed // DATAGRAM_BYTES)
    if route is not None and packets > 0:
        route.pad(packets, now_ns)
        probe.owed -= packets * DATAGRAM_BYTES
