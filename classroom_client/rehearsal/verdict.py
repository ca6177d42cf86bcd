"""What one receiver's watch amounts to: figures, and what was wrong. Pure: everything is judged after the lesson."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from msgspec import Struct

from classroom_client.rehearsal.book import Whose
from classroom_client.rehearsal.failures import Code, Failure
from classroom_client.rehearsal.footage import FPS
from classroom_client.rehearsal.limits import Limits
from classroom_client.rehearsal.runs import AudioRun, VideoRun
from classroom_client.rehearsal.seating import GRACE_NS, Interval, Seating
from classroom_client.rehearsal.tone import PACKET_MS
from classroom_client.rehearsal.watch import Watch
from signaling.messages import SLOTS

_FRAME_NS: Final = 1_000_000_000 // FPS


class Figures(Struct):
    """What was counted at one receiver, within the seats it had.

    due: of how many others it should have got the picture or the sound at some time; came: of how many it did.
    """

    frames: int = 0
    frames_lost: int = 0
    packets: int = 0
    packets_lost: int = 0
    audio_gap_ms: float = 0.0
    av_skew_ms: float = 0.0
    pictures_due: int = 0
    pictures_came: int = 0
    sounds_due: int = 0
    sounds_came: int = 0


class Receiver:
    """Judges one receiver. ids: the ids of its lesson's participants, by their numbers; `me` is its own number.

    without: what this participant sends is not judged, its line being weak on purpose.
    """

    def __init__(
        self, lesson: int, me: int, ids: dict[int, str], watch: Watch, seating: Seating, without: str | None = None
    ) -> None:
        self._without = without
        self._lesson, self._me, self._ids = lesson, me, ids
        self._watch, self._seating = watch, seating
        self.figures = Figures()
        self._due: dict[str, set[str]] = {"video": set(), "audio": set()}
        self._came: dict[str, set[str]] = {"video": set(), "audio": set()}

    def judge(self, until_ns: int, limits: Limits) -> Iterator[Failure]:
        """Fills `figures` and tells what was wrong. until_ns: when the class was ended."""
        for interval in self._seating.intervals(until_ns, range(SLOTS)):
            if interval.seated.participant != self._without:
                yield from self._picture(interval, limits)
                yield from self._sound(interval, limits)
        yield from self._strangers(until_ns)
        self.figures.pictures_due, self.figures.sounds_due = (len(self._due[kind]) for kind in ("video", "audio"))
        self.figures.pictures_came, self.figures.sounds_came = (len(self._came[kind]) for kind in ("video", "audio"))
        if self._watch.skew_ns:
            self.figures.av_skew_ms = max(abs(each) for each in self._watch.skew_ns) / 1e6
        if self.figures.av_skew_ms > limits.av_skew_ms:
            yield self._failure("av_skew", ms=f"{self.figures.av_skew_ms:.0f}")

    def _picture(self, interval: Interval, limits: Limits) -> Iterator[Failure]:
        if not interval.seated.video:
            return
        sender = interval.seated.participant
        runs = [run for run in self._watch.video_runs if self._within(run, interval)]
        self._count("video", sender, came=bool(runs))
        if not runs:
            if _lasted_s(interval) > limits.settle_s:
                yield self._failure("picture_missing", sender=sender)
            return
        lost = sum(run.lost for run in runs) + _frozen(runs[-1].last_ns, interval.until_ns)
        lost += sum(max(0, later.first_serial - earlier.last_serial - 1) for earlier, later in pairwise(runs))
        received = sum(run.received for run in runs)
        self.figures.frames += received + lost
        self.figures.frames_lost += lost
        if lost > limits.frames_lost_pct / 100 * (received + lost):
            yield self._failure("frames_lost", sender=sender, lost=str(lost), of=str(received + lost))
        if (runs[0].first_ns - interval.since_ns) / 1e9 > limits.settle_s:
            yield self._failure("picture_missing", sender=sender)

    def _sound(self, interval: Interval, limits: Limits) -> Iterator[Failure]:
        if not interval.seated.audio:
            return
        sender = interval.seated.participant
        runs = [run for run in self._watch.audio_runs if self._within(run, interval)]
        self._count("audio", sender, came=bool(runs))
        if not runs:
            if _lasted_s(interval) > limits.settle_s:
                yield self._failure("sound_missing", sender=sender)
            return
        lost, received = sum(run.lost for run in runs), sum(run.received for run in runs)
        self.figures.packets += lost + received
        self.figures.packets_lost += lost
        gap_ms = _longest_gap_ns(runs, interval) / 1e6
        self.figures.audio_gap_ms = max(self.figures.audio_gap_ms, gap_ms)
        if lost > limits.packets_lost_pct / 100 * (received + lost):
            yield self._failure("sound_lost", sender=sender, lost=str(lost), of=str(received + lost))
        if gap_ms > limits.audio_gap_ms:
            yield self._failure("sound_gap", sender=sender, ms=f"{gap_ms:.0f}")

    def _count(self, kind: str, sender: str, *, came: bool) -> None:
        self._due[kind].add(sender)
        if came:
            self._came[kind].add(sender)

    def _strangers(self, until_ns: int) -> Iterator[Failure]:
        """What came that should not have: to the wrong slot, from the wrong lesson, of no footage."""
        for kind, unknown in (("video", "frame_unknown"), ("audio", "sound_unknown")):
            strays = [stray for stray in self._watch.strays if stray.kind == kind]
            codec = [stray for stray in strays if stray.at_ns == 0]
            if codec:
                yield self._failure("foreign_codec", count=str(len(codec)))
            if len(strays) > len(codec):
                yield self._failure(
                    "frame_unknown" if unknown == "frame_unknown" else "sound_unknown", count=str(len(strays))
                )
        yield from self._misplaced(self._watch.video_runs, until_ns)
        yield from self._misplaced(self._watch.audio_runs, until_ns)

    def _misplaced(self, runs: Iterable[VideoRun | AudioRun], until_ns: int) -> Iterator[Failure]:
        """Runs that were sent when their slot was another's. What only came late was in its place when it was sent."""
        for run in runs:
            if run.first_ns > until_ns:
                continue
            sent_ns = min(run.last_sent_ns, until_ns)
            code = self._misplacement(run, sent_ns)
            if code is not None:
                seat = next((seat for seat in self._seating.near(run.slot, sent_ns) if seat is not None), None)
                expected = "-" if seat is None else seat.participant
                yield self._failure(code, seen=self._name(run.whose), expected=expected, slot=str(run.slot))

    def _misplacement(self, run: VideoRun | AudioRun, sent_ns: int) -> Code | None:
        who = self._name(run.whose)
        if isinstance(run, VideoRun):
            return None if self._seating.may_show(run.slot, who, sent_ns) else "picture_of_wrong_participant"
        if self._seating.may_sound(run.slot, who, sent_ns):
            return None
        seated = any(seat is not None and seat.participant == who for seat in self._seating.near(run.slot, sent_ns))
        return "sound_not_gated" if seated else "sound_of_wrong_participant"

    def _within(self, run: VideoRun | AudioRun, interval: Interval) -> bool:
        mine = run.slot == interval.slot and self._name(run.whose) == interval.seated.participant
        return (
            mine
            and interval.since_ns - GRACE_NS <= run.first_ns < interval.until_ns
            and run.last_ns >= interval.since_ns
        )

    def _name(self, whose: Whose) -> str:
        """The id of a participant of this lesson; the numbers of one from another."""
        known = self._ids.get(whose.participant) if whose.lesson == self._lesson else None
        return known or f"{whose.lesson}/{whose.participant}"

    def _failure(self, code: Code, **values: str) -> Failure:
        return Failure(code, {"receiver": self._name(Whose(self._lesson, self._me)), **values})


def _lasted_s(interval: Interval) -> float:
    return (interval.until_ns - interval.since_ns) / 1e9


def _frozen(last_ns: int, until_ns: int) -> int:
    """Frames that should have come after the last one, when the picture stood still before its seat ended."""
    still_ns = until_ns - last_ns
    return int(still_ns // _FRAME_NS) if still_ns > GRACE_NS else 0


def _longest_gap_ns(runs: list[AudioRun], interval: Interval) -> int:
    """The longest wait for sound within the seat; a packet's own length is no gap."""
    waits = [run.longest_ns for run in runs]
    waits += [until - since for run in runs for since, until in run.gaps if until < interval.until_ns]
    waits += [later.first_ns - earlier.last_ns for earlier, later in pairwise(runs)]
    if interval.until_ns - runs[-1].last_ns > GRACE_NS:
        waits.append(interval.until_ns - runs[-1].last_ns)
    return max(0, max(waits) - PACKET_MS * 1_000_000)
