"""The table of weak lines and what must still hold on each (docs/weak-lines.md)."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from classroom_client.lines.line import Conditions

Measure = Literal[
    "speech_pct", "longest_gap_s", "freeze_pct", "fps", "stroke_p95_ms", "settled_s", "back_s", "strokes_lost",
    "first_picture_s", "fps_fell_pct", "stoi", "page_legible_s", "page_complete_s", "settled_down_s", "noticed_s",
]  # fmt: skip


class Phase(Struct, frozen=True):
    """The impaired room's line for a while. moves: its address changes when this begins."""

    seconds: float
    up: Conditions
    down: Conditions
    moves: bool = False


class Bar(Struct, frozen=True):
    """What the impaired room must still have."""

    measure: Measure
    relation: Literal["<=", ">="]
    limit: float


class Profile(Struct, frozen=True):
    """A line and its bars.

    healed_after: the phase whose end a recovery is counted from; None where nothing is cut; -1 where each phase begins
    with a change that must heal by itself. rejoins: the room's page is opened afresh on this line. relay: the server
    has a relay on 443. junk: datagrams a second at the media port. settles_s: what is judged begins this long after the
    line became so: a steady line is not one that changes, and how a change is borne is what `dip` and the cuts judge.
    """

    name: str
    phases: tuple[Phase, ...]
    bars: tuple[Bar, ...]
    healed_after: int | None = None
    rejoins: bool = False
    relay: bool = False
    junk: int = 0
    settles_s: float = 0.0
    understood: bool = False
    """How well speech is understood is measured too."""
    reads: bool = False
    """The teacher puts a page of text on the board, and it is measured when it can be read."""
    late: bool = False
    """The room's page is opened afresh on this line, and the board is full by then."""
    floor: Literal["after", "through"] | None = "after"
    """When the room has the floor besides: on its line after all else was judged, all the time, or not at all."""
    paused_or_shown: bool = False
    """The ladder pauses its pictures, or there are enough of them."""

    @property
    def rehearsed(self) -> bool:
        """Whether `tongke rehearse --line` can make it: a full board takes a page."""
        return not self.late


def _both(seconds: float, line: Conditions) -> Phase:
    return Phase(seconds, line, line)


def _at_most(measure: Measure, limit: float) -> Bar:
    return Bar(measure, "<=", limit)


def _at_least(measure: Measure, limit: float) -> Bar:
    return Bar(measure, ">=", limit)


def _cut(seconds: float, back_s: float) -> Profile:
    phases = (_both(seconds, Conditions(cut=True)), _both(8, Conditions()))
    bars = (_at_most("back_s", back_s), _at_most("strokes_lost", 0))
    floor: Literal["through"] | None = "through" if seconds <= SHORT_CUT_S else None
    return Profile(f"cut{seconds:g}", phases, bars, healed_after=0, floor=floor)


SHORT_CUT_S: Final = 8.0
"""The floor waits for no room that is away for much longer."""
STEADY_S: Final = 20.0
STEADY_AFTER_S: Final = 6.0
GOOD: Final = Conditions()
PROFILES: Final = (
    Profile(
        "loss3",
        (_both(STEADY_S, Conditions(delay_ms=100, jitter_ms=30, loss=0.03)),),
        (_at_least("speech_pct", 99.5), _at_most("freeze_pct", 1), _at_most("stroke_p95_ms", 300)),
        settles_s=STEADY_AFTER_S,
    ),
    Profile(
        "burst5",
        (_both(STEADY_S, Conditions(delay_ms=80, burst_begins=0.0132, burst_ends=0.25, rate_bps=1_000_000)),),
        (_at_least("speech_pct", 99), _at_most("freeze_pct", 3), _at_least("fps", 15)),
        settles_s=STEADY_AFTER_S,
    ),
    Profile(
        "loss10",
        (_both(STEADY_S, Conditions(delay_ms=300, loss=0.10, rate_bps=300_000)),),
        (_at_least("speech_pct", 97), _at_most("longest_gap_s", 0.5), _at_most("stroke_p95_ms", 1000)),
        settles_s=STEADY_AFTER_S,
        paused_or_shown=True,
    ),
    Profile(
        "thin128",
        (_both(30, Conditions(delay_ms=300, loss=0.05, rate_bps=128_000)),),
        (
            _at_least("speech_pct", 97),
            _at_least("stoi", 0.75),
            _at_most("stroke_p95_ms", 1500),
            _at_most("page_legible_s", 6),
        ),
        settles_s=STEADY_AFTER_S,
        understood=True,
        reads=True,
    ),
    Profile(
        "thin64",
        (_both(30, Conditions(rate_bps=64_000)),),
        (_at_least("speech_pct", 95), _at_most("stroke_p95_ms", 3000)),
        settles_s=STEADY_AFTER_S,
    ),
    Profile(
        "late128",
        (_both(90, Conditions(delay_ms=300, loss=0.05, rate_bps=128_000)),),
        (_at_most("page_complete_s", 5), _at_least("speech_pct", 97)),
        late=True,
    ),
    Profile(
        "dip",
        (
            _both(6, Conditions(rate_bps=2_000_000)),
            _both(12, Conditions(rate_bps=300_000)),
            _both(16, Conditions(rate_bps=2_000_000)),
        ),
        (_at_most("longest_gap_s", 0.3), _at_most("settled_down_s", 3), _at_most("settled_s", 15)),
        healed_after=1,
        floor=None,
    ),
    _cut(3, 1.0),
    _cut(8, 1.5),
    _cut(20, 3.0),
    _cut(45, 3.0),
    Profile(
        "roam",
        (Phase(10, Conditions(port_shift=1777), GOOD), Phase(12, Conditions(port_shift=1777), GOOD, moves=True)),
        (_at_most("back_s", 3), _at_most("strokes_lost", 0)),
        healed_after=-1,
        floor="through",
    ),
    Profile(
        "oneway",
        (Phase(60, GOOD, Conditions(cut=True)), _both(8, GOOD)),
        (_at_most("noticed_s", 2), _at_most("back_s", 3), _at_most("strokes_lost", 0)),
        healed_after=0,
        floor=None,
    ),
    Profile(
        "tcp",
        (_both(STEADY_S, Conditions(udp=False)),),
        (
            _at_most("first_picture_s", 2),
            _at_least("speech_pct", 99),
            _at_least("fps", 15),
            _at_most("strokes_lost", 0),
        ),
        rejoins=True,
    ),
    Profile(
        "relay",
        (_both(STEADY_S, Conditions(udp=False, tcp_ports=(443,))),),
        (
            _at_most("first_picture_s", 2),
            _at_least("speech_pct", 99),
            _at_least("fps", 15),
            _at_most("strokes_lost", 0),
        ),
        rejoins=True,
        relay=True,
    ),
    Profile("junk", (_both(STEADY_S, GOOD),), (_at_most("fps_fell_pct", 10), _at_most("strokes_lost", 0)), junk=20_000),
)
LONG: Final = (_cut(600, 3.0),)
"""What takes too long for every day: `make bench-weak-long` has it besides."""
SUBSET: Final = ("burst5", "thin128", "dip", "roam")
"""One line of each family, for CI: loss in bursts, a thin line that loses at random, a drop, a move. A cut and no UDP
are rehearsed by their bars (tests/e2e/test_rehearsal_over_a_weak_line.py); junk has a test in tests/server/media."""


def rehearsed_lines() -> dict[str, Profile]:
    """The lines that a rehearsal can be held over, by name."""
    return {profile.name: profile for profile in (*PROFILES, *LONG) if profile.rehearsed}
