"""Keeps each receiver's line from being overrun: pictures get smaller, then fewer, so that sound goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog
from msgspec.structs import asdict

from server.media.congestion import PROBE_S
from server.media.courier import UNKNOWN, Line
from server.media.layers import ORDER, Option, Wish, allocate, allowed
from server.media.plane import EventKind, MediaPlane
from server.media.receiver_line import ReceiverLine
from signaling.ladder import ration, rung_for
from signaling.messages import Layer, Rung

log = structlog.get_logger(__name__)

SOUND_BPS = {"full": 60_000, "low": 30_000}
"""Kept free for each slot that has a picture: its sound, with headers."""
REPEAT_BPS = {"full": 45_000, "low": 20_000}
"""And each time it is repeated."""
LIFE_BPS, LIFE_MS = 12_000, 300
"""A packet or two of padding for an end that has gone silent."""
AGAIN_FROM_S, AGAIN_UNTIL_S = 0.15, 0.6
"""What began while a queue drained goes out again, so long after its beginning: the queue is shorter by then."""


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
    """routes: (audio, video) by slot. wishes: the source its owner asked for, by slot. rung, state: as told last.
    begun_s: video routes that began while a queue drained, and when. came_in: as asked for last."""

    routes: tuple[tuple[int, int], ...]
    wishes: dict[int, int] = field(default_factory=dict)
    begun_s: dict[int, float] = field(default_factory=dict)
    line: ReceiverLine = field(default_factory=ReceiverLine)
    rung: Rung = "full"
    state: Line = UNKNOWN
    came_in: tuple[int, int] = (0, 0)

    def shows(self, route: int) -> bool:
        """Whether this is one of its video routes."""
        return any(route == video for _, video in self.routes)


class OwnLine(NamedTuple):
    """loss_permille: of the worse direction. weak: it loses, or is too narrow for what it is to carry."""

    loss_permille: int
    weak: bool


class LineKeeper:
    """Between what is asked for and what the plane is told. Call `second` once a second.

    `on_rung` hears of a receiver whose line carries less than before, or more again: (connection, rung). `on_state`
    hears what else is found of it: (connection, line).
    """

    def __init__(
        self,
        plane: MediaPlane,
        on_rung: Callable[[int, Rung], None] = lambda peer, rung: None,
        on_state: Callable[[int, Line], None] = lambda peer, line: None,
    ) -> None:
        self._plane = plane
        self._on_rung = on_rung
        self._on_state = on_state
        self._tracks: dict[int, _Track] = {}
        self._receivers: dict[int, _Receiver] = {}

    def add(
        self,
        peer: int,
        routes: Sequence[tuple[int, int]],
        tracks: list[dict[Layer, int]],
        *,
        careful_from_s: float | None = None,
    ) -> None:
        """A new connection: its audio and video routes by slot, and its video tracks with their layers' source ids.

        careful_from_s: when it began, if its line is to be tried upward from little; None: it gets all at once.
        """
        receiver = self._receivers[peer] = _Receiver(tuple(routes))
        if careful_from_s is not None:
            receiver.line.begin(careful_from_s)
            receiver.rung = rung_for(receiver.line.budget_bps)
        for layers in tracks:
            group = tuple(layers[layer] for layer in ORDER if layer in layers)
            self._tracks.update({source: _Track(layer, group) for layer, source in layers.items()})

    def inherit(self, peer: int, old: int, now_s: float) -> None:
        """A new connection of the same receiver: what is known of its line holds from the first packet on."""
        new, before = self._receivers[peer], self._receivers.get(old)
        if before is not None:
            new.line.inherit(before.line, now_s)
            new.rung = rung_for(new.line.budget_bps)
            self._tell_state(peer, new)

    def rung(self, peer: int) -> Rung:
        """Where this connection's line stands."""
        return self._receivers[peer].rung

    def own(self, peer: int) -> OwnLine | None:
        """What of a connection's troubles are its own line's, since this was last asked; None: that cannot be told."""
        receiver = self._receivers[peer]
        down = receiver.line.missing_permille()
        (came, lost), (came_before, lost_before) = self._plane.came_in(peer), receiver.came_in
        receiver.came_in = came, lost
        if down is None:
            return None
        more, missing = max(0, came - came_before), max(0, lost - lost_before)
        up = 1000 * missing // max(1, more + missing)
        return OwnLine(max(down, up), receiver.state.weak)

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
            self._plane.switch_route(receiver.routes[slot][1], None)
            return
        receiver.wishes[slot] = source
        if receiver.line.budget_bps is None:
            self._plane.switch_route(receiver.routes[slot][1], source)
        else:
            self._share(receiver)

    def budget_bps(self, peer: int) -> int | None:
        """What this connection's line was found to carry; None: no limit is known."""
        return self._receivers[peer].line.budget_bps

    def noticed(self, kind: EventKind, peer: int, figures: dict[str, int], now_s: float) -> None:
        """Takes what the plane reports of lines and sources."""
        receiver = self._receivers.get(peer)
        track = self._tracks.get(figures.get("source", 0))
        if kind in (EventKind.SOURCE_STARTED, EventKind.SOURCE_LOST) and track is not None:
            track.flowing = kind is EventKind.SOURCE_STARTED
        elif receiver is None:
            return
        elif kind is EventKind.RECEIVER_ESTIMATE:
            receiver.line.estimated(figures["bitrate_bps"])
        elif kind is EventKind.RECEIVER_REPORT:
            receiver.line.reported(figures["route"], figures["highest"], figures["lost"], figures["rtt_us"])
        elif kind is EventKind.TRANSPORT_FEEDBACK:
            self._heard(peer, receiver, figures, now_s)
        elif kind is EventKind.ROUTE_STARTED and receiver.line.draining and receiver.shows(figures["route"]):
            receiver.begun_s[figures["route"]] = now_s

    def _heard(self, peer: int, receiver: _Receiver, figures: dict[str, int], now_s: float) -> None:
        """What a receiver tells of every packet takes effect at once."""
        before, repeats = receiver.line.pictures_bps, receiver.line.repeats
        trial = receiver.line.heard(now_s, figures)
        if trial is not None:
            self._plane.probe(peer, trial, round(1000 * PROBE_S))
        if receiver.line.repeats != repeats:
            for route in (each for pair in receiver.routes for each in pair):
                self._plane.repeat(route, receiver.line.repeats)
        if receiver.line.pictures_bps != before:
            self._share(receiver)
            self._step(peer, receiver)
        self._tell_state(peer, receiver)

    def watch(self, now_s: float) -> None:
        """Several times a second: no pictures for a line whose end has gone silent; full lines' beginnings again."""
        for peer, receiver in self._receivers.items():
            for route, begun_s in list(receiver.begun_s.items()):
                if now_s - begun_s >= AGAIN_FROM_S:
                    self._plane.repeat_start(route)
                if now_s - begun_s >= AGAIN_UNTIL_S:
                    del receiver.begun_s[route]
            before = receiver.line.pictures_bps
            if receiver.line.watch(self._plane.untold_ns(peer) / 1e9):
                # Something has to leave, or nothing could be told of.
                self._plane.probe(peer, LIFE_BPS, LIFE_MS)
                if before != receiver.line.pictures_bps:
                    self._share(receiver)
                    self._tell_state(peer, receiver)

    def second(self, now_s: float, elapsed_s: float) -> None:
        """Reads the counters of the last second and shares out the lines that are narrow."""
        for source, track in self._tracks.items():
            if track.flowing:
                octets = self._plane.source_octets(source)
                bps = int((octets - track.octets) * 8 / elapsed_s)
                track.octets, track.bps = octets, (track.bps + bps) // 2 if track.bps else bps
        for peer, receiver in list(self._receivers.items()):
            before = receiver.line.budget_bps
            receiver.line.second(now_s, elapsed_s, self._plane.bytes_out(peer))
            if receiver.line.budget_bps is not None or before is not None:
                self._share(receiver)
            self._step(peer, receiver)
            self._tell_state(peer, receiver)

    def _tell_state(self, peer: int, receiver: _Receiver) -> None:
        state = receiver.line.state()
        if state != receiver.state:
            receiver.state = state
            self._on_state(peer, state)

    def _step(self, peer: int, receiver: _Receiver) -> None:
        """Tells of another rung of the ladder."""
        rung = rung_for(receiver.line.budget_bps)
        if rung != receiver.rung:
            receiver.rung = rung
            last = {} if receiver.line.last is None else asdict(receiver.line.last)
            log.info("media.line", connection=peer, rung=rung, budget_bps=receiver.line.budget_bps, **last)
            self._on_rung(peer, rung)

    def _share(self, receiver: _Receiver) -> None:
        wishes = [self._wish(slot, source) for slot, source in receiver.wishes.items() if source in self._tracks]
        budget = receiver.line.pictures_bps
        if budget is not None:
            speech = ration(rung_for(receiver.line.budget_bps), "good").speech
            sound_bps = SOUND_BPS[speech] + REPEAT_BPS[speech] * receiver.line.repeats
            budget = max(0, budget - sound_bps * len(wishes))
        given = allocate(wishes, budget)
        receiver.line.wants_more = receiver.rung != "full" or any(
            given.get(wish.slot) != allowed(wish)[-1] for wish in wishes if wish.options
        )
        for wish in wishes:
            option = given.get(wish.slot)
            self._plane.switch_route(receiver.routes[wish.slot][1], None if option is None else option.source)

    def _wish(self, slot: int, source: int) -> Wish:
        """The wished source counts as an option even if it does not flow yet, so that it starts when it does."""
        wished = self._tracks[source]
        options = tuple(
            Option(track.layer, max(track.bps, 1), each)
            for each in wished.group
            if (track := self._tracks[each]).flowing or each == source
        )
        return Wish(slot, wished.layer, options, ORDER.index(wished.layer))
