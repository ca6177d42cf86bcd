"""What a page saw and heard of a participant in a stretch of time, from what probe.js took down in it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from bench.harness import percentile
from bench.weak import stamps

PROBE: Final = (Path(__file__).parent / "probe.js").read_text(encoding="utf-8")
"""Goes into every page before its own scripts, and fills `window.__weak`; times are the wall clock's, ms.

you: the participant; people: all that were expected. samples: ten times a second the counters of every receive line: of
sound packets, samples played, samples of them concealed, octets, and who sits in its slot; of pictures frames decoded,
height, nothing, octets, who. frames: when a picture was decoded, and the 48 bits of the stamp in it. drawn: when each
own stroke was sent. strokes: when each came with all events before it, by the WebSocket or beside it, whichever was
first. doubled: events that one WebSocket brought twice. compared: when another board was found to be the same, or not.
socketsMs, peersMs: when each WebSocket, each peer connection was made. parts: of a board told in parts, once the screen
could show each, the first one perhaps beside the WebSocket; in the text of points the characters from `_` on are digits
before the one that ends a number (docs/protocol.md, P26 and P27).
"""
SAMPLE_MS: Final = 100
RATE_HZ: Final = 48_000
NOBODY: Final = "nobody"
GAP_SHARE: Final = 0.1
"""Less true sound than this share of the time is none."""

Span = tuple[float, float]
"""From when until when, ms of the wall clock."""


@dataclass(frozen=True)
class Source:
    """Whom one looks at: a participant, and the number in its picture's stamps."""

    participant: str
    stamp: int


@dataclass(frozen=True)
class Seen:
    """What a page took down (PROBE says what each is)."""

    you: str
    samples: list[dict[str, Any]]
    frames: list[list[float]]
    drawn: dict[str, int]
    strokes: dict[str, int]
    doubled: int

    @staticmethod
    def of(told: dict[str, Any]) -> Seen:
        """From `window.__weak`."""
        names = ("samples", "frames", "drawn", "strokes", "doubled")
        return Seen(told["you"] or NOBODY, *(told[name] for name in names))

    def between(self, span: Span) -> list[dict[str, Any]]:
        """The samples of a stretch."""
        return [one for one in self.samples if span[0] <= one["at"] <= span[1]]

    def pictures(self, source: Source, span: Span) -> list[float]:
        """When each right picture of a source came: a new one, with its whole stamp in it."""
        return stamps.right([one for one in self.frames if span[0] <= one[0] <= span[1]], source.stamp)


@dataclass(frozen=True)
class Sound:
    """Of one source. true_pct: of the time, what was received and not concealed. gap_s: the longest without any."""

    true_pct: float
    gap_s: float
    concealed_s: float


def sound(seen: Seen, source: Source, span: Span) -> Sound:
    """What was heard of a source. Time in which no line plays is lost as well: it is not even concealed."""
    samples = seen.between(span)
    true = hidden = gap = longest = 0.0
    for before, after in pairwise(samples):
        played, concealed = _played(before, after, source)
        seconds = (after["at"] - before["at"]) / 1000
        true, hidden = true + played - concealed, hidden + concealed
        gap = gap + seconds if played - concealed < GAP_SHARE * RATE_HZ * seconds else 0.0
        longest = max(longest, gap)
    expected = RATE_HZ * (samples[-1]["at"] - samples[0]["at"]) / 1000 if len(samples) > 1 else 0.0
    return Sound(100 * min(1.0, true / expected) if expected else 0.0, longest, hidden / RATE_HZ)


def _played(before: dict[str, Any], after: dict[str, Any], source: Source) -> tuple[float, float]:
    """Samples played and concealed between two looks, on the source's line that brought most."""
    best = (0.0, 0.0)
    for line, (_, played, concealed, _, who) in after["audio"].items():
        _, played0, concealed0, *_ = before["audio"].get(line, (0, 0, 0))
        one = (played - played0, concealed - concealed0)
        if who == source.participant and (one[0] - one[1] > best[0] - best[1] or best[0] == 0):
            best = one
    return best


def decoded(seen: Seen, source: Source, span: Span) -> tuple[float, int]:
    """By the browser's own counts: frames of a source a second, and the height, in px, of most of them; 0 where none
    came."""
    frames: Counter[int] = Counter()
    for before, after in pairwise(seen.between(span)):
        for line, (count, px, _, _, who) in after["video"].items():
            if who == source.participant:
                frames[int(px)] += max(0, count - before["video"].get(line, (0,))[0])
    most = next((px for px, count in frames.most_common(1) if count), 0)
    return 1000 * sum(frames.values()) / (span[1] - span[0]), most


