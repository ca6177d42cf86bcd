"""What a classroom missed while its line was down: the teacher's sound and the board of that time.

It is taken from the recording while that is still being written: the sound's packets as they came, into a WebM file of
their own, nothing transcoded; the board as it stood, and what was done to it. What a killed or full writer did not keep
is silence.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from server.publishing.library import LOG, read_log
from server.publishing.plan import Output
from server.publishing.samples import Sources, sound_line
from server.publishing.webm import write_webm
from server.recording.package import TRACKS, Track, read_manifest
from signaling.board import Board
from signaling.cast import owner_of
from signaling.messages import (
    BoardPage,
    BoardState,
    CameBack,
    Erased,
    Joined,
    Left,
    Logged,
    PageAdded,
    PageCleared,
    PageId,
    PageTurned,
    ParticipantId,
    PicturePut,
    RecordingChanged,
    Redone,
    StrokeDrawn,
    Undone,
    WentAway,
)

LONGEST_MS = 630_000
"""Ten minutes away, after which a place in the room is lost, and what it takes to notice."""
SHORTEST_MS = 2_000
"""A shorter span is not worth asking for."""
DRAWN = (StrokeDrawn, PicturePut, Erased, PageCleared, Undone, Redone, PageAdded, PageTurned)


class Missed(Struct, frozen=True):
    """A span of lesson time, ms."""

    from_ms: int
    until_ms: int


class MissedBoard(Struct, frozen=True):
    """The board as it stood at the span's begin, with the objects of the pages shown in it, and its changes."""

    board: BoardState
    events: list[Logged]


def away(lines: Iterable[Logged], who: ParticipantId) -> list[Missed]:
    """When a participant's line was down while the lesson was recorded, by the log, oldest first; closed spans only.

    The server notices a broken line some seconds late: the participant itself may know an earlier begin.
    """
    found: list[Missed] = []
    since: int | None = None
    recorded_from: int | None = None
    for line in lines:
        match line.event:
            case RecordingChanged(on=True) if recorded_from is None:
                recorded_from = line.at
            case RecordingChanged(on=False):
                recorded_from = None
            case WentAway(participant=participant) | Left(participant=participant) if participant == who:
                since = line.at if since is None else since
            case CameBack(participant=participant) | Joined(participant=participant) if participant == who:
                if since is not None and recorded_from is not None:
                    found.append(Missed(max(since, recorded_from, line.at - LONGEST_MS), line.at))
                since = None
    return [span for span in found if span.until_ms - span.from_ms >= SHORTEST_MS]


def came_ms(folder: Path, who: ParticipantId) -> int | None:
    """When a participant, by any of its windows, first came into the lesson in `folder`; None where it never did."""
    came = (
        line.at
        for line in read_log(folder / LOG)
        if isinstance(line.event, Joined) and owner_of(line.event.participant) == who
    )
    return next(came, None)


def missed_by(folder: Path, who: ParticipantId) -> list[Missed]:
    """`away` of the lesson in `folder`; nothing where it is not recorded now."""
    return away(read_log(folder / LOG), who) if is_recorded(folder) else []


def is_recorded(folder: Path) -> bool:
    """Whether the lesson in `folder` is being recorded, so that there is something to catch up with."""
    manifest = read_manifest(folder)
    return manifest is not None and manifest.state == "recording" and manifest.spans[-1].end_ms is None


def sound_of(folder: Path, span: Missed) -> bytes | None:
    """The lead's microphone in this span as WebM (Opus), as long as the span; None where nothing of it was kept."""
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    leads = [person.id for person in manifest.people if person.role == "lead"]
    output = Output(
        file="", participant="", source="microphone", video=[], fingerprint="",
        audio=[track for lead in leads for track in _microphones(folder, lead)],
        start_ms=span.from_ms, end_ms=span.until_ms,
    )  # fmt: skip
    sources = Sources(folder, (span.from_ms, span.until_ms))
    try:
        line = sound_line(output, sources, 0)
        if line is None:
            return None
        out = io.BytesIO()
        write_webm(out, [line], sources, lambda _size: None)
        return out.getvalue()
    finally:
        sources.close()


def _microphones(folder: Path, who: ParticipantId) -> Iterator[Track]:
    """The parts of a microphone's track as they lie there; the manifest knows them only once they are finished."""
    prefix = f"{who}-microphone-"
    paths = [path for path in (folder / TRACKS).glob("*.mkv") if path.name.startswith(prefix)]
    parts = {int(path.stem[len(prefix) :]): path for path in paths if path.stem[len(prefix) :].isdecimal()}
    for part, path in sorted(parts.items()):
        yield Track(
            file=f"{TRACKS}/{path.name}", participant=who, source="microphone", part=part, codec="opus",
            start_ms=0, duration_ms=0, frames=0, bytes=0,
        )  # fmt: skip


def board_of(folder: Path, span: Missed) -> MissedBoard:
    """The board of this span, by the lesson log."""
    board, events = Board(), []
    for line in read_log(folder / LOG):
        if line.at >= span.until_ms:
            break
        if line.at < span.from_ms:
            board.apply(line)
        elif isinstance(line.event, DRAWN):
            events.append(line)
    return MissedBoard(_only_shown(board.snapshot(), events), events)


def _only_shown(state: BoardState, events: Iterable[Logged]) -> BoardState:
    """Pages that nobody turned to keep their place and lose their objects: a thin line has better to carry."""
    shown: set[PageId] = {state.current}
    shown |= {line.event.page for line in events if isinstance(line.event, PageTurned | PageAdded)}
    pages = [page if page.id in shown else BoardPage(id=page.id, pictures=page.pictures) for page in state.pages]
    return replace(state, pages=pages)
