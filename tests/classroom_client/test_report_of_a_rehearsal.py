"""The report: the JSON object that others read, its percentiles, its words."""

from __future__ import annotations

import json
import string
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom_client.rehearsal.command import say
from classroom_client.rehearsal.conductor import _shares
from classroom_client.rehearsal.failures import Code, Failure
from classroom_client.rehearsal.lesson_run import LessonJob, LessonResult
from classroom_client.rehearsal.limits import Limits
from classroom_client.rehearsal.report import Load, Received, Totals
from classroom_client.rehearsal.spread import Spread
from classroom_client.rehearsal.venue import VenueError, venue_of_links
from classroom_client.texts import LANGUAGES, Texts

MS = 1_000_000


def lesson(number: int, **more: object) -> LessonResult:
    values = {
        "number": number,
        "participants": 4,
        "join": Spread.of_ns([400 * MS] * 4),
        "first_frame": Spread.of_ns([500 * MS] * 4),
        "relay": Spread.of_ns([2 * MS] * 99 + [9 * MS]),
        "board": Spread.of_ns([5 * MS]),
        "frames": 1000,
        "board_identical": True,
        "tracks": 8,
        "duration_error_ms": 12.0,
        "playable": True,
    }
    return LessonResult(**{**values, **more})


def test_the_report_is_exactly_the_agreed_object() -> None:
    told = Totals([lesson(0), lesson(1, frames_lost=1)]).report(Load(81.23, 140.0), [])
    report = msgspec.structs.replace(told, received=msgspec.UNSET)  # as it is told unless asked for
    assert json.loads(msgspec.json.encode(report)) == {
        "lessons": 2,
        "participants": 8,
        "join_s": {"p50": 0.4, "p95": 0.4},
        "first_frame_s": {"p50": 0.5, "p95": 0.5},
        "relay_ms": {"p50": 2.0, "p99": 2.0},
        "av_skew_ms_max": 0.0,
        "audio_gap_ms_max": 0.0,
        "video_frames_lost_pct": 0.05,
        "board_ms": {"p50": 5.0, "p99": 5.0},
        "board_identical": True,
        "recording": {"tracks": 16, "duration_error_ms": 12.0, "playable": True},
        "server_cpu_pct": 81.2,
        "server_rss_mb": 140.0,
        "ok": True,
        "failures": [],
    }


def test_pairs_that_received_are_summed() -> None:
    some = lesson(1, pictures_due=12, pictures_came=11, sounds_due=6, sounds_came=5)
    assert Totals([some, some]).report(Load(), []).received == Received(22, 24, 10, 12)


def test_one_bad_lesson_makes_all_not_identical_and_not_playable() -> None:
    report = Totals([lesson(0), lesson(1, board_identical=False, playable=False)]).report(Load(), ["x"])
    assert (report.board_identical, report.recording.playable, report.ok) == (False, False, False)


def test_percentiles_beyond_their_limit_are_failures() -> None:
    slow = lesson(0, join=Spread.of_ns([11_000 * MS] * 4), relay=Spread.of_ns([500 * MS] * 10))
    assert Totals([slow]).slow(Limits()) == [
        Failure("join_slow", {"ms": "11000", "limit": "10000"}),
        Failure("relay_slow", {"ms": "500", "limit": "400"}),
    ]
    assert Totals([lesson(0)]).slow(Limits()) == []


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=60), st.sampled_from([50, 95, 99, 100]))
def test_a_percentile_bounds_that_share_of_the_measurements(values: list[int], percent: int) -> None:
    value = Spread.of_ns(values).percentile_ms(percent)
    assert value is not None
    assert sum(each <= value * MS + 1 for each in values) * 100 >= percent * len(values)
    assert any(abs(each / MS - value) <= 0.1001 for each in values)


def test_spreads_add_and_survive_the_wire() -> None:
    spread = Spread.of_ns([MS, 2 * MS])
    spread.add(Spread.of_ns([2 * MS, 3 * MS]))
    assert msgspec.json.decode(msgspec.json.encode(spread), type=Spread).counts == {10: 1, 20: 2, 30: 1}
    assert Spread().percentile_ms(50) is None


def test_lessons_are_dealt_out_to_as_many_workers_as_processors() -> None:
    jobs = [LessonJob(number, ["a", "b"]) for number in range(5)]
    assert [[job.number for job in share] for share in _shares(jobs, 2)] == [[0, 2, 4], [1, 3]]
    assert [[job.number for job in share] for share in _shares(jobs[:1], 8)] == [[0]]


def test_both_catalogs_have_the_same_keys_and_places() -> None:
    folder = Path(__file__).parents[2] / "classroom_client" / "locale"
    catalogs = [json.loads((folder / f"{language}.json").read_text(encoding="utf-8")) for language in LANGUAGES]

    def places(words: str) -> set[str | None]:
        return {place for _, place, _, _ in string.Formatter().parse(words)} - {None}

    assert catalogs[0].keys() == catalogs[1].keys()
    for key in catalogs[0]:
        assert places(catalogs[0][key]) == places(catalogs[1][key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_failure_has_words_that_begin_with_its_code(language: str) -> None:
    texts = Texts(language)
    places = ("receiver", "sender", "lost", "of", "ms", "limit", "reason", "slot", "seen", "expected", "count")
    every = dict.fromkeys((*places, "called", "step", "file", "detail", "line", "value"), "?")
    every |= {"measure": "speech_pct", "relation": ">="}
    for code in Code.__args__:
        assert say(Failure(code, every), texts).startswith(f"{code}: ")


def links(lessons: int, classrooms: int) -> bytes:
    document = {
        "http": "http://127.0.0.1:8080",
        "https": None,
        "pid": 12,
        "lessons": [
            {
                "lesson": f"l{n}",
                "teacher": {"token": f"t{n}"},
                "classrooms": [{"token": f"c{n}{c}"} for c in range(classrooms)],
            }
            for n in range(lessons)
        ],
    }
    return json.dumps(document).encode()


def test_a_links_document_tells_the_venue() -> None:
    venue = venue_of_links(links(2, 3), None, 2, 2)
    assert (venue.server, venue.pid) == ("http://127.0.0.1:8080", 12)
    assert venue.lessons == [LessonJob(0, ["t0", "c00", "c01"]), LessonJob(1, ["t1", "c10", "c11"])]


def test_too_few_lessons_or_classrooms_are_refused() -> None:
    for document in (links(1, 3), links(2, 1)):
        with pytest.raises(VenueError) as refused:
            venue_of_links(document, None, 2, 2)
        assert refused.value.code == "too_few_lessons"
    with pytest.raises(VenueError) as garbage:
        venue_of_links(b"[]", None, 1, 1)
    assert garbage.value.code == "bad_links"
