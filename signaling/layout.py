"""Who is seen and heard where, for each mode, phase and screen (docs/protocol.md, rules P40 to P47). Pure.

One screen directs itself: the board is the stage with the lead beside it; the class on the floor takes the stage
everywhere but on its own screen; the lead's shared screen takes the stage when no class has it.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from signaling.cast import Screen, owner_of
from signaling.messages import Layer, Mode, ParticipantId, Role, Source, Talk

Phase = Literal["waiting", "live", "ended"]
Place = Literal["stage", "inset", "strip"]
Stage = Literal["board", "seat", "grid", "waiting"]
What = Literal["person", "screen", "pupils"]
"""A participant's own picture and microphone; its shared screen and media sound; its second camera."""

LAYER_OF: dict[Place, Layer] = {"stage": "f", "inset": "h", "strip": "q"}


class Actor(Struct, frozen=True):
    """A participant who has a place in the room, and what it sends."""

    id: ParticipantId
    role: Role
    screen: Screen = "a"
    live: frozenset[Source] = frozenset()


class Scene(Struct, frozen=True):
    """What the layout depends on. Actors stand in the order of the cast."""

    mode: Mode
    phase: Phase
    talk: Talk
    floor: ParticipantId | None
    actors: tuple[Actor, ...]

    @property
    def lead(self) -> Actor | None:
        """The one who teaches."""
        return next((actor for actor in self.actors if actor.role == "lead"), None)

    @property
    def classes(self) -> tuple[Actor, ...]:
        """The remote classrooms, by their first windows."""
        return tuple(actor for actor in self.actors if actor.role == "classroom" and actor.screen == "a")


class Placed(Struct, frozen=True):
    """Somebody in a place of a receiver's screen, not yet in a slot."""

    of: ParticipantId
    what: What
    place: Place
    video: Source | None
    audio: Source | None


class Layout(Struct, frozen=True):
    """A receiver's screen, the most important place first."""

    stage: Stage
    placed: tuple[Placed, ...]


def layout(scene: Scene, receiver: Actor) -> Layout:
    """The table: what `receiver` sees and hears in this scene."""
    if scene.phase == "ended" or receiver.role in ("recorder", "rebroadcast"):
        return Layout("waiting", ())
    if receiver.role == "lead":
        return _for_lead(scene)
    if receiver.screen == "b":
        return _for_second_screen(scene, receiver)
    if scene.phase == "waiting":
        return _before_class(scene, receiver)
    return _for_class(scene, receiver)


def is_heard(scene: Scene, speaker: Actor, receiver: Actor) -> bool:
    """Whether `receiver` hears the microphone of `speaker`: rule P46.

    An assistant sits in a classroom beside its loudspeaker and a second window beside the first: neither has sound.
    """
    if scene.phase != "live" or receiver.screen == "b" or receiver.role == "assistant":
        return False
    if owner_of(receiver.id) == speaker.id:
        return False
    alone = scene.mode == "delivery" and len(scene.classes) == 1
    return speaker.role == "lead" or scene.floor == speaker.id or scene.talk == "discussion" or alone


def _for_lead(scene: Scene) -> Layout:
    """The board stays the lead's stage; every classroom has a tile, the one on the floor a large one."""
    lead = scene.lead
    assert lead is not None, "only the lead sees the lead's screen"
    small: Place = "inset" if scene.mode == "delivery" else "strip"
    tiles = [_person(scene, each, lead, "stage" if _on_floor(scene, each) else small) for each in scene.classes]
    stage: Stage = "board"
    if scene.phase == "waiting":
        stage = "grid" if scene.mode == "delivery" else "waiting"
    return Layout(stage, _by_place(tiles))


def _before_class(scene: Scene, receiver: Actor) -> Layout:
    """Pictures of all, no sound."""
    place: Place = "inset" if scene.mode == "delivery" else "strip"
    placed = [_person(scene, each, receiver, place) for each in _others(scene, receiver)]
    return Layout("grid" if scene.mode == "delivery" else "waiting", tuple(placed))


