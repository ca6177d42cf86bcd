"""A line in words: good, weak, lost, with hysteresis so that the word does not flicker (docs/protocol.md, P28)."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from signaling.messages import Link, Quality

LONG_LINE_MS = 150
"""A round trip from which on a line is a long one: what waits for answers is slow there, and it may be thin as well."""
ORDER: tuple[Quality, ...] = ("good", "weak", "lost")
WEAK = Link(rtt_ms=400, loss_permille=50, down_kbps=0, up_kbps=0, freeze_ms=500)
LOST = Link(rtt_ms=1_500, loss_permille=200, down_kbps=0, up_kbps=0, freeze_ms=3_000)
"""A line is weak, or as good as lost, from one of these values on."""
SOME_LOSS_PERMILLE = 10
"""Less has no picture stand still."""
WORSE_AFTER = 2
BETTER_AFTER = 3
"""So many reports in a row must say the same before the word changes."""


class LinkMeter(Struct, frozen=True):
    """The word now, and how many reports in a row have said `leaning` instead."""

    quality: Quality = "good"
    leaning: Quality = "good"
    reports: int = 0

    def after(self, link: Link) -> LinkMeter:
        """The meter after one more report."""
        said = grade(link)
        if said == self.quality:
            return replace(self, leaning=said, reports=0)
        same_way = self.reports and worse(said, self.quality) == worse(self.leaning, self.quality)
        reports = self.reports + 1 if same_way else 1
        needed = WORSE_AFTER if worse(said, self.quality) else BETTER_AFTER
        if reports >= needed:
            return LinkMeter(quality=said, leaning=said)
        return replace(self, leaning=said, reports=reports)


def grade(link: Link) -> Quality:
    """What one report says by itself."""
    if _reaches(link, LOST):
        return "lost"
    return "weak" if _reaches(link, WEAK) else "good"


def of_its_own(link: Link, loss_permille: int, *, weak: bool) -> Link:
    """A report without what is no trouble of its sender's line: of that, the server found this loss, and if it is weak.

    Where nothing is lost and there is room, a picture that stands still does so for its publisher's line.
    """
    troubled = weak or loss_permille >= SOME_LOSS_PERMILLE
    return replace(link, loss_permille=min(1_000, loss_permille), freeze_ms=link.freeze_ms if troubled else 0)


def worse(one: Quality, other: Quality) -> bool:
    """Whether `one` is worse than `other`."""
    return ORDER.index(one) > ORDER.index(other)


def _reaches(link: Link, limit: Link) -> bool:
    return link.rtt_ms >= limit.rtt_ms or link.loss_permille >= limit.loss_permille or link.freeze_ms >= limit.freeze_ms
