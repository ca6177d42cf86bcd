"""What left for a peer under which transport-wide number, and what its feedback says of the line. Pure.

Source: draft-holmer-rmcat-transport-wide-cc-extensions. A packet's way is its arrival on the receiver's clock less its
departure on ours: only differences of it mean anything.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct

from server.media.rtcp import TICK_US, TransportFeedback
from server.media.rtp import extended

if TYPE_CHECKING:
    from server.media.route import Route

    Origin = tuple[Route, int]
    """Packets of a picture that left together, in a row: their route, and the index of the first of them there."""

MAX_RUNS = 2048
"""Runs remembered: two seconds of a full picture whose every packet leaves by itself."""
LOST_AFTER = 4
"""Feedbacks: a packet that is overtaken is told of by one of the next; only then it is missing."""
OVERTAKEN_BY = 3
"""Packets that came though they left later: what they overtook is taken for lost (as in RFC 5681, section 3.2)."""


class Delivered(Struct, frozen=True):
    """What one feedback tells.

    received, missing: packets. octets: what came within span_us, which begins with the packet before, or where that is
    not known with the first of these. sent_octets: in all so far. least_delay_us: a packet's way, plus an unknown
    constant.
    """

    received: int
    missing: int
    octets: int
    span_us: int
    sent_octets: int
    least_delay_us: int


class _Absent:
    """A packet that had not come when the `told`th feedback first told of it. index: on its route, if of a picture."""

    __slots__ = ("index", "route", "told")

    def __init__(self, told: int, route: Route | None, index: int) -> None:
        self.told, self.route, self.index = told, route, index


class SentLog:
    """The packets of one peer that no feedback has told of yet.

    `next` numbers the next packet and never wraps; octets: sent in all.
    """

    __slots__ = ("_absent", "_newest", "_runs", "_told", "_until", "next", "octets")

    def __init__(self) -> None:
        self.next = self.octets = 0
        self._runs: deque[tuple[int, int, int, int, Origin | None]] = deque(maxlen=MAX_RUNS)
        """First number, the one after the last, bytes of a datagram, when it left, what it is of a picture."""
        self._absent: dict[int, _Absent] = {}
        """Numbers not received when they were first told of."""
        self._told = 0
        self._newest = -1
        """The highest number received."""
        self._until = (-1, 0)
        """Up to which number a feedback has told, and the tick at which its last packet came."""

    def sent(self, packets: int, datagram: int, now_ns: int, origin: Origin | None = None) -> None:
        """The next `packets` packets have left, of `datagram` bytes each."""
        self._runs.append((self.next, self.next + packets, datagram, now_ns, origin))
        self.next += packets
        self.octets += packets * datagram

    @property
    def untold_ns(self) -> int | None:
        """When the oldest packet left that no feedback has told of; None: all are told of."""
        return self._runs[0][3] if self._runs else None

    def reported(self, feedback: TransportFeedback) -> Delivered | None:
        """What is new in a feedback; None if it tells of nothing that is remembered."""
        first, runs = extended(feedback.first, self.next - 1), self._runs
        arrivals = feedback.arrivals[: max(0, self.next - first)]
        if not arrivals:
            return None
        received, octets, at = self._late(first, arrivals), 0, max(first, self._until[0])
        least: int | None = None
        while runs and at < first + len(arrivals):
            start, end, datagram, sent_ns, origin = runs[0]
            at = max(at, start)
            if end <= at:
                runs.popleft()
                continue
            until = max(at, min(end, first + len(arrivals)))
            if start >= first + len(arrivals):
                break
            ticks = arrivals[at - first : until - first]
            came = [tick for tick in ticks if tick is not None]
            if len(came) < len(ticks):
                self._note_absent(at, at - start, ticks, origin)
            received, octets = received + len(came), octets + len(came) * datagram
            if came:
                way_us = min(came) * TICK_US - sent_ns // 1000
                least = way_us if least is None else min(least, way_us)
            at = until
        while runs and runs[0][1] <= first + len(arrivals):
            runs.popleft()
        came_here = (first + n for n, tick in enumerate(arrivals) if tick is not None)
        self._newest = max(self._newest, max(came_here, default=-1))
        begun, missing = self._until[0] >= first, self._lost()
        span_us = self._span_us(first, arrivals)
        if not begun and received:
            # The span begins with the first of these packets, which then came in no time.
            octets -= octets // received
        return None if least is None else Delivered(received, missing, octets, span_us, self.octets, least)

    def overtaken(self) -> list[tuple[Route, int]]:
        """What of pictures seems to be lost, as (route, index); each is told of once."""
        found = []
        for number, one in self._absent.items():
            if one.route is not None and self._newest - number >= OVERTAKEN_BY:
                found.append((one.route, one.index))
                one.route = None
        return found

    def _note_absent(self, number: int, at: int, ticks: list[int | None], origin: Origin | None) -> None:
        """Of a run, from its packet `at` on."""
        route, first = origin or (None, 0)
        for n, tick in enumerate(ticks):
            if tick is None:
                self._absent[number + n] = _Absent(self._told, route, first + at + n)

    def _late(self, first: int, arrivals: list[int | None]) -> int:
        """How many that were not there before are there now."""
        absent = self._absent
        late = [n for n in absent if 0 <= n - first < len(arrivals) and arrivals[n - first] is not None]
        for number in late:
            del absent[number]
        return len(late)

    def _lost(self) -> int:
        """How many have been absent for so long that they will not come."""
        self._told += 1
        lost = [number for number, one in self._absent.items() if self._told - one.told > LOST_AFTER]
        for number in lost:
            del self._absent[number]
        return len(lost)

    def _span_us(self, first: int, arrivals: list[int | None]) -> int:
        """How long it took until the news were there, since the last packet before them if that was told.

        Receivers tell of some packets once more; their time was counted with their bytes, the first time.
        """
        until, tick = self._until
        came = [tick for tick in arrivals[max(0, until - first) :] if tick is not None]
        since = tick if until >= first and came else min(came, default=0)
        if first + len(arrivals) > until:
            self._until = (first + len(arrivals), max(came, default=tick))
        return max(0, max(came, default=0) - since) * TICK_US
