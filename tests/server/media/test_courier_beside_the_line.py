"""Which events are sent beside the WebSocket, and when again."""

from __future__ import annotations

import zlib

from server.media.courier import (
    BURST_BYTES,
    COPY_AFTER_S,
    LATEST_S,
    MOST_EVENT_BYTES,
    MOST_HELD,
    OLDEST_S,
    UNRECEIPTED_S,
    Courier,
    Line,
)

WEAK = Line(weak=True, round_trip_s=0.2)
LOSSY = Line(weak=True, loses=True, round_trip_s=0.6)
AGAIN_S = UNRECEIPTED_S + 1.5 * WEAK.round_trip_s


def text_of(message: bytes) -> bytes:
    return zlib.decompress(message, wbits=-15)


def taken(courier: Courier, now_s: float) -> list[int]:
    """The numbers that are sent now."""
    found = courier.take(now_s)
    return [] if found is None else found[0]


def weak(line: Line = WEAK) -> Courier:
    courier = Courier()
    courier.line(line)
    return courier


def test_on_a_good_line_nothing_is_sent_beside() -> None:
    courier = Courier()
    courier.note(1, b"{}", 10.0)
    assert courier.due_s() is None
    assert courier.take(10.0) is None


def test_on_a_weak_line_an_event_leaves_at_once_as_it_stands_in_its_frame() -> None:
    courier = weak()
    courier.note(7, b'{"type":"event"}', 10.0)
    found = courier.take(10.0)
    assert found is not None
    numbers, message = found
    assert (numbers, text_of(message)) == ([7], b'{"type":"event"}')
    assert courier.take(10.0) is None


def test_what_has_no_receipt_is_sent_again_after_a_round_trip_and_a_half() -> None:
    courier = weak()
    courier.note(1, b"{}", 10.0)
    assert taken(courier, 10.0) == [1]
    assert courier.due_s() == 10.0 + AGAIN_S
    assert taken(courier, 10.0 + AGAIN_S) == [1]


def test_a_receipt_ends_it() -> None:
    courier = weak()
    courier.note(1, b"{}", 10.0)
    courier.sent(5, taken(courier, 10.0))
    courier.came(4)
    assert courier.due_s() is not None
    courier.came(5)
    assert courier.due_s() is None


def test_a_line_that_loses_gets_a_second_copy_before_a_receipt_could_come() -> None:
    courier = weak(LOSSY)
    courier.note(1, b"{}", 10.0)
    assert taken(courier, 10.0) == [1]
    assert courier.due_s() == 10.0 + COPY_AFTER_S


def test_an_event_without_a_receipt_is_never_given_up_since_all_later_ones_wait_for_it() -> None:
    courier = weak()
    courier.note(1, b"{}", 10.0)
    now_s, pauses = 10.0, []
    while now_s < 600:
        assert taken(courier, now_s) == [1]
        due_s = courier.due_s()
        assert due_s is not None
        pauses.append(due_s - now_s)
        now_s = due_s
    assert pauses == sorted(pauses), "ever more rarely"
    assert pauses[-1] <= LATEST_S + 0.001


def test_on_a_weak_line_only_later_events_push_an_old_one_out() -> None:
    courier = weak()
    for number in range(1, MOST_HELD + 2):
        courier.note(number, b"{}", 10.0 + number)
    assert taken(courier, 100.0) == list(range(2, MOST_HELD + 2))


def test_a_new_connection_sends_what_the_old_one_could_not_deliver() -> None:
    old, new = weak(), Courier()
    old.note(1, b"1", 10.0)
    old.note(2, b"2", 10.0)
    old.sent(5, taken(old, 10.0))
    old.note(3, b"3", 10.1)
    old.came(5)
    new.note(4, b"4", 11.0)
    new.inherit(old, 11.0)
    assert taken(new, 11.0) == [3, 4]


def test_what_is_due_at_the_same_time_goes_in_one_message() -> None:
    courier = weak()
    for number in (1, 2, 3):
        courier.note(number, b"%d" % number, 10.0)
    found = courier.take(10.0)
    assert found is not None
    assert (found[0], text_of(found[1])) == ([1, 2, 3], b"1\n2\n3")


def test_what_was_said_just_before_the_line_turned_weak_is_sent_too() -> None:
    courier = Courier()
    courier.note(1, b"{}", 10.0)
    courier.note(2, b"{}", 10.0 + OLDEST_S + 1)
    courier.line(WEAK)
    assert taken(courier, 10.0 + OLDEST_S + 1) == [2]


def test_an_event_too_long_for_datagrams_is_left_to_the_websocket() -> None:
    courier = weak()
    courier.note(1, b"x" * (MOST_EVENT_BYTES + 1), 10.0)
    assert courier.due_s() is None


def test_what_is_sent_beside_has_a_limit_and_goes_on_when_the_allowance_has_grown() -> None:
    courier = weak()
    courier.line(WEAK)
    size = 0
    for number in range(40):
        courier.note(number, bytes((number * at * 7919 + at * at) % 251 for at in range(1200)), 10.0)
        found = courier.take(10.0)
        size += 0 if found is None else len(found[1])
    assert BURST_BYTES <= size < BURST_BYTES + 10_000
    due_s = courier.due_s()
    assert due_s is not None
    assert due_s > 10.0
