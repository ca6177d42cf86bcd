"""What every media plane must know packets by: flows, ids, layers, and streams it was not told of."""

from __future__ import annotations

import pytest

from server.media.plane import EventKind
from tests.contract.plane_world import (
    H264,
    MID,
    OPUS,
    OTHER_H264,
    OTHER_OPUS,
    RID,
    RRID,
    Rtp,
    World,
    h264,
    in_a_row,
    opus,
)


@pytest.fixture
def world() -> World:
    return World()


def test_unknown_ids_raise_key_error(world: World) -> None:
    for call in (
        lambda: world.plane.switch_route(99, None),
        lambda: world.plane.request_keyframe(99),
        lambda: world.plane.tap(99, True),
        lambda: world.plane.close_peer(99),
        lambda: world.plane.bind_flow(1, 99),
        lambda: world.plane.cap_peer(99, 1),
        lambda: world.plane.remove_route(99),
    ):
        with pytest.raises(KeyError):
            call()


def test_packets_from_unbound_flows_are_dropped_and_counted(world: World) -> None:
    sender = world.end()
    sender.source(OPUS, ssrc=7)
    world.plane.inject(4242, sender.protect(opus(1, 0, 7)))
    assert world.plane.stats().dropped == {"unbound": 1}
    assert world.events == []


def test_stun_comes_up_from_any_flow_and_dtls_only_from_a_bound_one(world: World) -> None:
    sender = world.end()
    world.plane.inject(4242, b"\x00\x01" + bytes(18))
    world.plane.inject(4242, b"\x16\xfe\xfd" + bytes(20))
    world.plane.inject(sender.flow, b"\x16\xfe\xfd" + bytes(20))
    assert [(flow, data[0]) for flow, data in world.control] == [(4242, 0), (sender.flow, 0x16)]
    assert world.plane.stats().dropped == {"junk": 1}


def test_an_address_that_comes_back_with_another_peer_is_that_peers_alone(world: World) -> None:
    before, after, receiver = world.end(), world.end(ready=False), world.end()
    old, new = before.source(OPUS, ssrc=7), after.source(OPUS, ssrc=7)
    route = receiver.route(OTHER_OPUS, ssrc=70)
    after.flow = before.flow
    after.become_ready()
    world.plane.switch_route(route, old)
    before.send(opus(1, 0, 7))
    assert receiver.received() == []
    world.plane.close_peer(before.peer)
    world.plane.switch_route(route, new)
    after.send(opus(1, 0, 7))
    assert len(receiver.received()) == 1


def test_datagrams_too_short_or_too_long_are_dropped(world: World) -> None:
    sender = world.end()
    for data in (b"", b"\x80", bytes(12), b"\x80" + bytes(1500), b"\x80" + bytes(40_000)):
        world.plane.inject(sender.flow, data)
    assert world.plane.stats().dropped == {"size": 5}


def test_layers_are_told_apart_by_mid_and_rid(world: World) -> None:
    sender, receiver = world.end(), world.end()
    sources = {rid: sender.source(H264, mid="3", rid=rid) for rid in ("q", "h", "f")}
    other = sender.source(H264, mid="4", rid="q")
    routes = {}
    for at, (rid, source) in enumerate(sources.items()):
        routes[rid] = receiver.route(OTHER_H264, ssrc=70 + at)
        world.plane.switch_route(routes[rid], source)
    for at, rid in enumerate(("h", "f", "q")):
        marked = h264(at, 0, 900 + at, key=True)
        sender.send(Rtp(*list(vars(marked).values())[:6], {MID: b"3", RID: rid.encode()}))
        sender.send(h264(at + 1, 3000, 900 + at))
    assert [packet.ssrc for packet in receiver.received()] == [71, 71, 72, 72, 70, 70]
    assert {ints["source"] for ints in world.of_kind(EventKind.SOURCE_STARTED)} == set(sources.values())
    assert other not in {ints["source"] for ints in world.of_kind(EventKind.SOURCE_STARTED)}


def test_repairs_of_a_layer_are_found_by_its_repaired_rid(world: World) -> None:
    sender, receiver = world.end(), world.end()
    source, route = sender.source(H264, mid="3", rid="q"), receiver.route(OTHER_H264, ssrc=70)
    world.plane.switch_route(route, source)
    for n in (1, 3):
        packet = h264(n, 3000 * n, 900, key=n == 1)
        sender.send(Rtp(*list(vars(packet).values())[:6], {MID: b"3", RID: b"q"}))
    lost = h264(2, 6000, 900)
    body = (2).to_bytes(2, "big") + lost.payload
    sender.send(Rtp(109, True, 77, 6000, 901, body, {MID: b"3", RRID: b"q"}))
    assert [packet.payload for packet in receiver.received()][2:] == [lost.payload]


def test_an_unknown_ssrc_without_a_known_mid_is_dropped_and_streams_are_limited(world: World) -> None:
    sender = world.end()
    sender.source(H264, mid="3", rid="q")
    for ssrc in range(1000, 1200):
        sender.send(h264(1, 0, ssrc))
    dropped = world.plane.stats().dropped
    assert dropped["unknown"] <= 64
    assert dropped["unknown"] + dropped["ssrc"] == 200


def test_a_source_may_come_back_under_another_ssrc(world: World) -> None:
    sender, receiver = world.end(), world.end()
    source, route = sender.source(H264, mid="3", rid="q"), receiver.route(OTHER_H264, ssrc=70)
    world.plane.switch_route(route, source)
    for ssrc, first in ((900, 60_000), (901, 5)):
        for n in range(3):
            packet = h264(first + n, 3000 * n, ssrc, key=n == 0)
            sender.send(Rtp(*list(vars(packet).values())[:6], {MID: b"3", RID: b"q"}))
    got = receiver.received()
    assert len(got) == 6
    assert in_a_row(got)
