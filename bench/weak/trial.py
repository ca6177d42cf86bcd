"""One profile tried: a good stretch, its line, a good stretch; all figures of the impaired room and of the others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from bench.weak import judging, late, legible, probe, stamps, venue
from bench.weak.intelligibility import heard as heard_by
from bench.weak.intelligibility import intelligibility
from bench.weak.lesson import Class
from bench.weak.probe import Seen, Source, Span
from classroom_client.lines.profiles import Profile

CONTROL_S: Final = 8.0
SETTLES_S: Final = 4.0
JOINS_S: Final = 1.0
"""After its first picture or sound, before a fresh page is measured: until then strokes come in the snapshot."""
FLOOR_S: Final = 6.0
TAKES_FLOOR_S: Final = 2.0
INK_COMES_S: Final = 2.0

Figures = dict[str, float]


@dataclass(frozen=True)
class Watched:
    """What the three pages took down. before: good stretches before the line, the last two in a settled room; after:
    good ones after it, of the others alone; times: of each phase; whole: what is judged; own: while the far class had
    the floor on its line."""

    lead: Seen
    near: Seen
    far: Seen
    before: list[Span]
    after: list[Span]
    times: list[Span]
    whole: Span
    own: Span | None

    @property
    def good(self) -> Span:
        """The stretch before the line that the impaired room is compared with."""
        return self.before[1][0], self.before[-1][1]

    @property
    def teacher(self) -> Source:
        """As the classes look at it."""
        return Source(self.lead.you, venue.STAMPS[venue.LEAD])

    @property
    def village(self) -> Source:
        """As the teacher looks at it."""
        return Source(self.far.you, venue.STAMPS[venue.FAR])


def attempt(held: Class, profile: Profile) -> dict[str, Any]:
    """The profile's figures beside its bars."""
    watched = _watch(held, profile)
    impaired = _impaired(held, profile, watched)
    own = _own(profile, watched)
    others = _others(profile, watched)
    steps = venue.steps(held.folder, held.lesson)
    impaired["paused_pct"] = 100 * venue.paused(steps, watched.far.you, watched.whole)
    fresh = profile.rejoins or profile.late  # of the page before there is nothing left
    control = {} if fresh else probe.figures(watched.far, watched.lead, watched.teacher, watched.good)
    bars = [
        *(judging.judged(bar, impaired[bar.measure], control.get(bar.measure)) for bar in profile.bars),
        *judging.pictures_or_paused(profile, impaired),
        *judging.own(profile, own),
        *(judging.unnoticed(others) if profile.junk else judging.unchanged(others)),
    ]
    rungs = [f"{step.participant[-4:]} {step.rung}" for step in steps if step.ms >= watched.times[0][0]]
    return {
        "impaired": judging.rounded({judging.published(name): one for name, one in (impaired | own).items()}),
        "others": judging.rounded(others), "rungs": rungs, "bars": bars,
    }  # fmt: skip


def _watch(held: Class, profile: Profile) -> Watched:
    held.line(None)
    before = [held.teach(seconds) for seconds in (SETTLES_S, CONTROL_S / 2, CONTROL_S / 2)]
    times, own = [], None
    if profile.floor == "through":
        held.call_on()
        held.teach(TAKES_FLOOR_S)
        held.together = True
    with venue.junk(profile.junk):
        for phase in profile.phases:
            held.begin(phase)
            held.opened(profile)
            times.append(held.through(phase, profile))
        far = held.seen(held.far, before[0][0])
        if profile.floor == "after":
            held.call_on()
            held.teach(TAKES_FLOOR_S)
            held.together = True
            own = held.teach(FLOOR_S)
    held.together = False
    if profile.floor is not None:
        held.teach(INK_COMES_S)  # what comes when the floor is taken back is refused
        held.take_back()
    held.line(None)
    after = held.teach(SETTLES_S)
    begins_s = profile.settles_s
    if profile.rejoins or profile.late:
        first = probe.first_sound if profile.late else probe.first_picture
        begins_s += first(far, held.opened_ms) + JOINS_S
    lead, near, far = (held.seen(page, before[0][0]) for page in (held.lead, held.near, held.far))
    ends_ms = times[-1][1]
    whole = (min(times[0][0] + 1000 * begins_s, ends_ms - 1000), ends_ms)
    own = whole if profile.floor == "through" else own
    return Watched(lead, near, far, before, [after], times, whole, own)


