"""One receiver's line as the server knows it: what it tells, and the budget that follows."""

from __future__ import annotations

from server.media import courier
from server.media.congestion import STANDING_MS, Course, Told, judged, overfull, overrun
from server.media.estimates import Line, Reading, observed
from server.media.line_meter import LineMeter
from signaling.ladder import rung_for
from signaling.link import LONG_LINE_MS
from signaling.messages import Rung

USUAL_ROUND_TRIP_MS = 100
"""Before the first one is known."""
ROUND_TRIP_STEP_MS = 100
CAREFUL_BPS = 80_000
"""What a line that may be thin is given at first: a voice."""
SILENT_S = 0.7
"""And a round trip: feedback that stays away so long is stuck in a queue, or the line is cut; pictures can wait."""
SILENT_AT_FIRST_S = 2.0
"""A new connection's end has more to do than to tell; a line that is overrun from the start never lets it."""
REPEATS_FROM_PERMILLE, REPEATS_UNTIL_PERMILLE = 10, 4
"""Loss from which on sound is sent again, and below which no more."""
TWICE_FROM_PERMILLE: dict[Rung, int] = {"full": 0, "smaller": 0, "speaker": 50}
"""Loss from which on it is sent again twice, where the line has room for that."""
LOSS_WEIGHT = 0.2
"""Of one more judgement: loss is told over about a second."""
WARY_FOR = 2
"""Late judgements after a silence until it is judged: the first still tells of what was sent before it."""


def repeats(loss_permille: float, before: int, rung: Rung) -> int:
    """How often each packet of sound is sent again; before: how often until now.

    Twice where there is room, so that a short burst is mended too, and what is lost at random is lost with neither.
    """
    if loss_permille < (REPEATS_UNTIL_PERMILLE if before else REPEATS_FROM_PERMILLE):
        return 0
    return 2 if loss_permille >= TWICE_FROM_PERMILLE.get(rung, 1000) else 1


