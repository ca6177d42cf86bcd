"""What those are given who only watch: no more than flows for the others anyway (docs/protocol.md, P45). Pure.

An observer or an assistant's phone never makes a room send a layer that no classroom, lead or recording looks at, nor
its low speech. Of what flows it is given the small layers: it must not crowd the others out of the server's own line.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from signaling.layout import Place
from signaling.messages import Layer, ParticipantId, Role, Seat, Source, View

GUESTS: frozenset[Role] = frozenset({"assistant", "observer", "admin"})
LARGEST: dict[Place, Layer] = {"stage": "h", "inset": "q", "strip": "q"}
_ORDER: tuple[Layer, ...] = ("q", "h", "f")

Wanted = Mapping[tuple[ParticipantId, Source], Collection[Layer]]
"""The layers of each source that somebody else looks at."""


def left_over(view: View, wanted: Wanted) -> View:
    """A guest's screen with only what flows for others: pictures nobody else looks at are missing."""
    return View(stage=view.stage, seats=[_fed(seat, wanted) for seat in view.seats])


def layer_for(seat: Seat, wanted: Wanted) -> Layer | None:
    """The layer a guest is given in this seat; None where nothing flows."""
    assert seat.video is not None, "a seat without a picture has no layer"
    flows = [layer for layer in _ORDER if layer in wanted.get((seat.participant, seat.video), ())]
    small = [layer for layer in flows if _ORDER.index(layer) <= _ORDER.index(LARGEST[seat.place])]
    return small[-1] if small else next(iter(flows), None)


def _fed(seat: Seat, wanted: Wanted) -> Seat:
    shown = seat.video is not None and layer_for(seat, wanted) is not None
    spared = seat.audio == "low_speech" and not wanted.get((seat.participant, "low_speech"))
    return replace(seat, video=seat.video if shown else None, audio="microphone" if spared else seat.audio)
