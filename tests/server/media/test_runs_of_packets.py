"""Packets are made equally long by a little padding, and nothing is lost, moved or padded too far."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.media.runs import MAX_DATAGRAMS, MAX_PADDING, PADDED, runs_of


def stripped(packet: tuple[int, int, int, bytes]) -> tuple[int, int, int, bytes]:
    index, timestamp, second, payload = packet
    if second & PADDED:
        payload = payload[: -payload[-1]]
    return index, timestamp, second & 0xFF, payload


@given(st.lists(st.one_of(st.integers(0, 60), st.integers(1180, 1200)), min_size=1, max_size=130))
def test_runs_hold_all_packets_in_order_each_of_one_length(sizes: list[int]) -> None:
    packets = [(index, 9, 96, bytes([index % 251]) * size) for index, size in enumerate(sizes)]
    runs = runs_of(packets)
    assert [stripped(packet) for _, run in runs for packet in run] == packets
    for longest, run in runs:
        assert 0 < len(run) <= MAX_DATAGRAMS
        assert {len(packet[3]) for packet in run} == {longest}
        assert all(longest - len(stripped(packet)[3]) <= MAX_PADDING for packet in run)


def test_a_frame_whose_packets_differ_by_a_byte_is_one_run() -> None:
    packets = [(n, 9, 96, bytes(1100 + n % 2)) for n in range(10)]
    ((longest, run),) = runs_of(packets)
    assert (longest, len(run)) == (1101, 10)


def test_equal_packets_are_not_touched() -> None:
    packets = [(n, 9, 96, bytes(1100)) for n in range(10)]
    ((_, run),) = runs_of(packets)
    assert all(a is b for a, b in zip(run, packets, strict=True))
