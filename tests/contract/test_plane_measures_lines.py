"""Transport-wide numbers, padding, and redundant sound: what every media plane does for weak lines."""

from __future__ import annotations

import pytest

from server.media import rtcp
from server.media.peer import MOST_REPAIR_BYTES
from server.media.plane import EventKind
from server.media.rtcp import TICK_US
from tests.contract.plane_world import (
    H264,
    MS,
    OPUS,
    OTHER_H264,
    OTHER_OPUS,
    RED,
    SECOND,
    End,
    Rtp,
    World,
    h264,
    opus,
)

NUMBER = 5


@pytest.fixture
def world() -> World:
    return World()


def numbers(packets: list[Rtp]) -> list[int]:
    return [int.from_bytes(packet.extensions[NUMBER], "big") for packet in packets]


def call(world: World) -> tuple[End, End, int, int]:
    """A publisher's sound and picture on a receiver that tells of every packet."""
    sender, receiver = world.end(), world.end()
    sound, picture = sender.source(OPUS, ssrc=5, mid="0"), sender.source(H264, ssrc=7, rtx_ssrc=8, mid="3")
    heard = receiver.route(OTHER_OPUS, RED, ssrc=60, numbered=NUMBER)
    seen = receiver.route(OTHER_H264, ssrc=70, rtx_ssrc=80, numbered=NUMBER)
    world.plane.switch_route(heard, sound)
    world.plane.switch_route(seen, picture)
    return sender, receiver, heard, seen


