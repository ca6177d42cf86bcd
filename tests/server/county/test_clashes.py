"""Who would be in two lessons at once: which two, and when."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from server.county.clashes import Booking, Clash, Use, find_clashes, uses_of


def booking(owner: str, start: int, end: int, *, lead: str = "", rooms: str = "", classes: str = "") -> Booking:
    uses = uses_of(lead or f"teacher of {owner}", None, rooms.split(), classes.split())
    return Booking(owner=owner, start_ms=start, end_ms=end, uses=uses)


def test_one_room_in_two_lessons_at_once_is_a_clash_that_names_both_and_when() -> None:
    one, other = booking("a", 0, 40, rooms="301 302"), booking("b", 30, 70, rooms="302")
    assert find_clashes([other, one]) == [
        Clash(kind="room", id="302", first="a", second="b", start_ms=30, end_ms=40, times=1)
    ]


def test_a_teacher_and_a_class_clash_likewise() -> None:
    one, other = booking("a", 0, 40, lead="li", classes="3-1"), booking("b", 0, 40, lead="li", classes="3-1")
    assert [(clash.kind, clash.id) for clash in find_clashes([one, other])] == [("class", "3-1"), ("teacher", "li")]


def test_lessons_that_only_touch_do_not_clash() -> None:
    assert find_clashes([booking("a", 0, 40, rooms="301"), booking("b", 40, 80, rooms="301")]) == []


def test_weekly_repetitions_are_one_clash_with_its_count_and_its_first_time() -> None:
    weeks = [booking(owner, week * 100, week * 100 + 40, rooms="301") for week in range(3) for owner in "ab"]
    assert find_clashes(reversed(weeks)) == [
        Clash(kind="room", id="301", first="a", second="b", start_ms=0, end_ms=40, times=3)
    ]


def test_one_may_ask_about_some_owners_only() -> None:
    three = [booking(owner, 0, 40, rooms="301") for owner in "abc"]
    assert [(clash.first, clash.second) for clash in find_clashes(three, frozenset("c"))] == [("a", "c"), ("b", "c")]


def test_an_owner_never_clashes_with_itself() -> None:
    assert find_clashes([booking("a", 0, 40, rooms="301"), booking("a", 20, 60, rooms="301")]) == []


BOOKINGS = st.lists(
    st.builds(
        lambda owner, start, length, rooms: Booking(
            owner=owner, start_ms=start, end_ms=start + length, uses=frozenset(Use("room", room) for room in rooms)
        ),
        st.sampled_from("abcd"),
        st.integers(0, 30),
        st.integers(1, 10),
        st.frozensets(st.sampled_from("xyz"), min_size=1),
    ),
    max_size=12,
)


@given(BOOKINGS)
def test_every_overlap_is_found_and_nothing_else(bookings: list[Booking]) -> None:
    expected: dict[tuple[str, str, str], list[int]] = {}
    for one, other in combinations(bookings, 2):
        if one.owner == other.owner or one.start_ms >= other.end_ms or other.start_ms >= one.end_ms:
            continue
        for use in one.uses & other.uses:
            first, second = sorted((one.owner, other.owner))
            expected.setdefault((use.id, first, second), []).append(max(one.start_ms, other.start_ms))
    found = find_clashes(bookings)
    assert {(clash.id, clash.first, clash.second): (clash.start_ms, clash.times) for clash in found} == {
        key: (min(starts), len(starts)) for key, starts in expected.items()
    }
    assert found == sorted(found)
