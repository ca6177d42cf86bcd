"""Redundant sound as the server makes it, and what is restored of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom_client.peer import Peer
from classroom_client.redundancy import RED_TYPE, Restorer, Sound, blocks
from server.media.offer import parse_offer
from server.media.plane import Codec
from server.media.red import BACK, redundant

OPUS = 96
Sent = list[tuple[int, int, bytes]]


def stream(count: int, ticks: int, first: int = 65_530, at: int = 0xFFFFF000) -> Sent:
    """Packets of a stream whose numbers and timestamps wrap: sequence number, timestamp, payload."""
    return [(first + n & 0xFFFF, at + n * ticks & 0xFFFFFFFF, b"sound %d" % n) for n in range(count)]


def red(sent: Sent, at: int, back: tuple[int, ...]) -> bytes:
    """The payload of the packet in place `at`, as the server repeats sound."""
    packets = [(n, timestamp, OPUS, payload) for n, (_, timestamp, payload) in enumerate(sent)]
    return redundant(packets[at], [packets[at - each] for each in back if at >= each], OPUS)


@pytest.mark.parametrize("ticks", [960, 2880])
def test_what_is_lost_comes_with_the_next_packet(ticks: int) -> None:
    sent, heard = stream(12, ticks), []
    restorer = Restorer()
    for at, (sequence, timestamp, _) in enumerate(sent):
        if at not in (3, 7, 9):
            heard += restorer.red(sequence, timestamp, red(sent, at, (1,)))
    assert heard == [Sound(*packet) for packet in sent]


@given(st.sets(st.integers(2, 25), max_size=12), st.sampled_from(BACK[1:]))
def test_everything_that_came_in_any_packet_is_heard_once(lost: set[int], back: tuple[int, ...]) -> None:
    sent, heard = stream(30, 960), []
    restorer = Restorer()
    for at, (sequence, timestamp, _) in enumerate(sent):
        if at not in lost:
            heard += restorer.red(sequence, timestamp, red(sent, at, back))
    carried = {at - each for at in set(range(30)) - lost for each in (0, *back) if at >= each}
    assert sorted(heard, key=lambda sound: int(sound.payload[6:])) == [Sound(*sent[at]) for at in sorted(carried)]


def test_repeating_may_begin_and_end_at_any_time() -> None:
    sent, heard = stream(9, 960), []
    restorer = Restorer()
    for at, (sequence, timestamp, payload) in enumerate(sent):
        if at in (3, 4, 5):
            heard += restorer.red(sequence, timestamp, red(sent, at, (1,)))
        elif at != 2:
            heard += restorer.plain(sequence, timestamp, payload)
    assert heard == [Sound(*packet) for packet in sent]


def test_what_comes_twice_is_heard_once() -> None:
    (sequence, timestamp, payload), restorer = stream(1, 960)[0], Restorer()
    assert restorer.plain(sequence, timestamp, payload) == [Sound(sequence, timestamp, payload)]
    assert restorer.plain(sequence, timestamp, payload) == []


@given(st.binary(max_size=40))
def test_nonsense_is_no_sound(payload: bytes) -> None:
    for block in blocks(payload):
        assert block.payload in payload
    Restorer().red(1, 1, payload)


async def test_our_offer_takes_redundant_sound_and_sends_none() -> None:
    peer = Peer(1)
    try:
        offer = parse_offer(await peer.offer())
    finally:
        await peer.close()
    for line in offer.lines:
        taken = {each.codec: each.pt for each in line.codecs}
        assert taken.get(Codec.RED) == (RED_TYPE if line.direction == "recvonly" and Codec.OPUS in taken else None)
