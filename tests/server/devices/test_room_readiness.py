"""The ready board's lights and reasons."""

from __future__ import annotations

from server.devices.readiness import (
    GRACE_MS,
    HEARD_WITHIN_MS,
    JOINS_MS,
    SETTLES_MS,
    SOON_MS,
    Plan,
    Readiness,
    Reason,
    Seen,
    common_faults,
    lesson_readiness,
    room_readiness,
    worst,
)

BELL = 1_800_000_000_000
MINUTE = 60_000
PLANNED = Plan("lesson", "planned", BELL, BELL + 40 * MINUTE)
LIVE = Plan("lesson", "live", BELL, BELL + 40 * MINUTE)
GREEN = Readiness("green", [])


def seen(at: int, *faults: str, lesson: str | None = None) -> Seen:
    return Seen(at, lesson, frozenset(faults))


def only(light: str, code: str, heard_ms: int | None = None) -> Readiness:
    return Readiness(light, [Reason(code, light)], heard_ms)  # type: ignore[arg-type]


def test_a_room_without_a_device_is_red_at_any_time() -> None:
    assert room_readiness(PLANNED, [], BELL - 5 * 60 * MINUTE) == only("red", "no_device")


def test_a_room_that_is_well_is_green_before_the_bell() -> None:
    now = BELL - 20 * MINUTE
    assert room_readiness(PLANNED, [seen(now - 5_000)], now) == GREEN


def test_a_room_that_is_off_turns_from_amber_to_red_when_the_bell_is_near() -> None:
    heard = BELL - 12 * 60 * MINUTE
    early, near = BELL - SOON_MS - 1, BELL - SOON_MS
    assert room_readiness(PLANNED, [seen(heard)], early) == only("amber", "not_on", heard)
    assert room_readiness(PLANNED, [seen(heard)], near) == only("red", "silent", heard)


def test_a_room_counts_as_heard_for_three_reports() -> None:
    now = BELL - MINUTE
    inside = seen(now - HEARD_WITHIN_MS, lesson="lesson")
    assert room_readiness(PLANNED, [inside], now) == GREEN
    outside = seen(now - HEARD_WITHIN_MS - 1, lesson="lesson")
    assert room_readiness(PLANNED, [outside], now).light == "red"


def test_an_unplugged_camera_is_amber_and_a_missing_microphone_red_with_the_worst_first() -> None:
    now = BELL - 20 * MINUTE
    assert room_readiness(PLANNED, [seen(now, "camera.missing")], now) == only("amber", "camera.missing")
    both = room_readiness(PLANNED, [seen(now, "camera.missing", "microphone.missing")], now)
    assert both == Readiness("red", [Reason("microphone.missing", "red"), Reason("camera.missing", "amber")])


def test_a_screen_that_has_not_gone_into_its_lesson_is_told_before_the_bell() -> None:
    joins = BELL - JOINS_MS + SETTLES_MS
    assert room_readiness(PLANNED, [seen(joins - 1)], joins - 1) == GREEN
    assert room_readiness(PLANNED, [seen(joins)], joins) == only("amber", "not_joined")
    assert room_readiness(PLANNED, [seen(joins, lesson="another")], joins) == only("amber", "not_joined")
    assert room_readiness(PLANNED, [seen(joins, lesson="lesson")], joins) == GREEN


def test_in_class_a_room_that_is_elsewhere_is_red() -> None:
    now = BELL + 5 * MINUTE
    assert room_readiness(LIVE, [seen(now)], now) == only("red", "not_in_class")
    assert room_readiness(LIVE, [seen(now, lesson="lesson")], now) == GREEN


def test_a_lesson_that_is_over_asks_nothing_of_a_room() -> None:
    over = Plan("lesson", "VALID", BELL, BELL + 40 * MINUTE)
    assert room_readiness(over, [], BELL + 60 * MINUTE) == Readiness("over", [])


def test_a_part_that_works_on_one_of_a_rooms_devices_is_no_fault_of_the_room() -> None:
    assert common_faults([frozenset({"camera.missing"}), frozenset()]) == []
    both = [frozenset({"camera.missing", "line.up"}), frozenset({"camera.denied"})]
    assert common_faults(both) == ["camera.missing", "camera.denied"]


def test_after_the_bell_a_lesson_waits_for_its_teacher_and_then_is_red() -> None:
    assert lesson_readiness(PLANNED, BELL - 1) == GREEN
    assert lesson_readiness(PLANNED, BELL) == only("amber", "waiting_for_teacher")
    assert lesson_readiness(PLANNED, BELL + GRACE_MS) == only("red", "not_started")
    assert lesson_readiness(LIVE, BELL + 10 * MINUTE) == GREEN


def test_a_missed_lesson_stays_red_and_an_excused_one_does_not() -> None:
    missed = Plan("lesson", "UNREASONABLE_MISSED", BELL, BELL)
    excused = Plan("lesson", "REASONABLE_MISSED", BELL, BELL)
    assert lesson_readiness(missed, BELL) == only("red", "missed")
    assert lesson_readiness(excused, BELL) == only("over", "excused")


def test_the_worst_light_is_the_whole_ones() -> None:
    assert worst(["green", "amber", "over", "red"]) == "red"
    assert worst(["over", "green"]) == "green"
    assert worst([]) == "green"


def test_a_recording_room_is_expected_to_have_a_camera_for_its_pupils_and_a_simple_one_is_not() -> None:
    now = BELL - 20 * MINUTE
    one, two, none = (Seen(now, None, frozenset(), cameras) for cameras in (1, 2, 0))
    untold = seen(now)
    assert room_readiness(PLANNED, [one], now, "recording") == only("amber", "one_camera")
    for profile in ("simple", "standard"):
        assert room_readiness(PLANNED, [one], now, profile) == GREEN  # type: ignore[arg-type]
    for devices in ([two], [one, one], [untold], [none]):
        assert room_readiness(PLANNED, devices, now, "recording") == GREEN


def test_a_room_that_is_off_is_not_asked_for_its_cameras() -> None:
    heard = BELL - 60 * MINUTE
    assert room_readiness(PLANNED, [Seen(heard, None, frozenset(), 1)], BELL, "recording").reasons == [
        Reason("silent", "red")
    ]
