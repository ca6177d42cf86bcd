"""One rehearsed lesson from its footage to its verdict: what a worker does for each lesson it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from msgspec import Struct

from classroom_client.entry import Door
from classroom_client.lines.profiles import rehearsed_lines
from classroom_client.rehearsal.book import Book, Whose
from classroom_client.rehearsal.decode import wrong_pictures, wrong_sounds
from classroom_client.rehearsal.failures import Failure
from classroom_client.rehearsal.footage import FPS, Footage
from classroom_client.rehearsal.limits import Limits
from classroom_client.rehearsal.line_verdict import LineVerdict, judge, missed
from classroom_client.rehearsal.participant import Participant
from classroom_client.rehearsal.recording import Recorded, RecordingCheck
from classroom_client.rehearsal.sabotage import Sabotage, Saboteur, truncate
from classroom_client.rehearsal.scenario import Scenario
from classroom_client.rehearsal.spread import Spread
from classroom_client.rehearsal.strokes import KEPT
from classroom_client.rehearsal.verdict import Receiver


class WeakSeat(Struct, frozen=True):
    """The last participant sits behind a weak line, at this address of the server.

    near, far: the address that everybody else sends from, and that of the last participant; moved: its next one.
    """

    line: str
    server: str
    near: str
    far: str
    moved: str


class LessonJob(Struct, frozen=True):
    """A lesson to rehearse: its number and the tokens of its participants' links, the lead's first."""

    number: int
    tokens: list[str]
    weak: WeakSeat | None = None


class LessonResult(Struct):
    """What one lesson came to. Spreads are over all receivers; losses are sums; the rest is the worst of them."""

    number: int
    participants: int
    join: Spread
    first_frame: Spread
    relay: Spread
    board: Spread
    frames: int = 0
    frames_lost: int = 0
    audio_gap_ms: float = 0.0
    av_skew_ms: float = 0.0
    pictures_due: int = 0
    pictures_came: int = 0
    sounds_due: int = 0
    sounds_came: int = 0
    board_identical: bool = False
    tracks: int = 0
    duration_error_ms: float | None = None
    playable: bool = False
    failures: list[Failure] = []
    line: LineVerdict | None = None


class LessonRun:
    """Rehearses one lesson. footage: of every participant of this run; `book` knows all of it."""

    def __init__(
        self, job: LessonJob, door: Door, footage: dict[Whose, Footage], book: Book, sabotage: Sabotage, limits: Limits
    ) -> None:
        self._job, self._door, self._book = job, door, book
        self._sabotage, self._limits = sabotage, limits
        self._participants = [self._participant(number, footage) for number in range(len(job.tokens))]
        self._line = None if job.weak is None else rehearsed_lines()[job.weak.line]
        self._far = self._participants[-1] if job.weak is not None else None

    async def run(self, seconds: float, progress: Callable[[str], None]) -> LessonResult:
        """Plays the lesson, then judges what arrived, then fetches and checks the recording."""
        scenario = Scenario(self._participants, seconds, progress, self._line)
        await scenario.play()
        result = self._judge(scenario)
        if self._line is not None and self._far is not None and len(scenario.phases_ns) > len(self._line.phases):
            came = self._far.came(self._participants[0])
            result.line = judge(self._line, scenario.phases_ns, came, FPS)
            result.failures += missed(result.line)
        if scenario.live_ns:
            recorded = await self._check_recording((scenario.ended_ns - scenario.live_ns) / 1e6)
            result.tracks, result.playable = recorded.tracks, recorded.playable
            result.duration_error_ms = recorded.duration_error_ms
            failures = [failure for failure in recorded.failures if self._line is None or self._is_of_the_lead(failure)]
            result.playable = result.playable or not failures
            result.failures += failures
        return result

    def _participant(self, number: int, footage: dict[Whose, Footage]) -> Participant:
        whose = Whose(self._job.number, number)
        saboteur = Saboteur(self._sabotage, whose, len(self._job.tokens) - 1)
        sent, weak = footage[saboteur.footage_of()], self._job.weak
        one = Participant(whose, self._door, self._job.tokens[number], sent, self._book, saboteur)
        if weak is not None:
            one.tells, one.source, one.points = True, weak.near, KEPT
        if weak is not None and number == len(self._job.tokens) - 1:
            one.door, one.source, one.comes_back = replace(self._door, server=weak.server), weak.far, True
            one.watch.follows, one.next_source = 0, weak.moved
        return one

    def _is_of_the_lead(self, failure: Failure) -> bool:
        """Over a weak line only the lead teaches: no sound of the classes is recorded, and one of them is cut off."""
        told = failure.values.get("sender", failure.values.get("file"))
        return told is None or told.startswith(self._participants[0].lesson.you or "")

    def _judge(self, scenario: Scenario) -> LessonResult:
        people = [one for one in self._participants if one is not self._far]
        firsts = [one.watch.first_frame_ns - one.began_ns for one in people if one.watch.first_frame_ns is not None]
        result = LessonResult(
            number=self._job.number,
            participants=len(self._participants),
            join=Spread.of_ns(one.joined_ns - one.began_ns for one in people if one.joined_ns is not None),
            first_frame=Spread.of_ns(firsts),
            relay=Spread.of_ns(value for one in people for value in one.watch.relay_ns),
            board=Spread.of_ns(value for one in people for value in one.board_ns),
            board_identical=scenario.board_identical,
            failures=list(scenario.failures),
        )
        for one in people:
            self._judge_one(one, scenario.ended_ns, result)
        return result

    def _judge_one(self, one: Participant, ended_ns: int, result: LessonResult) -> None:
        ids = self._ids()
        far = self._far.lesson.you if self._far is not None else None
        receiver = Receiver(self._job.number, one.whose.participant, ids, one.watch, one.seating, far)
        result.failures += one.failures
        result.failures += receiver.judge(ended_ns, self._limits)
        if one.watch.first_frame is None:
            result.failures.append(Failure("no_first_frame", {"receiver": one.name}))
        for picture, _ in wrong_pictures(one.watch.pictures):
            sender = ids.get(picture.place.whose.participant, "-")
            result.failures.append(Failure("picture_stamp_differs", {"receiver": one.name, "sender": sender}))
        for sound in wrong_sounds(one.watch.sounds):
            sender = ids.get(sound.whose.participant, "-")
            result.failures.append(Failure("tone_not_heard", {"receiver": one.name, "sender": sender}))
        result.frames += receiver.figures.frames
        result.frames_lost += receiver.figures.frames_lost
        result.pictures_due += receiver.figures.pictures_due
        result.pictures_came += receiver.figures.pictures_came
        result.sounds_due += receiver.figures.sounds_due
        result.sounds_came += receiver.figures.sounds_came
        result.audio_gap_ms = max(result.audio_gap_ms, receiver.figures.audio_gap_ms)
        result.av_skew_ms = max(result.av_skew_ms, receiver.figures.av_skew_ms)

    async def _check_recording(self, class_ms: float) -> Recorded:
        lead = self._participants[0]
        card = lead.lesson.card
        assert card is not None, "a lesson that was live had a card"
        check = RecordingCheck(self._door, lead.key, self._book, self._job.number, self._ids(), self._limits)
        return await check.run(card.id, class_ms, partial(truncate, sabotage=self._sabotage))

    def _ids(self) -> dict[int, str]:
        return {one.whose.participant: one.lesson.you for one in self._participants if one.lesson.you is not None}
