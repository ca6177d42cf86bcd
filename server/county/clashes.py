"""Who or what would be in two lessons at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

Kind = Literal["room", "teacher", "class"]


class Use(Struct, frozen=True, order=True):
    """A room, teacher or class that a lesson needs."""

    kind: Kind
    id: str


class Booking(Struct, frozen=True, kw_only=True):
    """Somebody's claim on a span of time, UTC milliseconds. `owner` is an entry's or a lesson's id."""

    owner: str
    start_ms: int
    end_ms: int
    uses: frozenset[Use]


class Clash(Struct, frozen=True, kw_only=True, order=True):
    """Two owners need the same thing at once: first from `start_ms` to `end_ms`, `times` times in all."""

    start_ms: int
    end_ms: int
    kind: Kind
    id: str
    first: str
    second: str
    times: int = 1


def uses_of(lead_id: str, lead_room_id: str | None, rooms: Iterable[str], classes: Iterable[str]) -> frozenset[Use]:
    """All that one lesson needs."""
    taken = [*rooms, *([lead_room_id] if lead_room_id else [])]
    return frozenset(
        (Use("teacher", lead_id), *(Use("room", room) for room in taken), *(Use("class", one) for one in classes))
    )


def find_clashes(bookings: Iterable[Booking], about: frozenset[str] | None = None) -> list[Clash]:
    """Every pair of owners that clash over one thing, the earliest first; lessons that only touch do not clash.

    about: only pairs one of which is in it.
    """
    by_use: dict[Use, list[Booking]] = defaultdict(list)
    for booking in bookings:
        for use in booking.uses:
            by_use[use].append(booking)
    found: dict[tuple[Use, str, str], Clash] = {}
    for use, claims in by_use.items():
        for one, other in _overlaps(claims):
            if about is None or one.owner in about or other.owner in about:
                _count(found, use, one, other)
    return sorted(found.values())


def _overlaps(claims: list[Booking]) -> Iterator[tuple[Booking, Booking]]:
    """Pairs of different owners at once, each pair ordered by its beginning."""
    running: list[Booking] = []
    for claim in sorted(claims, key=lambda booking: (booking.start_ms, booking.end_ms, booking.owner)):
        running = [before for before in running if before.end_ms > claim.start_ms]
        for before in running:
            if before.owner != claim.owner:
                yield before, claim
        running.append(claim)


def _count(found: dict[tuple[Use, str, str], Clash], use: Use, one: Booking, other: Booking) -> None:
    """Keeps the pair's first time, which comes first, and counts the others."""
    first, second = sorted((one.owner, other.owner))
    known = found.get((use, first, second))
    found[(use, first, second)] = (
        replace(known, times=known.times + 1)
        if known is not None
        else Clash(
            start_ms=other.start_ms,
            end_ms=min(one.end_ms, other.end_ms),
            kind=use.kind,
            id=use.id,
            first=first,
            second=second,
        )
    )
