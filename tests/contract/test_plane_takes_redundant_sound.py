"""Sound that comes as RED (RFC 2198): what every media plane makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.red import redundant
from server.media.retransmit import Packet
from tests.contract.plane_world import OPUS, OTHER_OPUS, RED, End, Rtp, World

STEP = 960
SSRC = 5


@pytest.fixture
def world() -> World:
    return World()


def spoken(number: int) -> Packet:
    """Packet `number` of a voice, as it was before it was made RED."""
    return 65_500 + number, (STEP * number - 4 * STEP) & 0xFFFFFFFF, OPUS.pt, b"voice %d" % number


def plain(number: int) -> Rtp:
    index, timestamp, _, payload = spoken(number)
    return Rtp(OPUS.pt, False, index & 0xFFFF, timestamp, SSRC, payload)


def again(number: int, *before: int) -> Rtp:
    """Packet `number` with those so many steps before it."""
    index, timestamp, _, _ = spoken(number)
    payload = redundant(spoken(number), [spoken(number - one) for one in before], OPUS.pt)
    return Rtp(RED.pt, False, index & 0xFFFF, timestamp, SSRC, payload)


def call(world: World) -> tuple[End, End, int]:
    sender, receiver = world.end(), world.end()
    source, route = sender.source(OPUS, RED, ssrc=SSRC), receiver.route(OTHER_OPUS, ssrc=60)
    world.plane.switch_route(route, source)
    return sender, receiver, source


def heard(receiver: End) -> list[bytes]:
    packets = receiver.received()
    first = packets[0]
    for one in packets:
        assert one.timestamp - first.timestamp & 0xFFFFFFFF == STEP * (one.sequence - first.sequence & 0xFFFF)
    return [one.payload for one in packets]


def test_what_was_lost_is_taken_from_the_next_packet_and_sent_on_in_its_place(world: World) -> None:
    sender, receiver, _ = call(world)
    sender.send(again(1, 1), again(2, 1), again(4, 1), again(5, 1))
    assert heard(receiver) == [spoken(number)[3] for number in (1, 2, 3, 4, 5)]


def test_sound_may_turn_redundant_and_plain_again_without_a_new_start(world: World) -> None:
    sender, receiver, _ = call(world)
    sender.send(plain(1), again(2, 1), plain(3), again(4, 1))
    assert heard(receiver) == [spoken(number)[3] for number in (1, 2, 3, 4)]
    assert not world.plane.stats().dropped


def test_the_tap_gets_what_was_lost_as_well(world: World) -> None:
    sender, _, source = call(world)
    world.plane.tap(source, True)
    sender.send(plain(1), again(3, 1))
    world.pass_time(200_000_000)
    (batch,) = world.batches
    assert [(packet.codec, packet.rtp[12:]) for packet in batch] == [(OPUS.codec, spoken(n)[3]) for n in (1, 2, 3)]


def test_a_loss_that_was_mended_still_counts_as_one_of_the_line(world: World) -> None:
    sender, _, _ = call(world)
    sender.send(plain(1), again(3, 1), plain(5))
    assert world.plane.stats().peers[sender.peer].lost_in == 2


def test_what_comes_late_after_it_was_found_again_is_dropped(world: World) -> None:
    sender, receiver, _ = call(world)
    sender.send(plain(1), again(3, 1), plain(2))
    assert heard(receiver) == [spoken(number)[3] for number in (1, 2, 3)]
    assert world.plane.stats().dropped == {"stale": 1}


@given(lost=st.sets(st.integers(2, 38)), depths=st.sampled_from([(1,), (2, 1), (4, 2)]))
def test_every_packet_that_a_later_one_carries_comes_out_once(lost: set[int], depths: tuple[int, ...]) -> None:
    world = World()
    sender, receiver, _ = call(world)
    sent = [number for number in range(1, 40) if number not in lost]
    sender.send(*(again(number, *(one for one in depths if one < number)) for number in sent))
    came = heard(receiver)
    assert len(came) == len(set(came))
    for number in range(1, 40):
        after = next(one for one in sent if one >= number)  # later ones come when that gap is past
        carried = number in sent or after - number in depths
        assert (spoken(number)[3] in came) == carried


@given(payload=st.binary(max_size=60))
def test_red_that_is_none_is_dropped_and_the_voice_goes_on(payload: bytes) -> None:
    world = World()
    sender, receiver, _ = call(world)
    index, timestamp, _, _ = spoken(2)
    sender.send(plain(1), Rtp(RED.pt, False, index & 0xFFFF, timestamp, SSRC, payload), plain(3))
    came = [packet.payload for packet in receiver.received()]
    assert (came[0], came[-1]) == (spoken(1)[3], spoken(3)[3])
