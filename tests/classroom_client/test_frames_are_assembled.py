"""Frame assembly by values: loss, reordering, giving up."""

from __future__ import annotations

import pytest

from classroom_client.rehearsal.assemble import ASK_AGAIN_NS, GIVE_UP_NS, AccessUnit, Assembler
from classroom_client.rehearsal.rtp import Packet


def single(sequence: int, timestamp: int, nal: bytes, marker: bool = True) -> Packet:
    return Packet(96, marker, sequence & 0xFFFF, timestamp, 1, nal)


def fragments(sequence: int, timestamp: int, nal: bytes, parts: int) -> list[Packet]:
    size = -(-(len(nal) - 1) // parts)
    packets = []
    for part in range(parts):
        flags = (0x80 if part == 0 else 0) | (0x40 if part == parts - 1 else 0) | nal[0] & 0x1F
        payload = bytes([nal[0] & 0xE0 | 28, flags]) + nal[1 + part * size : 1 + (part + 1) * size]
        packets.append(single(sequence + part, timestamp, payload, part == parts - 1))
    return packets


KEY = b"\x65" + bytes(range(1, 200))
DELTA = b"\x41" + bytes(range(1, 100))


def units(assembler: Assembler, packets: list[Packet], now_ns: int = 0) -> list[AccessUnit]:
    return [unit for packet in packets for unit in assembler.push(packet, now_ns)]


def test_fragments_are_joined() -> None:
    assembler = Assembler()
    assert units(assembler, fragments(65_534, 10, KEY, 4), 5) == [AccessUnit(10, 5, (KEY,), headless=True)]
    assert not assembler.wants_keyframe


def test_reordered_packets_give_the_same_frames() -> None:
    packets = [*fragments(1, 10, KEY, 3), *fragments(4, 20, DELTA, 2)]
    shuffled = [packets[position] for position in (0, 2, 1, 4, 3)]
    assert units(Assembler(), shuffled) == units(Assembler(), packets)


def test_duplicates_and_late_packets_are_ignored() -> None:
    packets = fragments(1, 10, KEY, 3)
    assert units(Assembler(), [packets[0], packets[0], packets[1], packets[2], packets[0], packets[2]]) == [
        AccessUnit(10, 0, (KEY,), headless=True)
    ]


def test_a_missing_packet_is_asked_for_and_fills_its_hole() -> None:
    assembler = Assembler()
    first, lost, last = fragments(1, 10, KEY, 3)
    later = single(4, 20, DELTA)
    assert units(assembler, [first, last, later], ASK_AGAIN_NS) == []
    assert assembler.missing(ASK_AGAIN_NS) == [2]
    assert assembler.missing(ASK_AGAIN_NS + 1) == []
    assert assembler.missing(2 * ASK_AGAIN_NS) == [2]
    assert units(assembler, [lost], ASK_AGAIN_NS) == [
        AccessUnit(10, ASK_AGAIN_NS, (KEY,), headless=True),
        AccessUnit(20, ASK_AGAIN_NS, (DELTA,)),
    ]
    assert assembler.missing(9 * ASK_AGAIN_NS) == []


def test_a_hole_is_passed_over_after_its_time_and_only_its_frame_is_gone() -> None:
    assembler = Assembler()
    first, _, last = fragments(1, 10, KEY, 3)
    assert units(assembler, [first, last, single(4, 20, DELTA)], 7) == []
    assert assembler.give_up(7 + GIVE_UP_NS - 1) == []
    assert assembler.give_up(7 + GIVE_UP_NS) == [AccessUnit(20, 7, (DELTA,))]
    assert (assembler.lost_packets, assembler.wants_keyframe) == (1, True)


def test_a_frame_whose_beginning_is_lost_is_not_whole() -> None:
    assembler = Assembler()
    units(assembler, [single(1, 10, KEY)])
    _, *rest = fragments(2, 20, DELTA, 3)
    units(assembler, [*rest, single(5, 30, DELTA)], 1)
    assert assembler.give_up(1 + GIVE_UP_NS) == [AccessUnit(30, 1, (DELTA,))]


@pytest.mark.parametrize("lost", [{4}, {3, 4}, {2, 3, 4}])
def test_a_frame_whose_stamp_is_lost_may_lack_its_beginning_though_its_slice_is_whole(lost: set[int]) -> None:
    assembler = Assembler()
    first, last = fragments(2, 20, DELTA, 2)
    packets = [single(1, 10, KEY), first, last, single(4, 30, b"\x06stamp", marker=False), *fragments(5, 30, DELTA, 2)]
    units(assembler, [each for each in packets if each.sequence not in lost], 1)
    assert assembler.give_up(1 + GIVE_UP_NS)[-1:] == [AccessUnit(30, 1, (DELTA,), headless=True)]
    stamped = [single(7, 40, b"\x06stamp", marker=False), single(8, 40, DELTA)]
    assert units(assembler, stamped, 2) == [AccessUnit(40, 2, (b"\x06stamp", DELTA))]


def test_what_comes_first_and_what_follows_a_hole_may_lack_its_beginning() -> None:
    assembler = Assembler()
    assert [unit.headless for unit in units(assembler, [single(1, 10, KEY), single(2, 20, DELTA)])] == [True, False]
    assert units(assembler, [single(4, 30, DELTA), single(5, 40, DELTA)], 1) == []
    assert [unit.headless for unit in assembler.give_up(1 + GIVE_UP_NS)] == [True, False]


def test_packets_without_payload_only_keep_the_count() -> None:
    assembler = Assembler()
    padding = Packet(96, False, 2, 10, 1, b"")
    assert units(assembler, [single(1, 10, KEY), padding, single(3, 20, DELTA)]) == [
        AccessUnit(10, 0, (KEY,), headless=True),
        AccessUnit(20, 0, (DELTA,)),
    ]
