"""Redundant sound as RFC 2198 has it, byte by byte."""

from __future__ import annotations

from server.media.red import MAX_BYTES, Block, blocks_of, found_again, redundant
from server.media.retransmit import History


def test_a_red_packet_carries_what_went_before_oldest_first() -> None:
    old, middle, now = (1, 960, 111, b"aa"), (2, 1920, 111, b"bbb"), (3, 2880, 111, b"cccc")
    assert redundant(now, [old, middle], 63) == (
        (0x80000000 | 63 << 24 | 1920 << 10 | 2).to_bytes(4, "big")
        + (0x80000000 | 63 << 24 | 960 << 10 | 3).to_bytes(4, "big")
        + b"\x3faabbbcccc"
    )


def test_a_red_packet_grows_no_longer_than_a_path_carries_in_one_piece() -> None:
    longest = MAX_BYTES - 4 - 1 - 500
    old, middle, now = (1, 960, 111, bytes(longest)), (2, 1920, 111, b"b"), (3, 2880, 111, bytes(500))
    assert len(redundant(now, [old, middle], 63)) == MAX_BYTES
    assert len(redundant(now, [(1, 960, 111, bytes(longest + 1)), middle], 63)) == 4 + 1 + 1 + 500
    assert redundant((3, 2880, 111, bytes(MAX_BYTES + 9)), [middle], 63) == b"\x3f" + bytes(MAX_BYTES + 9)


def test_what_is_too_old_or_too_long_for_a_red_block_is_left_out() -> None:
    now = (3, 20_000, 111, b"c")
    assert redundant(now, [(1, 0, 111, b"a"), (2, 19_000, 111, bytes(1024))], 63) == b"\x3fc"


def test_a_red_packet_is_read_as_it_was_written() -> None:
    old, middle, now = (1, 960, 111, b"aa"), (2, 1920, 111, b"bbb"), (3, 2880, 111, b"cccc")
    assert blocks_of(redundant(now, [old, middle], 111)) == [(111, 1920, b"aa"), (111, 960, b"bbb"), (111, 0, b"cccc")]
    assert blocks_of(b"\x6fopus") == [(111, 0, b"opus")]


def test_a_red_packet_whose_headers_promise_too_much_is_none() -> None:
    whole = redundant((3, 2880, 111, b"cccc"), [(2, 1920, 111, b"bbb")], 111)
    for cut in range(len(whole) - 4 + 1):
        assert blocks_of(whole[:cut]) is None
    assert blocks_of(b"\xef\x00\x00\x00" * 9 + b"\x6fopus") is None, "no sender repeats so much"


def test_where_packets_differ_in_length_nothing_is_put_into_a_gap() -> None:
    history = History(16)
    history.keep((1, 960, 111, b"aa"))
    block = Block(111, 960, b"bb")
    assert list(found_again(history, 3, 2880, [block])) == [(2, block)]
    assert not list(found_again(history, 3, 2881, [block]))
    assert not list(found_again(history, 3, 960, [block])), "no time has passed"
    assert not list(found_again(history, 2, 1920, [block])), "there is no gap"