class ReceiverLine:
    """Judged by transport-wide feedback as soon as there is any, else by estimates once a second.

    `last` is what was judged last, for the log.
    """

    def __init__(self) -> None:
        self.last: Reading | Told | None = None
        self.wants_more = False
        self.repeats = 0
        """How many times each packet of sound is to be sent again."""
        self._loss_permille = 0.0
        self._told = self._told_missing = 0
        self._course: Course | None = None
        self._heard_s = 0.0
        self._silent = False
        self._wary = 0
        self._line = Line()
        self._meter = LineMeter()
        self._bytes_out = 0
        self._estimate_bps: int | None = None
        self._reports: dict[int, tuple[int, int]] = {}
        self._expected = self._missing = 0
        self._round_trip_ms: int | None = None
        self._usual_ms = USUAL_ROUND_TRIP_MS

    @property
    def budget_bps(self) -> int | None:
        """What the line was found to carry; None: no limit is known."""
        return self._line.budget_bps if self._course is None else self._course.budget_bps

    @property
    def pictures_bps(self) -> int | None:
        """What may be sent at the moment: less than the budget while a queue drains, nothing while all is silent."""
        if self._silent or self._wary:
            return 0
        return self._line.budget_bps if self._course is None else self._course.pictures_bps()

    @property
    def draining(self) -> bool:
        """Whether a queue was found that has not gone yet: what is sent now may be lost at its end."""
        return self._course is not None and self._course.draining

    def state(self) -> courier.Line:
        """What matters to what is sent beside media. The round trip in steps: it is told on a change."""
        loses = self.repeats > 0
        weak = loses or self._silent or rung_for(self.budget_bps) != "full"
        steps = -(-self._usual_ms // ROUND_TRIP_STEP_MS)
        return courier.Line(weak, loses, steps * ROUND_TRIP_STEP_MS / 1000 if weak else 0.0)

    def begin(self, now_s: float) -> None:
        """A line that may be thin: overrun from its first packet on, it would never tell that there is a queue."""
        self._line = Line(CAREFUL_BPS, now_s)

    def inherit(self, before: ReceiverLine, now_s: float) -> None:
        """A new connection over the same line: the budget holds from the first packet on, and is not tried at once.

        What a short line carried says nothing of the one that may be thin by now.
        """
        if self.budget_bps is not None and before.budget_bps is None and before._usual_ms < LONG_LINE_MS:
            return
        self._line = Line(before.budget_bps)
        self._usual_ms = before._usual_ms
        if before._course is not None:
            self._course = Course(before.budget_bps, now_s, hold_s=before._course.hold_s)

    def estimated(self, bitrate_bps: int) -> None:
        """A REMB."""
        self._estimate_bps = bitrate_bps

    def reported(self, route: int, highest: int, lost: int, rtt_us: int) -> None:
        """Counts what one route's report says is new.

        Over all routes together: what a weak publisher's uplink loses shows on the routes of its pictures, and must not
        look like this receiver's line.
        """
        before = self._reports.get(route)
        self._reports[route] = (highest, lost)
        if before is not None and highest > before[0]:
            self._expected += highest - before[0]
            self._missing += max(0, lost - before[1])
        if rtt_us:
            self._round_trip_ms = self._usual_ms = rtt_us // 1000

    def heard(self, now_s: float, figures: dict[str, int]) -> int | None:
        """Takes a transport-wide feedback. What is to be tried from now on, bps (0: nothing); None: no change."""
        told = self._meter.told(now_s, figures, self._usual_ms / 1000)
        self._told += figures["received"] + figures["missing"]
        self._told_missing += figures["missing"]
        self._heard_s, self._silent = now_s, False
        before = self._course or Course(self._line.budget_bps, self._line.changed_s)
        self._course = before
        if told is not None:
            self._course = self._after_silence(before, told) or judged(before, told, wants_more=self.wants_more)
            rung = rung_for(self.budget_bps)
            if not overfull(told):  # what a full queue loses would be lost twice as well
                lost = told.missing_permille if rung != "voice" or told.queue_ms <= STANDING_MS else 0
                self._loss_permille += LOSS_WEIGHT * (lost - self._loss_permille)
            self.repeats = repeats(self._loss_permille, self.repeats, rung)
            if self._course.longer:
                self._meter.forget()
        self.last = told or self.last
        return None if self._course.probe_bps == before.probe_bps else self._course.probe_bps

    def missing_permille(self) -> int | None:
        """What was lost on this line since it was last asked for; None: its end tells nothing of that.

        By numbers that the server gave each packet as it left: a publisher's loss is none of it.
        """
        told, missing = self._told, self._told_missing
        self._told = self._told_missing = 0
        return 1000 * missing // told if told else None

    def watch(self, untold_s: float) -> bool:
        """Often: whether the receiver has stopped telling of what left `untold_s` ago."""
        allowed_s = SILENT_S if self._heard_s else SILENT_AT_FIRST_S
        if untold_s > allowed_s + self._usual_ms / 1000:
            self._silent, self._wary = True, WARY_FOR
        return self._silent

    def _after_silence(self, course: Course, told: Told) -> Course | None:
        """A line that is still late when it tells again was overrun: at once it gets what comes through."""
        if not self._wary:
            return None
        self._wary = self._wary - 1 if told.queue_ms > STANDING_MS else 0
        if self._wary or told.queue_ms <= STANDING_MS:
            return None
        worse = overrun(course, told)
        self._wary = int(worse is not None)
        return worse

    def second(self, now_s: float, elapsed_s: float, bytes_out: int) -> None:
        """Once a second, for a line whose receiver does not tell of every packet. bytes_out: sent in all."""
        sent_bps, self._bytes_out = int((bytes_out - self._bytes_out) * 8 / elapsed_s), bytes_out
        loss = min(1000, 1000 * self._missing // self._expected) if self._expected else 0
        reading = Reading(now_s, sent_bps, self._estimate_bps, loss, self._round_trip_ms)
        self._expected = self._missing = 0
        self._estimate_bps = self._round_trip_ms = None
        if self._course is None:
            self._line, self.last = observed(self._line, reading), reading
