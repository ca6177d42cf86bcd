"""What feedback says of a line, and the course that follows: by value, and over a line in numbers."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.congestion import HOLD_S, LEAST_BUDGET_BPS, MOST_BUDGET_BPS, PROBE_S, Course, Told, judged
from server.media.least_delay import WINDOW_NS, LeastDelay
from server.media.line_meter import LineMeter
from server.media.receiver_line import CAREFUL_BPS, ReceiverLine, repeats
from server.media.rtcp import TICK_US, TransportFeedback
from server.media.sent_log import SentLog
from signaling.ladder import rung_for
from signaling.messages import Rung

MS = 1_000_000


def test_the_least_delay_is_forgotten_after_two_windows() -> None:
    least = LeastDelay()
    least.observe(10, 0)
    for n in range(1, 5):
        least.observe(50, n * (WINDOW_NS + 1))
    assert least.base == 50


class Line:
    """A line of `bps` with a queue of at most `queue_ms`, a length that may change, jitter, and loss at random."""

    def __init__(self, bps: int, queue_ms: int = 300, jitter_ms: int = 20, loss: float = 0.0) -> None:
        self.bps, self.queue_ms, self.jitter_ms, self.loss, self.length_ms = bps, queue_ms, jitter_ms, loss, 40
        self.course, self.meter, self.log, self.chance = Course(), LineMeter(), SentLog(), random.Random(3)
        self.now_s, self.free_s, self.first = 100.0, 0.0, 0
        self.wants_bps = 1_500_000
        self.waits: list[float] = []

    def tenth(self) -> None:
        """A tenth of a second of packets of 200 bytes, and their feedback."""
        most = self.course.pictures_bps()
        trying = self.now_s - self.course.probed_s < PROBE_S
        sending = max(trying * self.course.probe_bps, min(self.wants_bps, self.wants_bps if most is None else most))
        arrivals: list[int | None] = []
        packets = max(2, sending // 16_000)
        for n in range(packets):
            at_s = self.now_s + 0.1 * n / packets
            self.log.sent(1, 200, int(at_s * 1e9))
            begins_s = max(at_s, self.free_s)
            if begins_s - at_s > self.queue_ms / 1000 or self.chance.random() < self.loss:
                arrivals.append(None)
                continue
            self.free_s = begins_s + 1600 / self.bps
            self.waits.append(begins_s - at_s)
            way_s = (self.length_ms + self.chance.uniform(0, self.jitter_ms)) / 1000
            arrivals.append(int((self.free_s + way_s) * 1e6) // TICK_US)
        self.now_s += 0.1
        told = self.log.reported(TransportFeedback(self.first & 0xFFFF, arrivals))
        self.first += packets
        if told is None:
            return
        figures = {name: getattr(told, name) for name in told.__struct_fields__}
        seen = self.meter.told(self.now_s, figures, 0.1)
        if seen is not None:
            narrow = self.course.budget_bps is not None and self.course.budget_bps < self.wants_bps
            self.course = judged(self.course, seen, wants_more=narrow)
            if self.course.longer:
                self.meter.forget()

    def seconds(self, count: float) -> None:
        for _ in range(round(count * 10)):
            self.tenth()


def test_a_line_that_carries_everything_is_never_limited() -> None:
    line = Line(8_000_000, jitter_ms=60)
    line.seconds(120)
    assert line.course.budget_bps is None


def test_loss_at_random_is_no_limit() -> None:
    line = Line(8_000_000, jitter_ms=60, loss=0.1)
    line.seconds(120)
    assert line.course.budget_bps is None


@pytest.mark.parametrize("bps", [128_000, 300_000, 1_000_000])
@pytest.mark.parametrize("queue_ms", [300, 3000])
def test_a_narrow_line_is_known_within_two_seconds_and_then_used_without_a_queue(bps: int, queue_ms: int) -> None:
    line = Line(bps, queue_ms)
    line.seconds(2)
    assert line.course.budget_bps is not None
    assert line.course.budget_bps < bps
    line.seconds(10)
    line.waits.clear()
    line.seconds(120)
    assert sum(wait > 0.2 for wait in line.waits) < 0.03 * len(line.waits)
    assert line.course.budget_bps > 0.5 * bps


@pytest.mark.parametrize("longer_ms", [100, 200, 300])
def test_a_longer_way_takes_nothing_away(longer_ms: int) -> None:
    line = Line(8_000_000)
    line.seconds(10)
    line.length_ms += longer_ms
    line.seconds(30)
    assert line.course.budget_bps is None


def test_a_receiver_too_busy_to_read_in_time_is_no_narrow_line() -> None:
    course, chance = Course(), random.Random(5)
    for n in range(600):
        told = Told(n / 5, chance.uniform(0, 350), 1_500_000, int(1_500_000 * chance.uniform(0.93, 1.1)))
        course = judged(course, told, wants_more=False)
        assert course.budget_bps is None


def test_a_line_that_dips_is_followed_down_and_up_again() -> None:
    line = Line(2_000_000)
    line.seconds(6)
    line.bps = 300_000
    line.seconds(1)
    assert line.course.budget_bps is not None
    assert line.course.budget_bps < 300_000
    line.seconds(11)
    line.bps = 2_000_000
    line.seconds(15)
    assert line.course.budget_bps is None or line.course.budget_bps > 1_200_000


def test_one_late_judgement_takes_nothing_away() -> None:
    course = Course()
    for n in range(100):
        late = 400.0 if n % 10 == 0 else 5.0
        course = judged(course, Told(n / 10, late, 1_500_000, 1_500_000), wants_more=False)
    assert course.budget_bps is None


def test_a_trial_that_fails_is_repeated_more_rarely_but_within_ten_seconds() -> None:
    course, holds = Course(200_000, 0.0), []
    for n in range(3000):
        queue_ms = 120.0 if course.probe_bps else 0.0
        before = course
        course = judged(course, Told(n / 10, queue_ms, 150_000, 150_000), wants_more=True)
        if before.probe_bps and not course.probe_bps:
            holds.append(course.hold_s)
    assert holds[:3] == [8.0, 8.0, 8.0]
    assert course.budget_bps == 200_000


def test_a_line_without_end_is_found_by_trials_to_have_none() -> None:
    course = Course(200_000, 0.0)
    for n in range(600):
        through = max(150_000, course.probe_bps)
        course = judged(course, Told(n / 10, 0.0, through, through), wants_more=True)
    assert course.budget_bps is None


def test_a_trial_of_which_nothing_came_through_proves_nothing() -> None:
    course = Course(200_000, 0.0)
    for n in range(600):
        course = judged(course, Told(n / 10, 0.0, 150_000, 150_000), wants_more=True)
    assert course.budget_bps == 200_000


def test_a_cut_without_losses_is_doubted_soon_and_from_far_up() -> None:
    course = Course()
    for n, queue in enumerate((0.0, 120.0, 300.0, 420.0)):
        course = judged(course, Told(n / 5, queue, 1_500_000, 60_000), wants_more=True)
    assert course.budget_bps == 51_000
    for n in range(4, 40):
        through = max(60_000, course.probe_bps)
        course = judged(course, Told(n / 5, 0.0, through, through), wants_more=True)
    assert course.budget_bps is None or course.budget_bps >= 750_000


def test_a_line_that_is_wide_again_is_used_in_full_within_a_quarter_of_a_minute() -> None:
    course = Course(40_000, 100.0, 15.0)
    for n in range(1000):
        through = max(30_000, course.probe_bps)
        course = judged(course, Told(115 + n / 10, 0.0, through, through), wants_more=True)
        if course.budget_bps is None or course.budget_bps > 1_200_000:
            break
    assert n < 150


def test_a_budget_far_above_what_is_sent_falls_at_once_to_what_comes_through() -> None:
    course = Course(1_215_000, 59.0)
    for n, queue in enumerate((0.0, 120.0, 300.0)):
        course = judged(course, Told(60 + n / 5, queue, 426_000, 110_000, 300), wants_more=True)
    assert course.budget_bps == 93_500


def test_a_line_that_has_just_been_cut_is_not_tried_soon_however_well_its_last_trial_went() -> None:
    course = Course(3_000_000, 0.0, 1.0, gained=5)
    for at_s, queue_ms in ((10.0, 120.0), (10.3, 180.0)):
        course = judged(course, Told(at_s, queue_ms, 600_000, 270_000), wants_more=True)
    assert course.changed_s == 10.3
    tried = [
        n
        for n in range(1, 60)
        if (course := judged(course, Told(10.3 + n / 10, 5.0, 200_000, 200_000), wants_more=True)).probe_bps
    ]
    assert 10 * HOLD_S <= tried[0] <= 10 * HOLD_S + 2


def test_what_comes_through_twice_while_a_queue_drains_is_what_the_line_carries() -> None:
    course = Course(150_000, 0.0, draining=True)
    course = judged(course, Told(0.2, 250, 100_000, 300_000), wants_more=True)
    assert course.budget_bps == 150_000
    course = judged(course, Told(0.4, 200, 100_000, 280_000), wants_more=True)
    assert course.budget_bps == 280_000 * 85 // 100
    course = judged(course, Told(0.6, 20, 100_000, 900_000), wants_more=True)
    assert (course.budget_bps, course.draining) == (280_000 * 85 // 100, False)


def test_a_queue_of_somebody_elses_making_takes_half_at_most() -> None:
    course = Course(300_000, 59.0)
    for n, queue in enumerate((0.0, 120.0, 300.0, 520.0)):
        course = judged(course, Told(60 + n / 5, queue, 60_000, 60_000), wants_more=True)
    assert course.budget_bps == 150_000


def test_heavy_loss_never_raises_a_budget() -> None:
    course = Course(100_000, 0.0)
    for n in range(100):
        course = judged(course, Told(n / 5, 0.0, 90_000, 40_000, 500), wants_more=False)
    assert course.budget_bps == 100_000


def test_an_end_is_silent_when_it_does_not_tell_of_what_left_and_has_longer_before_it_has_told() -> None:
    before = ReceiverLine()
    told = {"received": 5, "missing": 0, "octets": 500, "span_us": 9000, "sent_octets": 500, "least_delay_us": 7}
    before.heard(10.0, told)
    assert not before.watch(0.3)
    assert before.watch(1.5)
    assert before.pictures_bps == 0
    after = ReceiverLine()
    after.inherit(before, 11.0)
    assert not after.watch(2.0)
    assert after.pictures_bps is None
    assert after.watch(2.5)
    assert after.pictures_bps == 0
    before.heard(12.0, told)
    assert before.pictures_bps is None


def _steady(at: int) -> dict[str, int]:
    """What a receiver tells in the tenth of a second number `at`, of 40 kbit/s that come through without delay."""
    return {
        "received": 5, "missing": 0, "octets": 500, "span_us": 100_000, "sent_octets": 500 * at, "least_delay_us": 7
    }  # fmt: skip


def test_a_thin_line_is_not_tried_at_once_by_a_connection_that_replaces_another() -> None:
    before, after = ReceiverLine(), ReceiverLine()
    before._course = Course(100_000, 10.0)
    after.inherit(before, 100.0)
    after.wants_more = True
    trials = [100 + at / 10 for at in range(120) if after.heard(100 + at / 10, _steady(at))]
    assert trials[0] >= 100 + HOLD_S


def test_a_line_that_may_be_thin_is_tried_upward_from_a_voice() -> None:
    line = ReceiverLine()
    line.begin(100.0)
    line.wants_more = True
    assert line.pictures_bps == CAREFUL_BPS
    trials = [100 + at / 10 for at in range(120) if line.heard(100 + at / 10, _steady(at))]
    assert trials[0] >= 100 + HOLD_S


@pytest.mark.parametrize(("round_trip_us", "budget_bps"), [(20_000, CAREFUL_BPS), (600_000, None)])
def test_what_a_short_line_carried_says_nothing_of_a_long_one(round_trip_us: int, budget_bps: int | None) -> None:
    before, after = ReceiverLine(), ReceiverLine()
    before.reported(1, 100, 0, round_trip_us)
    after.begin(100.0)
    after.inherit(before, 101.0)
    assert after.pictures_bps == budget_bps


def test_a_line_that_may_be_thin_and_is_not_carries_all_within_half_a_minute() -> None:
    course = Course(CAREFUL_BPS, 0.0)
    for n in range(300):
        through = max(60_000, course.probe_bps)
        course = judged(course, Told(n / 10, 0.0, through, through, round_trip_s=0.6), wants_more=True)
    assert course.budget_bps is None


def test_a_line_whose_queue_was_full_from_the_first_packet_gets_what_comes_through() -> None:
    course = Course()
    for n in range(10):
        course = judged(course, Told(n / 5, 20.0, 990_000, 106_000, 800), wants_more=True)
    assert course.budget_bps == 106_000 * 85 // 100


def test_a_line_that_is_still_late_after_a_silence_gets_at_once_what_comes_through() -> None:
    line = ReceiverLine()
    told = {"received": 5, "missing": 0, "octets": 5_000, "span_us": 500_000, "sent_octets": 0, "least_delay_us": 7}
    for now_s in (10.0, 10.3):
        line.heard(now_s, told)
    assert line.watch(1.5)
    for now_s in (12.0, 12.3):
        line.heard(now_s, {**told, "sent_octets": 90_000, "least_delay_us": 290_000})
    assert line.budget_bps == 80_000 * 85 // 100
    assert line.pictures_bps == 0


@pytest.mark.parametrize(("queue_ms", "sent_each", "repeats"), [(20, 9_000, 2), (150, 9_000, 2), (150, 20_000, 0)])
def test_sound_is_repeated_where_the_line_loses_at_random_but_not_where_a_full_queue_does(
    queue_ms: int, sent_each: int, repeats: int
) -> None:
    line = ReceiverLine()
    told = {"received": 90, "missing": 0, "octets": 9_000, "span_us": 300_000, "sent_octets": 0, "least_delay_us": 0}
    for n in range(10):
        worse = {"missing": 10, "least_delay_us": queue_ms * 1000} if n > 1 else {}
        line.heard(10 + n * 0.3, {**told, **worse, "sent_octets": n * sent_each})
    assert (line.repeats, line.state().loses) == (repeats, repeats > 0)


@pytest.mark.parametrize(("queue_ms", "repeats"), [(20, 1), (150, 0)])
def test_a_line_for_one_voice_has_it_repeated_only_while_there_is_no_queue(queue_ms: int, repeats: int) -> None:
    line = ReceiverLine()
    line.begin(10)
    told = {"received": 9, "missing": 0, "octets": 900, "span_us": 300_000, "sent_octets": 0, "least_delay_us": 0}
    for n in range(10):
        worse = {"missing": 1, "least_delay_us": queue_ms * 1000} if n > 1 else {}
        line.heard(10 + n * 0.3, {**told, **worse, "sent_octets": n * 990})
    assert (rung_for(line.budget_bps), line.repeats) == ("voice", repeats)


def test_sound_is_sent_again_twice_where_the_line_has_room_for_it() -> None:
    rungs: tuple[Rung, ...] = ("full", "smaller", "speaker", "sound", "voice")
    assert [repeats(30, 0, rung) for rung in rungs] == [2, 2, 1, 1, 1]
    assert [repeats(100, 1, rung) for rung in rungs] == [2, 2, 2, 1, 1]
    assert [repeats(9, before, "full") for before in (0, 1, 2)] == [0, 2, 2]
    assert [repeats(3, before, "full") for before in (0, 1, 2)] == [0, 0, 0]


@given(st.lists(st.tuples(st.floats(0, 5000), st.integers(0, 10**8), st.integers(0, 10**8), st.integers(0, 1000))))
def test_whatever_is_told_the_budget_stays_within_its_bounds(rows: list[tuple[float, int, int, int]]) -> None:
    course = Course()
    for n, (queue, sent, delivered, missing) in enumerate(rows):
        course = judged(course, Told(n / 10, queue, sent, delivered, missing), wants_more=True)
        assert course.budget_bps is None or course.budget_bps >= LEAST_BUDGET_BPS
        assert course.probe_bps <= MOST_BUDGET_BPS
