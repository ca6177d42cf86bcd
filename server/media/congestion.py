"""How much a line carries, from what its receiver tells of every packet. Pure; time is an argument.

A queue that grows, or that stands and loses, is the sign: packets then take longer than the least time seen. What comes
through at that moment is what the line carries; while the queue drains less is sent. A way that stays longer without
growing and without loss carries what it is given: its new length is the least time from then on. Upward a line is tried
with padding, which nobody misses when it does not fit.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

STANDING_MS, GONE_MS = 100, 50
"""More than this is late; below the last a queue is gone."""
PATIENCE, LENGTH_PATIENCE = 2, 15
"""How many times in a row: until less is sent; until the way counts as longer."""
GROWS_MS, DEEP_MS, FULL_MS = 50, 150, 500
"""So much more at a time is a queue that grows. With losses one that is deep is full, while a way that has only become
somewhat longer may lose in bursts. The last is full in any case."""
COMES_PERCENT = 92
"""A queue grows only where less comes than is sent; a receiver too busy to read its socket is late with everything."""
LITTLE_COMES_PERCENT = 70
"""Less than this comes through only where more is sent than fits, whatever is lost at random."""
LOSES_PERMILLE, LOSES_A_LITTLE_PERMILLE = 150, 20
HEAVY_LOSS_PERMILLE, MOST_PERMILLE = 200, 500
"""Loss that counts; and when most is lost no radio link is to blame: a queue that was full from the first packet on
shows no growth."""
LOSS_PATIENCE = 5
CARRIED_PERCENT = 85
"""The budget, of what comes through."""
DRAINING_PERCENT = 75
"""Of the budget, while a queue drains: that carries sound and, where there is one to be had, the smallest picture."""
LEAST_BUDGET_BPS = 40_000
LOSS_BUDGET_BPS = 400_000
"""Loss without a queue pushes no budget below this: a radio link that loses at random is repaired, not starved."""
MOST_BUDGET_BPS = 6_000_000
SETTLES_S = 0.5
"""And a round trip: until then a change does not show in what is told."""
LOSS_SETTLES_S = 2.0
"""What is lost is told of some feedbacks later: what a line lost that has been cut since says nothing against it."""
HOLD_S, MOST_HOLD_S = 4.0, 8.0
"""How long a budget stands before it is tried upward; doubled by each trial that failed. A trial that fails costs a
moment of a short queue; that a line has become wide again is only found by one."""
TRIED_PERCENT = (150, 200, 300)
"""Of the budget: the first trial, one after one that went well, and all further ones."""
SOON_S = 2.0
"""The hold after a cut that may have been for nothing."""
ON_S = 1.0
"""And after a trial that went well: a line found wider is likely to be wider still."""
PROBE_S = 0.5
PROBE_QUEUE_MS = 60
PROBE_PATIENCE = 1


class Told(Struct, frozen=True):
    """What the last tenths of a second tell. Rates over the same stretch; round_trip_s: the last one known.

    latest_bps: what came since what was told before; None: as delivered_bps.
    """

    now_s: float
    queue_ms: float
    sent_bps: int
    delivered_bps: int
    missing_permille: int = 0
    round_trip_s: float = 0.1
    latest_bps: int | None = None


class Course(Struct, frozen=True):
    """Where a line stands.

    budget_bps: None while no limit has been met. late, lossy, short, tight: how many times in a row; short: much less
    came than was sent. late_from_ms: the least queue since it is late. draining: less is sent until the queue is gone;
    came_bps: what came through at the last judgement of that. probe_bps: what is tried since probed_s; 0: nothing;
    reached: as much has come through. gained: trials in a row that went well. hopes_bps: what the first trial tries at
    least. longer: the line's least delay is to be found anew.
    """

    budget_bps: int | None = None
    changed_s: float = -60.0
    hold_s: float = HOLD_S
    late: int = 0
    late_from_ms: float = 0.0
    lossy: int = 0
    short: int = 0
    tight: int = 0
    draining: bool = False
    came_bps: int = 0
    probe_bps: int = 0
    probed_s: float = 0.0
    reached: bool = False
    gained: int = 0
    hopes_bps: int = 0
    longer: bool = False

    def pictures_bps(self) -> int | None:
        """What may be sent now: less than the budget while a queue drains."""
        if self.budget_bps is None or not self.draining:
            return self.budget_bps
        return self.budget_bps * DRAINING_PERCENT // 100


def judged(course: Course, told: Told, *, wants_more: bool) -> Course:
    """The course after what was told. `wants_more`: something is held back that a wider line would be given."""
    course = _drained(_counted(course, told), told)
    if course.probe_bps:
        return _trying(course, told)
    since_s = told.now_s - course.changed_s
    lossy = course.lossy >= LOSS_PATIENCE and since_s > LOSS_SETTLES_S
    standing = _standing(course, told, since_s)
    lowest = course.budget_bps is not None and course.budget_bps <= LEAST_BUDGET_BPS
    if since_s > SETTLES_S + told.round_trip_s and not lowest:
        drowned = lossy and told.missing_permille > MOST_PERMILLE
        fills = course.short >= PATIENCE and told.queue_ms > STANDING_MS
        queueing = drowned or fills or (standing and course.late >= PATIENCE)
        if queueing or lossy:
            return _cut(course, told, queueing)
    if course.late >= LENGTH_PATIENCE and (lowest or not standing):
        return replace(course, late=0, draining=False, longer=True)
    if course.budget_bps is None or not wants_more or course.late or course.draining or since_s < course.hold_s:
        return course
    tried_percent = TRIED_PERCENT[min(course.gained, len(TRIED_PERCENT) - 1)]
    probe_bps = min(MOST_BUDGET_BPS, max(course.budget_bps * tried_percent // 100, course.hopes_bps))
    return replace(course, probe_bps=probe_bps, probed_s=told.now_s, tight=0, reached=False, hopes_bps=0)


def _standing(course: Course, told: Told, since_s: float) -> bool:
    """Whether what is late stands in a queue: one that grows, loses or is long. since_s: of the last change."""
    grows = told.queue_ms - course.late_from_ms > GROWS_MS and told.delivered_bps * 100 < told.sent_bps * COMES_PERCENT
    loses = told.missing_permille > LOSES_PERMILLE and told.queue_ms > DEEP_MS and since_s > LOSS_SETTLES_S
    return grows or loses or told.queue_ms > FULL_MS


def overrun(course: Course, told: Told) -> Course | None:
    """The course of a line that was silent for a while, if it was for being overrun; None where nothing says so.

    Neither loss nor lateness alone says it: a line that was cut has lost all that was sent meanwhile, and another way
    may be longer.
    """
    if not overfull(told):
        return None
    if told.now_s - course.changed_s <= SETTLES_S + told.round_trip_s:
        return course
    return _cut(course, told, queueing=True)


def overfull(told: Told) -> bool:
    """Whether much more is sent than fits."""
    return told.queue_ms > STANDING_MS and told.delivered_bps * 100 < told.sent_bps * LITTLE_COMES_PERCENT


def _counted(course: Course, told: Told) -> Course:
    late = told.queue_ms > STANDING_MS
    lossy = course.lossy + 1 if told.missing_permille > HEAVY_LOSS_PERMILLE else 0
    # What is lost is told of later than what is late: a cut that seemed to lose nothing was right after all.
    right = course.hopes_bps > 0 and lossy > 0
    return replace(
        course,
        hold_s=HOLD_S if right else course.hold_s,
        hopes_bps=0 if right else course.hopes_bps,
        late=course.late + 1 if late else 0,
        late_from_ms=min(course.late_from_ms, told.queue_ms) if course.late else told.queue_ms,
        lossy=lossy,
        short=course.short + 1 if _short(told) else 0,
        tight=course.tight + 1 if told.queue_ms > PROBE_QUEUE_MS else 0,
        draining=course.draining and told.queue_ms > GONE_MS and (late or told.now_s - course.changed_s < HOLD_S),
        reached=course.reached or told.delivered_bps * 10 > course.probe_bps * 7,
        longer=False,
    )


def _short(told: Told) -> bool:
    """Whether much less came lately than is sent. A way that became longer leaves one gap; then all comes as before."""
    latest_bps = told.delivered_bps if told.latest_bps is None else told.latest_bps
    return latest_bps * 100 < told.sent_bps * LITTLE_COMES_PERCENT


def _drained(course: Course, told: Told) -> Course:
    """While a queue drains the line is full: what comes through twice in a row is what it carries, and may be more than
    was seen when the queue had only begun."""
    if not course.draining or course.budget_bps is None or not course.late:
        return replace(course, came_bps=0) if course.came_bps else course
    carries_bps = min(course.came_bps, told.delivered_bps) * CARRIED_PERCENT // 100
    return replace(course, budget_bps=max(course.budget_bps, carries_bps), came_bps=told.delivered_bps)


def _cut(course: Course, told: Told, queueing: bool) -> Course:
    """Down to what comes through. Where little is sent the queue is somebody else's: then only by half."""
    before = course.budget_bps
    bound = told.delivered_bps * CARRIED_PERCENT // 100
    if before is not None:
        lossless = told.missing_permille < LOSES_A_LITTLE_PERMILLE
        others = (
            told.sent_bps < before * 6 // 10 and lossless and told.delivered_bps * 100 > told.sent_bps * COMES_PERCENT
        )
        bound = min(before, max(bound, before // 2) if others else bound)
    budget_bps = max(LEAST_BUDGET_BPS if queueing else LOSS_BUDGET_BPS, bound)
    if before is not None:
        return Course(min(before, budget_bps), told.now_s, max(HOLD_S, course.hold_s), draining=queueing)
    # Nothing was lost: perhaps the receiver could not read for a moment. One trial tells, soon and at once far up.
    unsure = told.missing_permille < LOSES_A_LITTLE_PERMILLE
    hopes_bps = told.sent_bps // 2 if unsure else 0
    return Course(budget_bps, told.now_s, SOON_S if unsure else HOLD_S, draining=queueing, hopes_bps=hopes_bps)


def _trying(course: Course, told: Told) -> Course:
    """A queue, or loss, ends a trial and makes the next one later; a stretch without either proves the line wider."""
    fits = told.delivered_bps * 100 >= told.sent_bps * COMES_PERCENT
    if course.tight >= (PATIENCE if fits else PROBE_PATIENCE) or course.lossy >= PATIENCE:
        return Course(course.budget_bps, told.now_s, min(MOST_HOLD_S, max(HOLD_S, 2 * course.hold_s)))
    if told.now_s - course.probed_s < PROBE_S + SETTLES_S + told.round_trip_s:
        return course
    if not course.reached:
        return Course(course.budget_bps, told.now_s, course.hold_s)
    raised = None if course.probe_bps >= MOST_BUDGET_BPS else course.probe_bps
    return Course(raised, told.now_s, ON_S, gained=course.gained + 1)
