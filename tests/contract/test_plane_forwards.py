"""What every media plane must do with packets: forward, become ready, switch, tell layers apart."""

from __future__ import annotations

import itertools

import pytest

from server.media import rtcp
from server.media.payload import vp8_numbers
from server.media.plane import EventKind
from tests.contract.plane_world import (
    H264,
    MID,
    MS,
    OPUS,
    OTHER_H264,
    OTHER_OPUS,
    OTHER_VP8,
    RID,
    RRID,
    SECOND,
    SEND_TIME,
    VP8,
    Rtp,
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


# --- ids and flows ---


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


# --- forwarding ---


def test_sound_leaves_with_the_receivers_ssrc_type_and_extension_and_numbers_in_a_row(world: World) -> None:
    sender, receiver = world.end(), world.end()
    source, route = sender.source(OPUS, ssrc=7), receiver.route(OTHER_OPUS, ssrc=70)
    world.plane.switch_route(route, source)
    for n in range(5):
        sender.send(Rtp(111, n == 0, 65_533 + n & 0xFFFF, 960 * n, 7, b"voice%d" % n, {SEND_TIME: b"abc", 1: b"\x20"}))
        world.pass_time(20 * MS)
    got = receiver.received()
    assert [packet.payload for packet in got] == [b"voice%d" % n for n in range(5)]
    assert {(packet.ssrc, packet.pt) for packet in got} == {(70, 63)}
    assert [packet.marker for packet in got] == [True, False, False, False, False]
    assert in_a_row(got)
    assert got[0].sequence < 0x8000
    assert [packet.timestamp - got[0].timestamp & 0xFFFFFFFF for packet in got] == [960 * n for n in range(5)]
    assert all(list(packet.extensions) == [3] and len(packet.extensions[3]) == 3 for packet in got)


def test_a_route_without_the_send_time_extension_carries_none(world: World) -> None:
    sender, receiver = world.end(), world.end()
    source, route = sender.source(OPUS, ssrc=7), receiver.route(OTHER_OPUS, ssrc=70, extension=None)
    world.plane.switch_route(route, source)
    sender.send(opus(1, 0, 7))
    (got,) = receiver.received()
    assert got.extensions == {}
    assert got.payload == opus(1, 0, 7).payload


def test_video_starts_at_a_keyframe(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7), h264(2, 3000, 7))
    assert receiver.received() == []
    sender.send(h264(3, 6000, 7, key=True), h264(4, 9000, 7))
    got = receiver.received()
    assert [int.from_bytes(packet.payload[-4:], "big") for packet in got] == [3, 4]
    assert world.of_kind(EventKind.ROUTE_STARTED) == [{"route": route, "source": source}]


def test_a_whole_read_leaves_as_one_run_padded_to_equal_length(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    world.wire.runs.clear()
    sender.send_together(*(h264(n, 0, 7, key=n == 0, size=1100 + n % 2) for n in range(10)))
    assert [size // datagram for size, datagram in world.wire.runs] == [10]
    got = receiver.received()
    assert [packet.payload for packet in got] == [
        h264(n, 0, 7, key=n == 0, size=1100 + n % 2).payload for n in range(10)
    ]


def test_packets_of_very_different_length_arrive_unpadded_and_whole(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sent = [h264(n, 0, 7, key=n == 0, size=size) for n, size in enumerate((900, 0, 1100, 30, 1100, 1099, 10))]
    sender.send_together(*sent)
    got = receiver.received()
    assert [packet.payload for packet in got] == [packet.payload for packet in sent]
    assert in_a_row(got)


def test_padding_is_taken_off_and_padding_only_packets_leave_empty(world: World) -> None:
    sender, receiver = world.end(), world.end()
    source, route = sender.source(OPUS, ssrc=7), receiver.route(OTHER_OPUS, ssrc=70)
    world.plane.switch_route(route, source)
    for n, body in enumerate((b"voice" + b"\x00\x00\x03", bytes(9) + b"\x0a")):
        data = bytes((0xA0, 111)) + n.to_bytes(2, "big") + bytes(4) + (7).to_bytes(4, "big") + body
        world.plane.inject(sender.flow, sender._out.protect(data))
    assert [packet.payload for packet in receiver.received()] == [b"voice", b""]


def test_a_codec_the_receiver_has_not_is_dropped_and_counted(world: World) -> None:
    sender, receiver = world.end(), world.end()
    source, route = sender.source(H264, VP8, ssrc=7), receiver.route(OTHER_H264, ssrc=70)
    world.plane.switch_route(route, source)
    sender.send(vp8(1, 0, 7, 1, 1, key=True))
    assert receiver.received() == []
    assert world.plane.stats().dropped == {"codec": 1}


def test_bye_does_not_end_anything(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    sender.send_rtcp(b"\x81\xcb\x00\x01" + (7).to_bytes(4, "big"))
    sender.send(h264(2, 3000, 7))
    assert len(receiver.received()) == 2


# --- readiness ---


def test_nothing_leaves_before_the_receiver_is_ready_and_the_route_starts_by_itself_then(world: World) -> None:
    sender, receiver = world.end(), world.end(ready=False)
    source, route = sender.source(H264, ssrc=7), receiver.route(OTHER_H264, ssrc=70)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    world.pass_time(2 * SECOND)
    assert sender.heard(rtcp.KeyframeWanted) == []
    receiver.become_ready()
    assert sender.heard(rtcp.KeyframeWanted) == [rtcp.KeyframeWanted(7)]
    sender.send(h264(2, 3000, 7), h264(3, 6000, 7, key=True))
    assert [int.from_bytes(packet.payload[-4:], "big") for packet in receiver.received()] == [3]


def test_a_keyframe_is_asked_only_once_the_source_flows(world: World) -> None:
    sender, source, _, route = video_call(world)
    world.plane.switch_route(route, source)
    world.pass_time(3 * SECOND)
    assert sender.heard(rtcp.KeyframeWanted) == []
    sender.send(h264(1, 0, 7))
    assert sender.heard(rtcp.KeyframeWanted) == [rtcp.KeyframeWanted(7)]


def test_a_keyframe_that_does_not_come_is_asked_again_after_a_third_of_a_second(world: World) -> None:
    sender, source, _, route = video_call(world)
    world.plane.switch_route(route, source)
    for n in range(100):
        sender.send(h264(n, 900 * n, 7))
        world.pass_time(20 * MS)
    assert 5 <= len(sender.heard(rtcp.KeyframeWanted)) <= 6


def test_no_keyframe_is_asked_once_the_one_that_was_waited_for_is_there(world: World) -> None:
    sender, source, _, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7))
    world.pass_time(200 * MS)
    sender.send(h264(2, 0, 7, key=True))
    assert len(sender.heard(rtcp.KeyframeWanted)) == 1
    for n in range(100):
        sender.send(h264(3 + n, 3000 * n, 7))
        world.pass_time(33 * MS)
    assert sender.heard(rtcp.KeyframeWanted) == []


def test_many_joins_at_once_ask_for_one_keyframe(world: World) -> None:
    sender, source, _, _ = video_call(world)
    sender.send(h264(1, 0, 7))
    for n in range(10):
        world.plane.switch_route(world.end().route(OTHER_H264, ssrc=100 + n), source)
    assert sender.heard(rtcp.KeyframeWanted) == [rtcp.KeyframeWanted(7)]


# --- switching ---


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


# --- simulcast and learning ---


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
