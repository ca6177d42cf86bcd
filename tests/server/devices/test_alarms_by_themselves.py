"""What counts as wrong with lessons, rooms before the bell and the server, by value."""

from __future__ import annotations

from server.devices.alarms import (
    CLOCKS_AT_LEAST,
    EXPIRES_SOON_MS,
    KINDS,
    Alarm,
    Machine,
    of_lessons,
    of_server,
)
from server.devices.readiness import GRACE_MS, HEARD_WITHIN_MS, SOON_MS, Seen
from server.recording.disk import GIB
from server.store.alarm_rows import NearLesson

NOW = 1_800_000_000_000
BELL = NOW
WELL = Machine({}, (500 * GIB, 1000 * GIB), 5 * GIB, NOW + 300 * 86_400_000, False)


def lesson(state="planned", **changes) -> NearLesson:
    fields = {
        "id": "lesson-1", "county_id": "county-1", "school_id": "school-1", "title": "美术 · 春天", "state": state,
        "start_ms": BELL, "end_ms": BELL + 2_400_000, "rooms": (("room-1", "school-2", "河口 · 一班"),),
    }  # fmt: skip
    return NearLesson(**(fields | changes))


def seen(at_ms: int, *faults: str, of: str | None = None) -> Seen:
    return Seen(at_ms, of, frozenset(faults))


def kinds(one: NearLesson, devices: dict[str, list[Seen]], now_ms: int, machine: Machine = WELL) -> list[str]:
    return [alarm.kind for alarm in of_lessons([one], devices, machine, now_ms)]


def test_a_lesson_not_begun_after_the_grace_is_wrong_until_it_is_no_longer_planned() -> None:
    on = {"room-1": [seen(BELL + GRACE_MS)]}
    assert kinds(lesson(), on, BELL + GRACE_MS - 1) == []
    late_ms = BELL + GRACE_MS
    assert list(of_lessons([lesson()], {}, WELL, late_ms)) == [
        Alarm("lesson.not_started", "county-1", "lesson-1", "school-1", None, "美术 · 春天")
    ]
    for state in ("live", "REASONABLE_MISSED", "UNREASONABLE_MISSED"):
        assert "lesson.not_started" not in kinds(lesson(state), on, late_ms)


def test_a_room_is_wrong_before_the_bell_when_it_has_no_device_or_is_not_heard() -> None:
    soon_ms = BELL - SOON_MS
    assert kinds(lesson(), {}, soon_ms - 1) == [], "hours before, nobody need be on"
    assert kinds(lesson(), {}, soon_ms) == ["room.no_device"]
    assert kinds(lesson(), {"room-1": [seen(soon_ms - HEARD_WITHIN_MS - 1)]}, soon_ms) == ["room.silent"]
    assert kinds(lesson(), {"room-1": [seen(soon_ms)]}, soon_ms) == []
    gone = list(of_lessons([lesson("live")], {"room-1": [seen(1)]}, WELL, BELL + 60_000))
    assert gone == [Alarm("room.silent", "county-1", "room-1", "school-2", "room-1", "河口 · 一班")]


def test_a_room_that_is_on_and_not_in_its_class_is_wrong_once_class_is_on() -> None:
    elsewhere = {"room-1": [seen(BELL, of=None)]}
    assert kinds(lesson("live"), elsewhere, BELL) == ["room.not_in_class"]
    assert kinds(lesson("live"), {"room-1": [seen(BELL, of="lesson-1")]}, BELL) == []
    assert kinds(lesson(), elsewhere, BELL) == []


def test_a_recording_that_stands_still_is_wrong_unless_somebody_wanted_it_so() -> None:
    on = {"room-1": [seen(NOW, of="lesson-1")]}
    for reason in ("disk_full", "disk_error", "writer", "failed", "refused"):
        machine = Machine({"lesson-1": reason}, None, 0, None, False)
        assert kinds(lesson("live"), on, BELL, machine) == ["lesson.recording"], reason
        assert kinds(lesson(), on, BELL, machine) == []
    for reason in ("", "lesson", "consent"):
        assert kinds(lesson("live"), on, BELL, Machine({"lesson-1": reason}, None, 0, None, False)) == []


def test_the_servers_own_troubles_are_told_to_every_county() -> None:
    def found(machine: Machine, heard: list[Seen] = []) -> list[tuple[str, str]]:  # noqa: B006
        return [(alarm.kind, alarm.county_id) for alarm in of_server(["a", "b"], heard, machine, NOW)]

    assert found(WELL) == []
    full = Machine({}, (5 * GIB - 1, 1000 * GIB), 5 * GIB, None, False)
    assert found(full) == [("server.disk_full", "a"), ("server.disk_full", "b")]
    assert found(Machine({}, (5 * GIB, 40 * GIB), 5 * GIB, None, False))[0][0] == "server.disk_low"
    assert found(Machine({}, (10 * GIB, 50 * GIB), 5 * GIB, None, False)) == []
    ending = Machine({}, None, 0, NOW + EXPIRES_SOON_MS - 1, False)
    assert found(ending)[0][0] == "server.certificate"
    assert found(Machine({}, None, 0, NOW + EXPIRES_SOON_MS, True))[0][0] == "server.retention"
    wrong = [seen(NOW, "clock.wrong")] * CLOCKS_AT_LEAST
    assert found(WELL, wrong)[0][0] == "server.clock"
    assert found(WELL, wrong[1:]) == [], "two clocks may both be wrong"
    assert found(WELL, wrong + [seen(NOW)] * CLOCKS_AT_LEAST) == [], "as many say that the server is right"
    assert found(WELL, [seen(NOW - HEARD_WITHIN_MS - 1, "clock.wrong")] * 9) == [], "nobody of them is on"


def test_every_kind_has_words_in_both_languages() -> None:
    import json
    from pathlib import Path

    for language in ("zh-CN", "en"):
        path = Path(__file__).parents[3] / "web/src/locales" / language / "devices.json"
        words = json.loads(path.read_text(encoding="utf-8"))["fault"]
        for kind in KINDS:
            part, _, cause = kind.partition(".")
            assert set(words[part][cause]) == {"name", "fix"}, (language, kind)
