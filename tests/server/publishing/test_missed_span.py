"""What a classroom missed, taken out of files that are still being written."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest

from server.media.plane import Codec
from server.publishing.missed import Missed, away, board_of, is_recorded, missed_by, sound_of
from server.recording.package import TRACKS, Clock, Manifest, Participant, Span, write_manifest
from signaling.board import Board
from signaling.messages import (
    AnyEvent,
    CameBack,
    Logged,
    PageAdded,
    PageTurned,
    RecordingChanged,
    StrokeDrawn,
    WentAway,
)
from tests.server.recording.encoded import Numbers, audio, merged, tap
from tests.server.recording.tape import Tape

START_NS = 5_000_000_000
"""Lesson time 5 s: where the tones begin, one at each whole second."""


def manifest_of(folder: Path, end_ms: int | None = None) -> None:
    people = [Participant(id="staff-1", role="lead", school="中心小学", name="主讲教师", colour="#112233")]
    write_manifest(
        folder,
        Manifest(
            id="lesson-1", title="分数", subject="数学", mode="blended", people=people, run=1, origin_ms=4000,
            state="recording" if end_ms is None else "finished", started="2026-01-05T01:00:00.000Z", duration_ms=0,
            spans=[Span(start_ms=4000, end_ms=end_ms, reason="")],
            clocks=[Clock(lesson_ms=4000, wall="2026-01-05T01:00:00.000Z")],
        ),
    )  # fmt: skip


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Path]:
    """Eight seconds of the lead's microphone and of a classroom's, flushed and not finished."""
    (tmp_path / TRACKS).mkdir()
    manifest_of(tmp_path)
    tape = Tape(tmp_path / TRACKS)
    tape.open(1, "microphone", "audio", "staff-1")
    tape.open(2, "microphone", "audio", "room-1")
    tape.feed(
        merged(
            tap(audio(8.0), Numbers(1, Codec.OPUS, START_NS)),
            tap(audio(8.0), Numbers(2, Codec.OPUS, START_NS + 500_000_000)),
        )
    )
    yield tmp_path
    tape.finish()


def heard(webm: bytes) -> np.ndarray:
    with av.open(io.BytesIO(webm)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1)[0]


def tones(samples: np.ndarray) -> list[float]:
    loud = np.abs(samples[: len(samples) // 240 * 240]).reshape(-1, 240).max(axis=1) > 0.1
    return [round(float(at) / 200, 1) for at in np.flatnonzero(loud[1:] & ~loud[:-1]) + 1]


def test_the_leads_sound_of_a_span_is_cut_out_of_a_file_that_is_still_written(growing: Path) -> None:
    found = sound_of(growing, Missed(6500, 9500))
    assert found is not None
    samples = heard(found)
    assert abs(len(samples) / 48_000 - 3.0) <= 0.03
    assert tones(samples) == [0.5, 1.5, 2.5]


def test_what_was_not_kept_is_silence_and_a_span_without_any_sound_is_nothing(growing: Path) -> None:
    found = sound_of(growing, Missed(3000, 6500))
    assert found is not None
    assert tones(heard(found)) == [2.0, 3.0]
    assert sound_of(growing, Missed(60_000, 70_000)) is None


def test_sound_goes_on_through_the_parts_of_a_writer_that_was_started_anew(growing: Path) -> None:
    tape = Tape(growing / TRACKS)
    tape.open(3, "microphone", "audio", "staff-1")
    tape.feed(tap(audio(2.0), Numbers(3, Codec.OPUS, START_NS + 9_000_000_000)))
    found = sound_of(growing, Missed(11_500, 15_500))
    tape.finish()
    assert found is not None
    assert tones(heard(found)) == [0.5, 2.5, 3.5]


def test_only_a_lesson_that_is_recorded_now_can_be_caught_up_with(growing: Path, tmp_path_factory) -> None:
    assert is_recorded(growing)
    manifest_of(growing, end_ms=13_000)
    assert not is_recorded(growing)
    assert not is_recorded(tmp_path_factory.mktemp("empty"))


def lines(*events: tuple[int, AnyEvent]) -> list[Logged]:
    return [Logged(number=number, at=at, by="server", event=event) for number, (at, event) in enumerate(events, 1)]


RECORDED = (0, RecordingChanged(on=True, reason="lesson"))


def test_a_missed_span_is_from_going_away_to_coming_back_in_recorded_time() -> None:
    log = lines(
        RECORDED,
        (10_000, WentAway(participant="room-1")),
        (11_000, WentAway(participant="room-2")),
        (50_000, CameBack(participant="room-1", away_ms=40_000)),
        (60_000, WentAway(participant="room-1")),
        (61_000, CameBack(participant="room-1", away_ms=1_000)),
        (70_000, WentAway(participant="room-1")),
        (72_000, RecordingChanged(on=False, reason="disk_full")),
        (75_000, RecordingChanged(on=True, reason="lesson")),
        (90_000, CameBack(participant="room-1", away_ms=20_000)),
        (95_000, WentAway(participant="room-1")),
    )
    assert away(log, "room-1") == [Missed(10_000, 50_000), Missed(75_000, 90_000)]
    assert away(log, "room-2") == []
    assert away(lines((1, WentAway(participant="r")), (9_000, CameBack(participant="r", away_ms=8_999))), "r") == []


def stroke(identifier: str, page: int) -> StrokeDrawn:
    return StrokeDrawn(id=identifier, page=page, colour="#1a1a1a", width=6, points=[1, 1, 500, 90, 90, 500])


def test_the_board_of_a_span_begins_as_it_stood_and_ends_as_it_became(tmp_path: Path) -> None:
    log = lines(
        RECORDED,
        (1_000, stroke("stroke-a", 1)),
        (2_000, PageAdded(id="page-two", page=2, after=1)),
        (3_000, stroke("stroke-b", 2)),
        (9_000, WentAway(participant="room-1")),
        (11_000, stroke("stroke-c", 2)),
        (12_000, stroke("stroke-d", 2)),
        (20_000, CameBack(participant="room-1", away_ms=11_000)),
        (21_000, PageTurned(page=1)),
    )
    (tmp_path / "log.jsonl").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in log))
    manifest_of(tmp_path)
    (span,) = missed_by(tmp_path, "room-1")
    found = board_of(tmp_path, span)
    assert {page.id: [each.id for each in page.objects] for page in found.board.pages} == {1: [], 2: ["stroke-b"]}
    assert [line.event.id for line in found.events] == ["stroke-c", "stroke-d"]
    board = Board.restore(found.board)
    for line in found.events:
        board.apply(line)
    assert [each.id for each in board.visible(2)] == ["stroke-b", "stroke-c", "stroke-d"]
