"""The media plane in Python: what comes in is decrypted once and leaves on every route that shows it.

All datagrams of one read of the socket are handled together. `Intake` decrypts each in place and puts it in its
source's batch; `Delivery` sends each batch route by route. The work per packet and route is three calls (pack, encrypt,
and a share of one send), because in Python calls are what costs. This module is the table of peers, sources and routes
and the clock work; everything that peers can provoke is counted, never raised.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

from server.media.delivery import Delivery
from server.media.egress import Egress
from server.media.feedback import Feedback
from server.media.intake import MOST_BYTES, Intake
from server.media.peer import Peer
from server.media.plane import EventKind, OnControl, OnEvent, OnTap, PlaneStats, RouteSpec, SourceSpec, SrtpKeys
from server.media.probing import Probing
from server.media.route import Route
from server.media.source import LOST_AFTER_NS, NEW_KEYFRAME_EVERY_NS, WAITING_KEYFRAME_EVERY_NS, Source
from server.media.srtp import PacketBuffer

TICK_NS = 100_000_000
EARLY_NS = 30_000_000
"""A tick may come so much earlier, when the process is awake anyway."""
IDLE_TICK_NS = 1_000_000_000
"""Where there is no peer; the first one's first packet brings a tick along."""
OLD_SOURCE_NS = 1_000_000_000
"""How long another track's picture may stay in a slot whose new source does not start."""


