"""Who sends what it may not: dropped by the plane in any case, and told once, that somebody may look. Pure."""

from __future__ import annotations

from collections.abc import Mapping

LEAST = 100
"""Dropped for one reason between two looks a second apart: no line doubles so many, no client mistakes so often."""
REASONS = {
    **dict.fromkeys(("limit", "dtls", "ssrc", "unknown", "payload_type", "malformed", "srtp", "beside"), LEAST),
    "request": 5 * LEAST,
}
"""More than its allowance, of media or of DTLS, more streams than may be, one of no source, a payload type
that was not offered, RTP that is none, packets that are not authentic or came before (the plane's words for a
drop), and messages on its data channel that are nothing that a client says, or too many. And requests for repairs and
keyframes in vain: a browser that waits for what was lost on the way to us makes 200 at most."""


class Misconduct:
    """What was told already of each peer."""

    def __init__(self) -> None:
        self._before: dict[int, dict[str, int]] = {}
        self._told: dict[int, set[str]] = {}

    def look(self, refused: Mapping[int, Mapping[str, int]]) -> list[tuple[int, str, int]]:
        """Once a second: what was dropped of each peer so far, by reason. New misconduct: peer, reason, how much."""
        found = []
        for peer, counts in refused.items():
            before, told = self._before.get(peer, {}), self._told.setdefault(peer, set())
            for reason in sorted(REASONS.keys() & counts.keys() - told):
                if counts[reason] - before.get(reason, 0) >= REASONS[reason]:
                    told.add(reason)
                    found.append((peer, reason, counts[reason]))
        self._before = {peer: dict(counts) for peer, counts in refused.items()}
        self._told = {peer: told for peer, told in self._told.items() if peer in refused}
        return found
