"""Which simulcast layer goes to which slot, and how much a line carries. Pure; time is an argument.

A receiver's REMB is about one and a half times what it receives at the moment, so it bounds what a line carries only
when it falls below what is being sent. Until then a line counts as unlimited; when it is found narrow, its budget falls
at once and is tried upward again step by step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from signaling.messages import Layer

ORDER: tuple[Layer, ...] = ("q", "h", "f")
NOMINAL_BPS: Mapping[Layer, int] = {"q": 150_000, "h": 500_000, "f": 1_600_000}
"""What each layer takes at its target rate (180p, 360p and 720p)."""
LEAST_BUDGET_BPS = 150_000
MOST_BUDGET_BPS = 8_000_000
HOLD_S = 6.0
"""How long a budget stands before it is tried upward."""
LOSS_PERMILLE = 100
"""Loss from which a line counts as overloaded; the same 10 % at which libwebrtc's senders slow down."""


class Wish(Struct, frozen=True):
    """What one slot would like: a layer at most, out of those that flow. `weight` orders slots under scarcity."""

    slot: int
    layer: Layer
    flowing: frozenset[Layer]
    weight: int = 0


def best(layer: Layer, flowing: Collection[Layer]) -> Layer | None:
    """The highest flowing layer not above `layer`; failing that, the lowest that flows; None if none does."""
    present = [one for one in ORDER if one in flowing]
    below = [one for one in present if ORDER.index(one) <= ORDER.index(layer)]
    return below[-1] if below else (present[0] if present else None)


def allocate(wishes: Sequence[Wish], budget_bps: int | None) -> dict[int, Layer]:
    """Slot -> layer. Every slot gets its lowest layer; what is left of the budget goes to the heaviest slots first."""
    if budget_bps is None:
        chosen = {wish.slot: best(wish.layer, wish.flowing) for wish in wishes}
        return {slot: layer for slot, layer in chosen.items() if layer is not None}
    lowest = {wish.slot: best("q", wish.flowing) for wish in wishes}
    given: dict[int, Layer] = {slot: layer for slot, layer in lowest.items() if layer is not None}
    left = budget_bps - sum(NOMINAL_BPS[layer] for layer in given.values())
    for wish in sorted(wishes, key=lambda one: -one.weight):
        if wish.slot not in given:
            continue
        for layer in reversed(ORDER):
            more = NOMINAL_BPS[layer] - NOMINAL_BPS[given[wish.slot]]
            if layer in wish.flowing and ORDER.index(layer) <= ORDER.index(wish.layer) and 0 < more <= left:
                given[wish.slot], left = layer, left - more
                break
    return given


class Downlink(Struct, frozen=True):
    """What is known of a receiver's line. `budget_bps` None: no limit has been met."""

    budget_bps: int | None = None
    changed_s: float = 0.0


def observed(line: Downlink, *, sent_bps: int, estimate_bps: int | None, loss_permille: int, now_s: float) -> Downlink:
    """The line after one second in which `sent_bps` left for it and its reports said this."""
    narrow = estimate_bps is not None and estimate_bps < 0.85 * sent_bps
    if narrow or loss_permille > LOSS_PERMILLE:
        bound = min(sent_bps * 85 // 100, estimate_bps if narrow and estimate_bps is not None else sent_bps)
        return Downlink(max(LEAST_BUDGET_BPS, bound), now_s)
    if line.budget_bps is None or now_s - line.changed_s < HOLD_S:
        return line
    raised = line.budget_bps * 3 // 2
    return Downlink(None if raised >= MOST_BUDGET_BPS else raised, now_s)
