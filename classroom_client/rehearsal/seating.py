"""Who should be seen and heard in which slot, and when: the history of a receiver's views. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

GRACE_NS: Final = 1_500_000_000
"""Views and media take different ways: for so long around a change either is right."""


class Seated(NamedTuple):
    """Who sits in a slot, by its id, and whether it is to be seen and heard there."""

    participant: str
    video: bool
    audio: bool


class Interval(NamedTuple):
    """A seat of one slot, unchanged from `since_ns` until `until_ns`."""

    slot: int
    seated: Seated
    since_ns: int
    until_ns: int


@dataclass
class Seating:
    """All views of one receiver, oldest first."""

    views: list[tuple[int, dict[int, Seated]]] = field(default_factory=list)

    def change(self, now_ns: int, seats: dict[int, Seated]) -> None:
        """A new view holds from `now_ns` on."""
        self.views.append((now_ns, seats))

    def near(self, slot: int, at_ns: int) -> Iterator[Seated | None]:
        """Every seat that the slot had within GRACE_NS of `at_ns`; None where it was empty."""
        for position, (since_ns, seats) in enumerate(self.views):
            until_ns = self.views[position + 1][0] if position + 1 < len(self.views) else at_ns
            if since_ns <= at_ns + GRACE_NS and until_ns >= at_ns - GRACE_NS:
                yield seats.get(slot)

    def may_show(self, slot: int, participant: str, at_ns: int) -> bool:
        """Whether a picture of `participant` may arrive in the slot at that time."""
        return any(
            seat is not None and seat.video and seat.participant == participant for seat in self.near(slot, at_ns)
        )

    def may_sound(self, slot: int, participant: str, at_ns: int) -> bool:
        """Whether the sound of `participant` may arrive in the slot at that time."""
        return any(
            seat is not None and seat.audio and seat.participant == participant for seat in self.near(slot, at_ns)
        )

    def intervals(self, until_ns: int, slots: Iterable[int]) -> Iterator[Interval]:
        """Every unchanged seat, each as long as it lasted; the last ones end at `until_ns`."""
        for slot in slots:
            since_ns, seated = 0, None
            for at_ns, seats in [*self.views, (until_ns, {})]:
                if seats.get(slot) == seated and at_ns < until_ns:
                    continue
                if seated is not None:
                    yield Interval(slot, seated, since_ns, min(at_ns, until_ns))
                since_ns, seated = at_ns, seats.get(slot)