def _for_class(scene: Scene, receiver: Actor) -> Layout:
    """A remote classroom's one screen, and those of observers, who see what a class not on the floor sees."""
    lead, speaker = scene.lead, _speaker(scene, receiver)
    shown = lead is not None and "screen" in lead.live
    shared = _shared(scene, receiver, "inset" if speaker else "stage")
    if scene.mode == "delivery" and scene.talk == "discussion" and not speaker and not shown:
        everyone = [_person(scene, each, receiver, "inset") for each in _others(scene, receiver)]
        return Layout("grid", (*everyone, *shared))
    placed = [_person(scene, speaker, receiver, "stage")] if speaker else []
    placed += shared
    if lead is not None:
        placed.append(_person(scene, lead, receiver, _lead_place(scene, bool(speaker), shown)))
    if scene.talk == "discussion" or receiver.role != "classroom":
        rest = (each for each in _others(scene, receiver) if each not in (lead, speaker))
        placed += [_person(scene, each, receiver, "strip") for each in rest]
    return Layout("seat" if speaker or shown else "board", _by_place(placed))


def _for_second_screen(scene: Scene, receiver: Actor) -> Layout:
    """The other classes, and in blended mode the lead's own pupils; the lead alone when there is nobody else."""
    speaker = _speaker(scene, receiver) if scene.phase == "live" else None
    placed = [_person(scene, speaker, receiver, "stage")] if speaker else []
    small: Place = "strip" if speaker else "inset"
    lead = scene.lead
    if lead is not None and scene.mode == "blended" and "camera2" in lead.live:
        placed.append(Placed(lead.id, "pupils", small, "camera2", None))
    rest = (each for each in _others(scene, receiver) if each not in (lead, speaker))
    placed += [_person(scene, each, receiver, small) for each in rest]
    if not placed and lead is not None:
        return Layout("seat", (_person(scene, lead, receiver, "stage"),))
    return Layout("seat" if speaker else "grid", tuple(placed))


def _lead_place(scene: Scene, speaker: bool, shared: bool) -> Place:
    """Large beside the board where a class has nobody else to look at, small where the stage is taken."""
    if speaker and shared:
        return "strip"
    return "stage" if scene.mode == "delivery" and not speaker and not shared else "inset"


def _speaker(scene: Scene, receiver: Actor) -> Actor | None:
    """The class on the floor, where it is shown: not on its own screens."""
    holder = next((each for each in scene.classes if _on_floor(scene, each)), None)
    return None if holder is None or owner_of(receiver.id) == holder.id else holder


def _others(scene: Scene, receiver: Actor) -> list[Actor]:
    """The lead, then the classes; not the receiver's own."""
    lead = scene.lead
    everyone = ([lead] if lead else []) + list(scene.classes)
    return [each for each in everyone if each.id != owner_of(receiver.id)]


def _on_floor(scene: Scene, actor: Actor) -> bool:
    return scene.phase == "live" and scene.floor == actor.id


def _person(scene: Scene, actor: Actor, receiver: Actor, place: Place) -> Placed:
    heard = is_heard(scene, actor, receiver) and "microphone" in actor.live
    video: Source | None = "camera" if "camera" in actor.live else None
    return Placed(actor.id, "person", place, video, "microphone" if heard else None)


def _shared(scene: Scene, receiver: Actor, place: Place) -> list[Placed]:
    """The lead's shared screen with its media sound, or media sound alone, which has no picture to show."""
    lead = scene.lead
    if lead is None or not lead.live & {"screen", "media_sound"}:
        return []
    sound: Source | None = "media_sound" if "media_sound" in lead.live and receiver.role != "assistant" else None
    if "screen" not in lead.live:
        return [Placed(lead.id, "screen", "strip", None, sound)]
    return [Placed(lead.id, "screen", place, "screen", sound)]


def _by_place(placed: list[Placed]) -> tuple[Placed, ...]:
    order: tuple[Place, ...] = ("stage", "inset", "strip")
    return tuple(sorted(placed, key=lambda each: order.index(each.place)))
