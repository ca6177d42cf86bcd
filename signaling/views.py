"""From layouts to effects: what changed on whose screen, which routes follow, which layers are looked at."""

from __future__ import annotations

from collections.abc import Iterator

from signaling.effects import Effect, Kind, Route, Send, Want
from signaling.fold import LessonFold, Participant
from signaling.guests import GUESTS, Wanted, layer_for, left_over
from signaling.ladder import fitted, ration
from signaling.layout import LAYER_OF, Actor, Scene, layout
from signaling.messages import Layer, ParticipantId, Role, Seat, Source, View
from signaling.presence import Present, has_place
from signaling.seating import Seating

LAYERED: tuple[Source, ...] = ("camera", "camera2", "screen")
ORDER: tuple[Layer, ...] = ("q", "h", "f")
ON: tuple[Layer, ...] = ("f",)
"""What `Want` says of a source without layers that is to flow."""
NO_SEATS = frozenset[Role]({"recorder", "rebroadcast"})

RouteKey = tuple[ParticipantId, int, Kind]
WantKey = tuple[ParticipantId, Source]


def recorded_layer(role: Role, source: Source) -> Layer:
    """The layer that the recording keeps: the lead's pictures in full, everybody else's half."""
    return "f" if role in ("lead", "rebroadcast") and source != "camera2" else "h"


class Views:
    """The screens as they were told last."""

    def __init__(self) -> None:
        self._seating: dict[ParticipantId, Seating] = {}
        self._views: dict[ParticipantId, View] = {}
        self._routes: dict[RouteKey, Route] = {}
        self._wants: dict[WantKey, tuple[Layer, ...]] = {}

    def update(self, fold: LessonFold, fresh: ParticipantId | None = None) -> list[Effect]:
        """What follows from the lesson's state now: layers wanted, then routes, then views.

        `fresh` has a new page that holds nothing: it is told its view in any case.
        """
        people = [person for person in fold.people.values() if has_place(person.presence)]
        scene = _scene(fold, people)
        views = {person.id: self._view(scene, person) for person in people if person.member.role not in NO_SEATS}
        guests = [person for person in people if person.member.role in GUESTS]
        hosts = [person for person in people if person.id in views and person not in guests]
        routes = {key: route for person in hosts for key, route in _routes(views[person.id], person)}
        wanted = _wanted(fold, people, routes, _spared_speakers(hosts, views))
        for person in guests:
            views[person.id] = left_over(views[person.id], wanted)
            routes.update(_guest_routes(views[person.id], person, wanted))
        effects: list[Effect] = [*self._new_wants(wanted), *self._new_routes(routes)]
        for person in people:
            view = views.get(person.id)
            changed = view is not None and (view != self._views.get(person.id) or person.id == fresh)
            if view is not None and changed and isinstance(person.presence, Present):
                effects.append(Send(person.id, view))
        self._forget({person.id for person in people})
        self._views, self._routes = views, routes
        return effects

    def _view(self, scene: Scene, person: Participant) -> View:
        seen = layout(scene, _actor(person))
        placed = fitted(seen.placed, scene, ration(person.rung, person.quality))
        return View(stage=seen.stage, seats=self._seating.setdefault(person.id, Seating()).seat(placed))

    def _new_routes(self, routes: dict[RouteKey, Route]) -> Iterator[Route]:
        for key in self._routes:
            if key not in routes:
                yield Route(*key)
        for key, route in routes.items():
            if route != self._routes.get(key):
                yield route

    def _new_wants(self, wanted: dict[WantKey, tuple[Layer, ...]]) -> Iterator[Want]:
        for key, layers in wanted.items():
            if layers != self._wants.get(key, () if key[1] == "low_speech" else None):
                yield Want(*key, layers)
        self._wants = wanted

    def _forget(self, kept: set[ParticipantId]) -> None:
        for gone in self._seating.keys() - kept:
            del self._seating[gone]


def _wanted(
    fold: LessonFold, people: list[Participant], routes: dict[RouteKey, Route], spared: set[ParticipantId]
) -> dict[WantKey, tuple[Layer, ...]]:
    """The layers of each source that a screen of the lesson, or the recording, looks at; in their order."""
    wants: dict[WantKey, set[Layer]] = {}
    for person in people:
        for source in (each for each in LAYERED if each in person.live):
            kept = fold.recording and source in _sent(person)
            wants[person.id, source] = {recorded_layer(person.member.role, source)} if kept else set()
        if "microphone" in person.live:
            wants[person.id, "low_speech"] = set(ON) if person.id in spared else set()
    for route in routes.values():
        if route.of and route.source and route.layer:
            wants[route.of, route.source].add(route.layer)
    return {key: tuple(each for each in ORDER if each in layers) for key, layers in wants.items()}


def _spared_speakers(people: list[Participant], views: dict[ParticipantId, View]) -> set[ParticipantId]:
    """Whose low speech some weak line needs."""
    thin = {person.id for person in people if ration(person.rung, person.quality).speech == "low"}
    heard = [seat for who in thin for seat in views[who].seats]
    return {seat.participant for seat in heard if seat.audio in ("microphone", "low_speech")}


def _scene(fold: LessonFold, people: list[Participant]) -> Scene:
    return Scene(
        mode=fold.card.mode,
        phase=fold.phase,
        talk=fold.talk,
        floor=fold.floor,
        actors=tuple(_actor(person) for person in people),
    )


def _actor(person: Participant) -> Actor:
    return Actor(id=person.id, role=person.member.role, screen=person.screen, live=_sent(person))


def _sent(person: Participant) -> frozenset[Source]:
    """What a participant is asked to send: where a class's line is too thin for pictures, its own are the first to go.

    Not the lead's: what comes to her says nothing sure of what she sends, and all rooms would lose her picture for it.
    """
    thin = person.member.role != "lead" and ration(person.rung, person.quality).pictures == "none"
    return frozenset(each for each in person.live if not (thin and each in LAYERED))


def _routes(view: View, person: Participant) -> Iterator[tuple[RouteKey, Route]]:
    all_pictures = ration(person.rung, person.quality).pictures == "all"
    for seat in view.seats:
        if seat.video is not None:
            layer: Layer = LAYER_OF[seat.place] if all_pictures else "q"
            yield (person.id, seat.slot, "video"), _route(person.id, seat, "video", seat.video, layer)
        if seat.audio is not None:
            yield (person.id, seat.slot, "audio"), _route(person.id, seat, "audio", seat.audio, None)


def _guest_routes(view: View, person: Participant, wanted: Wanted) -> Iterator[tuple[RouteKey, Route]]:
    for seat in view.seats:
        if seat.video is not None:
            layer = layer_for(seat, wanted)
            yield (person.id, seat.slot, "video"), _route(person.id, seat, "video", seat.video, layer)
        if seat.audio is not None:
            yield (person.id, seat.slot, "audio"), _route(person.id, seat, "audio", seat.audio, None)


def _route(receiver: ParticipantId, seat: Seat, kind: Kind, source: Source, layer: Layer | None) -> Route:
    return Route(participant=receiver, slot=seat.slot, kind=kind, of=seat.participant, source=source, layer=layer)
