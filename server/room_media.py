"""One lesson's media: whose connection carries what, and which layer each slot is given.

Routes belong to the participant, not to the connection: a new connection takes over every route of the old one, which
lives on until the new one runs (make before break; architecture decision 4).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import structlog
from msgspec import Struct

from server.media.connection import Connection
from server.media.offer import MAX_OFFER_BYTES, OfferRefused
from server.media.server import MediaServer
from signaling.errors import BadMessage
from signaling.link import of_its_own
from signaling.messages import Answer, FromServer, Layer, Layers, Link, Offer, ParticipantId, Rung, Source
from signaling.packing import packed, unpacked

log = structlog.get_logger(__name__)

Kind = Literal["audio", "video"]
LAYERS_FROM_BEST: tuple[Layer, ...] = ("f", "h", "q")
CONNECTIONS_PER_PARTICIPANT = 2
OLD_CONNECTION_LIVES_S = 3.0


class Wish(Struct, frozen=True):
    """What a slot of a receiver should carry: `source` of participant `of`, in `layer` if it comes in layers."""

    of: ParticipantId
    source: Source
    layer: Layer | None


class Audience(Protocol):
    """Whom a room's media tells what happened. All return at once."""

    def send(self, to: ParticipantId, message: FromServer) -> None:
        """A message for a participant."""

    def came_beside(self, who: ParticipantId, message: bytes, packed: bool) -> bool:
        """What a participant's data channel brought; False: it was nothing that a client says."""

    def media_changed(self) -> None:
        """Sources appeared or vanished."""

    def line_measured(self, who: ParticipantId, rung: Rung) -> None:
        """What the line of a participant carries now."""


