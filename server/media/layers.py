"""Which layer each slot is given under a budget. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from signaling.messages import Layer

ORDER: tuple[Layer, ...] = ("q", "h", "f")


class Option(Struct, frozen=True):
    """A layer that flows and what it takes; a source without layers has one option, `f`."""

    layer: Layer
    bps: int
    source: int


class Wish(Struct, frozen=True):
    """What one slot would like: `layer` at most, of these options in ascending order. `weight`: who goes first."""

    slot: int
    layer: Layer
    options: tuple[Option, ...]
    weight: int = 0


def allowed(wish: Wish) -> tuple[Option, ...]:
    """The wish's options up to its layer; if all that flows is above it, the lowest of that."""
    below = tuple(one for one in wish.options if ORDER.index(one.layer) <= ORDER.index(wish.layer))
    return below or wish.options[:1]


def allocate(wishes: Sequence[Wish], budget_bps: int | None) -> dict[int, Option]:
    """Slot -> what it is given; slots that are missing get no picture.

    Under a budget every slot first gets its lowest layer, the heaviest slots first, and what is left raises the
    heaviest slots. What is not given is missed less than sound that breaks up.
    """
    ordered = sorted((wish for wish in wishes if wish.options), key=lambda wish: (-wish.weight, wish.slot))
    if budget_bps is None:
        return {wish.slot: allowed(wish)[-1] for wish in ordered}
    given: dict[int, Option] = {}
    left = budget_bps
    for wish in ordered:
        lowest = allowed(wish)[0]
        if lowest.bps <= left:
            given[wish.slot], left = lowest, left - lowest.bps
    for wish in ordered:
        for option in reversed(allowed(wish)):
            if wish.slot in given and 0 < option.bps - given[wish.slot].bps <= left:
                left -= option.bps - given[wish.slot].bps
                given[wish.slot] = option
    return given
