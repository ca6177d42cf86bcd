"""Chapters of a lesson from its log: where things began. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from server.publishing.replay import Chapter
from signaling.messages import FloorGiven, Left, Logged, PageAdded, SourcesChanged, Started, TalkChanged, WentAway


def chapters(log: Iterable[Logged], origin_ms: int, duration_ms: int) -> list[Chapter]:
    """The chapters of a recording that began at lesson time `origin_ms` and lasted `duration_ms`, in order.

    What happened before it belongs to its beginning only if it is the class's start.
    """
    found: list[Chapter] = []
    sharing: set[str] = set()
    for line in log:
        at_ms = line.at - origin_ms
        chapter = _chapter(line, at_ms, sharing)
        if chapter is not None and at_ms <= duration_ms and (at_ms >= 0 or chapter.kind == "started"):
            found.append(chapter)
    return found


def _chapter(line: Logged, at_ms: int, sharing: set[str]) -> Chapter | None:
    match line.event:
        case Started():
            return Chapter(at_ms=max(0, at_ms), kind="started")
        case PageAdded(page=page):
            return Chapter(at_ms=at_ms, kind="page", page=page)
        case FloorGiven(participant=participant):
            return Chapter(at_ms=at_ms, kind="floor", participant=participant)
        case TalkChanged(talk=talk):
            return Chapter(at_ms=at_ms, kind=talk if talk == "discussion" else "listen")
        case SourcesChanged(participant=participant, live=live):
            if "screen" not in live:
                sharing.discard(participant)
            elif participant not in sharing:
                sharing.add(participant)
                return Chapter(at_ms=at_ms, kind="screen", participant=participant)
        case WentAway(participant=participant) | Left(participant=participant):
            sharing.discard(participant)
        case _:
            pass
    return None
