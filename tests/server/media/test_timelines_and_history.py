"""Clocks, timelines and retransmission history across epochs: all by value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

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


def test_the_sender_clock_comes_slowly_to_the_fastest_report() -> None:
    clock = SenderClock()
    seen = []
    for at, delay in enumerate((80, 30, 55, 31)):
        clock.observe(at * SECOND_NS, 500 * SECOND_NS + at * SECOND_NS + delay * MS)
        seen.append((clock.offset_ns() - 500 * SECOND_NS) // MS)
    assert seen == [80, 42, 30, 30]


def test_a_late_first_report_parts_no_lips() -> None:
    """The first reports of a sound and a picture wait 250 ms in a queue; the next come through at once."""
    sender = SenderClock()
    sound, picture = MediaClock(48_000, sender), MediaClock(90_000, sender)
    for at, delay in enumerate((250, 20, 20, 20)):
        sound.report(ntp_from_ns(at * SECOND_NS), at * 48_000, at * SECOND_NS + delay * MS)
        apart = sound.captured_ns(at * 48_000, 0)
        late = at * SECOND_NS + 900 * MS
        picture.report(ntp_from_ns(late), at * 90_000 + 81_000, late + 20 * MS)
        assert abs(picture.captured_ns(at * 90_000, 0) - apart) <= 40 * MS


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
