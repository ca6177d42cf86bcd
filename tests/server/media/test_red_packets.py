"""Redundant sound as RFC 2198 has it, byte by byte."""

from __future__ import annotations

from server.media.red import MAX_BYTES, redundant


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