class PythonPlane:
    """A `MediaPlane`. `clock` gives monotonic nanoseconds; call `tick` at `next_tick_ns()` or soon after."""

    def __init__(
        self,
        egress: Egress,
        on_control: OnControl,
        on_event: OnEvent,
        on_tap: OnTap | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._egress = egress
        self._on_event = on_event
        self._clock = clock
        self._unix_offset_ns = time.time_ns() - time.monotonic_ns()
        self._peers: dict[int, Peer] = {}
        self._flows: dict[int, Peer] = {}
        self._sources: dict[int, Source] = {}
        self._routes: dict[int, Route] = {}
        self._dropped: Counter[str] = Counter()
        self._past = [0, 0, 0, 0]
        self._feedback = Feedback(on_event)
        self._probing = Probing()
        self._active: dict[int, Source] = {}
        self._delivery = Delivery(self._feedback, on_event, on_tap, self._active, self._unix_offset_ns)
        self._intake = Intake(self._flows, self._feedback, self._delivery, on_control, self.count_drop)
        self._injected = PacketBuffer(2048)
        self._ticked_ns = clock()

    # --- peers and flows ---

    def open_peer(self, peer: int, *, max_in_bps: int, max_in_pps: int) -> None:
        """A new peer; what it sends beyond the limits is dropped before it costs a decryption."""
        assert peer not in self._peers, "peer ids are used once"
        self._peers[peer] = Peer(peer, max_in_bps, max_in_pps, self._egress, self.count_drop, self._clock())

    def install_keys(self, peer: int, keys: SrtpKeys) -> None:
        """The handshake is done: packets flow from here on."""
        one = self._peers[peer]
        one.install(keys)
        self._became_ready(one)

    def bind_flow(self, flow: int, peer: int) -> None:
        """Lets packets from `flow` in as those of `peer`."""
        one, before = self._peers[peer], self._flows.get(flow)
        if before is not None and before is not one:
            # A new connection from the same address and port: the old one is not heard there any more.
            before.lose_flow(flow)
        self._flows[flow] = one
        one.flows.add(flow)

    def select_flow(self, peer: int, flow: int) -> None:
        """Sends to `flow` from now on."""
        one = self._peers[peer]
        was_ready, one.flow = one.ready, flow
        if not was_ready:
            self._became_ready(one)

    def unbind_flow(self, flow: int) -> None:
        """Forgets a flow; an unknown one is forgotten already."""
        peer = self._flows.pop(flow, None)
        if peer is not None:
            peer.lose_flow(flow)
        self._egress.forget(flow)

    def is_bound(self, flow: int) -> bool:
        """Whether a peer is heard on this flow."""
        return flow in self._flows

    def selected_flow(self, peer: int) -> int | None:
        """Where packets to this peer go now."""
        return self._peers[peer].flow

    def has_source(self, source: int | None) -> bool:
        """Whether this source exists, still."""
        return source in self._sources

    def send_raw(self, flow: int, data: bytes) -> None:
        """Sends STUN or DTLS."""
        self._egress.send(flow, data)

    def cap_peer(self, peer: int, bitrate_bps: int) -> None:
        """Tells the peer by REMB, now and each second, what it may send in all."""
        one = self._peers[peer]
        one.cap_bps = bitrate_bps
        self._report(one, self._clock())

    def probe(self, peer: int, bitrate_bps: int, duration_ms: int) -> None:
        """Sends padding for a while beside what the peer is sent anyway, up to `bitrate_bps`; 0 ends a probe."""
        if bitrate_bps:
            self._probing.begin(self._peers[peer], bitrate_bps, duration_ms, self._clock())
        else:
            self._probing.end(peer)

    def close_peer(self, peer: int) -> None:
        """Forgets a peer, its flows, sources and routes; others' routes from it fall empty but keep their wishes."""
        one = self._peers[peer]
        self._probing.end(peer)
        for route in tuple(one.routes):
            self.remove_route(route)
        for source in one.sources:
            for held in tuple(source.routes):
                _stop_showing(held)
            for held in tuple(source.waiting):
                _stop_waiting(held)
            self._feedback.forget(source)
            self._active.pop(source.id, None)
            del self._sources[source.id]
        for flow in tuple(one.flows):
            self.unbind_flow(flow)
        del self._peers[peer]
        counted = one.counters()
        for at, more in enumerate((counted.packets_in, counted.packets_out, counted.bytes_in, counted.bytes_out)):
            self._past[at] += more

    def _became_ready(self, peer: Peer) -> None:
        """Both keys and a flow are there: ask now for every picture that waited for it."""
        if not peer.ready:
            return
        now_ns = self._clock()
        waiting = [route.wanted for route in peer.routes.values() if route.wanted is not None]
        for source in (*waiting, *(one for one in peer.sources if one.waiting)):
            self._feedback.want_keyframe(source, now_ns, NEW_KEYFRAME_EVERY_NS)

    # --- sources and routes ---

    def add_source(self, spec: SourceSpec) -> None:
        """A stream that the peer may send."""
        peer = self._peers[spec.peer]
        assert spec.source not in self._sources, "source ids are used once"
        source = self._sources[spec.source] = Source(spec, peer)
        peer.add_source(source)

    def add_route(self, spec: RouteSpec) -> None:
        """A receive line of the peer, empty at first."""
        peer = self._peers[spec.peer]
        assert spec.route not in self._routes, "route ids are used once"
        route = self._routes[spec.route] = Route(spec, peer, self._clock())
        peer.routes[spec.route] = peer.routes_by_ssrc[spec.ssrc] = route

    def switch_route(self, route: int, source: int | None) -> None:
        """Shows `source` from its next start on; None empties the route at once.

        Video: what runs keeps running until the new source's keyframe is here, but a picture of another track for a
        second at most. Sound goes on with the new source's next packet: until then the same peer's is kept (its low
        speech begins only when asked for), another's stops at once.
        """
        one = self._routes[route]
        new = None if source is None else self._sources[source]
        if new is not None and (one.wanted is new or (one.wanted is None and one.source is new)):
            return
        _stop_waiting(one)
        shown = one.source
        if new is None or not (one.video or (shown is not None and shown.peer is new.peer)):
            _stop_showing(one)
        if new is None or one.source is new:
            return
        one.wanted, one.wanted_ns = new, self._clock()
        new.waiting.append(one)
        self._active[new.id] = new
        if one.peer.ready:
            self._feedback.want_keyframe(new, one.wanted_ns, NEW_KEYFRAME_EVERY_NS)

    def repeat(self, route: int, times: int) -> None:
        """For a line that loses at random; a receiver without RED gets sound once."""
        self._routes[route].repeats = times

    def repeat_start(self, route: int) -> None:
        """What begins on a full line begins with gaps, and requests to fill them take their time on such a line."""
        self._routes[route].repeat_start(self._clock())

    def remove_route(self, route: int) -> None:
        """Forgets a route."""
        one = self._routes.pop(route)
        _stop_waiting(one)
        _stop_showing(one)
        del one.peer.routes[route]
        del one.peer.routes_by_ssrc[one.spec.ssrc]

    def request_keyframe(self, source: int) -> None:
        """Asks the publisher for a keyframe, at most ten times a second."""
        self._feedback.want_keyframe(self._sources[source], self._clock(), NEW_KEYFRAME_EVERY_NS)

    def tap(self, source: int, on: bool) -> None:
        """Whether packets of this source go to the tap, too; asks for a keyframe to begin with."""
        one = self._sources[source]
        one.tapped = on
        if on:
            self._feedback.want_keyframe(one, self._clock(), NEW_KEYFRAME_EVERY_NS)

    def set_tap(self, on_tap: OnTap | None) -> None:
        """Who gets the tapped packets."""
        self._delivery.on_tap = on_tap

    # --- packets and time ---

    def receive(self, sizes: Sequence[int], flows: Sequence[int], buffer: PacketBuffer, stride: int) -> None:
        """A read of the socket: datagram i has sizes[i] bytes, came from flows[i], stands at i * stride."""
        self._intake.receive(sizes, flows, buffer, stride, self._clock())

    def inject(self, flow: int, data: bytes) -> None:
        """One datagram from a flow that is not read in batches."""
        size = min(len(data), MOST_BYTES + 1)
        self._injected.view[:size] = data[:size]
        self._intake.receive((size,), (flow,), self._injected, 0, self._clock())

    def next_tick_ns(self) -> int:
        """When `tick` has something to do."""
        due = self._ticked_ns + (TICK_NS if self._peers else IDLE_TICK_NS)
        if self._feedback.next_nack_ns is not None and self._feedback.next_nack_ns < due:
            due = self._feedback.next_nack_ns
        for other in (self._delivery.next_tap_ns, self._probing.due_ns):
            if other is not None and other < due:
                due = other
        return due

    def tick(self) -> None:
        """What happens by the clock: the tap, NACKs, reports, and what has gone silent."""
        now_ns = self._clock()
        self._delivery.flush_tap(now_ns)
        self._feedback.send_nacks(now_ns)
        self._probing.tick(now_ns)
        if now_ns - self._ticked_ns < TICK_NS - EARLY_NS:
            return
        self._ticked_ns = now_ns
        for peer in self._peers.values():
            if peer.uplink_fell(now_ns) or now_ns >= peer.next_report_ns:
                self._report(peer, now_ns)
        for source in tuple(self._active.values()):
            self._watch(source, now_ns)

    def _report(self, peer: Peer, now_ns: int) -> None:
        peer.next_report_ns = now_ns + 1_000_000_000
        peer.send_reports(now_ns, now_ns + self._unix_offset_ns)

    def _watch(self, source: Source, now_ns: int) -> None:
        """Tells of a source gone silent; keeps asking for a keyframe that somebody waits for."""
        silent_ns = now_ns - source.last_ns
        if source.flowing and silent_ns > LOST_AFTER_NS:
            source.flowing = False
            self._on_event(EventKind.SOURCE_LOST, source.peer.id, source=source.id, silent_ms=silent_ns // 1_000_000)
        for route in source.waiting:
            shown = route.source
            old = route.video and now_ns - route.wanted_ns > OLD_SOURCE_NS
            if shown is not None and old and not source.same_track(shown):
                shown.routes.remove(route)
                route.pause()
        if not source.flowing and not source.waiting:
            del self._active[source.id]
        elif any(route.peer.ready for route in source.waiting):
            self._feedback.want_keyframe(source, now_ns, WAITING_KEYFRAME_EVERY_NS)

    # --- counters ---

    def source_octets(self, source: int) -> int:
        """Payload bytes received of a source."""
        return self._sources[source].octets

    def untold_ns(self, peer: int) -> int:
        """How long ago the oldest packet left that a peer's transport-wide feedback has not told of; 0: none."""
        left_ns = self._peers[peer].sent_log.untold_ns
        return 0 if left_ns is None else self._clock() - left_ns

    def came_in(self, peer: int) -> tuple[int, int]:
        """Packets that came from a peer, and that its sources lack."""
        one = self._peers[peer]
        return one.packets_in, one.lost_in

    def bytes_out(self, peer: int) -> int:
        """Bytes of media sent to a peer."""
        return self._peers[peer].bytes_out

    def stats(self) -> PlaneStats:
        """Everything counted since start."""
        peers = {peer.id: peer.counters() for peer in self._peers.values()}
        return PlaneStats(
            packets_in=self._past[0] + sum(one.packets_in for one in peers.values()),
            packets_out=self._past[1] + sum(one.packets_out for one in peers.values()),
            bytes_in=self._past[2] + sum(one.bytes_in for one in peers.values()),
            bytes_out=self._past[3] + sum(one.bytes_out for one in peers.values()),
            dropped=dict(self._dropped),
            peers=peers,
        )

    def refused(self) -> dict[int, dict[str, int]]:
        """Packets of or to each open peer that went nowhere, and its requests in vain, by reason."""
        return {peer.id: peer.refused for peer in self._peers.values()}

    def count_drop(self, reason: str, peer: int | None = None) -> None:
        """Counts a datagram that a layer above refused; peer: whose it was, where that is known."""
        if peer is None:
            self._dropped[reason] += 1
        else:
            self._peers[peer].drop(reason)


def _stop_showing(route: Route) -> None:
    """Takes a route from the source it shows; what it waits for, it goes on waiting for."""
    if route.source is not None:
        route.source.routes.remove(route)
    route.empty()


def _stop_waiting(route: Route) -> None:
    """Takes back a route's wish for another source; what it shows, it goes on showing."""
    if route.wanted is not None:
        route.wanted.waiting.remove(route)
        route.wanted = None