def told(first: int, ticks: list[int]) -> bytes:
    """A feedback on packets of which all came, one small delta each (draft-holmer, section 3.1)."""
    body = bytes(8) + first.to_bytes(2, "big") + len(ticks).to_bytes(2, "big") + bytes(4)
    body += (0x2000 | len(ticks)).to_bytes(2, "big") + bytes(ticks)
    body += bytes(-len(body) % 4)
    return bytes((0x8F, 205)) + (len(body) // 4).to_bytes(2, "big") + body


def told_of(first: int, came: list[bool]) -> bytes:
    """A feedback on at most seven packets, some of which have not come."""
    body = bytes(8) + first.to_bytes(2, "big") + len(came).to_bytes(2, "big") + bytes(4)
    body += (0xC000 | sum(int(one) << 12 - 2 * at for at, one in enumerate(came))).to_bytes(2, "big") + bytes(sum(came))
    body += bytes(-len(body) % 4)
    return bytes((0x8F, 205)) + (len(body) // 4).to_bytes(2, "big") + body


def repaired(receiver: End) -> list[int]:
    """Which packets of its picture have come again."""
    return [int.from_bytes(one.payload[:2], "big") for one in receiver.received() if one.ssrc == 80]


def test_all_that_leaves_for_a_receiver_is_numbered_in_one_row(world: World) -> None:
    sender, receiver, _, _ = call(world)
    for n in range(10):
        sender.send(opus(n, 960 * n, 5), h264(n, 3000 * n, 7, key=n == 0))
    packets = receiver.received()
    assert numbers(packets) == list(range(20))
    assert {packet.ssrc for packet in packets} == {60, 70}


def test_repairs_are_numbered_too(world: World) -> None:
    sender, receiver, _, _ = call(world)
    sender.send(*(h264(n, 3000 * n, 7, key=n == 0) for n in range(5)))
    first = receiver.received()
    receiver.send_rtcp(rtcp.nack(1, 70, [first[2].sequence]))
    (again,) = receiver.received()
    assert (again.ssrc, numbers([again])) == (80, [5])


def test_what_a_receiver_tells_of_every_packet_is_told(world: World) -> None:
    sender, receiver, _, _ = call(world)
    sender.send(*(opus(n, 960 * n, 5) for n in range(4)))
    sizes = [len(data) for data in world.wire.sent[receiver.flow]]
    receiver.send_rtcp(told(0, [10, 1, 1, 1]))
    (event,) = world.of_kind(EventKind.TRANSPORT_FEEDBACK)
    assert (event["received"], event["missing"]) == (4, 0)
    assert event["sent_octets"] == sum(sizes)
    assert (event["octets"], event["span_us"]) == (sum(sizes[1:]), 3 * TICK_US)
    assert event["least_delay_us"] == 10 * TICK_US - world.now_ns // 1000


def test_what_left_and_is_not_told_of_yet_is_known_by_its_age(world: World) -> None:
    sender, receiver, _, _ = call(world)
    assert world.plane.untold_ns(receiver.peer) == 0
    sender.send(opus(0, 0, 5))
    world.pass_time(300 * MS)
    sender.send(opus(1, 960, 5))
    assert world.plane.untold_ns(receiver.peer) >= 300 * MS
    receiver.send_rtcp(told(0, [10, 1]))
    assert world.plane.untold_ns(receiver.peer) == 0


def test_the_bytes_of_a_source_and_to_a_peer_are_counted(world: World) -> None:
    sender, receiver = world.end(), world.end()
    sound = sender.source(OPUS, ssrc=5, mid="0")
    world.plane.switch_route(receiver.route(OTHER_OPUS, ssrc=60), sound)
    packets = [opus(n, 960 * n, 5) for n in range(3)]
    sender.send(*packets)
    assert world.plane.source_octets(sound) == sum(len(packet.payload) for packet in packets)
    assert world.plane.bytes_out(receiver.peer) == sum(len(data) for data in world.wire.sent[receiver.flow])


def test_a_probe_fills_up_to_its_rate_for_its_time_and_receivers_throw_it_away(world: World) -> None:
    sender, receiver, _, _ = call(world)
    sender.send(h264(0, 0, 7, key=True))
    receiver.received()
    receiver_peer = receiver.peer
    world.plane.probe(receiver_peer, 400_000, 500)
    for n in range(1, 26):
        sender.send(h264(n, 1800 * n, 7, size=300))
        world.pass_time(20 * MS)
    packets = receiver.received()
    padding = [packet for packet in packets if packet.ssrc == 80]
    assert {len(packet.payload) for packet in padding} == {0}
    sent_bps = (len(padding) * 275 + 25 * 320) * 8 / 0.5
    assert 380_000 < sent_bps < 420_000
    world.pass_time(SECOND)
    assert not [packet for packet in receiver.received() if packet.ssrc == 80]


def test_a_probe_that_is_ended_stops_and_a_peer_that_left_takes_its_probe_along(world: World) -> None:
    sender, receiver, _, _ = call(world)
    sender.send(h264(0, 0, 7, key=True))
    world.plane.probe(receiver.peer, 400_000, 500)
    world.pass_time(60 * MS)
    world.plane.probe(receiver.peer, 0, 0)
    receiver.received()
    world.pass_time(SECOND)
    assert not [packet for packet in receiver.received() if packet.ssrc == 80]
    world.plane.probe(receiver.peer, 400_000, 500)
    world.plane.close_peer(receiver.peer)
    world.pass_time(SECOND)


def test_what_feedback_tells_is_missing_of_a_picture_need_not_be_asked_for(world: World) -> None:
    sender, receiver, _, seen = call(world)
    world.plane.repeat(seen, 1)
    for n in range(6):
        sender.send(opus(n, 960 * n, 5), h264(n, 3000 * n, 7, key=n == 0))
    first = receiver.received()
    assert [packet.ssrc for packet in first[2:6]] == [60, 70, 60, 70]
    receiver.send_rtcp(told_of(0, [True, True, False, False, True, True]))
    assert repaired(receiver) == [], "two may have overtaken it"
    receiver.send_rtcp(told_of(6, [True]))
    assert repaired(receiver) == [first[3].sequence], "of the sound that is missing there is another copy"
    receiver.send_rtcp(told_of(7, [True, True, False, True, True]))
    world.pass_time(SECOND)
    assert repaired(receiver) == [], "each is told of once"
    receiver.send_rtcp(rtcp.nack(1, 70, [first[9].sequence]))
    assert repaired(receiver) == [first[9].sequence], "once more: the repair may be lost as well"


def test_where_a_line_loses_nothing_at_random_feedback_repairs_nothing(world: World) -> None:
    sender, receiver, _, _ = call(world)
    sender.send(*(h264(n, 3000 * n, 7, key=n == 0) for n in range(5)))
    receiver.received()
    receiver.send_rtcp(told_of(0, [False, True, True, True, True]))
    assert repaired(receiver) == []


def test_who_tells_that_nearly_all_is_missing_is_sent_half_of_it_again_at_most(world: World) -> None:
    sender, receiver, _, seen = call(world)
    world.plane.repeat(seen, 1)
    sender.send(*(h264(n, 3000 * n, 7, key=n == 0, size=1000) for n in range(700)))
    receiver.received()
    for n in range(0, 700, 7):
        receiver.send_rtcp(told_of(n, [False] * 6 + [True]))
    again = [len(one.payload) for one in receiver.received() if one.ssrc == 80]
    assert 0 < sum(again) <= world.plane.stats().peers[receiver.peer].bytes_out / 2 + MOST_REPAIR_BYTES


def test_a_route_that_is_gone_repairs_nothing_more(world: World) -> None:
    sender, receiver, _, seen = call(world)
    world.plane.repeat(seen, 1)
    sender.send(*(h264(n, 3000 * n, 7, key=n == 0) for n in range(5)))
    first = receiver.received()
    receiver.send_rtcp(rtcp.nack(1, 70, [first[2].sequence]))
    receiver.received()
    world.plane.remove_route(seen)
    receiver.send_rtcp(told_of(0, [False, True, True, True, True]))
    world.pass_time(SECOND)
    assert repaired(receiver) == []


def test_sound_is_repeated_in_later_packets_where_asked(world: World) -> None:
    sender, receiver, heard, _ = call(world)
    sender.send(opus(0, 0, 5))
    world.plane.repeat(heard, 1)
    sender.send(*(opus(n, 960 * n, 5) for n in range(1, 4)))
    world.plane.repeat(heard, 2)
    sender.send(opus(4, 3840, 5))
    world.plane.repeat(heard, 0)
    sender.send(opus(5, 4800, 5))
    packets = receiver.received()
    assert [packet.pt for packet in packets] == [63, 64, 64, 64, 64, 63]
    plain = [opus(n, 0, 5).payload for n in range(5)]
    assert packets[3].payload.endswith(b"\x3f" + plain[2] + plain[3])
    assert packets[4].payload.endswith(b"\x3f" + plain[0] + plain[2] + plain[4])
    assert [packet.sequence - packets[0].sequence & 0xFFFF for packet in packets] == list(range(6))


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
def test_up_to_four_packets_of_sound_lost_in_a_row_come_again(world: World, lost: int) -> None:
    sender, receiver, heard, _ = call(world)
    world.plane.repeat(heard, 2)
    sender.send(*(opus(n, 960 * n, 5) for n in range(20)))
    packets = receiver.received()
    plain = [opus(n, 0, 5).payload for n in range(20)]
    came = b"".join(packet.payload for at, packet in enumerate(packets) if not 8 <= at < 8 + lost)
    assert all(payload in came for payload in plain)


def test_sound_from_before_a_switch_is_not_repeated_after_it(world: World) -> None:
    _, receiver, heard, _ = call(world)
    other = world.end()
    second = other.source(OPUS, ssrc=9, mid="0")
    other.send(opus(0, 0, 9), opus(1, 960, 9))
    world.plane.repeat(heard, 2)
    world.plane.switch_route(heard, second)
    other.send(opus(2, 1920, 9))
    (packet,) = receiver.received()
    assert packet.payload == b"\x3f" + opus(2, 0, 9).payload


def test_a_receiver_without_red_gets_plain_sound(world: World) -> None:
    sender, receiver = world.end(), world.end()
    source, route = sender.source(OPUS, ssrc=5), receiver.route(OTHER_OPUS, ssrc=60)
    world.plane.switch_route(route, source)
    world.plane.repeat(route, 2)
    sender.send(opus(0, 0, 5), opus(1, 960, 5))
    assert [packet.payload for packet in receiver.received()] == [opus(0, 0, 5).payload, opus(1, 0, 5).payload]


def test_a_voice_goes_on_until_its_low_speech_begins_and_another_stops_at_once(world: World) -> None:
    sender, receiver = world.end(), world.end()
    sound, low = sender.source(OPUS, ssrc=5, mid="0"), sender.source(OPUS, ssrc=6, mid="1")
    route = receiver.route(OTHER_OPUS, ssrc=60)
    world.plane.switch_route(route, sound)
    sender.send(opus(0, 0, 5))
    world.plane.switch_route(route, low)
    sender.send(opus(1, 960, 5), opus(0, 0, 6), opus(2, 1920, 5), opus(1, 2880, 6))
    packets = receiver.received()
    assert [packet.payload for packet in packets] == [opus(n, 0, 0).payload for n in (0, 1, 0, 1)]
    assert [packet.sequence - packets[0].sequence & 0xFFFF for packet in packets] == [0, 1, 2, 3]
    other = world.end()
    world.plane.switch_route(route, other.source(OPUS, ssrc=9, mid="0"))
    sender.send(opus(2, 5760, 6))
    assert receiver.received() == []
