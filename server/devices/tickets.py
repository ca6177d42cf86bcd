"""Tickets by themselves: a fault that lasts opens one, a fault that stays away closes it. Pure; time is an argument."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

LASTS_MS = 45_000
"""Longer than three reports: a plug that is moved, or a page that is loaded again, is nobody's errand."""


@dataclass
class Lasting:
    """Of one device: since when each fault is there, and since when the fault of an open ticket is gone."""

    there: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """What follows from a report: tickets to open (fault, since when it is there) and to close."""

    opened: tuple[tuple[str, int], ...] = ()
    closed: tuple[str, ...] = ()


def follow(
    lasting: Lasting,
    faults: Collection[str],
    open_now: Collection[str],
    now_ms: int,
    sure: Callable[[str], bool],
) -> Turn:
    """Takes note of the faults of a report and says which tickets turn. sure: of which faults that need not last.

    open_now: the faults with an open ticket. `lasting` is brought up to date.
    """
    if not faults and not open_now:  # nearly every report
        lasting.there, lasting.gone = {}, {}
        return Turn()
    present, open_faults = set(faults), set(open_now)
    lasting.there = _since(lasting.there, present, now_ms)
    lasting.gone = _since(lasting.gone, open_faults - present, now_ms)
    opened = {
        fault: at
        for fault, at in lasting.there.items()
        if fault not in open_faults and (sure(fault) or now_ms - at >= LASTS_MS)
    }
    closed = [fault for fault, at in lasting.gone.items() if sure(fault) or now_ms - at >= LASTS_MS]
    return Turn(tuple(sorted(opened.items())), tuple(sorted(closed)))


def _since(before: Mapping[str, int], present: set[str], now_ms: int) -> dict[str, int]:
    return {fault: before.get(fault, now_ms) for fault in present}
