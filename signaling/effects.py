"""What the room wants done. The runner carries effects out in order; those after an `Append` wait for its sync."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from signaling.errors import GoodbyeCode
from signaling.messages import AnyEvent, FromServer, Layer, Logged, ParticipantId, Source

Kind = Literal["audio", "video"]


class Append(Struct, frozen=True):
    """Write this line of the log and sync it. Numbers are consecutive, from 1."""

    number: int
    at: int
    by: str
    event: AnyEvent

    @property
    def logged(self) -> Logged:
        """The line as it is written and sent."""
        return Logged(number=self.number, at=self.at, by=self.by, event=self.event)


class Send(Struct, frozen=True):
    """Queue a message for one participant. One message to many is one object in many effects."""

    to: ParticipantId
    message: FromServer


class Route(Struct, frozen=True):
    """Show `source` of participant `of` in a slot of `participant`; `of` and `source` None empty the slot.

    `layer` is the simulcast layer to aim at; None for sound.
    """

    participant: ParticipantId
    slot: int
    kind: Kind
    of: ParticipantId | None = None
    source: Source | None = None
    layer: Layer | None = None


class Want(Struct, frozen=True):
    """These layers of a source are looked at by somebody; no layers: nobody needs it, it may pause."""

    participant: ParticipantId
    source: Source
    layers: tuple[Layer, ...]


class Record(Struct, frozen=True):
    """Start or stop the recording. The reason stands in the log."""

    on: bool
    reason: str


class Close(Struct, frozen=True):
    """Close the participant's connection once what is queued for it is written; its goodbye was sent before."""

    participant: ParticipantId
    code: GoodbyeCode


Effect = Append | Send | Route | Want | Record | Close
