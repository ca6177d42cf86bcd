"""What the screen shows at one moment, as plain values: made in the event loop, drawn by the screen's thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from classroom_client.board_pictures import Ground
from classroom_client.lesson import Lesson
from classroom_client.texts import Texts
from signaling.messages import BoardObject, Colour, View


class DisplayError(Exception):
    """There is no screen to draw on. `code` is stable."""

    code = "no_screen"


class Stroke(NamedTuple):
    """What is drawn: points as x, y, pressure in the board's units, the pen's width, its colour `#rrggbb`."""

    id: str
    points: list[int]
    width: int
    colour: str


@dataclass(frozen=True)
class Scene:
    """A moment. headline: large words where there is no stage, empty in class. names: of the seats, by participant.

    signs: short words in the corner, e.g. that it is recorded. board_version changes when the page's objects do.
    """

    view: View
    headline: str
    signs: tuple[str, ...]
    names: dict[str, str]
    board_version: tuple[int, int]
    objects: tuple[BoardObject, ...]
    unfinished: tuple[Stroke, ...]
    laser: tuple[int, int, Colour] | None
    ground: Ground | None = None


def empty_scene(texts: Texts, key: str, *signs: str, **values: object) -> Scene:
    """A screen with nothing but words. signs: the keys of short words in the corner."""
    shown = tuple(texts(sign, **values) for sign in signs)
    return Scene(View(stage="waiting", seats=[]), texts(key, **values), shown, {}, (0, 0), (), (), None)


class SceneMaker:
    """Makes scenes of a lesson; the page's objects are listed anew only when the board has changed."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._version = (-1, -1)
        self._objects: tuple[BoardObject, ...] = ()

    def make(self, lesson: Lesson, connected: bool, ground: Ground | None = None) -> Scene:
        """The lesson as it is now; `connected` is whether the server is heard; ground: the page's picture."""
        page = lesson.board.current
        version = (lesson.board_changes, page)
        if version != self._version:
            self._version, self._objects = version, tuple(lesson.board.visible(page))
        return Scene(
            view=lesson.view,
            headline=self._headline(lesson),
            signs=self._signs(lesson, connected),
            names={seat.participant: lesson.school_of(seat.participant) for seat in lesson.view.seats},
            board_version=version,
            objects=self._objects,
            unfinished=tuple(
                Stroke(seen.ink.id, seen.ink.points, seen.ink.width, seen.ink.colour)
                for seen in lesson.ink.values()
                if seen.ink.page == page and len(seen.ink.points) >= 3
            ),
            laser=self._laser(lesson),
            ground=ground,
        )

    def _headline(self, lesson: Lesson) -> str:
        if lesson.phase == "live":
            return ""
        key = "screen.ended" if lesson.phase == "ended" else "screen.waiting"
        return self._texts(key, title=lesson.title, school=lesson.school_of(lesson.you or ""))

    def _signs(self, lesson: Lesson, connected: bool) -> tuple[str, ...]:
        me = lesson.people.get((lesson.you or "").removesuffix(".b"))
        lead_away = any(one.role == "lead" and one.presence == "away" for one in lesson.people.values())
        shown = {
            "screen.line_lost": not connected,
            "screen.lead_lost": connected and lead_away,
            "screen.floor": lesson.floor is not None and lesson.floor == lesson.you,
            "screen.hand": me is not None and me.hand,
            "screen.recording": lesson.recording,
            "screen.no_consent": lesson.phase == "live" and lesson.recording_reason == "consent",
            "screen.no_class": lesson.phase == "live" and lesson.recording_reason == "no_class",
        }
        return tuple(self._texts(key) for key, holds in shown.items() if holds)

    def _laser(self, lesson: Lesson) -> tuple[int, int, Colour] | None:
        seen = lesson.laser
        if seen is None or seen.x is None or seen.y is None:
            return None
        person = lesson.people.get(seen.by)
        return (seen.x, seen.y, person.colour if person is not None else "#d02020")
