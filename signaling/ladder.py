"""What a narrow line is given: the ladder. Pure; docs/weak-lines.md shows it.

Speech comes before strokes, strokes before the teacher's picture, and that before all other pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from signaling.layout import Placed, Scene
from signaling.messages import ParticipantId, Quality, Rung, Source


class Ration(Struct, frozen=True):
    """What a receiver on a rung is given, and what its line must carry for it, in bits per second."""

    rung: Rung
    from_bps: int
    pictures: Literal["all", "one", "none"]
    speech: Literal["full", "low"]
    voices: Literal["all", "one"]


LADDER: Final = (
    Ration("full", 1_200_000, "all", "full", "all"),
    Ration("smaller", 450_000, "all", "full", "all"),
    Ration("speaker", 200_000, "one", "low", "all"),
    Ration("sound", 90_000, "none", "low", "all"),
    Ration("voice", 0, "none", "low", "one"),
)
"""From the top. On `smaller` the server picks each picture's layer by what is left; one more is about 150 kbit/s."""
_BY_RUNG: Final = {ration.rung: ration for ration in LADDER}
_ORDER: Final = tuple(_BY_RUNG)
_LOST: Final[Rung] = "speaker"
"""Where a line stands, at best, that its own end calls as good as lost."""


def rung_for(budget_bps: int | None) -> Rung:
    """The highest rung that a line of this budget carries; None: no limit is known."""
    if budget_bps is None:
        return "full"
    return next(ration.rung for ration in LADDER if budget_bps >= ration.from_bps)


def carries_pictures(rung: Rung) -> bool:
    """Whether a line on this rung carries any; where it does not, its own end sends none either."""
    return _BY_RUNG[rung].pictures != "none"


def ration(rung: Rung, quality: Quality) -> Ration:
    """What is given on this rung to a line of this quality."""
    if quality == "lost" and _ORDER.index(rung) < _ORDER.index(_LOST):
        return _BY_RUNG[_LOST]
    return _BY_RUNG[rung]


def fitted(placed: Sequence[Placed], scene: Scene, given: Ration) -> list[Placed]:
    """A receiver's screen, the most important place first, as far as its line carries it. Everybody keeps a place."""
    pictured = next((one for one in placed if one.video is not None), None)
    voice = _voice(placed, scene)
    fit = []
    for one in placed:
        shown = given.pictures == "all" or (given.pictures == "one" and one is pictured)
        heard = given.voices == "all" or one is voice
        fit.append(replace(one, video=one.video if shown else None, audio=_sound(one, scene, given) if heard else None))
    return fit


def _sound(one: Placed, scene: Scene, given: Ration) -> Source | None:
    """Low speech for the microphone as soon as its sender has it; media sound goes with the pictures."""
    if given.speech == "low" and one.audio == "microphone":
        return "low_speech" if "low_speech" in _live(one.of, scene) else "microphone"
    if given.pictures == "none" and one.audio == "media_sound":
        return None
    return one.audio


def _voice(placed: Sequence[Placed], scene: Scene) -> Placed | None:
    """The one voice to keep: the class on the floor, else the lead, else whoever is heard."""
    heard = [one for one in placed if one.audio == "microphone"]
    lead = None if scene.lead is None else scene.lead.id
    ranked = sorted(heard, key=lambda one: (one.of != scene.floor, one.of != lead))
    return ranked[0] if ranked else None


def _live(who: ParticipantId, scene: Scene) -> frozenset[str]:
    return next(actor.live for actor in scene.actors if actor.id == who)