class RoomMedia:
    """The media side of one room. All calls from the event loop.

    `owners` tells which room a connection belongs to; the room keeps its own entries true.
    """

    def __init__(
        self,
        server: MediaServer,
        audience: Audience,
        call_later: Callable[[float, Callable[[], None]], object],
        owners: dict[int, RoomMedia],
    ) -> None:
        self._server = server
        self._audience = audience
        self._call_later = call_later
        self._owners = owners
        self._connections: dict[ParticipantId, list[Connection]] = {}
        self._wishes: dict[tuple[ParticipantId, int, Kind], Wish] = {}
        self._wanted: dict[tuple[ParticipantId, Source], tuple[Layer, ...]] = {}
        self._flowing: set[int] = set()

    # --- connections -------------------------------------------------------------------------------------------

    def offer(self, who: ParticipantId, offer: Offer, *, sends: bool = True, long_line: bool = False) -> None:
        """Answers an SDP offer; the new connection takes over when its keys are there. `sends`: media is taken from it.

        long_line: it is tried upward from little, where nothing is known of it yet.

        Raises:
            OfferRefused: the SDP is not one we answer.
        """
        connection = self._server.offer(_sdp_of(offer), sends=sends, long_line=long_line)
        self._owners[connection.id] = self
        connection.on_connected = lambda: self._connected(who, connection)
        connection.on_closed = lambda reason: self._closed(who, connection, reason)
        connection.on_beside = lambda message, packed: self._audience.came_beside(who, message, packed)
        held, current = self._connections.setdefault(who, []), self._current(who)
        if held:
            self._server.inherit(connection.id, (current or held[-1]).id)
        held.append(connection)
        while len(held) > CONNECTIONS_PER_PARTICIPANT:
            spare = next(one for one in held if one is not current)
            held.remove(spare)
            self._server.close_connection(spare.id)
        answer = packed(connection.answer) if offer.packed else connection.answer
        self._audience.send(who, Answer(connection=offer.connection, sdp=answer, packed=offer.packed))

    def _connected(self, who: ParticipantId, connection: Connection) -> None:
        log.info("media connected", participant=who, connection=connection.id)
        self._audience.line_measured(who, self._server.rung(connection.id))
        self._show_all_to(who)
        self._show_everywhere(who)
        for source, layers in self._wants_of(who):
            self._audience.send(who, Layers(source=source, active=list(layers)))
        self._audience.media_changed()
        for old in [held for held in self._connections.get(who, []) if held.id < connection.id]:
            self._call_later(OLD_CONNECTION_LIVES_S, lambda old=old: self._server.close_connection(old.id))  # type: ignore[misc]

    def _closed(self, who: ParticipantId, connection: Connection, reason: str) -> None:
        log.info("media closed", participant=who, connection=connection.id, reason=reason)
        self._owners.pop(connection.id, None)
        held = self._connections.get(who, [])
        if connection in held:
            held.remove(connection)
        self._flowing.difference_update(connection.sources.values())
        if not held:
            self._connections.pop(who, None)
        self._audience.media_changed()

    def leave(self, who: ParticipantId) -> None:
        """Closes what `who` has open; its routes are forgotten by the effects that follow."""
        for connection in list(self._connections.get(who, [])):
            self._server.close_connection(connection.id)

    def close(self) -> None:
        """Closes every connection of the room."""
        for who in list(self._connections):
            self.leave(who)

    def _current(self, who: ParticipantId) -> Connection | None:
        """The newest connection with keys."""
        ready = [held for held in self._connections.get(who, []) if held.connected]
        return ready[-1] if ready else None

    # --- routes ------------------------------------------------------------------------------------------------

    def route(self, receiver: ParticipantId, slot: int, kind: Kind, wish: Wish | None) -> None:
        """Shows `wish` in a slot of `receiver` from its next keyframe on, or empties the slot."""
        key = (receiver, slot, kind)
        if wish is None:
            self._wishes.pop(key, None)
        else:
            self._wishes[key] = wish
        self._show(receiver, slot, kind)

    def tell(self, to: ParticipantId, number: int, text: bytes) -> None:
        """An event that goes to a participant's signaling line; over a weak line it is sent beside that, too."""
        connection = self._current(to)
        if connection is not None:
            self._server.tell(connection.id, number, text)

    def own_line(self, who: ParticipantId, link: Link) -> Link:
        """What `who` tells of its line, without what is no trouble of that line.

        A page cannot tell whose line lost a packet, or why a picture stands still: where another room's line is bad,
        its own would look bad too, and be spared for nothing.
        """
        connection = self._current(who)
        own = None if connection is None else self._server.own_line(connection.id)
        if own is None:
            return link
        return of_its_own(link, own.loss_permille, weak=own.weak)

    def want(self, of: ParticipantId, source: Source, layers: tuple[Layer, ...]) -> None:
        """Tells the publisher which layers somebody looks at; the others are paused."""
        self._wanted[(of, source)] = layers
        self._audience.send(of, Layers(source=source, active=list(layers)))
        self._show_everywhere(of)

    def source_flows(self, source_id: int, flows: bool) -> None:
        """The plane saw the first packet of a source, or none for a while."""
        (self._flowing.add if flows else self._flowing.discard)(source_id)
        for who, held in self._connections.items():
            if any(source_id in connection.sources.values() for connection in held):
                self._show_everywhere(who)
        self._audience.media_changed()

    def line_measured(self, connection_id: int, rung: Rung) -> None:
        """How much the line of a connection carries; only a participant's newest connection counts."""
        for who in self._connections:
            current = self._current(who)
            if current is not None and current.id == connection_id:
                self._audience.line_measured(who, rung)

    def _show_all_to(self, receiver: ParticipantId) -> None:
        for who, slot, kind in list(self._wishes):
            if who == receiver:
                self._show(who, slot, kind)

    def _show_everywhere(self, of: ParticipantId) -> None:
        for (receiver, slot, kind), wish in list(self._wishes.items()):
            if wish.of == of:
                self._show(receiver, slot, kind)

    def _show(self, receiver: ParticipantId, slot: int, kind: Kind) -> None:
        connection = self._current(receiver)
        if connection is None:
            return
        wish = self._wishes.get((receiver, slot, kind))
        source_id = None if wish is None else self.source_id(wish.of, wish.source, wish.layer)
        self._server.show(connection.id, slot, kind, source_id)

    def heard(self) -> set[tuple[ParticipantId, Source]]:
        """The sounds that somebody is given."""
        return {(wish.of, wish.source) for (_, _, kind), wish in self._wishes.items() if kind == "audio"}

    def source_id(
        self, of: ParticipantId, source: Source, layer: Layer | None, *, only_flowing_best: bool = False
    ) -> int | None:
        """The plane's source for a track: the wished layer, else the nearest one that flows, else the wished one.

        With `only_flowing_best`: the wished layer or nothing.
        """
        publisher = self._current(of)
        if publisher is None:
            return None
        if (source, "") in publisher.sources:
            return publisher.sources[(source, "")]
        wished = layer or "h"
        nearest = sorted(
            LAYERS_FROM_BEST, key=lambda each: abs(LAYERS_FROM_BEST.index(each) - LAYERS_FROM_BEST.index(wished))
        )
        present = [publisher.sources[(source, rid)] for rid in nearest if (source, rid) in publisher.sources]
        if only_flowing_best:
            return next((each for each in present[:1] if each in self._flowing), None)
        return next((each for each in present if each in self._flowing), present[0] if present else None)

    def _wants_of(self, who: ParticipantId) -> list[tuple[Source, tuple[Layer, ...]]]:
        return [(source, layers) for (of, source), layers in self._wanted.items() if of == who]


def _sdp_of(offer: Offer) -> str:
    """The offer's SDP.

    Raises:
        OfferRefused: it is not what was announced.
    """
    if not offer.packed:
        return offer.sdp
    try:
        return unpacked(offer.sdp, MAX_OFFER_BYTES)
    except BadMessage as error:
        raise OfferRefused("offer_malformed", error.detail) from error
