"""What every media plane must do with packets: forward them, once the receiver is ready."""

from __future__ import annotations

import pytest

from server.media import rtcp
from server.media.plane import EventKind
from tests.contract.plane_world import (
    H264,
    MS,
    OPUS,
    OTHER_H264,
    OTHER_OPUS,
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
