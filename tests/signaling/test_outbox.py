"""What waits for one client, by value; and what a client may send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.cast import Cast, Member
from signaling.codec import encode
from signaling.errors import TooFast
from signaling.messages import (
    DrawStroke,
    FromServer,
    Ink,
    InkSeen,
    LaserSeen,
    LessonCard,
    Level,
    LevelSeen,
    Link,
    Logged,
    Offer,
    Pong,
    Snapshot,
    Started,
    TurnPage,
)
from signaling.room import Room
from signaling.ws.allowance import Allowance, Bucket
from signaling.ws.outbox import BEHIND_MESSAGES, BYTES_AT_MOST, CATCH_UP_MESSAGES, MESSAGES_AT_MOST, Full, Outbox

INK = InkSeen(by="staff-1", ink=Ink(id="stroke-1", page=1, colour="#000000", width=40, start=0, points=[1, 2, 3]))


def _event(number: int) -> Logged:
    return Logged(number=number, at=0, by="staff-1", event=Started())


def _caught_up() -> Outbox:
    outbox = Outbox()
    assert outbox.take() is None
    return outbox


def _put(outbox: Outbox, *messages: FromServer) -> None:
    for message in messages:
        outbox.put(message, encode(message))


def _all(outbox: Outbox) -> list[bytes]:
    return list(iter(outbox.take, None))


def _snapshot() -> Snapshot:
    card = LessonCard(id="l", title="", subject="", mode="blended", planned_start="", planned_end="")
    return Snapshot(state=Room(card, Cast([Member("a", "lead", "", "", "#000000")])).state())


def test_P60_frames_leave_in_order() -> None:
    outbox = _caught_up()
    messages = [_event(1), INK, _event(2), Pong(sent_ms=1, now_ms=2), _event(3)]
    _put(outbox, *messages)
    assert _all(outbox) == [encode(message) for message in messages]
    assert (len(outbox), outbox.size) == (0, 0)


def test_P60_of_laser_level_and_pong_only_the_latest_waits() -> None:
    outbox = _caught_up()
    _put(outbox, LaserSeen(by="staff-1", x=1, y=1), LevelSeen(by="room-1", value=1), _event(1))
    _put(outbox, LaserSeen(by="staff-1", x=22, y=22), LevelSeen(by="room-2", value=2), LevelSeen(by="room-1", value=3))
    waiting = [
        LaserSeen(by="staff-1", x=22, y=22),
        LevelSeen(by="room-1", value=3),
        _event(1),
        LevelSeen(by="room-2", value=2),
    ]
    assert outbox.size == sum(len(encode(message)) for message in waiting)
    assert _all(outbox) == [encode(message) for message in waiting]
    assert outbox.dropped == 2


def test_P60_ink_is_dropped_when_much_waits() -> None:
    outbox = _caught_up()
    _put(outbox, *[_event(number) for number in range(BEHIND_MESSAGES)], INK)
    assert len(outbox) == BEHIND_MESSAGES


def test_P60_more_than_256_messages_or_512_kib_are_too_many() -> None:
    outbox = _caught_up()
    _put(outbox, *[_event(number) for number in range(MESSAGES_AT_MOST)])
    with pytest.raises(Full):
        _put(outbox, _event(1_000))
    outbox = _caught_up()
    outbox.put(_event(1), b"x" * BYTES_AT_MOST)
    with pytest.raises(Full):
        _put(outbox, _event(2))
    outbox = _caught_up()
    outbox.put(_event(1), b"x" * (BYTES_AT_MOST + 1))  # alone, any message has room


def test_P60_a_newcomer_and_a_snapshot_lift_the_limit_until_all_is_written() -> None:
    for outbox in (Outbox(), _caught_up()):
        _put(outbox, _snapshot(), *[_event(number) for number in range(CATCH_UP_MESSAGES - 1)])
        with pytest.raises(Full):
            _put(outbox, _event(1))
        assert len(_all(outbox)) == CATCH_UP_MESSAGES
        _put(outbox, *[_event(number) for number in range(MESSAGES_AT_MOST)])
        with pytest.raises(Full):
            _put(outbox, _event(1))


@given(sizes=st.lists(st.integers(1, 90_000), max_size=60))
def test_P60_the_size_told_is_the_size_held(sizes: list[int]) -> None:
    outbox = _caught_up()
    held = 0
    for number, size in enumerate(sizes):
        try:
            outbox.put(_event(number), b"x" * size)
        except Full:
            assert held + size > BYTES_AT_MOST
        else:
            held += size
        assert outbox.size == held
    outbox.clear()
    assert (len(outbox), outbox.size) == (0, 0)


@given(steps=st.lists(st.floats(0, 2), max_size=200))
def test_P6_a_bucket_never_gives_more_than_burst_and_rate_allow(steps: list[float]) -> None:
    bucket, now, taken = Bucket(rate=10, burst=40, now=0.0), 0.0, 0
    for step in steps:
        now += step
        while bucket.take(now):
            taken += 1
    assert taken <= 40 + 10 * now + 1e-6


def test_P6_waiting_for_a_token_takes_as_long_as_the_rate_says() -> None:
    bucket = Bucket(rate=10, burst=2, now=0.0)
    assert [bucket.wait_s(0.0) for _ in range(4)] == pytest.approx([0, 0, 0.1, 0.2])
    assert bucket.wait_s(10.0) == 0


def test_P6_each_kind_has_its_bucket() -> None:
    allowance = Allowance(0.0)
    stroke = DrawStroke(id="stroke-1", page=1, colour="#000000", width=40, points=[1, 2, 3])
    assert [allowance.wait_s((stroke, TurnPage(page=1))[n % 2], 0.0) for n in range(200)] == [0.0] * 200
    assert (allowance.wait_s(stroke, 0.0) or 0.0) > 0, "waits for its turn"
    assert [allowance.wait_s((INK.ink, Level(value=1))[n % 2], 0.0) for n in range(200)] == [0.0] * 200
    assert allowance.wait_s(INK.ink, 0.0) is None, "left out"
    for message, count in (
        (Offer(connection=1, sdp=""), 10),
        (Link(rtt_ms=1, loss_permille=0, down_kbps=0, up_kbps=0), 40),
    ):
        assert [allowance.wait_s(message, 0.0) for _ in range(count)] == [0.0] * count
        with pytest.raises(TooFast):
            allowance.wait_s(message, 0.0)