def octets(seen: Seen, span: Span) -> int:
    """What came of sound and pictures of everybody, without headers."""
    total = 0
    for before, after in pairwise(seen.between(span)):
        for kind in ("audio", "video"):
            for line, (_, _, _, count, _) in after[kind].items():
                total += max(0, count - before[kind].get(line, (0, 0, 0, 0))[3])
    return total


def figures(seen: Seen, sender: Seen, source: Source, span: Span) -> dict[str, float]:
    """All that is published of a stretch: `seen` looks at `source`, whose own page is `sender`."""
    heard, ways = sound(seen, source, span), strokes(sender, seen, span)
    fps, freeze_pct = stamps.flow(seen.pictures(source, span), span)
    decoded_fps, height = decoded(seen, source, span)
    return {
        "speech_pct": heard.true_pct, "longest_gap_s": heard.gap_s, "concealed_s": heard.concealed_s,
        "fps": fps, "decoded_fps": decoded_fps, "freeze_pct": freeze_pct, "height": height,
        "stroke_p50_ms": percentile(ways[0], 0.5), "stroke_p95_ms": percentile(ways[0], 0.95),
        "strokes_lost": ways[1], "bytes": octets(seen, span),
    }  # fmt: skip


def strokes(sender: Seen, seen: Seen, span: Span) -> tuple[list[float], float]:
    """How long each stroke that was sent in a stretch took, in ms, and how many never came; nan where none was sent."""
    ids = [stroke for stroke, at in sender.drawn.items() if span[0] <= at <= span[1]]
    ways: list[float] = [seen.strokes[stroke] - sender.drawn[stroke] for stroke in ids if stroke in seen.strokes]
    return ways, len(ids) - len(ways) if ids else math.nan


def back_after(seen: Seen, source: Source, healed_ms: float, until_ms: float) -> float:
    """Seconds from `healed_ms` until true sound and right pictures of a source come again; inf where they do not."""
    after = [ms for ms in _heard(seen, source, (healed_ms - SAMPLE_MS, until_ms)) if ms >= healed_ms]
    came = seen.pictures(source, (healed_ms, until_ms))
    return (max(after[0], came[0]) - healed_ms) / 1000 if after and came else float("inf")


def back(healed_after: int, times: list[Span], seen: Seen, source: Source) -> float:
    """How soon a source was seen and heard again on a page. times: of a profile's phases; healed_after as it has it."""
    if healed_after == -1:
        return max(outage(seen, source, each) for each in times)
    return back_after(seen, source, times[healed_after][1], seen.samples[-1]["at"])


def outage(seen: Seen, source: Source, span: Span) -> float:
    """The longest time, in s, without true sound, or without a right picture."""
    longest = 0.0
    for times in (_heard(seen, source, span), seen.pictures(source, span)):
        longest = max(longest, *(after - before for before, after in pairwise([span[0], *times, span[1]])))
    return longest / 1000


def _heard(seen: Seen, source: Source, span: Span) -> list[float]:
    """The looks at which there had been true sound since the one before."""
    times = []
    for before, after in pairwise(seen.between(span)):
        played, concealed = _played(before, after, source)
        if played - concealed >= GAP_SHARE * RATE_HZ * (after["at"] - before["at"]) / 1000:
            times.append(float(after["at"]))
    return times


def first_picture(seen: Seen, opened_ms: float) -> float:
    """Seconds from opening the page to the first decoded picture; inf where none comes."""
    came = (one["at"] for one in seen.samples if any(line[0] > 0 for line in one["video"].values()))
    return float(next(came, float("inf")) - opened_ms) / 1000


def first_sound(seen: Seen, opened_ms: float) -> float:
    """Seconds from opening the page to the first packet of sound; inf where none comes."""
    came = (one["at"] for one in seen.samples if any(line[0] > 0 for line in one["audio"].values()))
    return float(next(came, float("inf")) - opened_ms) / 1000


def fell_pct(before: float, after: float) -> float:
    """By how much `after` is below `before`, in %."""
    return 100 * (before - after) / before if before else float("inf")


def height_back_after(seen: Seen, source: Source, span: Span, px: int) -> float:
    """Seconds from the span's begin until a source comes in its old height again; inf where it never does."""
    for before, after in pairwise(seen.between(span)):
        for line, (decoded, now_px, _, _, who) in after["video"].items():
            if who == source.participant and now_px >= px and decoded > before["video"].get(line, (0,))[0]:
                return float(after["at"] - span[0]) / 1000
    return float("inf")
