"""Keeps each receiver's line from being overrun: pictures get smaller, then fewer, so that sound goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from msgspec.structs import asdict

from server.media.layers import ORDER, Line, Option, Reading, Wish, allocate, observed
from server.media.plane import EventKind
from server.media.python_plane import PythonPlane
from signaling.ladder import rung_for
from signaling.messages import Layer, Rung

log = structlog.get_logger(__name__)

SOUND_BPS = 60_000
"""Kept free for each slot that has a picture: its sound, with headers."""


@dataclass(slots=True)
class _Track:
    """One layer of a track, in the plane."""

    layer: Layer
    group: tuple[int, ...]
    octets: int = 0
    bps: int = 0
    flowing: bool = False


@dataclass(slots=True)
class _Receiver:
    """routes: video route by slot. wishes: the source its owner asked for, by slot. rung: as it was told last."""

    routes: tuple[int, ...]
    wishes: dict[int, int] = field(default_factory=dict)
    line: Line = field(default_factory=Line)
    rung: Rung = "full"
    bytes_out: int = 0
    estimate_bps: int | None = None
    reports: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Of each route the last report's highest sequence number and packets lost in all."""
    expected: int = 0
    missing: int = 0
    round_trip_ms: int | None = None

    def reported(self, route: int, highest: int, lost: int) -> None:
        """Counts what one route's report says is new.

        Over all routes together: what a weak publisher's uplink loses shows on the routes of its pictures, and must not
        look like this receiver's line.
        """
        before = self.reports.get(route)
        self.reports[route] = (highest, lost)
        if before is not None and highest > before[0]:
            self.expected += highest - before[0]
            self.missing += max(0, lost - before[1])

    def loss_permille(self) -> int:
        """Of what was reported since the last second."""
        return min(1000, 1000 * self.missing // self.expected) if self.expected else 0


class LineKeeper:
    """Between what is asked for and what the plane is told. Call `second` once a second.

    `on_rung` hears of a receiver whose line carries less than before, or more again: (connection, rung).
    """

    def __init__(self, plane: PythonPlane, on_rung: Callable[[int, Rung], None] = lambda peer, rung: None) -> None:
        self._plane = plane
        self._on_rung = on_rung
        self._tracks: dict[int, _Track] = {}
        self._receivers: dict[int, _Receiver] = {}

    def add(self, peer: int, routes: tuple[int, ...], tracks: list[dict[Layer, int]]) -> None:
        """A new connection: its video routes by slot, and its video tracks with their layers' source ids."""
        self._receivers[peer] = _Receiver(routes)
        for layers in tracks:
            group = tuple(layers[layer] for layer in ORDER if layer in layers)
            self._tracks.update({source: _Track(layer, group) for layer, source in layers.items()})

    def inherit(self, peer: int, old: int) -> None:
        """A new connection of the same receiver: what is known of its line holds from the first packet on."""
        new, before = self._receivers[peer], self._receivers.get(old)
        if before is not None:
            new.line, new.rung = before.line, before.rung

    def rung(self, peer: int) -> Rung:
        """Where this connection's line stands."""
        return self._receivers[peer].rung

    def remove(self, peer: int, sources: list[int]) -> None:
        """The connection is gone."""
        self._receivers.pop(peer, None)
        for source in sources:
            self._tracks.pop(source, None)

    def show(self, peer: int, slot: int, source: int | None) -> None:
        """What a slot is to show; a line without a known limit gets exactly that."""
        receiver = self._receivers[peer]
        if source is None or source not in self._tracks:
            receiver.wishes.pop(slot, None)
            self._plane.switch_route(receiver.routes[slot], None)
            return
        receiver.wishes[slot] = source
        if receiver.line.budget_bps is None:
            self._plane.switch_route(receiver.routes[slot], source)
        else:
            self._share(receiver)

    def budget_bps(self, peer: int) -> int | None:
        """What this connection's line was found to carry; None: no limit is known."""
        return self._receivers[peer].line.budget_bps

    def noticed(self, kind: EventKind, peer: int, figures: dict[str, int]) -> None:
        """Takes what the plane reports of lines and sources."""
        receiver = self._receivers.get(peer)
        track = self._tracks.get(figures.get("source", 0))
        if kind in (EventKind.SOURCE_STARTED, EventKind.SOURCE_LOST) and track is not None:
            track.flowing = kind is EventKind.SOURCE_STARTED
        elif receiver is None:
            return
        elif kind is EventKind.RECEIVER_ESTIMATE:
            receiver.estimate_bps = figures["bitrate_bps"]
        elif kind is EventKind.RECEIVER_REPORT:
            receiver.reported(figures["route"], figures["highest"], figures["lost"])
            if figures["rtt_us"]:
                receiver.round_trip_ms = figures["rtt_us"] // 1000

    def second(self, now_s: float, elapsed_s: float) -> None:
        """Reads the counters of the last second and shares out the lines that are narrow."""
        for source, track in self._tracks.items():
            if track.flowing:
                octets = self._plane.source_octets(source)
                track.octets, track.bps = octets, int((octets - track.octets) * 8 / elapsed_s)
        for peer, receiver in list(self._receivers.items()):
            bytes_out = self._plane.bytes_out(peer)
            sent_bps = int((bytes_out - receiver.bytes_out) * 8 / elapsed_s)
            loss = receiver.loss_permille()
            reading = Reading(now_s, sent_bps, receiver.estimate_bps, loss, receiver.round_trip_ms)
            before, receiver.line = receiver.line, observed(receiver.line, reading)
            receiver.bytes_out, receiver.expected, receiver.missing = bytes_out, 0, 0
            receiver.estimate_bps = receiver.round_trip_ms = None
            if receiver.line.budget_bps is not None or before.budget_bps is not None:
                self._share(receiver)
            rung = rung_for(receiver.line.budget_bps)
            if rung != receiver.rung:
                receiver.rung = rung
                budget = receiver.line.budget_bps
                log.info("media.line", connection=peer, rung=rung, budget_bps=budget, **asdict(reading))
                self._on_rung(peer, rung)

    def _share(self, receiver: _Receiver) -> None:
        wishes = [self._wish(slot, source) for slot, source in receiver.wishes.items() if source in self._tracks]
        budget = receiver.line.budget_bps
        if budget is not None:
            budget = max(0, budget - SOUND_BPS * len(wishes))
        given = allocate(wishes, budget)
        for wish in wishes:
            option = given.get(wish.slot)
            self._plane.switch_route(receiver.routes[wish.slot], None if option is None else option.source)

    def _wish(self, slot: int, source: int) -> Wish:
        """The wished source counts as an option even if it does not flow yet, so that it starts when it does."""
        wished = self._tracks[source]
        options = tuple(
            Option(track.layer, max(track.bps, 1), each)
            for each in wished.group
            if (track := self._tracks[each]).flowing or each == source
        )
        return Wish(slot, wished.layer, options, ORDER.index(wished.layer))
