"""The plane between two ends over a seeded network that loses, repeats, delays and reorders."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator

import pytest

from server.media import rtcp
from tests.contract.plane_world import H264, MS, OTHER_H264, End, Rtp, World, h264


class BadLink:
    """One direction: each datagram is lost, doubled or held back by chance. Same seed, same fate."""

    def __init__(self, seed: int, *, loss: float, double: float, late: float, most_ms: int = 60) -> None:
        self._chance = random.Random(seed)
        self._loss, self._double, self._late, self._most_ms = loss, double, late, most_ms
        self._queue: list[tuple[int, int, bytes]] = []
        self._count = 0

    def put(self, data: bytes, now_ns: int) -> None:
        for _ in range(2 if self._chance.random() < self._double else 1):
            if self._chance.random() < self._loss:
                continue
            held = self._chance.randrange(self._most_ms) if self._chance.random() < self._late else 0
            self._count += 1
            heapq.heappush(self._queue, (now_ns + held * MS, self._count, data))

    def due(self, now_ns: int) -> Iterator[bytes]:
        while self._queue and self._queue[0][0] <= now_ns:
            yield heapq.heappop(self._queue)[2]


def original(packet: Rtp) -> int:
    return int.from_bytes(packet.payload[-4:], "big")


@pytest.mark.media
def test_numbers_and_times_stay_in_step_over_two_wraps_of_the_sequence() -> None:
    """2^17 packets in: each leaves at most once, unchanged, and its number and time differ from the publisher's by one
    constant for as long as one source is shown."""
    world, chance = World(), random.Random(1)
    sender, receiver = world.end(), world.end()
    source, route = sender.source(H264, ssrc=7), receiver.route(OTHER_H264, ssrc=70)
    world.plane.switch_route(route, source)
    link = BadLink(1, loss=0.01, double=0.01, late=0.03, most_ms=20)
    total, seen, shift = 1 << 17, set[int](), None
    highest = 0
    for n in range(0, total, 64):
        for k in range(n, n + 64):
            link.put(sender.protect(h264(k, 300 * k, 7, key=k == 0, size=8)), world.now_ns)
        for data in link.due(world.now_ns):
            world.plane.inject(sender.flow, data)
        world.pass_time(chance.randrange(1, 10) * MS)
        for packet in receiver.received():
            number = original(packet)
            assert number not in seen
            seen.add(number)
            now = (packet.sequence - number & 0xFFFF, packet.timestamp - 300 * number & 0xFFFFFFFF)
            shift = shift or now
            assert now == shift
            highest = max(highest, number)
    assert len(seen) > total * 0.97
    assert receiver.refused == 0
    assert world.plane.stats().dropped.get("protect", 0) == 0


class Watcher:
    """A receiver that asks for what it misses, as browsers do, and notes what it can show."""

    def __init__(self, end: End) -> None:
        self.end = end
        self.held: dict[int, bytes] = {}
        self.highest: int | None = None
        self.asked: dict[int, int] = {}

    def take(self, packets: list[Rtp]) -> None:
        for packet in packets:
            repair = packet.ssrc == 80
            sequence = int.from_bytes(packet.payload[:2], "big") if repair else packet.sequence
            highest = sequence if self.highest is None else self.highest
            index = highest + ((sequence - highest + 0x8000 & 0xFFFF) - 0x8000)
            self.held.setdefault(index, packet.payload[2:] if repair else packet.payload)
            self.highest = max(highest, index)

    def missing(self, now_ns: int) -> list[int]:
        assert self.highest is not None
        first = min(self.held)
        lost = [n for n in range(max(first, self.highest - 300), self.highest) if n not in self.held]
        due = [n for n in lost if now_ns - self.asked.get(n, 0) > 40 * MS]
        self.asked.update(dict.fromkeys(due, now_ns))
        return [n & 0xFFFF for n in due]


@pytest.mark.parametrize(("up", "down"), [(0.0, 0.1), (0.1, 0.0), (0.1, 0.1), (0.3, 0.3)])
def test_losses_on_both_sides_of_the_plane_are_repaired_across_switches(up: float, down: float) -> None:
    world = World()
    sender, receiver = world.end(), world.end()
    layers = [sender.source(H264, ssrc=ssrc, rtx_ssrc=ssrc + 1, mid="3", rid=rid) for ssrc, rid in ((7, "q"), (9, "f"))]
    route = receiver.route(OTHER_H264, ssrc=70, rtx_ssrc=80)
    world.plane.switch_route(route, layers[0])
    uplink = BadLink(11, loss=up, double=0.02, late=0.1)
    downlink = BadLink(12, loss=down, double=0.02, late=0.1)
    watcher, sent = Watcher(receiver), {7: dict[int, Rtp](), 9: dict[int, Rtp]()}
    repairs = {7: 0, 9: 0}
    for n in range(2_000):
        if n % 400 == 399:
            world.plane.switch_route(route, layers[n // 400 % 2 ^ 1])
        for ssrc in (7, 9):
            packet = h264(n, 900 * n, ssrc, key=n % 50 == 0, size=20)
            sent[ssrc][n & 0xFFFF] = packet
            uplink.put(sender.protect(packet), world.now_ns)
        for data in uplink.due(world.now_ns):
            world.plane.inject(sender.flow, data)
        world.pass_time(10 * MS)
        for nack in sender.heard(rtcp.Nack):
            for lost in nack.lost:
                first = sent[nack.ssrc][lost]
                repairs[nack.ssrc] += 1
                body = lost.to_bytes(2, "big") + first.payload
                again = Rtp(109, first.marker, repairs[nack.ssrc], first.timestamp, nack.ssrc + 1, body)
                uplink.put(sender.protect(again), world.now_ns)
        for data in world.wire.sent.pop(receiver.flow, []):
            downlink.put(data, world.now_ns)
        world.wire.sent[receiver.flow] = list(downlink.due(world.now_ns))
        watcher.take(receiver.received())
        if watcher.highest is not None and n < 1_900:
            missing = watcher.missing(world.now_ns)
            if missing:
                receiver.send_rtcp(rtcp.nack(1, 70, missing[:100]))
    assert watcher.highest is not None
    span = range(min(watcher.held), watcher.highest - 200)
    lost = [n for n in span if n not in watcher.held]
    assert len(lost) <= 3, "a repair that is lost again and again may be given up, no more"
    assert len(span) > 1_500
    payloads = {packet.payload for packets in sent.values() for packet in packets.values()}
    assert set(watcher.held.values()) <= payloads
