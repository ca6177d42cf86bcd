"""What every media plane must do beside forwarding: repair losses, report, tap, bound what comes in."""

from __future__ import annotations

import pytest

from server.media import rtcp
from server.media.plane import Codec, EventKind
from server.media.timeline import ns_from_ntp
from tests.contract.plane_world import (
    H264,
    MS,
    OPUS,
    OTHER_H264,
    OTHER_OPUS,
    OTHER_VP8,
    SECOND,
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


# --- loss ---


def test_a_lost_packet_is_sent_again_by_rtx_as_it_left_the_first_time(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(*(h264(n, 3000 * n, 7, key=n == 0) for n in range(10)))
    first = receiver.received()
    receiver.send_rtcp(rtcp.nack(1, 70, [first[3].sequence, first[5].sequence]))
    repairs = receiver.received()
    assert [(packet.ssrc, packet.pt) for packet in repairs] == [(80, 36), (80, 36)]
    assert [int.from_bytes(packet.payload[:2], "big") for packet in repairs] == [first[3].sequence, first[5].sequence]
    assert [packet.payload[2:] for packet in repairs] == [first[3].payload, first[5].payload]
    assert [packet.timestamp for packet in repairs] == [first[3].timestamp, first[5].timestamp]
    assert in_a_row(repairs)


def test_rtx_across_a_switch_repeats_what_each_epoch_sent(world: World) -> None:
    sender, receiver = world.end(), world.end()
    low, high = (sender.source(VP8, ssrc=ssrc, mid="3", rid=rid) for ssrc, rid in ((7, "q"), (9, "f")))
    route = receiver.route(OTHER_VP8, ssrc=70, rtx_ssrc=80)
    for n, (source, ssrc) in enumerate(((low, 7), (high, 9), (low, 7))):
        world.plane.switch_route(route, source)
        for step in range(3):
            at = 10 * n + step
            sender.send(vp8(at, 3000 * at, ssrc, 100 * ssrc + at, 20 * ssrc + at, key=step == 0))
        world.pass_time(100 * MS)
    first = {packet.sequence: packet for packet in receiver.received()}
    assert len(first) == 9
    receiver.send_rtcp(rtcp.nack(1, 70, sorted(first)))
    repairs = receiver.received()
    assert len(repairs) == 9
    for repair in repairs:
        lost = first[int.from_bytes(repair.payload[:2], "big")]
        assert (repair.payload[2:], repair.timestamp) == (lost.payload, lost.timestamp)


def test_nothing_is_repeated_of_what_was_shown_before_the_slot_was_emptied(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(*(h264(n, 3000 * n, 7, key=n == 0) for n in range(3)))
    before = receiver.received()
    world.plane.switch_route(route, None)
    receiver.send_rtcp(rtcp.nack(1, 70, [before[1].sequence]))
    world.plane.switch_route(route, source)
    sender.send(h264(3, 9000, 7, key=True), h264(4, 12_000, 7))
    after = receiver.received()
    assert len(after) == 2
    receiver.send_rtcp(rtcp.nack(1, 70, [before[2].sequence, after[1].sequence]))
    (repair,) = receiver.received()
    assert int.from_bytes(repair.payload[:2], "big") == after[1].sequence


def test_the_start_of_what_is_shown_can_be_sent_again_unasked(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.repeat_start(route)
    assert receiver.received() == []
    world.plane.switch_route(route, source)
    sender.send(*(h264(n, 3000 * n, 7, key=n % 20 == 0) for n in range(40)))
    world.plane.switch_route(route, None)
    world.plane.switch_route(route, source)
    receiver.received()
    sender.send(*(h264(n, 3000 * n, 7, key=n == 41) for n in range(40, 60)))
    shown = receiver.received()
    world.plane.repeat_start(route)
    again = [int.from_bytes(packet.payload[:2], "big") for packet in receiver.received()]
    assert again == [packet.sequence for packet in shown]
    sender.send(h264(60, 180_000, 7))
    (later,) = receiver.received()
    world.plane.repeat_start(route)
    assert [int.from_bytes(packet.payload[:2], "big") for packet in receiver.received()] == [later.sequence]
    world.plane.switch_route(route, None)
    world.plane.repeat_start(route)
    assert receiver.received() == []


def test_one_packet_is_not_repeated_more_often_than_every_20_ms(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    (first,) = receiver.received()
    for _ in range(10):
        receiver.send_rtcp(rtcp.nack(1, 70, [first.sequence]))
    assert len(receiver.received()) == 1
    world.pass_time(21 * MS)
    receiver.send_rtcp(rtcp.nack(1, 70, [first.sequence]))
    assert len(receiver.received()) == 1


def test_a_nack_for_what_never_left_is_ignored(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    (first,) = receiver.received()
    receiver.send_rtcp(rtcp.nack(1, 70, [first.sequence + n & 0xFFFF for n in (1, 100, 30_000, 40_000)]))
    assert receiver.received() == []


def test_what_a_publisher_lost_is_asked_for_and_arrives_by_rtx_in_its_old_place(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(65_534, 0, 7, key=True), h264(1, 9000, 7))
    world.pass_time(5 * MS)
    assert sender.heard(rtcp.Nack) == []
    world.pass_time(10 * MS)
    assert sender.heard(rtcp.Nack) == [rtcp.Nack(7, [65_535, 0])]
    lost = h264(65_535, 3000, 7)
    sender.send(Rtp(109, True, 1, 3000, 8, (65_535).to_bytes(2, "big") + lost.payload))
    got = receiver.received()
    assert [packet.payload for packet in got][-1] == lost.payload
    start = got[0].sequence
    assert [packet.sequence - start & 0xFFFF for packet in got] == [0, 3, 1]
    world.pass_time(60 * MS)
    assert sender.heard(rtcp.Nack) == [rtcp.Nack(7, [0])]


def test_asking_is_done_ever_more_rarely_and_given_up_after_a_second(world: World) -> None:
    sender, *_ = video_call(world)
    sender.send(h264(1, 0, 7, key=True), h264(3, 0, 7))
    world.pass_time(SECOND + 100 * MS)
    asked = sender.heard(rtcp.Nack)
    assert len(asked) == 8
    world.pass_time(2 * SECOND)
    assert sender.heard(rtcp.Nack) == []


def test_packets_that_only_changed_places_are_not_asked_for(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True), h264(3, 6000, 7), h264(2, 3000, 7))
    world.pass_time(100 * MS)
    assert sender.heard(rtcp.Nack) == []
    got = receiver.received()
    assert [packet.sequence - got[0].sequence & 0xFFFF for packet in got] == [0, 2, 1]


def test_rtx_padding_probes_and_repeats_go_nowhere(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    receiver.received()
    sender.send(Rtp(109, False, 1, 0, 8, b""), Rtp(109, False, 2, 0, 8, (1).to_bytes(2, "big") + b"again"))
    assert receiver.received() == []


def test_a_replayed_packet_is_dropped(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    data = sender.protect(h264(1, 0, 7, key=True))
    for _ in range(5):
        world.plane.inject(sender.flow, data)
    assert len(receiver.received()) == 1
    assert world.plane.stats().dropped == {"srtp": 4}


@pytest.mark.parametrize("leap", [5_000, 20_000, 32_000, 40_000, 60_000])
def test_after_a_leap_in_the_publishers_numbers_the_route_goes_on_in_a_row(world: World, leap: int) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(*(h264(n, 3000 * n, 7, key=n == 0) for n in range(5)))
    sender.send(*(h264(leap + n, 3000 * (5 + n), 7, key=n == 2) for n in range(5)))
    got = receiver.received()
    assert in_a_row(got)
    assert len(got) in (5, 8)  # 5: libsrtp took the leap for an old packet and refused it


# --- reports ---


def test_a_pli_is_relayed_twice_a_second_at_most(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    world.pass_time(SECOND)
    sender.heard(rtcp.KeyframeWanted)
    for _ in range(20):
        receiver.send_rtcp(rtcp.picture_loss(1, 70))
        world.pass_time(50 * MS)
    assert len(sender.heard(rtcp.KeyframeWanted)) == 2


def test_a_pli_for_an_empty_slot_is_ignored(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    world.plane.switch_route(route, None)
    world.pass_time(SECOND)
    sender.heard(rtcp.KeyframeWanted)
    receiver.send_rtcp(rtcp.picture_loss(1, 70))
    sender.send(h264(2, 0, 7))
    assert sender.heard(rtcp.KeyframeWanted) == []


def test_each_second_a_publisher_gets_a_report_of_its_losses_and_its_cap(world: World) -> None:
    sender, *_ = video_call(world)
    world.plane.cap_peer(sender.peer, 1_500_000)
    for n in (*range(10), *range(15, 25)):
        sender.send(h264(n, 3000 * n, 7))
    world.pass_time(SECOND + 100 * MS)
    sender.received()
    blocks = [one for one in sender.rtcp if isinstance(one, rtcp.ReportBlock)]
    assert (blocks[-1].ssrc, blocks[-1].lost, blocks[-1].fraction_lost) == (7, 5, 5 * 256 // 25)
    estimates = [one for one in sender.rtcp if isinstance(one, rtcp.Estimate)]
    assert abs(estimates[-1].bitrate_bps - 1_500_000) < 10


def test_the_round_trip_comes_from_the_receivers_report(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.report(7, world.now_ns, 0)
    sender.send(h264(1, 0, 7, key=True))
    report = receiver.heard(rtcp.SenderReport)[-1]
    world.pass_time(30 * MS)
    block = rtcp.ReportBlock(70, 26, 3, 100, 900, report.ntp >> 16 & 0xFFFFFFFF, 65536 // 100)
    receiver.send_rtcp(rtcp.receiver_report(1, [block]))
    (event,) = world.of_kind(EventKind.RECEIVER_REPORT)
    assert event["route"] == route
    assert event["loss_permille"] == 101
    assert abs(event["rtt_us"] - 20_000) < 100
    assert event["jitter_us"] == 10_000


def test_a_sounds_losses_further_on_are_told_to_its_publisher_within_a_bound(world: World) -> None:
    """Opus mends single losses only if its encoder hears of them; one bad receiver must not slow the sender down."""
    sender, receiver = world.end(), world.end()
    source = sender.source(OPUS, ssrc=5)
    world.plane.switch_route(receiver.route(OTHER_OPUS, ssrc=60), source)
    told = []
    for loss in (0, 10, 200, 0):
        sender.send(*(opus(len(told) * 10 + n, 960 * n, 5) for n in range(10)))
        receiver.send_rtcp(rtcp.receiver_report(1, [rtcp.ReportBlock(60, loss, 0, 9, 0, 0, 0)]))
        world.pass_time(SECOND)
        told.append([block for block in sender.heard(rtcp.ReportBlock) if block.ssrc == 5][-1].fraction_lost)
    assert told == [0, 10, 23, 0]


def test_a_receivers_estimate_is_told(world: World) -> None:
    receiver = world.end()
    receiver.send_rtcp(rtcp.estimate(1, 1_234_567, [70]))
    (event,) = world.of_kind(EventKind.RECEIVER_ESTIMATE)
    assert abs(event["bitrate_bps"] - 1_234_567) < 8


def test_a_slot_tells_no_capture_time_before_its_publisher_has(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(h264(1, 0, 7, key=True))
    world.pass_time(3 * SECOND)
    assert not receiver.heard(rtcp.SenderReport)
    sender.report(7, world.now_ns, 270_000)
    world.pass_time(SECOND)
    assert receiver.heard(rtcp.SenderReport)


def test_lips_match_whatever_clock_the_publishers_have(world: World) -> None:
    """Two publishers, 20 s apart by their own clocks, shown one after the other: sound and picture stay together."""
    receiver = world.end()
    routes = receiver.route(OTHER_OPUS, ssrc=60), receiver.route(OTHER_H264, ssrc=70)
    publishers = []
    for skew_s in (0, 20, -7):
        end = world.end()
        ids = end.source(OPUS, ssrc=5, mid="0"), end.source(H264, ssrc=7, mid="3")
        publishers.append((end, ids, skew_s * SECOND))
    world.plane.cap_peer(receiver.peer, 1)
    for turn, (end, ids, skew) in enumerate((*publishers, publishers[0])):
        for route, source in zip(routes, ids, strict=True):
            world.plane.switch_route(route, source)
        start_ns = world.now_ns
        for n in range(150):
            captured = world.now_ns - 30 * MS  # sound leaves 30 ms after capture, the picture 80 ms after
            at = 1000 * turn + n
            sound, picture = captured * 48_000 // SECOND, (captured - 50 * MS) * 90_000 // SECOND
            end.send(opus(at, sound & 0xFFFFFFFF, 5), h264(at, picture & 0xFFFFFFFF, 7, key=n == 0))
            if n % 50 == 10:
                end.report(5, captured + skew, sound & 0xFFFFFFFF)
                end.report(7, captured - 50 * MS + skew, picture & 0xFFFFFFFF)
            world.pass_time(20 * MS)
        packets = receiver.received()
        reports = {one.ssrc: one for one in receiver.rtcp if isinstance(one, rtcp.SenderReport)}
        receiver.rtcp.clear()
        last = {packet.ssrc: packet for packet in packets}
        captured_at = {
            ssrc: ns_from_ntp(reports[ssrc].ntp)
            + ((last[ssrc].timestamp - reports[ssrc].rtp + 0x80000000 & 0xFFFFFFFF) - 0x80000000) * SECOND // hz
            for ssrc, hz in ((60, 48_000), (70, 90_000))
        }
        assert abs(captured_at[60] - captured_at[70] - 50 * MS) < 3 * MS, turn
        assert world.now_ns - start_ns == 3 * SECOND
        assert in_a_row([packet for packet in packets if packet.ssrc == 70])


# --- tap, silence, limits, counters ---


def test_the_tap_gets_decrypted_packets_in_batches_with_rtx_undone(world: World) -> None:
    sender, source, _, _ = video_call(world)
    world.plane.tap(source, True)
    sender.send(h264(1, 0, 7, key=True), h264(3, 6000, 7))
    assert world.batches == []
    world.pass_time(81 * MS)
    sender.send(Rtp(109, True, 9, 3000, 8, (2).to_bytes(2, "big") + h264(2, 3000, 7).payload))
    world.pass_time(81 * MS)
    assert [len(batch) for batch in world.batches] == [2, 1]
    packets = [packet for batch in world.batches for packet in batch]
    assert {(packet.source, packet.codec) for packet in packets} == {(source, Codec.H264)}
    numbers = [int.from_bytes(packet.rtp[2:4], "big") for packet in packets]
    assert numbers == [1, 3, 2]
    assert packets[2].rtp[1] & 0x7F == 108
    assert packets[2].rtp[8:12] == (7).to_bytes(4, "big")
    assert packets[2].rtp[12:] == h264(2, 3000, 7).payload
    world.plane.tap(source, False)
    sender.send(h264(4, 9000, 7))
    world.pass_time(SECOND)
    assert len(world.batches) == 2


def test_capture_times_of_one_peers_sources_differ_as_its_reports_say(world: World) -> None:
    sender = world.end()
    sound, picture = sender.source(OPUS, ssrc=5), sender.source(H264, ssrc=7)
    world.plane.tap(sound, True)
    world.plane.tap(picture, True)
    sender.send(opus(1, 1000, 5), h264(1, 5000, 7, key=True))
    sender.report(5, 50 * SECOND, 1000)
    sender.report(7, 50 * SECOND + 40 * MS, 5000)
    world.pass_time(300 * MS)
    world.batches.clear()
    sender.send(opus(2, 1000 + 48_000, 5), h264(2, 5000 + 90_000, 7))
    world.pass_time(81 * MS)
    first, second = world.batches[0]
    assert abs(second.capture_ns - first.capture_ns - 40 * MS) < 10


def test_a_silent_source_is_told_once_after_two_seconds_and_its_return_too(world: World) -> None:
    sender, source, _, _ = video_call(world)
    sender.send(h264(1, 0, 7, key=True))
    world.pass_time(5 * SECOND)
    assert [ints["source"] for ints in world.of_kind(EventKind.SOURCE_LOST)] == [source]
    assert 2000 <= world.of_kind(EventKind.SOURCE_LOST)[0]["silent_ms"] <= 2200
    sender.send(h264(2, 0, 7))
    assert len(world.of_kind(EventKind.SOURCE_STARTED)) == 2


def test_a_peer_over_its_allowance_loses_the_excess_and_recovers(world: World) -> None:
    sender, receiver = world.end(max_pps=100), world.end()
    source, route = sender.source(OPUS, ssrc=7), receiver.route(OTHER_OPUS, ssrc=70)
    world.plane.switch_route(route, source)
    sender.send(*(opus(n, 960 * n, 7) for n in range(500)))
    assert len(receiver.received()) == 100
    assert world.plane.stats().dropped == {"limit": 400}
    world.pass_time(SECOND)
    sender.send(*(opus(500 + n, 960 * n, 7) for n in range(50)))
    assert len(receiver.received()) == 50


def test_counters_outlive_their_peers(world: World) -> None:
    sender, source, receiver, route = video_call(world)
    world.plane.switch_route(route, source)
    sender.send(*(h264(n, 3000 * n, 7, key=n == 0) for n in range(10)))
    before = world.plane.stats()
    assert (before.packets_in, before.packets_out) == (10, 10)
    assert before.peers[sender.peer].packets_in == 10
    assert before.peers[receiver.peer].packets_out == 10
    world.plane.close_peer(sender.peer)
    world.plane.close_peer(receiver.peer)
    after = world.plane.stats()
    assert (after.packets_in, after.packets_out, after.peers) == (10, 10, {})
