"""Transport-wide feedback, and what it says of the packets that left: by value."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media import rtcp
from server.media.route import Route
from server.media.rtcp import TICK_US, TransportFeedback
from server.media.sent_log import Delivered, SentLog

MS = 1_000_000


def feedback(first: int, reference: int, chunks: list[int], deltas: bytes, count: int) -> bytes:
    """A transport-wide feedback as the draft's section 3.1 has it."""
    body = (1).to_bytes(4, "big") + (2).to_bytes(4, "big") + first.to_bytes(2, "big") + count.to_bytes(2, "big")
    body += reference.to_bytes(3, "big", signed=True) + b"\x07" + b"".join(one.to_bytes(2, "big") for one in chunks)
    body += deltas
    body += bytes(-len(body) % 4)
    return bytes((0x8F, 205)) + (len(body) // 4).to_bytes(2, "big") + body


def test_every_kind_of_chunk_is_read() -> None:
    run, one_bit, two_bit = 0x2000 | 3, 0x8000 | 0b10100000000000, 0xC000 | 0b01_00_10_00_00_00_00
    deltas = bytes((1, 2, 3, 4, 5, 6)) + (-2).to_bytes(2, "big", signed=True)
    (told,) = rtcp.parse(feedback(9, 2, [run, one_bit, two_bit], deltas, 3 + 14 + 3))
    came = [513, 515, 518, 522, None, 527, *[None] * 11, 533, None, 531]
    assert told == TransportFeedback(9, came)


@pytest.mark.parametrize("size", range(20, 27))
def test_a_feedback_cut_short_tells_nothing(size: int) -> None:
    whole = feedback(9, 2, [0x2000 | 6], bytes(range(6)), 6)
    cut = bytearray(whole[: size // 4 * 4])
    cut[2:4] = (len(cut) // 4 - 1).to_bytes(2, "big")
    assert rtcp.parse(bytes(cut)) == []


@given(st.binary(max_size=200))
def test_no_feedback_makes_the_reader_fail_or_read_without_end(noise: bytes) -> None:
    body = noise + bytes(-len(noise) % 4)
    rtcp.parse(bytes((0x8F, 205)) + (len(body) // 4).to_bytes(2, "big") + body)


def test_a_lie_about_how_many_packets_is_not_believed() -> None:
    assert rtcp.parse(feedback(0, 0, [0x1FFF] * 8, b"", 0xFFFF)) == []


def test_the_log_tells_what_came_how_long_it_took_and_the_least_way() -> None:
    log = SentLog()
    log.sent(3, 1000, 50 * MS)
    log.sent(2, 200, 60 * MS)
    told = log.reported(TransportFeedback(0, [400, 401, None, 440, None]))
    assert told == Delivered(3, 0, 2200 - 2200 // 3, 40 * TICK_US, 3400, 440 * TICK_US - 60_000)
    assert SentLog().reported(TransportFeedback(0, [400, 401])) is None
    log.sent(1, 500, 90 * MS)
    assert log.reported(TransportFeedback(5, [480])) == Delivered(1, 0, 500, 40 * TICK_US, 3900, 480 * TICK_US - 90_000)


def test_what_is_told_of_once_more_counts_neither_bytes_nor_time_again() -> None:
    log = SentLog()
    log.sent(6, 1000, 50 * MS)
    log.reported(TransportFeedback(0, [400, 410, 420]))
    told = log.reported(TransportFeedback(0, [400, 410, 420, 430, 450]))
    assert told == Delivered(2, 0, 2000, 30 * TICK_US, 6000, 430 * TICK_US - 50_000)
    assert log.reported(TransportFeedback(3, [430, 450])) is None
    told = log.reported(TransportFeedback(4, [450, 455]))
    assert told == Delivered(1, 0, 1000, 5 * TICK_US, 6000, 455 * TICK_US - 50_000)


def test_a_packet_is_missing_only_after_others_had_time_to_be_overtaken_by_it() -> None:
    log = SentLog()
    log.sent(20, 1000, 0)
    assert missing(log, 0, [1, None, None, 2]) == (2, 0)
    assert missing(log, 1, [3, None, 2, 4]) == (2, 0)
    assert [missing(log, 5 + n, [5]) for n in range(4)] == [(1, 0), (1, 0), (1, 1), (1, 0)]


def test_a_feedback_that_comes_late_does_not_make_a_packet_seem_less_overtaken() -> None:
    log, route = SentLog(), cast(Route, object())
    log.sent(8, 1000, 0, (route, 40))
    log.reported(TransportFeedback(0, [1, None, 2]))
    log.reported(TransportFeedback(3, [3]))
    assert log.overtaken() == []
    log.reported(TransportFeedback(4, [4, None]))
    log.reported(TransportFeedback(2, [2]))
    assert log.overtaken() == [(route, 41)]


def missing(log: SentLog, first: int, arrivals: list[int | None]) -> tuple[int, int]:
    told = log.reported(TransportFeedback(first, arrivals))
    assert told is not None
    return told.received, told.missing


def test_numbers_wrap_and_a_feedback_that_got_lost_is_skipped() -> None:
    log = SentLog()
    for n in range(70_000):
        log.sent(1, 100, n * MS)
    told = log.reported(TransportFeedback((70_000 - 4) & 0xFFFF, [10, 11]))
    assert told is not None
    assert (told.received, told.missing, told.octets) == (2, 0, 100)
    assert log.reported(TransportFeedback(30_000, [1, 2, 3])) is None
    assert log.reported(TransportFeedback((70_000 - 2) & 0xFFFF, [12, 13])) is not None
