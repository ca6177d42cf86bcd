"""What is made of what a page took down: stamps, sound, strokes; and the bars beside it."""

from __future__ import annotations

import math
from pathlib import Path

import av
import pytest

from bench.weak import appliance, judging, probe, stamps, venue
from bench.weak.probe import Seen, Source
from classroom_client.lines.profiles import PROFILES, Bar
from classroom_client.rehearsal.stamp import Stamp, pack, read
from tests.e2e.footage import CLIP

LEAD = Source("lead", 1)
PROFILE = {profile.name: profile for profile in PROFILES}


def frame(at: float, number: int, participant: int = 1) -> list[float]:
    return [at, pack(Stamp(stamps.LESSON, participant, number))]


def seen(samples: list[dict[str, object]], frames: list[list[float]] | None = None) -> Seen:
    return Seen("room", samples, frames or [], {}, {}, 0)


def heard(at: int, lines: dict[str, tuple[int, int, str | None]]) -> dict[str, object]:
    """A look: of each line the samples played and concealed, and who sits there."""
    return {"at": at, "audio": {line: [1, a, b, 0, who] for line, (a, b, who) in lines.items()}, "video": {}}


def test_a_camera_films_its_stamp_and_leaves_the_rest_of_the_picture() -> None:
    with av.open(str(CLIP)) as clip:
        first = next(clip.decode(video=0))
        planes = stamps.stamped(first, 3, 41)
    assert read(planes[: stamps.HEIGHT]) == Stamp(stamps.LESSON, 3, 41)
    plain = first.reformat(stamps.WIDTH, stamps.HEIGHT, "yuv420p").to_ndarray()
    lower = slice(stamps.HEIGHT // 3, stamps.HEIGHT)
    assert (planes[lower] == plain[lower]).all()


def test_only_new_whole_pictures_of_the_right_participant_count() -> None:
    torn = [150.0, pack(Stamp(stamps.LESSON, 1, 9)) ^ 1]
    frames = [frame(0, 1), frame(50, 2), frame(51, 1), frame(100, 3, participant=2), torn, frame(200, 4)]
    assert stamps.right(frames, 1) == [0, 50, 200]


def test_a_picture_that_stands_longer_than_frozen_ms_is_frozen_wherever_in_the_stretch() -> None:
    assert stamps.flow([0, 50, 100, 500, 550], (0, 1000)) == (5.0, pytest.approx(85.0))
    assert stamps.flow([], (0, 1000)) == (0.0, 100.0)
    assert stamps.flow([50.0 * n for n in range(21)], (0, 1000))[1] == 0.0


def test_pictures_have_settled_once_they_go_on_for_two_seconds() -> None:
    steady = [1300 + 100.0 * n for n in range(30)]
    assert stamps.settled_after([0, 400, 1300, *steady], (0, 5000)) == 1.3
    assert math.isinf(stamps.settled_after(steady, (0, 3000)))


def test_time_in_which_no_line_plays_is_lost_and_what_is_concealed_is_told_apart() -> None:
    second = 48_000
    looks = [
        heard(0, {"0:1": (0, 0, "lead")}),
        heard(1000, {"0:1": (second, second // 4, "lead")}),
        heard(2000, {}),
        heard(3000, {"1:7": (0, 0, "lead")}),
        heard(4000, {"1:7": (second, 0, "lead"), "1:8": (second, 0, "other")}),
    ]
    sound = probe.sound(seen(looks), LEAD, (0, 4000))
    assert sound == probe.Sound(true_pct=100 * 1.75 / 4, gap_s=2.0, concealed_s=0.25)
    assert probe.sound(seen(looks), Source("nobody", 9), (0, 4000)).true_pct == 0
    assert probe.sound(seen([]), LEAD, (0, 4000)).true_pct == 0


def test_a_source_is_back_when_it_is_both_heard_and_seen() -> None:
    looks = [heard(at, {"0:1": (48 * max(0, at - 1000), 0, "lead")}) for at in range(0, 3000, 100)]
    page = seen(looks, [frame(500, 1), frame(1400, 2)])
    assert probe.back_after(page, LEAD, 1000, 3000) == pytest.approx(0.4)
    assert probe.back_after(page, LEAD, 600, 3000) == pytest.approx(0.8)
    assert math.isinf(probe.back_after(seen(looks), LEAD, 1000, 3000))
    assert probe.outage(page, LEAD, (400, 1500)) == pytest.approx(0.9)


def test_the_height_is_that_of_most_frames_and_nothing_where_none_came() -> None:
    def look(at: int, frames: int, px: int) -> dict[str, object]:
        return {"at": at, "audio": {}, "video": {"0:2": [frames, px, 0, 100 * frames, "lead"]}}

    looks = [look(0, 0, 0), look(100, 5, 180), look(200, 25, 360), look(300, 30, 180), look(400, 30, 180)]
    assert probe.decoded(seen(looks), LEAD, (0, 300)) == (100.0, 360)
    assert probe.decoded(seen(looks), LEAD, (300, 400)) == (0.0, 0)
    assert probe.octets(seen(looks), (0, 300)) == 3000


def test_strokes_are_timed_from_the_sender_and_those_that_never_came_are_lost() -> None:
    sender = Seen("lead", [], [], {"a": 100, "b": 200, "c": 5000}, {}, 0)
    page = Seen("room", [], [], {}, {"a": 160}, 0)
    assert probe.strokes(sender, page, (0, 1000)) == ([60], 1)
    assert math.isnan(probe.strokes(sender, page, (6000, 7000))[1]), "nobody drew: nothing is proven"


def test_a_bar_is_told_as_the_lessons_bench_tells_its_rows() -> None:
    assert judging.judged(Bar("back_s", "<=", 1), 0.25, math.inf) == {
        "name": "recover_s", "value": 0.25, "unit": "s", "bar": "<= 1", "control": None, "repetitions": [0.25],
        "ok": True,
    }  # fmt: skip
    assert not judging.judged(Bar("back_s", "<=", 1), math.inf)["ok"]
    assert not judging.judged(Bar("stoi", ">=", 0.75), math.nan)["ok"]


def test_pictures_are_paused_by_the_ladder_or_come_often_enough_while_they_are_not() -> None:
    def kept(fps: float, paused_pct: float) -> bool:
        [bar] = judging.pictures_or_paused(PROFILE["loss10"], {"fps": fps, "paused_pct": paused_pct})
        return bool(bar["ok"])

    assert [kept(0, 100), kept(0, 0), kept(6, 0), kept(3, 50), kept(2, 50)] == [True, False, True, True, False]
    assert judging.pictures_or_paused(PROFILE["loss3"], {"fps": 0, "paused_pct": 0}) == []


def test_the_village_is_heard_by_the_bars_by_which_it_hears() -> None:
    bars = judging.own(PROFILE["thin64"], {"own_speech_pct": 94.0, "own_stroke_p95_ms": 200, "own_fps": 0})
    assert [(bar["name"], bar["bar"], bar["ok"]) for bar in bars] == [
        ("own_speech_pct", ">= 95", False),
        ("own_stroke_p95_ms", "<= 3000", True),
    ]


def test_others_may_lose_as_much_as_their_control_run_does_by_itself() -> None:
    windows = [{"speech_pct": 100.0, "fps": fps, "stroke_p95_ms": 10.0} for fps in (20.0, 19.5, 17.5)]
    control = judging.control_of(windows)
    had = {"speech_pct": 99.4, "fps": 17.1, "stroke_p95_ms": 110.0, **control}
    assert [(bar["name"], bar["ok"]) for bar in judging.unchanged(had)] == [
        ("others_fps", True),
        ("others_speech_pct", False),
        ("others_stroke_p95_ms", True),
    ]
    assert [bar["ok"] for bar in judging.unnoticed(had)] == [False]


def test_a_room_is_without_pictures_while_it_stands_on_a_rung_that_has_none() -> None:
    steps = [venue.Step(100, "far", "sound"), venue.Step(150, "near", "voice"), venue.Step(600, "far", "speaker")]
    assert venue.paused(steps, "far", (0, 1000)) == pytest.approx(0.5)
    assert venue.paused(steps, "far", (200, 400)) == 1.0
    assert venue.paused(steps, "near", (0, 150)) == 0.0


def test_an_appliance_is_tried_on_its_lines_the_thin_one_last() -> None:
    assert [one.name for one in appliance.tried(list(PROFILES))] == ["cut8", "roam", "thin128"]


def test_the_script_of_the_pages_is_there() -> None:
    assert Path(probe.__file__).with_suffix(".js").read_text().count("window.__weak = {") == 1
