"""Clocks and timelines, retransmission history across epochs, and the choice of layers: all by value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.media.layers import NOMINAL_BPS, Downlink, Wish, allocate, best, observed
from server.media.retransmit import Epoch, Epochs, History
from server.media.timeline import (
    SECOND_NS,
    MediaClock,
    SenderClock,
    SlotTimeline,
    ns_from_ntp,
    ntp_from_ns,
)

MS = 1_000_000


@given(st.integers(0, 4_000_000_000 * SECOND_NS))
def test_ntp_times_keep_their_differences(unix_ns: int) -> None:
    start = ns_from_ntp(ntp_from_ns(0))
    wrapped = (ns_from_ntp(ntp_from_ns(unix_ns)) - start) % (SECOND_NS << 32)
    assert abs(wrapped - unix_ns % (SECOND_NS << 32)) <= 1


def test_the_sender_clock_takes_the_fastest_report() -> None:
    clock = SenderClock()
    assert not clock.known
    for at, delay in enumerate((80, 30, 55, 31)):
        clock.observe(at * SECOND_NS, 500 * SECOND_NS + at * SECOND_NS + delay * MS)
    assert clock.known
    assert clock.offset_ns() == 500 * SECOND_NS + 30 * MS


def test_the_sender_clock_follows_a_slow_clock_within_a_minute() -> None:
    clock = SenderClock()
    for second in range(3600):
        drift = second * 100_000  # 100 parts in a million: 0.1 ms a second
        clock.observe(second * SECOND_NS, second * SECOND_NS + 30 * MS + drift)
    assert 3600 * 100_000 - 7 * MS <= clock.offset_ns() - 30 * MS <= 3600 * 100_000


def test_a_step_of_the_senders_clock_starts_the_estimate_anew() -> None:
    clock = SenderClock()
    clock.observe(0, 10 * SECOND_NS)
    clock.observe(SECOND_NS, 11 * SECOND_NS)
    clock.observe(7200 * SECOND_NS, 12 * SECOND_NS)
    assert clock.offset_ns() == (12 - 7200) * SECOND_NS


def test_capture_times_count_from_the_first_arrival_until_a_report_comes() -> None:
    clock = MediaClock(90_000, SenderClock())
    assert clock.captured_ns(0xFFFFFFFF - 89_999, 5 * SECOND_NS) == 5 * SECOND_NS
    assert clock.captured_ns(0, 9 * SECOND_NS) == 6 * SECOND_NS
    clock.report(ntp_from_ns(100 * SECOND_NS), 0, 6 * SECOND_NS + 20 * MS)
    assert abs(clock.captured_ns(45_000, 0) - (6 * SECOND_NS + 520 * MS)) < 10


def test_a_timeline_runs_with_the_clock_and_never_back() -> None:
    line = SlotTimeline(0xFFFFFF00, 10 * SECOND_NS)
    assert line.at(11 * SECOND_NS, 90_000) == 0xFFFFFF00 + 90_000 & 0xFFFFFFFF
    shift = line.offset(777, 12 * SECOND_NS, 90_000, None)
    assert 777 + shift & 0xFFFFFFFF == line.at(12 * SECOND_NS, 90_000)
    last = line.at(12 * SECOND_NS, 90_000)
    early = line.offset(5, 12 * SECOND_NS - 50 * MS, 90_000, last)
    assert 5 + early & 0xFFFFFFFF == last + 900 & 0xFFFFFFFF
    later = line.offset(5, 12 * SECOND_NS + 50 * MS, 90_000, last)
    assert 5 + later & 0xFFFFFFFF == last + 4500 & 0xFFFFFFFF


def test_history_forgets_what_is_older_than_its_size() -> None:
    history = History(8)
    for index in range(100, 120):
        history.keep((index, 0, 0, b""))
    assert history.get(111) is None
    assert history.get(112) == (112, 0, 0, b"")
    assert history.get(120) is None


def epoch(first: int, history: History, shift: int) -> Epoch:
    return Epoch(first, history, shift, 0, 0, 0, {})


def test_a_lost_packet_is_found_in_the_epoch_it_left_in() -> None:
    one, two = History(16), History(16)
    for index in range(16):
        one.keep((index, 0, 0, b"one"))
        two.keep((500 + index, 0, 0, b"two"))
    epochs = Epochs()
    epochs.begin(epoch(1000, one, 1000))
    epochs.begin(epoch(1010, two, 1010 - 505))
    assert epochs.find(999) is None
    for outgoing, index, payload in ((1000, 0, b"one"), (1009, 9, b"one"), (1010, 505, b"two"), (1015, 510, b"two")):
        found = epochs.find(outgoing)
        assert found is not None
        assert found[1] == (index, 0, 0, payload)
    assert epochs.find(1030) is None


# --- layers ---


def test_the_best_layer_is_the_highest_that_flows_up_to_the_wish() -> None:
    assert best("f", {"q", "h", "f"}) == "f"
    assert best("h", {"q", "f"}) == "q"
    assert best("q", {"h", "f"}) == "h"
    assert best("f", set()) is None


def wish(slot: int, layer: str, weight: int = 0, flowing: str = "qhf") -> Wish:
    return Wish(slot, layer, frozenset(flowing), weight)  # type: ignore[arg-type]


def test_without_a_known_limit_every_slot_gets_its_wish() -> None:
    assert allocate([wish(0, "f"), wish(1, "q"), wish(2, "h", flowing="q"), wish(3, "f", flowing="")], None) == {
        0: "f",
        1: "q",
        2: "q",
    }


def test_under_scarcity_everyone_is_seen_and_the_stage_is_sharpest() -> None:
    wishes = [wish(0, "h"), wish(1, "f", weight=9), wish(2, "h")]
    assert allocate(wishes, 3 * NOMINAL_BPS["q"]) == {0: "q", 1: "q", 2: "q"}
    assert allocate(wishes, 1_000_000) == {0: "q", 1: "h", 2: "q"}
    assert allocate(wishes, 2_000_000) == {0: "q", 1: "f", 2: "q"}
    assert allocate(wishes, 2_700_000) == {0: "h", 1: "f", 2: "h"}


@given(st.integers(0, 6_000_000), st.lists(st.tuples(st.sampled_from("qhf"), st.integers(0, 9)), max_size=6))
def test_a_budget_that_holds_all_lowest_layers_is_never_exceeded(budget: int, rows: list[tuple[str, int]]) -> None:
    given_layers = allocate([wish(slot, layer, weight) for slot, (layer, weight) in enumerate(rows)], budget)
    assert len(given_layers) == len(rows)
    used = sum(NOMINAL_BPS[layer] for layer in given_layers.values())
    assert used <= max(budget, len(rows) * NOMINAL_BPS["q"])


def test_an_estimate_above_what_is_sent_is_no_limit() -> None:
    line = observed(Downlink(), sent_bps=1_000_000, estimate_bps=1_100_000, loss_permille=20, now_s=1.0)
    assert line.budget_bps is None


def test_a_narrow_line_gets_a_budget_and_is_tried_upward_in_steps() -> None:
    line = observed(Downlink(), sent_bps=2_000_000, estimate_bps=600_000, loss_permille=0, now_s=1.0)
    assert line == Downlink(600_000, 1.0)
    assert observed(line, sent_bps=500_000, estimate_bps=750_000, loss_permille=0, now_s=6.0) == line
    line = observed(line, sent_bps=500_000, estimate_bps=750_000, loss_permille=0, now_s=7.0)
    assert line == Downlink(900_000, 7.0)
    for second in range(8, 60):
        line = observed(line, sent_bps=500_000, estimate_bps=750_000, loss_permille=0, now_s=float(second))
    assert line.budget_bps is None


def test_heavy_loss_takes_15_percent_at_once() -> None:
    line = observed(Downlink(), sent_bps=1_000_000, estimate_bps=None, loss_permille=150, now_s=1.0)
    assert line == Downlink(850_000, 1.0)
