"""Which of a day's lessons is this room's now, and which comes next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import Final

from classroom_client.entry import Card

SOON_MS: Final = 3_600_000
JOIN_BEFORE_MS: Final = 600_000
"""As the pages do (web/src/pages/classroom/itinerary.ts)."""


def choose(cards: Sequence[Card], now_ms: int) -> Card | None:
    """Which of today's lessons to go to: the live one, else the next that is planned, once its bell is near."""
    live = [card for card in cards if card.state == "live"]
    near = [card for card in _planned(cards) if start_ms(card) - JOIN_BEFORE_MS <= now_ms]
    for fitting in (live, near):
        if fitting:
            return min(fitting, key=start_ms)
    return None


def following(cards: Sequence[Card], now_ms: int) -> Card | None:
    """The next that is planned and whose bell has not rung."""
    return min((card for card in _planned(cards) if start_ms(card) > now_ms), key=start_ms, default=None)


def is_soon(cards: Sequence[Card], now_ms: int) -> bool:
    """Whether one is to begin within the hour, or should have begun."""
    return min(map(start_ms, _planned(cards)), default=inf) - now_ms < SOON_MS


def start_ms(card: Card) -> int:
    """When the lesson is to begin, UTC milliseconds."""
    return round(datetime.fromisoformat(card.lesson.planned_start).timestamp() * 1000)


def _planned(cards: Sequence[Card]) -> list[Card]:
    return [card for card in cards if card.state == "planned"]
