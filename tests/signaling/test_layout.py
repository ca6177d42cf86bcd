"""The layout table by value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.layout import Actor, Layout, Placed, Scene, is_heard, layout
from signaling.messages import SLOTS, Source
from signaling.seating import Seating

BOTH: frozenset[Source] = frozenset({"camera", "microphone"})
LEAD = Actor("staff-1", "lead", "a", BOTH)
ONE, TWO, THREE = (Actor(f"room-{n}", "classroom", "a", BOTH) for n in (1, 2, 3))
TWO_B = Actor("room-2.b", "classroom", "b")
OBSERVER, HELPER = Actor("watch-1", "observer"), Actor("help-1", "assistant")
SHARING = Actor("staff-1", "lead", "a", BOTH | {"screen", "media_sound"})


def scene(
    mode: str = "blended",
    phase: str = "live",
    talk: str = "listen",
    floor: str | None = None,
    actors: tuple[Actor, ...] = (LEAD, ONE, TWO, THREE, TWO_B, OBSERVER, HELPER),
) -> Scene:
    return Scene(mode, phase, talk, floor, actors)  # type: ignore[arg-type]


def person(of: str, place: str, heard: bool = False) -> Placed:
    return Placed(of, "person", place, "camera", "microphone" if heard else None)  # type: ignore[arg-type]


def seen(where: Scene, receiver: Actor) -> tuple[str, list[str]]:
    """Stage, and for each place: who, what, where, and whether it is heard."""
    shown = layout(where, receiver)
    return shown.stage, [_words(each) for each in shown.placed]


def _words(each: Placed) -> str:
    return f"{each.of} {each.what} {each.place}" + (" heard" if each.audio else "")


def test_P40_before_class_all_are_seen_and_nobody_heard() -> None:
    assert layout(scene(phase="waiting"), TWO) == Layout(
        "waiting", (person("staff-1", "strip"), person("room-1", "strip"), person("room-3", "strip"))
    )
    assert layout(scene("delivery", "waiting"), TWO) == Layout(
        "grid", (person("staff-1", "inset"), person("room-1", "inset"), person("room-3", "inset"))
    )
    assert seen(scene(phase="waiting"), LEAD) == (
        "waiting",
        [
            "room-1 person strip",
            "room-2 person strip",
            "room-3 person strip",
        ],
    )


def test_P40_listening_a_class_has_the_board_and_the_lead() -> None:
    assert layout(scene(), TWO) == Layout("board", (person("staff-1", "inset", heard=True),))
    assert layout(scene("delivery"), TWO) == Layout("board", (person("staff-1", "stage", heard=True),))


@pytest.mark.parametrize("mode", ["blended", "delivery"])
def test_P41_the_class_on_the_floor_takes_the_stage_everywhere_but_on_its_own_screen(mode: str) -> None:
    where = scene(mode, floor="room-1")
    expected = Layout("seat", (person("room-1", "stage", heard=True), person("staff-1", "inset", heard=True)))
    assert layout(where, TWO) == layout(where, THREE) == expected
    assert layout(where, ONE) == layout(scene(mode), ONE)


def test_P42_the_lead_keeps_the_board_and_sees_the_class_on_the_floor_large() -> None:
    assert seen(scene(floor="room-2"), LEAD) == (
        "board",
        [
            "room-2 person stage heard",
            "room-1 person strip",
            "room-3 person strip",
        ],
    )
    assert [each.place for each in layout(scene("delivery"), LEAD).placed] == ["inset"] * 3


def test_P43_the_shared_screen_takes_the_stage_unless_a_class_has_it() -> None:
    where = scene(actors=(SHARING, ONE, TWO))
    screen = Placed("staff-1", "screen", "stage", "screen", "media_sound")
    assert layout(where, TWO) == Layout("seat", (screen, person("staff-1", "inset", heard=True)))
    where = scene(floor="room-1", actors=(SHARING, ONE, TWO))
    assert seen(where, TWO) == (
        "seat",
        [
            "room-1 person stage heard",
            "staff-1 screen inset heard",
            "staff-1 person strip heard",
        ],
    )


def test_P43_media_sound_alone_is_heard_and_takes_no_stage() -> None:
    playing = Actor("staff-1", "lead", "a", BOTH | {"media_sound"})
    assert layout(scene(actors=(playing, ONE)), ONE) == Layout(
        "board",
        (person("staff-1", "inset", heard=True), Placed("staff-1", "screen", "strip", None, "media_sound")),
    )


def test_P44_the_second_window_shows_the_others_without_sound() -> None:
    pupils = Actor("staff-1", "lead", "a", BOTH | {"camera2"})
    actors = (pupils, ONE, TWO, THREE, TWO_B)
    assert seen(scene(actors=actors), TWO_B) == (
        "grid",
        [
            "staff-1 pupils inset",
            "room-1 person inset",
            "room-3 person inset",
        ],
    )
    assert seen(scene(floor="room-3", actors=actors), TWO_B) == (
        "seat",
        [
            "room-3 person stage",
            "staff-1 pupils strip",
            "room-1 person strip",
        ],
    )
    assert seen(scene("delivery", actors=actors), TWO_B)[1] == [
        "room-1 person inset",
        "room-3 person inset",
    ]
    assert seen(scene("delivery", actors=(pupils, TWO, TWO_B)), TWO_B) == (
        "seat",
        ["staff-1 person stage"],
    )
    assert seen(scene(floor="room-2", actors=actors), TWO_B) == seen(scene(actors=actors), TWO_B)


def test_P45_observers_see_and_hear_all_that_is_public_assistants_do_not_hear() -> None:
    where = scene(floor="room-1")
    assert seen(where, OBSERVER) == (
        "seat",
        [
            "room-1 person stage heard",
            "staff-1 person inset heard",
            "room-2 person strip",
            "room-3 person strip",
        ],
    )
    assert all(each.audio is None for each in layout(where, HELPER).placed)


def test_P46_listening_only_lead_and_floor_are_heard_in_discussion_all() -> None:
    assert [is_heard(scene(floor="room-1"), each, TWO) for each in (LEAD, ONE, THREE)] == [True, True, False]
    assert [is_heard(scene(talk="discussion"), each, TWO) for each in (LEAD, ONE, THREE)] == [True, True, True]
    assert not is_heard(scene(talk="discussion"), TWO, TWO)
    assert not is_heard(scene(phase="waiting", talk="discussion"), LEAD, TWO)


def test_P46_discussion_shows_all_who_are_heard() -> None:
    assert seen(scene(talk="discussion"), TWO) == (
        "board",
        [
            "staff-1 person inset heard",
            "room-1 person strip heard",
            "room-3 person strip heard",
        ],
    )
    assert seen(scene("delivery", talk="discussion"), TWO) == (
        "grid",
        [
            "staff-1 person inset heard",
            "room-1 person inset heard",
            "room-3 person inset heard",
        ],
    )


def test_P46_a_classroom_alone_in_delivery_mode_is_always_heard() -> None:
    assert is_heard(scene("delivery", actors=(LEAD, ONE)), ONE, LEAD)
    assert not is_heard(scene("blended", actors=(LEAD, ONE)), ONE, LEAD)
    assert not is_heard(scene("delivery"), ONE, LEAD)


def test_P46_a_muted_microphone_and_a_camera_that_is_off_leave_their_seat() -> None:
    silent = Actor("staff-1", "lead", "a", frozenset())
    assert layout(scene(actors=(silent, ONE)), ONE) == Layout(
        "board", (Placed("staff-1", "person", "inset", None, None),)
    )


ROLES = st.sampled_from(["classroom", "observer", "assistant", "admin", "recorder", "rebroadcast"])
SOURCES = st.frozensets(st.sampled_from(["camera", "microphone", "camera2", "screen", "media_sound"]))


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    rooms = [
        Actor(f"room-{n}", draw(ROLES), "a", draw(SOURCES))  # type: ignore[arg-type]
        for n in range(draw(st.integers(0, 8)))
    ]
    seconds = [Actor(each.id + ".b", "classroom", "b") for each in rooms if each.role == "classroom"]
    lead = [Actor("staff-1", "lead", "a", draw(SOURCES))] if draw(st.booleans()) else []  # type: ignore[arg-type]
    return Scene(
        draw(st.sampled_from(["blended", "delivery"])),
        draw(st.sampled_from(["waiting", "live", "ended"])),
        draw(st.sampled_from(["listen", "discussion"])),
        draw(st.sampled_from([None, *(each.id for each in rooms)])),
        (*lead, *rooms, *seconds),
    )


@given(where=scenes())
def test_P40_in_every_scene_nobody_sits_twice_hears_itself_or_is_heard_unseated(where: Scene) -> None:
    for receiver in where.actors:
        shown = layout(where, receiver)
        keys = [(each.of, each.what) for each in shown.placed]
        assert len(keys) == len(set(keys))
        assert receiver.id.removesuffix(".b") not in {each.of for each in shown.placed if each.what == "person"}
        assert sum(each.place == "stage" for each in shown.placed) <= 1
        places = [each.place for each in shown.placed]
        assert places == sorted(places, key=["stage", "inset", "strip"].index)
        if receiver.screen == "b" or receiver.role == "assistant":
            assert all(each.audio is None for each in shown.placed)
        seated = {each.of for each in shown.placed if each.what == "person"}
        for speaker in where.actors:
            if speaker.role in ("lead", "classroom") and speaker.screen == "a" and "microphone" in speaker.live:
                hears = receiver.role not in ("recorder", "rebroadcast") and is_heard(where, speaker, receiver)
                assert not hears or speaker.id in seated


@given(scenes_in_turn=st.lists(scenes(), min_size=2, max_size=6))
def test_P48_whoever_stays_on_a_screen_keeps_its_slot(scenes_in_turn: list[Scene]) -> None:
    seating = Seating()
    receiver = Actor("watch-9", "observer")
    before: dict[tuple[str, str], int] = {}
    for where in scenes_in_turn:
        placed = layout(where, receiver).placed
        seats = seating.seat(placed)
        now = {(each.of, each.what): seat.slot for each, seat in zip(placed, seats, strict=False)}
        assert len(set(now.values())) == len(now) == min(len(placed), SLOTS)
        assert all(now[key] == slot for key, slot in before.items() if key in now)
        before = now


def test_P48_who_comes_back_gets_the_same_slot_if_it_is_free() -> None:
    seating = Seating()
    one, two, three = (person(f"room-{n}", "strip") for n in (1, 2, 3))
    assert [seat.slot for seat in seating.seat([one, two])] == [0, 1]
    assert [seat.slot for seat in seating.seat([two])] == [1]
    assert [seat.slot for seat in seating.seat([two, three])] == [1, 2]
    assert [seat.slot for seat in seating.seat([one, two, three])] == [0, 1, 2]
