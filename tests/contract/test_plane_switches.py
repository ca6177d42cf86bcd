"""What every media plane must do when a route shows another layer, another track, or nothing."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from server.media.payload import vp8_numbers
from tests.contract.plane_world import (
    H264,
    MS,
    OPUS,
    OTHER_H264,
    OTHER_OPUS,
    OTHER_VP8,
    VP8,
    World,
    h264,
    in_a_row,
    opus,
    video_call,
    vp8,
)


@pytest.fixture
def world() -> World:
    return World()


def test_a_layer_switch_keeps_the_old_layer_until_the_new_ones_keyframe(world: World) -> None:
    sender, receiver = world.end(), world.end()
    low, high = (sender.source(H264, ssrc=ssrc, mid="3", rid=rid) for ssrc, rid in ((7, "q"), (9, "f")))
    route = receiver.route(OTHER_H264, ssrc=70)
    world.plane.switch_route(route, low)
    sender.send(h264(1, 0, 7, key=True))
    world.plane.switch_route(route, high)
    for n in range(200):
        world.pass_time(33 * MS)
        sender.send(h264(2 + n, 3000 * n + 3000, 7), h264(500 + n, 50_000 + 3000 * n, 9))
    sender.send(h264(700, 50_000 + 600_000, 9, key=True), h264(202, 603_000, 7), h264(701, 50_000 + 603_000, 9))
    got = receiver.received()
    numbers = [int.from_bytes(packet.payload[-4:], "big") for packet in got]
    assert numbers == [1, *range(2, 202), 700, 701]
    assert in_a_row(got)
    steps = [b.timestamp - a.timestamp & 0xFFFFFFFF for a, b in itertools.pairwise(got)]
    assert all(0 < step < 9_000 for step in steps)


def test_another_tracks_picture_stays_a_second_at_most(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    other = world.end().source(H264, ssrc=7)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    world.plane.switch_route(route, other)
    receiver.received()
    for n in range(100):
        sender.send(h264(2 + n, 3000 * n, 7))
        world.pass_time(33 * MS)
    assert 28 <= len(receiver.received()) <= 36


def test_emptying_a_route_stops_it_at_once(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    world.plane.switch_route(route, None)
    sender.send(h264(2, 3000, 7, key=True))
    assert len(receiver.received()) == 1


def test_sound_switches_at_once_without_a_hole_in_the_numbers(world: World) -> None:
    one, two, receiver = world.end(), world.end(), world.end()
    first, second = one.source(OPUS, ssrc=7), two.source(OPUS, ssrc=7)
    route = receiver.route(OTHER_OPUS, ssrc=70)
    world.plane.switch_route(route, first)
    one.send(opus(10, 0, 7), opus(11, 960, 7))
    world.pass_time(40 * MS)
    world.plane.switch_route(route, second)
    one.send(opus(12, 1920, 7))
    two.send(opus(60_000, 4_000_000_000, 7))
    got = receiver.received()
    assert [int.from_bytes(packet.payload[1:5], "big") for packet in got] == [10, 11, 60_000]
    assert in_a_row(got)
    assert 480 <= got[2].timestamp - got[1].timestamp & 0xFFFFFFFF <= 4800


def test_numbers_go_on_in_a_row_after_a_switch_that_follows_a_late_packet(world: World) -> None:
    one, two, receiver = world.end(), world.end(), world.end()
    first, second = one.source(OPUS, ssrc=7), two.source(OPUS, ssrc=7)
    route = receiver.route(OTHER_OPUS, ssrc=70)
    world.plane.switch_route(route, first)
    one.send(opus(1, 0, 7))
    one.send_together(opus(3, 1920, 7), opus(2, 960, 7))
    world.plane.switch_route(route, second)
    two.send(opus(9, 0, 7))
    got = receiver.received()
    assert [packet.sequence - got[0].sequence & 0xFFFF for packet in got] == [0, 2, 1, 3]


def test_switching_back_before_the_new_source_started_keeps_the_old_one(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    other = sender.source(H264, ssrc=17, mid="4")
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    world.plane.switch_route(route, other)
    world.plane.switch_route(route, source)
    sender.send(h264(2, 0, 7), h264(1, 0, 17, key=True))
    assert [int.from_bytes(packet.payload[-4:], "big") for packet in receiver.received()] == [1, 2]


def test_closing_a_peer_empties_the_routes_that_showed_it(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    world.plane.close_peer(sender.peer)
    assert sender.flow in world.wire.forgotten
    again = world.end()
    fresh = again.source(H264, ssrc=7)
    world.plane.switch_route(route, fresh)
    again.send(h264(40_000, 77, 7, key=True))
    assert in_a_row(receiver.received())


@pytest.mark.parametrize("codec", [(H264, OTHER_H264, h264), (OPUS, OTHER_OPUS, opus)], ids=["video", "sound"])
def test_what_a_route_waits_for_it_still_waits_for_when_the_peer_it_shows_is_closed(world: World, codec: Any) -> None:
    there, here, packet = codec
    sender, again, receiver = world.end(), world.end(), world.end()
    route = receiver.route(here, ssrc=70)
    world.plane.switch_route(route, sender.source(there, ssrc=7))
    sender.send(packet(1, 0, 7, **({"key": True} if packet is h264 else {})))
    world.plane.switch_route(route, again.source(there, ssrc=17))
    world.plane.close_peer(sender.peer)
    again.send(packet(40_000, 77, 17, **({"key": True} if packet is h264 else {})))
    got = receiver.received()
    assert len(got) == 2
    assert in_a_row(got)


def test_a_closed_peer_is_waited_for_no_more_and_what_is_shown_goes_on(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    gone = world.end()
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    world.plane.switch_route(route, gone.source(H264, ssrc=17))
    world.plane.close_peer(gone.peer)
    sender.send(h264(2, 3000, 7))
    world.pass_time(2_000 * MS)
    sender.send(h264(3, 6000, 7))
    assert len(receiver.received()) == 3


def test_vp8_numbers_run_on_across_every_switch(world: World) -> None:
    sender, receiver = world.end(), world.end()
    low, high = (sender.source(VP8, ssrc=ssrc, mid="3", rid=rid) for ssrc, rid in ((7, "q"), (9, "f")))
    route = receiver.route(OTHER_VP8, ssrc=70)
    pictures, levels = [], []
    for n in range(6):
        world.plane.switch_route(route, high if n % 2 else low)
        ssrc, start = (9, 300) if n % 2 else (7, 32_765)
        for step in range(3):
            at = 10 * n + step
            world.pass_time(33 * MS)
            sender.send(vp8(at, 3000 * at, ssrc, start + at, 250 - 40 * n + step, key=step == 0))
        for packet in receiver.received():
            picture, tl0 = vp8_numbers(packet.payload)
            pictures.append(picture)
            levels.append(tl0)
    assert all((b - a) & 0x7FFF == 1 for a, b in itertools.pairwise(pictures))
    assert all((b - a) & 0xFF == 1 for a, b in itertools.pairwise(levels))


def test_a_publisher_that_changes_codec_goes_on_at_the_new_codecs_keyframe(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True), vp8(2, 3000, 7, 5, 5), vp8(3, 6000, 7, 6, 6, key=True), h264(4, 9000, 7))
    sender.send(h264(5, 12_000, 7, key=True))
    got = receiver.received()
    assert [packet.pt for packet in got] == [35, 120, 35]
    assert in_a_row(got)
