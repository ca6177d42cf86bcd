"""What the figures of a report or of a self-test mean."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from server.devices.measurements import (
    CameraSeen,
    Health,
    LineSeen,
    LoopHeard,
    MicrophoneHeard,
    ScreenSeen,
    SelfTest,
)
from server.devices.verdict import FAULTS, LIMITS, Fault, named, of_health, of_test, together

NOW = 1_800_000_000_000
HEALTH = Health(
    kind="page",
    version="abc",
    camera="ok",
    microphone="ok",
    sound="ok",
    width=1920,
    height=1080,
    clock_ms=NOW,
)
CAMERA = CameraSeen(width=1280, height=720, brightness=110.0, contrast=50.0, sharpness=0.2, motion=1.5)
MICROPHONE = MicrophoneHeard(level_db=-55.0, peak_db=-30.0, clipped=0.0)
LOOP = LoopHeard(played=True, heard_db=25.0, delay_ms=120, echo_db=-30.0)
LINE = LineSeen(rtt_ms=20, down_kbps=20_000, up_kbps=10_000, media="udp")
SCREEN = ScreenSeen(width=1920, height=1080, letters=40.0)
WELL = SelfTest(
    by="hand",
    took_ms=20_000,
    clock_ms=NOW,
    camera=CAMERA,
    microphone=MICROPHONE,
    loop=LOOP,
    line=LINE,
    screen=SCREEN,
    disk_free_mb=10_000,
)


def test_a_room_that_is_well_has_no_faults() -> None:
    assert of_health(HEALTH, NOW) == set()
    assert of_test(WELL, NOW) == set()


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"camera": "missing"}, "camera.missing"),
        ({"microphone": "denied"}, "microphone.denied"),
        ({"sound": "blocked"}, "speaker.blocked"),
        ({"clock_ms": NOW - 61_000}, "clock.wrong"),
        ({"width": 1024, "height": 768}, "screen.small"),
    ],
)
def test_a_report_names_its_fault(changed: dict[str, object], fault: str) -> None:
    assert of_health(replace(HEALTH, **changed), NOW) == {fault}


def test_what_a_report_does_not_know_is_no_fault() -> None:
    unknown = replace(HEALTH, camera="unknown", microphone="unknown", sound="unknown", width=0, height=0)
    assert of_health(unknown, NOW) == set()


def test_an_upright_screen_is_judged_by_its_sides_not_by_its_height() -> None:
    assert of_health(replace(HEALTH, width=1080, height=1920), NOW) == set()


@pytest.mark.parametrize(
    ("part", "figures", "fault"),
    [
        ("camera", CameraSeen(trouble="missing"), "camera.missing"),
        ("camera", replace(CAMERA, brightness=4.0, contrast=1.0, motion=0.0), "camera.black"),
        ("camera", replace(CAMERA, motion=0.0), "camera.frozen"),
        ("camera", replace(CAMERA, sharpness=0.005), "camera.blurred"),
        ("camera", replace(CAMERA, upright=0.1, turned=0.9), "camera.turned"),
        ("microphone", MicrophoneHeard(trouble="busy"), "microphone.busy"),
        ("microphone", replace(MICROPHONE, level_db=-120.0), "microphone.silent"),
        ("microphone", replace(MICROPHONE, clipped=20.0), "microphone.clipping"),
        ("loop", LoopHeard(played=False), "speaker.blocked"),
        ("loop", replace(LOOP, heard_db=3.0, delay_ms=None), "speaker.unheard"),
        ("loop", replace(LOOP, delay_ms=600), "speaker.late"),
        ("loop", replace(LOOP, echo_db=-3.0), "speaker.echo"),
        ("line", replace(LINE, media="none"), "line.media"),
        ("line", replace(LINE, media="none", udp=False, tcp=False, relay=False), "line.media"),
        ("line", replace(LINE, media="tcp", udp=False, tcp=True), "line.udp"),
        ("line", replace(LINE, media="relay", udp=False, tcp=False, relay=True), "line.udp"),
        ("line", replace(LINE, media="udp", udp=True, tcp=False, relay=True), "line.tcp"),
        ("line", replace(LINE, media="udp", udp=True, tcp=True, relay=False), "line.relay"),
        ("line", replace(LINE, down_kbps=900), "line.down"),
        ("line", replace(LINE, up_kbps=300), "line.up"),
        ("line", replace(LINE, rtt_ms=700), "line.far"),
        ("screen", replace(SCREEN, width=800, height=600), "screen.small"),
        ("screen", replace(SCREEN, letters=20.0), "screen.letters"),
        ("disk_free_mb", 10, "disk.full"),
        ("clock_ms", NOW + 3_600_000, "clock.wrong"),
    ],
)
def test_a_self_test_names_one_cause(part: str, figures: object, fault: str) -> None:
    assert of_test(replace(WELL, **{part: figures}), NOW) == {fault}


@pytest.mark.parametrize(("upright", "turned"), [(None, None), (0.9, 0.1), (0.2, 0.45), (0.75, 0.9), (-0.3, 0.3)])
def test_a_camera_that_looks_alike_both_ways_or_like_neither_is_not_called_upside_down(
    upright: float | None, turned: float | None
) -> None:
    assert of_test(replace(WELL, camera=replace(CAMERA, upright=upright, turned=turned)), NOW) == set()


def test_a_bare_wall_is_not_called_blurred() -> None:
    assert of_test(replace(WELL, camera=replace(CAMERA, contrast=8.0, sharpness=0.001)), NOW) == set()


def test_a_dark_room_that_still_shows_something_is_not_called_black() -> None:
    assert of_test(replace(WELL, camera=replace(CAMERA, brightness=14.0, contrast=9.0)), NOW) == set()


def test_a_class_that_uses_tcp_is_ready() -> None:
    """As long as nobody has tried UDP: an older page does not."""
    assert of_test(replace(WELL, line=replace(LINE, media="tcp")), NOW) == set()


def test_every_way_that_works_and_a_relay_that_is_not_there_are_no_faults() -> None:
    for relay in (True, None):
        line = replace(LINE, media="udp", udp=True, tcp=True, relay=relay)
        assert of_test(replace(WELL, line=line), NOW) == set()


def test_ways_that_are_closed_are_amber() -> None:
    assert {FAULTS[code] for code in ("line.udp", "line.tcp", "line.relay")} == {"amber"}


def test_the_loudspeaker_is_not_blamed_for_a_deaf_microphone() -> None:
    deaf = replace(WELL, microphone=MicrophoneHeard(trouble="missing"), loop=LoopHeard(played=True))
    assert of_test(deaf, NOW) == {"microphone.missing"}
    muted = replace(WELL, microphone=replace(MICROPHONE, level_db=-120.0), loop=LoopHeard(played=True))
    assert of_test(muted, NOW) == {"microphone.silent"}


def test_what_was_not_tested_is_no_fault() -> None:
    assert of_test(SelfTest(by="itself", took_ms=1, clock_ms=NOW), NOW) == set()


def test_a_report_outweighs_the_test_for_the_part_it_speaks_of() -> None:
    assert together({"camera.missing"}, {"camera.black", "line.up"}) == {"camera.missing", "line.up"}
    assert together(set(), {"camera.black", "clock.wrong"}) == {"camera.black"}


def test_red_faults_come_first_and_a_code_nobody_knows_is_left_out() -> None:
    assert named({"camera.missing", "microphone.missing", "nonsense"}) == [
        Fault("microphone.missing", "red"),
        Fault("camera.missing", "amber"),
    ]


def test_every_limit_is_of_a_fault_in_the_table() -> None:
    assert {key.rpartition(".")[0] for key in LIMITS} <= FAULTS.keys()
