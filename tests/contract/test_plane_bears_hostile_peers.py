"""A peer that floods, lies, or sends what it did not offer: bounded, told of by reason, and nobody else's business."""

from __future__ import annotations

import pytest

from server.media import rtcp
from server.media.peer import DTLS_PER_S, MAX_SSRCS, MOST_REPAIR_BYTES
from server.media.plane import EventKind
from tests.contract.plane_world import H264, MS, OTHER_H264, SECOND, End, Rtp, World, h264, in_a_row, video_call

FLOOD = 5_000
ALLOWED = 1_000


@pytest.fixture
def world() -> World:
    return World()


def other_call(world: World) -> tuple[End, End]:
    """Another room's sender and receiver, on the same plane."""
    sender, receiver = world.end(), world.end()
    source = sender.source(H264, ssrc=907, rtx_ssrc=908)
    world.plane.switch_route(receiver.route(OTHER_H264, ssrc=970, rtx_ssrc=980), source)
    sender.send(h264(0, 0, 907, key=True))
    return sender, receiver


def goes_on(world: World, sender: End, receiver: End) -> bool:
    """Whether ten pictures of the other room arrive, all and in order, and nothing was asked of its sender."""
    receiver.received()
    sender.heard(rtcp.KeyframeWanted)
    sender.send(*(h264(n, 3000 * n, 907) for n in range(1, 11)))
    got = receiver.received()
    return len(got) == 10 and in_a_row(got) and sender.heard(rtcp.KeyframeWanted) == []


def test_a_flood_of_nacks_is_answered_with_half_of_its_media_at_most(world: World) -> None:
    sender, source, _, _ = video_call(world)
    neighbours = other_call(world)
    flooder = world.end(max_pps=ALLOWED)
    world.plane.switch_route(flooder.route(OTHER_H264, ssrc=71, rtx_ssrc=81), source)
    sender.send(*(h264(n, 3000 * n, 7, key=n == 0, size=1000) for n in range(100)))
    media = flooder.received()
    numbers = [packet.sequence for packet in media]
    for _ in range(FLOOD):
        flooder.send_rtcp(rtcp.nack(1, 71, numbers))
    repaired = flooder.received()
    octets = sum(len(packet.payload) for packet in repaired)
    sent = world.plane.stats().peers[flooder.peer].bytes_out
    assert 0 < octets <= sent / 2 + MOST_REPAIR_BYTES
    assert world.plane.refused()[flooder.peer]["limit"] == FLOOD - ALLOWED
    assert sender.heard(rtcp.Nack) == []
    assert goes_on(world, *neighbours)


def test_a_flood_of_plis_reaches_the_publisher_twice_a_second_and_nobody_else(world: World) -> None:
    sender, source, _, _ = video_call(world)
    neighbours = other_call(world)
    flooder = world.end(max_pps=ALLOWED)
    world.plane.switch_route(flooder.route(OTHER_H264, ssrc=71, rtx_ssrc=81), source)
    sender.send(h264(1, 0, 7, key=True))
    world.pass_time(SECOND)
    sender.heard(rtcp.KeyframeWanted)
    for _ in range(100):
        for _ in range(FLOOD // 100):
            flooder.send_rtcp(rtcp.picture_loss(1, 71))
        world.pass_time(10 * MS)
    assert len(sender.heard(rtcp.KeyframeWanted)) == 2
    assert world.plane.refused()[flooder.peer]["limit"] > 0
    assert world.plane.refused()[flooder.peer]["request"] > FLOOD // 10, "in vain, which misconduct is told by"
    assert goes_on(world, *neighbours)


def test_a_receiver_that_lies_about_its_bandwidth_is_told_of_and_changes_nothing_for_others(world: World) -> None:
    sender, source, honest, route = video_call(world)
    liar = world.end()
    own = liar.route(OTHER_H264, ssrc=71, rtx_ssrc=81)
    for each in (route, own):
        world.plane.switch_route(each, source)
    for claimed in (0, 2**40):
        liar.send_rtcp(rtcp.estimate(1, claimed, [71]))
    assert {peer for kind, peer, _ in world.events if kind is EventKind.RECEIVER_ESTIMATE} == {liar.peer}
    sender.send(*(h264(n, 3000 * n, 7, key=n == 0) for n in range(10)))
    assert len(honest.received()) == 10
    world.pass_time(SECOND)
    assert sender.heard(rtcp.Estimate) == [], "a publisher is told what it may send by nobody who receives"


def test_a_payload_type_that_was_not_offered_is_dropped_and_the_stream_goes_on(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    neighbours = other_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True), *(h264(n, 3000 * n, 7, pt=45) for n in range(2, 202)), h264(202, 3000, 7))
    assert len(receiver.received()) == 2
    assert world.plane.refused()[sender.peer] == {"payload_type": 200}
    assert goes_on(world, *neighbours)


def test_a_sender_that_changes_its_ssrc_with_each_packet_gets_so_many_streams_and_no_more(world: World) -> None:
    sender, receiver = world.end(), world.end()
    neighbours = other_call(world)
    source = sender.source(H264, mid="3", rid="q")
    world.plane.switch_route(receiver.route(OTHER_H264, ssrc=70), source)
    for ssrc in range(1000, 1000 + FLOOD):
        packet = h264(1, 0, ssrc, key=True)
        sender.send(Rtp(*list(vars(packet).values())[:6], {4: b"3", 10: b"q"}))
    assert len(receiver.received()) <= MAX_SSRCS
    assert world.plane.refused()[sender.peer]["ssrc"] == FLOOD - MAX_SSRCS
    assert goes_on(world, *neighbours)


def test_a_peer_that_sends_more_than_it_may_takes_nothing_from_another_room(world: World) -> None:
    neighbours = other_call(world)
    flooder = world.end(max_pps=ALLOWED)
    flooder.source(H264, ssrc=7)
    flooder.send(*(h264(n, 0, 7) for n in range(FLOOD)))
    assert world.plane.refused() == {
        **{peer.peer: {} for peer in neighbours},
        flooder.peer: {"limit": FLOOD - ALLOWED},
    }
    assert goes_on(world, *neighbours)


def test_a_flood_of_dtls_is_looked_at_in_part_and_checks_and_media_go_on(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(0, 0, 7, key=True))
    world.control.clear()
    stun, dtls = bytes(20), bytes((23, 254, 253)) + bytes(20)
    for _ in range(FLOOD):
        world.plane.inject(sender.flow, dtls)
    assert len(world.control) == DTLS_PER_S
    assert world.plane.refused()[sender.peer] == {"dtls": FLOOD - DTLS_PER_S}
    world.plane.inject(sender.flow, stun)
    assert world.control[-1] == (sender.flow, stun), "checks are never among them: they keep the connection"
    sender.send(*(h264(n, 3000 * n, 7) for n in range(1, 11)))
    assert len(receiver.received()) == 11
    world.pass_time(SECOND)
    world.plane.inject(sender.flow, dtls)
    assert len(world.control) == DTLS_PER_S + 2
