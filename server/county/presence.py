"""What a lesson's log says about time: how long it was taught, and how long each room was there with picture and sound.

Times are the log's: milliseconds since the lesson's room was opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec import Struct

from signaling.cast import owner_of
from signaling.messages import (
    CameBack,
    Ended,
    Joined,
    Left,
    Logged,
    ParticipantId,
    Source,
    SourcesChanged,
    Started,
    WentAway,
)

PICTURE_AND_SOUND: frozenset[Source] = frozenset({"camera", "microphone"})
Spans = list[tuple[int, int]]


class Held(Struct, frozen=True, kw_only=True):
    """A lesson as its log tells it.

    taught_ms: from the class's beginning to its end; where nobody ended it, to when the lead was last there.
    heard_ms: by remote room, how long it was there during that time with camera and microphone.
    present_ms: the same, whatever it sent.
    """

    began: bool
    ended: bool
    taught_ms: int
    heard_ms: dict[str, int]
    present_ms: dict[str, int]


@dataclass(slots=True)
class _Window:
    """One window of a participant: since when it has been there, and there with picture and sound."""

    here: int | None = None
    heard: int | None = None
    live: frozenset[Source] = frozenset()


@dataclass(slots=True)
class _Log:
    windows: dict[ParticipantId, _Window] = field(default_factory=dict)
    here: dict[str, Spans] = field(default_factory=dict)
    heard: dict[str, Spans] = field(default_factory=dict)
    lead: str | None = None
    started: int | None = None
    ended: tuple[int, str] | None = None
    last: int = 0


def held(events: Iterable[Logged]) -> Held:
    """Reads a whole log, to its end or to where the server stopped writing it."""
    log = _Log()
    for logged in events:
        log.last = logged.at
        _take(log, logged)
    end = log.ended[0] if log.ended is not None else log.last
    for who, window in log.windows.items():
        _stop(log, who, window, end)
    if log.started is None:
        return Held(began=False, ended=log.ended is not None, taught_ms=0, heard_ms={}, present_ms={})
    taught = (log.started, _taught_until(log, end))
    return Held(
        began=True,
        ended=log.ended is not None,
        taught_ms=max(0, taught[1] - taught[0]),
        heard_ms={who: _within(spans, taught) for who, spans in log.heard.items() if who != log.lead},
        present_ms={who: _within(spans, taught) for who, spans in log.here.items() if who != log.lead},
    )


def _take(log: _Log, logged: Logged) -> None:
    event, at = logged.event, logged.at
    match event:
        case Started():
            log.started = at if log.started is None else log.started
        case Ended(reason=reason):
            log.ended = (at, reason)
        case Joined(participant=who, role=role):
            if role == "lead":
                log.lead = owner_of(who)
            window = log.windows.setdefault(who, _Window())
            _stop(log, who, window, at)
            window.here, window.live = at, frozenset()
        case CameBack(participant=who):
            window = log.windows.setdefault(who, _Window())
            window.here = at if window.here is None else window.here
            _listen(window, at)
        case SourcesChanged(participant=who, live=live):
            window = log.windows.setdefault(who, _Window())
            if window.heard is not None and not frozenset(live) >= PICTURE_AND_SOUND:
                log.heard.setdefault(owner_of(who), []).append((window.heard, at))
                window.heard = None
            window.live = frozenset(live)
            _listen(window, at)
        case WentAway(participant=who) | Left(participant=who):
            _stop(log, who, log.windows.setdefault(who, _Window()), at)


def _listen(window: _Window, at: int) -> None:
    if window.here is not None and window.heard is None and window.live >= PICTURE_AND_SOUND:
        window.heard = at


def _stop(log: _Log, who: ParticipantId, window: _Window, at: int) -> None:
    """The window is not there any more; what it sent is remembered for when it comes back."""
    if window.here is not None:
        log.here.setdefault(owner_of(who), []).append((window.here, at))
    if window.heard is not None:
        log.heard.setdefault(owner_of(who), []).append((window.heard, at))
    window.here = window.heard = None


def _taught_until(log: _Log, end: int) -> int:
    """A lesson that ran out because nobody came back was over when its lead was last there."""
    if log.ended is not None and log.ended[1] != "timeout":
        return end
    return max((span[1] for span in log.here.get(log.lead or "", ())), default=end)


def _within(spans: Spans, span: tuple[int, int]) -> int:
    """How much of `span` the spans cover together; two windows of a room at once count once."""
    covered, reached = 0, span[0]
    for start, stop in sorted(spans):
        start, stop = max(start, reached), min(stop, span[1])
        if stop > start:
            covered, reached = covered + stop - start, stop
    return covered
