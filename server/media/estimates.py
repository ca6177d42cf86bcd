"""How much a line carries, where its receiver tells no more than an estimate (REMB), losses and round trips. Pure.

A receiver's REMB is about one and a half times what it receives at the moment, and starts from nothing: alone it proves
no limit. A line counts as narrow when its estimate is below what is sent and packets are late, or many lost, as well;
or when very many are lost. Its budget then falls at once, and is tried upward again step by step. Receivers that tell
of every packet are judged better: `congestion`.
"""

from __future__ import annotations

from msgspec import Struct

LEAST_BUDGET_BPS = 40_000
LOSS_BUDGET_BPS = 400_000
"""Loss alone does not push a budget below this: a radio link that loses at random is repaired, not starved."""
MOST_BUDGET_BPS = 6_000_000
HOLD_S = 4.0
"""How long a budget stands before it is tried upward; doubled when the trial failed, up to MOST_HOLD_S."""
MOST_HOLD_S = 60.0
THIN_BPS = 250_000
THIN_HOLD_S = 8.0
"""A thin line is tried less often and in smaller steps: there a trial costs the strokes and the voice."""
FORGETS_IN_S = 5
PATIENCE, PATIENCE_IF_LATE = 2, 3
"""Bad seconds in a row before anything is taken away: with losses, and where packets are late alone."""
SOME_LOSS_PERMILLE = 80
"""A radio link loses a few in a hundred, and its jitter lowers the estimate, without being narrow."""
HEAVY_LOSS_PERMILLE = 200
LATE_MS = 150
"""A round trip this much over the best one, or over five quarters of it if that is more, means a queue."""


class Reading(Struct, frozen=True):
    """What was seen of a line in the last second; None: nothing was reported."""

    now_s: float
    sent_bps: int
    estimate_bps: int | None = None
    loss_permille: int = 0
    round_trip_ms: int | None = None


class Line(Struct, frozen=True):
    """What is known of a receiver's line. `budget_bps` None: no limit has been met."""

    budget_bps: int | None = None
    changed_s: float = 0.0
    hold_s: float = HOLD_S
    bad_seconds: int = 0
    estimate_bps: int | None = None
    best_round_trip_ms: int | None = None


def observed(line: Line, seen: Reading) -> Line:
    """The line after one more second."""
    before = line.best_round_trip_ms
    late = before is not None and (seen.round_trip_ms or 0) > max(before + LATE_MS, before * 5 // 4)
    best, estimate = _best(before, seen.round_trip_ms), seen.estimate_bps or line.estimate_bps
    losing = seen.loss_permille > SOME_LOSS_PERMILLE
    narrow = seen.estimate_bps is not None and seen.estimate_bps < 0.85 * seen.sent_bps and not _growing(line, seen)
    queueing = narrow and (late or losing)
    bad = line.bad_seconds + 1 if queueing or seen.loss_permille > HEAVY_LOSS_PERMILLE else 0
    if bad >= (PATIENCE if losing else PATIENCE_IF_LATE):
        bound = seen.sent_bps * 85 // 100
        if queueing and seen.estimate_bps is not None:
            bound = min(bound, seen.estimate_bps)
        least = LEAST_BUDGET_BPS if queueing else LOSS_BUDGET_BPS
        budget_bps = max(least, bound)
        if line.budget_bps is not None:
            budget_bps = min(line.budget_bps, budget_bps)
        failed = line.budget_bps is not None and seen.now_s - line.changed_s < HOLD_S
        hold_s = min(MOST_HOLD_S, 2 * line.hold_s) if failed else _hold_s(budget_bps)
        return Line(budget_bps, seen.now_s, hold_s, 0, estimate, best)
    if bad or line.budget_bps is None or seen.now_s - line.changed_s < line.hold_s:
        return Line(line.budget_bps, line.changed_s, line.hold_s, bad, estimate, best)
    raised = line.budget_bps * (3 if line.budget_bps < THIN_BPS else 4) // 2
    # Shorter again, but by less than a failure lengthens it: a line that always fails is tried ever more rarely.
    hold_s = max(_hold_s(raised), line.hold_s / 1.5)
    return Line(None if raised > MOST_BUDGET_BPS else raised, seen.now_s, hold_s, 0, estimate, best)


def _growing(line: Line, seen: Reading) -> bool:
    """An estimate that still climbs from nothing, or recovers, says nothing of the line."""
    return (seen.estimate_bps or 0) * 100 > (line.estimate_bps or 0) * 115 and bool(line.estimate_bps)


def _hold_s(budget_bps: int) -> float:
    return THIN_HOLD_S if budget_bps < THIN_BPS else HOLD_S


def _best(best: int | None, seen: int | None) -> int | None:
    """The least round trip; it forgets, so that a line that has become longer is not taken for one with a queue."""
    if best is None or seen is None:
        return seen if best is None else best
    return min(seen, best + (seen - best) // FORGETS_IN_S)
