"""The manifest of one run, as its writer keeps it: who takes part, and when the recording ran.

A full disk may refuse a change. Of people: the next run begins with them anyway. Of spans: the repair heals them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from server.recording.channel import Begin
from server.recording.package import Clock, Manifest, Participant, Span, begun, editing, write_manifest


class RunManifest:
    """Begins a run in the manifest. `run` is its number; changes stop when another run has begun.

    Raises (constructor): OSError, the manifest cannot be written.
    """

    def __init__(self, folder: Path, begin: Begin) -> None:
        self._folder = folder
        first = Manifest(
            id=begin.id, title=begin.title, subject=begin.subject, mode=begin.mode, state="recording", run=1,
            started=begin.wall, origin_ms=begin.lesson_ms, duration_ms=0, people=begin.people,
            spans=[Span(start_ms=begin.lesson_ms)], clocks=[Clock(lesson_ms=begin.lesson_ms, wall=begin.wall)],
        )  # fmt: skip
        with editing(folder) as before:
            manifest = begun(before, first)
            write_manifest(folder, manifest)
        self.run = manifest.run

    def name(self, people: list[Participant]) -> None:
        """Who takes part, for the replay."""
        try:
            with editing(self._folder) as manifest:
                if manifest is not None and manifest.run == self.run:
                    write_manifest(self._folder, manifest.but(people=people))
        except OSError as error:
            _not_written(error)

    def open_span(self, start_ms: int) -> None:
        """The recording runs from here on."""
        self._change_spans(lambda spans: [*spans, Span(start_ms=start_ms)])

    def close_span(self, end_ms: int, reason: str) -> None:
        """The recording ran up to here; where it stands still already, nothing changes."""
        self._change_spans(lambda spans: _closed(spans, end_ms, reason))

    def _change_spans(self, change: Callable[[list[Span]], list[Span]]) -> None:
        try:
            with editing(self._folder) as manifest:
                if manifest is not None and manifest.run == self.run:
                    write_manifest(self._folder, manifest.but(spans=change(list(manifest.spans))))
        except OSError as error:
            _not_written(error)


def _closed(spans: list[Span], end_ms: int, reason: str) -> list[Span]:
    if not spans or spans[-1].end_ms is not None:
        return spans
    return [*spans[:-1], spans[-1].closed(max(end_ms, spans[-1].start_ms), reason)]


def _not_written(error: OSError) -> None:
    print(f"manifest: {error.strerror}", file=sys.stderr)
