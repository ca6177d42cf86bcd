"""Which events are sent beside the WebSocket, and when again."""

from __future__ import annotations

import zlib

from server.media.courier import (
    BURST_BYTES,
    COPY_AFTER_S,
    MOST_EVENT_BYTES,
    MOST_SENDS,
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


def test_an_event_is_sent_so_often_and_no_more() -> None:
    courier = weak()
    courier.note(1, b"{}", 10.0)
    sent = 0
    while (due_s := courier.due_s()) is not None:
        sent += len(taken(courier, due_s))
    assert sent == MOST_SENDS


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