def _impaired(held: Class, profile: Profile, watched: Watched) -> Figures:
    far, teacher = watched.far, watched.teacher
    impaired = probe.figures(far, watched.lead, teacher, watched.whole)
    impaired["strokes_lost"] += far.doubled
    if profile.understood:
        impaired["stoi"] = intelligibility(held.said, heard_by(held.far))
    if profile.reads:
        impaired["page_legible_s"] = legible.legible_s(held.far, held.put_ms)
    if profile.rejoins:
        impaired["first_picture_s"] = probe.first_picture(far, held.opened_ms)
    if profile.late:
        told = held.far.evaluate("({ socketMs: window.__weak.socketsMs[0], parts: window.__weak.parts })")
        impaired["first_sound_s"] = probe.first_sound(far, held.opened_ms)
        impaired |= late.joined(told["socketMs"], told["parts"])
    if profile.junk:
        fps = stamps.flow(far.pictures(teacher, watched.good), watched.good)[0]
        impaired["fps_fell_pct"] = probe.fell_pct(fps, impaired["fps"])
    return impaired | _changes(held, profile, watched)


def _changes(held: Class, profile: Profile, watched: Watched) -> Figures:
    """How the impaired room bore each change of its line."""
    far, teacher, times = watched.far, watched.teacher, watched.times
    borne: Figures = {}
    wanted = {bar.measure for bar in profile.bars}
    if "settled_down_s" in wanted:
        borne["settled_down_s"] = stamps.settled_after(far.pictures(teacher, times[1]), times[1])
    if "noticed_s" in wanted:
        # The page gives up a line that is dead by making another one, whichever of the two it doubted first.
        made = held.far.evaluate("[...window.__weak.socketsMs, ...window.__weak.peersMs]")
        borne["noticed_s"] = (min((ms for ms in made if ms > times[0][0]), default=math.inf) - times[0][0]) / 1000
    if profile.healed_after is not None:
        borne["back_s"] = probe.back(profile.healed_after, times, far, teacher)
    if profile.healed_after is not None and profile.healed_after >= 0:
        after = (times[profile.healed_after][1], times[-1][1] + 1000 * SETTLES_S)
        px = probe.decoded(far, teacher, watched.good)[1]
        borne["settled_s"] = probe.height_back_after(far, teacher, after, px)
    return borne


def _own(profile: Profile, watched: Watched) -> Figures:
    """The village's own voice, picture and ink, as they come to the teacher while it has the floor."""
    if watched.own is None:
        return {}
    own = probe.figures(watched.lead, watched.far, watched.village, watched.own)
    del own["bytes"]
    if profile.healed_after is not None:
        own["back_s"] = probe.back(profile.healed_after, watched.times, watched.lead, watched.village)
    return {f"{judging.OWN}{name}": one for name, one in own.items()}


def _others(profile: Profile, watched: Watched) -> Figures:
    """The room on the good line, beside itself in the good stretches before and after: their middle and spread."""
    near, lead, teacher = watched.near, watched.lead, watched.teacher
    others = probe.figures(near, lead, teacher, watched.whole)
    windows = [probe.figures(near, lead, teacher, span) for span in (*watched.before, *watched.after)]
    if profile.healed_after is not None:
        others["recover_s"] = probe.back(profile.healed_after, watched.times, near, teacher)
    return others | judging.control_of(windows)
