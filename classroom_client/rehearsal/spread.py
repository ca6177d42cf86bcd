"""How a time is spread over many measurements: counts of tenths of a millisecond, cheap to add and to send."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

_NS_PER_BUCKET = 100_000


class Spread(Struct):
    """counts: how often each tenth of a millisecond was measured, rounded up."""

    counts: dict[int, int] = {}

    @classmethod
    def of_ns(cls, values: Iterable[int]) -> Spread:
        """The spread of times in nanoseconds."""
        counts: dict[int, int] = {}
        for value in values:
            bucket = -(-value // _NS_PER_BUCKET)
            counts[bucket] = counts.get(bucket, 0) + 1
        return cls(counts)

    def add(self, other: Spread) -> None:
        """Counts the other's measurements too."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count

    def percentile_ms(self, percent: float) -> float | None:
        """The least time, in ms, that `percent` % of the measurements do not exceed; None without measurements."""
        total = sum(self.counts.values())
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen * 100 >= percent * total:
                return bucket / 10
        return None
