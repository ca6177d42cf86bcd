"""Chapters from a lesson's log."""

from __future__ import annotations

from server.publishing.chapters import chapters
from server.publishing.replay import Chapter
from signaling.messages import (
    AnyEvent,
    FloorGiven,
    FloorReturned,
    HandChanged,
    Left,
    Logged,
    PageAdded,
    PageTurned,
    SourcesChanged,
    Started,
    TalkChanged,
    WentAway,
)


def log(*events: tuple[int, AnyEvent]) -> list[Logged]:
    return [Logged(number=n, at=at, by="staff-1", event=event) for n, (at, event) in enumerate(events, 1)]


def test_each_kind_of_chapter_is_found_at_its_place() -> None:
    lines = log(
        (1000, Started()),
        (2000, PageAdded(id="aaaaaaaa", page=2, after=1)),
        (2500, PageTurned(page=1)),
        (3000, HandChanged(participant="room-1", up=True)),
        (4000, FloorGiven(participant="room-1")),
        (5000, FloorReturned(participant="room-1")),
        (6000, TalkChanged(talk="discussion")),
        (7000, TalkChanged(talk="listen")),
        (8000, SourcesChanged(participant="staff-1", live=["microphone", "screen"])),
    )
    assert chapters(lines, 1000, 60_000) == [
        Chapter(at_ms=0, kind="started"),
        Chapter(at_ms=1000, kind="page", page=2),
        Chapter(at_ms=3000, kind="floor", participant="room-1"),
        Chapter(at_ms=5000, kind="discussion"),
        Chapter(at_ms=6000, kind="listen"),
        Chapter(at_ms=7000, kind="screen", participant="staff-1"),
    ]


def test_a_screen_is_a_chapter_only_when_it_begins_to_be_shared() -> None:
    lines = log(
        (1000, SourcesChanged(participant="staff-1", live=["screen"])),
        (2000, SourcesChanged(participant="staff-1", live=["screen", "microphone"])),
        (3000, SourcesChanged(participant="staff-1", live=[])),
        (4000, SourcesChanged(participant="staff-1", live=["screen"])),
        (5000, WentAway(participant="staff-1")),
        (6000, SourcesChanged(participant="staff-1", live=["screen"])),
        (7000, Left(participant="staff-1", reason="left")),
        (8000, SourcesChanged(participant="staff-1", live=["screen"])),
    )
    assert [chapter.at_ms for chapter in chapters(lines, 0, 60_000)] == [1000, 4000, 6000, 8000]


def test_what_happened_before_or_after_the_recording_is_no_chapter_but_the_start_is() -> None:
    lines = log(
        (1000, Started()),
        (1500, FloorGiven(participant="room-1")),
        (5000, FloorGiven(participant="room-2")),
        (99_000, FloorGiven(participant="room-3")),
    )
    assert chapters(lines, 4000, 10_000) == [
        Chapter(at_ms=0, kind="started"),
        Chapter(at_ms=1000, kind="floor", participant="room-2"),
    ]
