"""A standing queue on a publisher's line lowers what it is told to send, and nothing else does."""

from __future__ import annotations

import random

from server.media import rtcp
from server.media.uplink import Uplink
from tests.contract.plane_world import MS, OPUS, SECOND, SEND_TIME, Rtp, World

CAP = 4_000_000


class Line:
    """A line of `bps`: what is sent beyond it waits in a queue of at most two seconds."""

    def __init__(self, bps: int, seed: int = 1, drift_ppm: int = 0) -> None:
        self.bps, self.chance, self.drift = bps, random.Random(seed), drift_ppm
        self.uplink, self.now_ns, self.queue_bits = Uplink(), 70 * SECOND, 0.0

    def second(self, sent_bps: int, stall_ms: int = 0) -> float:
        """One second of sending; returns the queue in seconds at its end."""
        through = 0.0
        for n in range(50):
            if n and n % 12 == 0:
                self.uplink.judge(int(through), CAP)
                through = 0.0
            self.queue_bits = min(2.0 * self.bps, self.queue_bits + sent_bps / 50)
            leaving = min(self.queue_bits, self.bps / 50)
            self.queue_bits -= leaving
            through += leaving * 50 / 12
            sent_ns = self.now_ns * (1_000_000 + self.drift) // 1_000_000
            delay_ns = 30 * MS + int(self.queue_bits / self.bps * SECOND) + self.chance.randrange(20 * MS)
            self.uplink.observe((sent_ns << 18) // SECOND & 0xFFFFFF, self.now_ns + delay_ns + stall_ms * MS)
            self.now_ns += 20 * MS
        return self.queue_bits / self.bps


def test_a_line_that_carries_what_is_sent_gets_no_limit() -> None:
    for drift in (0, 200, -200):
        line = Line(3_000_000, drift_ppm=drift)
        for _ in range(300):
            line.second(1_500_000)
            assert line.uplink.limit_bps is None


def test_one_stalled_second_of_ours_is_no_queue() -> None:
    line = Line(3_000_000)
    for n in range(60):
        line.second(1_500_000, stall_ms=900 if n % 10 == 9 else 0)
        assert line.uplink.limit_bps is None


def test_on_a_weak_line_the_queue_goes_and_most_of_the_line_is_used() -> None:
    line = Line(500_000)
    queues, used = [], []
    for _ in range(240):
        sending = min(1_500_000, line.uplink.limit_bps or CAP)
        queues.append(line.second(sending))
        used.append(min(sending, line.bps))
    assert max(queues[20:]) < 1.5
    assert sum(queue < 0.5 for queue in queues[20:]) > 0.7 * len(queues[20:])
    assert sum(used[20:]) / len(used[20:]) > 0.7 * line.bps


def test_when_the_line_gets_better_the_limit_goes() -> None:
    line = Line(300_000)
    for _ in range(20):
        line.second(min(1_500_000, line.uplink.limit_bps or CAP))
    assert line.uplink.limit_bps is not None
    line.bps = 5_000_000
    for _ in range(60):
        line.second(min(1_500_000, line.uplink.limit_bps or CAP))
    assert line.uplink.limit_bps is None


def test_the_plane_tells_the_publisher_by_remb() -> None:
    world = World()
    sender = world.end()
    sender.source(OPUS, ssrc=7)
    world.plane.cap_peer(sender.peer, CAP)
    told = []
    for n in range(400):
        late_ns = 800 * MS if 100 <= n < 300 else 0
        sent = (world.now_ns - late_ns << 18) // SECOND & 0xFFFFFF
        sender.send(Rtp(111, False, n, 960 * n, 7, bytes(500), {SEND_TIME: sent.to_bytes(3, "big")}))
        world.pass_time(20 * MS)
        told += [one.bitrate_bps for one in sender.heard(rtcp.Estimate)]
    assert told[0] > 0.99 * CAP
    assert min(told) < 250_000
    assert told[-1] > min(told)
