"""The rehearsal's result: the JSON object that others read, and how it is made from the lessons'."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET, Struct, UnsetType

from classroom_client.rehearsal.failures import Code, Failure
from classroom_client.rehearsal.lesson_run import LessonResult
from classroom_client.rehearsal.limits import Limits
from classroom_client.rehearsal.line_verdict import LineVerdict
from classroom_client.rehearsal.spread import Spread


class Seconds(Struct, frozen=True):
    """Percentiles in seconds; None when nothing was measured."""

    p50: float | None
    p95: float | None


class Milliseconds(Struct, frozen=True):
    """Percentiles in milliseconds; None when nothing was measured."""

    p50: float | None
    p99: float | None


class Received(Struct, frozen=True):
    """Pairs of a receiver and somebody whose picture, or sound, it should have got at some time; and those it did."""

    pictures: int
    pictures_due: int
    sounds: int
    sounds_due: int


class Recording(Struct, frozen=True):
    """The recordings of all lessons: tracks is their sum, the error the worst, playable only if all are."""

    tracks: int
    duration_error_ms: float | None
    playable: bool


class Report(Struct, frozen=True):
    """What `rehearse --json` writes. failures are sentences that begin with their code."""

    lessons: int
    participants: int
    join_s: Seconds
    first_frame_s: Seconds
    relay_ms: Milliseconds
    av_skew_ms_max: float | None
    audio_gap_ms_max: float | None
    video_frames_lost_pct: float | None
    board_ms: Milliseconds
    board_identical: bool
    recording: Recording
    server_cpu_pct: float | None
    server_rss_mb: float | None
    ok: bool
    failures: list[str]
    line: LineVerdict | UnsetType = UNSET
    """What came through the weak line, where one was rehearsed."""
    received: Received | UnsetType = UNSET
    """Told where it is asked for."""


class Load(Struct, frozen=True):
    """What the server took in class: CPU in % of one core, memory in MB; None when it could not be measured."""

    cpu_pct: float | None = None
    rss_mb: float | None = None


class Totals:
    """All lessons together."""

    def __init__(self, lessons: list[LessonResult]) -> None:
        self.lessons = lessons
        self.join, self.first_frame = _sum(each.join for each in lessons), _sum(each.first_frame for each in lessons)
        self.relay, self.board = _sum(each.relay for each in lessons), _sum(each.board for each in lessons)
        self.frames = sum(each.frames for each in lessons)
        self.frames_lost = sum(each.frames_lost for each in lessons)

    def slow(self, limits: Limits) -> list[Failure]:
        """The percentiles that are beyond their limit."""
        wanted: list[tuple[Code, Spread, float, float]] = [
            ("join_slow", self.join, 95, limits.join_s_p95 * 1000),
            ("first_frame_slow", self.first_frame, 95, limits.first_frame_s_p95 * 1000),
            ("relay_slow", self.relay, 99, limits.relay_ms_p99),
            ("board_slow", self.board, 99, limits.board_ms_p99),
        ]
        measured = [(code, spread.percentile_ms(percent), limit_ms) for code, spread, percent, limit_ms in wanted]
        return [
            Failure(code, {"ms": f"{ms:.0f}", "limit": f"{limit_ms:.0f}"})
            for code, ms, limit_ms in measured
            if ms is not None and ms > limit_ms
        ]

    def report(self, load: Load, failures: list[str]) -> Report:
        """The report; `ok` is that nothing failed."""
        lessons = self.lessons
        errors_ms = [each.duration_error_ms for each in lessons if each.duration_error_ms is not None]
        return Report(
            lessons=len(lessons),
            participants=sum(each.participants for each in lessons),
            join_s=_seconds(self.join),
            first_frame_s=_seconds(self.first_frame),
            relay_ms=_milliseconds(self.relay),
            av_skew_ms_max=_rounded(max((each.av_skew_ms for each in lessons), default=None)),
            audio_gap_ms_max=_rounded(max((each.audio_gap_ms for each in lessons), default=None)),
            video_frames_lost_pct=round(100 * self.frames_lost / self.frames, 3) if self.frames else None,
            board_ms=_milliseconds(self.board),
            board_identical=bool(lessons) and all(each.board_identical for each in lessons),
            recording=Recording(
                tracks=sum(each.tracks for each in lessons),
                duration_error_ms=_rounded(max(errors_ms, default=None)),
                playable=bool(lessons) and all(each.playable for each in lessons),
            ),
            server_cpu_pct=_rounded(load.cpu_pct),
            server_rss_mb=_rounded(load.rss_mb),
            ok=not failures,
            failures=failures,
            line=next((each.line for each in lessons if each.line is not None), UNSET),
            received=Received(
                pictures=sum(each.pictures_came for each in lessons),
                pictures_due=sum(each.pictures_due for each in lessons),
                sounds=sum(each.sounds_came for each in lessons),
                sounds_due=sum(each.sounds_due for each in lessons),
            ),
        )


def _sum(spreads: Iterable[Spread]) -> Spread:
    total = Spread()
    for each in spreads:
        total.add(each)
    return total


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _milliseconds(spread: Spread) -> Milliseconds:
    return Milliseconds(spread.percentile_ms(50), spread.percentile_ms(99))


def _seconds(spread: Spread) -> Seconds:
    p50, p95 = spread.percentile_ms(50), spread.percentile_ms(95)
    return Seconds(None if p50 is None else round(p50 / 1000, 3), None if p95 is None else round(p95 / 1000, 3))
