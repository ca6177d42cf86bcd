"""The state of a lesson that is over, from what its log says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.county.judging import Judgement, RoomJudgement, is_missed, judge
from server.county.policy import Policy, decode_policy, encode_policy
from server.county.presence import held
from signaling.messages import (
    CameBack,
    Ended,
    Event,
    Joined,
    Left,
    Logged,
    Opened,
    SourcesChanged,
    Started,
    WentAway,
)

MIN = 60_000
BOTH = SourcesChanged(participant="room-1", live=["microphone", "camera"])
SOUND = SourcesChanged(participant="room-1", live=["microphone"])


def log(*events: tuple[float, Event]) -> list[Logged]:
    """A log with the lead and one room, times in minutes since it was opened."""
    all_events: list[tuple[float, Event]] = [
        (0, Opened(version=1, lesson="l", mode="blended", wall="2026-09-01T02:00:00.000Z")),
        (0, Joined(participant="staff-1", role="lead")),
        *events,
    ]
    return [
        Logged(number=number, at=round(minute * MIN), by="staff-1", event=event)
        for number, (minute, event) in enumerate(all_events, start=1)
    ]


def verdict(*events: tuple[float, Event], policy: Policy | None = None) -> Judgement:
    return judge(held(log(*events)), ("room-1",), policy or Policy())


def there(minute: float) -> tuple[tuple[float, Event], tuple[float, Event]]:
    return (minute, Joined(participant="room-1", role="classroom")), (minute, BOTH)


def end(minute: float) -> tuple[float, Event]:
    return minute, Ended(reason="lead")


def test_a_lesson_of_forty_minutes_with_its_room_there_is_valid() -> None:
    assert verdict(*there(1), (5, Started()), end(45)) == Judgement(
        "VALID", "held", {"room-1": RoomJudgement(40 * MIN, "valid")}
    )


@pytest.mark.parametrize(("minutes", "state"), [(29.99, "INVALID"), (30, "VALID")])
def test_a_lesson_shorter_than_thirty_minutes_is_invalid(minutes: float, state: str) -> None:
    assert verdict((5, Started()), end(5 + minutes)).state == state


def test_the_county_sets_how_long_is_long_enough() -> None:
    assert verdict((5, Started()), end(25), policy=Policy(valid_after_min=20)).state == "VALID"


def test_a_lesson_that_nobody_began_is_missed() -> None:
    assert verdict(*there(1), (60, Ended(reason="timeout"))).state == "UNREASONABLE_MISSED"


def test_a_lesson_without_its_log_is_not_judged() -> None:
    assert judge(None, ("room-1",), Policy()) == Judgement("UNJUDGED", "no_log", {})


@pytest.mark.parametrize(("late", "found"), [(10, "valid"), (10.01, "invalid")])
def test_a_room_listened_when_there_for_three_quarters_and_half_an_hour(late: float, found: str) -> None:
    judged = verdict((0, Started()), *there(late), end(40))
    assert judged.rooms == {"room-1": RoomJudgement(round((40 - late) * MIN), found)}


def test_in_a_long_lesson_three_quarters_are_more_than_half_an_hour() -> None:
    assert verdict((0, Started()), *there(20), end(60)).rooms["room-1"].verdict == "invalid"
    assert verdict((0, Started()), *there(15), end(60)).rooms["room-1"].verdict == "valid"


def test_a_room_that_never_came_is_absent_and_the_lesson_still_valid() -> None:
    assert verdict((0, Started()), end(40)) == Judgement("VALID", "held", {"room-1": RoomJudgement(0, "absent")})


def test_a_room_that_left_before_the_class_began_is_absent() -> None:
    judged = verdict(*there(0), (1, Left(participant="room-1", reason="left")), (2, Started()), end(42))
    assert judged.rooms["room-1"] == RoomJudgement(0, "absent")


def test_only_time_with_picture_and_sound_counts() -> None:
    judged = verdict(*there(0), (0, Started()), (10, SOUND), (15, BOTH), end(45))
    assert judged.rooms["room-1"] == RoomJudgement(40 * MIN, "valid")


def test_a_broken_line_does_not_count_until_it_is_back() -> None:
    away = (10, WentAway(participant="room-1")), (25, CameBack(participant="room-1", away_ms=15 * MIN))
    judged = verdict(*there(0), (0, Started()), *away, end(45))
    assert judged.rooms["room-1"] == RoomJudgement(30 * MIN, "invalid")


def test_what_was_sent_before_a_new_joining_does_not_count_after_it() -> None:
    rejoined = (
        (10, Left(participant="room-1", reason="expired")),
        (12, Joined(participant="room-1", role="classroom")),
        (20, BOTH),
    )
    assert verdict(*there(0), (0, Started()), *rejoined, end(40)).rooms["room-1"].connected_ms == 30 * MIN


def test_two_windows_of_a_room_count_once() -> None:
    second: list[tuple[float, Event]] = [
        (0, Joined(participant="room-1.b", role="classroom", screen="b")),
        (0, SourcesChanged(participant="room-1.b", live=["microphone", "camera"])),
    ]
    assert verdict(*there(0), *second, (0, Started()), end(40)).rooms == {"room-1": RoomJudgement(40 * MIN, "valid")}


def test_a_lesson_that_ran_out_was_over_when_its_lead_was_last_there() -> None:
    gone: list[tuple[float, Event]] = [
        (20, WentAway(participant="staff-1")),
        (21, Left(participant="staff-1", reason="expired")),
        (60, Ended(reason="timeout")),
    ]
    judged = verdict(*there(0), (0, Started()), *gone)
    assert (judged.state, judged.finding) == ("INVALID", "too_short")
    assert judged.rooms["room-1"].connected_ms == 20 * MIN


def test_a_lesson_not_begun_is_given_up_a_while_after_its_planned_end() -> None:
    assert [is_missed(1000, Policy(), 1000 + minute * MIN) for minute in (14, 15)] == [False, True]


def test_a_policy_is_read_as_written_and_other_keys_are_passed_over() -> None:
    policy = Policy(valid_after_min=25, listened_share_pct=80)
    assert decode_policy(encode_policy(policy)) == policy
    assert decode_policy('{"later": 1}') == Policy()
    with pytest.raises(ValueError):
        decode_policy('{"valid_after_min": 0}')


STEPS = st.lists(
    st.tuples(
        st.floats(0, 60),
        st.sampled_from(
            [
                Joined(participant="room-1", role="classroom"),
                Joined(participant="room-1.b", role="classroom", screen="b"),
                BOTH,
                SOUND,
                WentAway(participant="room-1"),
                CameBack(participant="room-1", away_ms=1),
                Left(participant="room-1", reason="left"),
                Left(participant="room-1.b", reason="left"),
                Started(),
                Ended(reason="timeout"),
            ]
        ),
    ),
    max_size=20,
)


@given(STEPS)
def test_whatever_a_log_says_no_room_was_there_longer_than_the_lesson(steps: list[tuple[float, Event]]) -> None:
    found = held(log(*sorted(steps, key=lambda step: step[0])))
    for who, heard in found.heard_ms.items():
        assert 0 <= heard <= found.present_ms[who] <= found.taught_ms
