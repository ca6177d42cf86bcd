"""What this end tells of its line is what the server's own reader understands of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom_client.feedback import ELEMENT, TICK_NS, URI, Arrivals, asking, number_of
from server.media.rtcp import TransportFeedback, parse
from server.media.sent_log import Delivered, SentLog

MS = 1_000_000


def told(packets: list[bytes]) -> dict[int, int | None]:
    """Number, 16 bits, to arrival in ticks, of all packets."""
    found: dict[int, int | None] = {}
    for packet in packets:
        (feedback,) = parse(packet)
        assert isinstance(feedback, TransportFeedback)
        for at, tick in enumerate(feedback.arrivals):
            found[(feedback.first + at) & 0xFFFF] = tick
    return found


def test_nothing_is_told_where_nothing_came() -> None:
    assert Arrivals(1).take() == []


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.booleans(), st.integers(0, 20_000)), min_size=1, max_size=300),
)
def test_the_server_reads_which_packets_came_and_when(first: int, fates: list[tuple[bool, int]]) -> None:
    arrivals, now_ns, came = Arrivals(7), 5_000 * MS, {}
    for at, (lost, wait_ticks) in enumerate(fates):
        now_ns += wait_ticks * TICK_NS
        if not lost:
            arrivals.arrived((first + at) & 0xFFFF, now_ns)
            came[(first + at) & 0xFFFF] = now_ns // TICK_NS
    read = told(arrivals.take())
    assert {number: tick for number, tick in read.items() if tick is not None} == came
    assert arrivals.take() == []


def test_a_packet_that_was_overtaken_is_told_of_by_the_next_feedback_with_those_around_it() -> None:
    arrivals = Arrivals(7)
    for number in (10, 11, 13):
        arrivals.arrived(number, number * MS)
    assert told(arrivals.take()) == {10: 40, 11: 44, 12: None, 13: 52}
    arrivals.arrived(12, 14 * MS)
    arrivals.arrived(14, 15 * MS)
    assert {number: tick for number, tick in told(arrivals.take()).items() if number >= 12} == {12: 56, 13: 52, 14: 60}


def test_numbers_wrap_and_a_long_absence_is_told_of_from_its_end() -> None:
    arrivals = Arrivals(7)
    arrivals.arrived(65_534, MS)
    arrivals.take()
    for number in range(2_000):
        arrivals.arrived(number, (2 + number) * MS)
    read = told(arrivals.take())
    assert list(read) == list(range(1_300, 2_000))
    assert None not in read.values()


def rtp(extension: bytes, profile: bytes = b"\xbe\xde") -> bytes:
    padded = extension + bytes(-len(extension) % 4)
    return bytes([0x90, 96]) + bytes(10) + profile + (len(padded) // 4).to_bytes(2, "big") + padded + b"payload"


@pytest.mark.parametrize(
    ("packet", "number"),
    [
        (rtp(bytes([ELEMENT << 4 | 1, 0x12, 0x34])), 0x1234),
        (rtp(bytes([1 << 4, 65, 0, ELEMENT << 4 | 1, 0x12, 0x34])), 0x1234),
        (rtp(bytes([1 << 4, 65])), None),
        (rtp(bytes([ELEMENT << 4 | 1, 0x12])[:2]), None),
        (rtp(bytes([ELEMENT << 4 | 1, 0x12, 0x34]), b"\x10\x00"), None),
        (bytes([0x80, 96]) + bytes(30), None),
    ],
)
def test_the_number_is_read_from_the_header_extension(packet: bytes, number: int | None) -> None:
    if number is None and packet[12:14] == b"\xbe\xde" and packet[16] >> 4 == ELEMENT:
        packet = packet[:18]  # cut within the element
    assert number_of(packet) == number


def test_only_the_receive_lines_of_an_offer_ask_for_numbers() -> None:
    head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"
    send = "audio 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\na=rtpmap:96 opus/48000/2\r\n"
    receive = "video 9 UDP/TLS/RTP/SAVPF 97 98\r\na=recvonly\r\na=rtpmap:97 H264/90000\r\na=rtpmap:98 rtx/90000\r\n"
    rows = f"a=extmap:{ELEMENT} {URI}\r\na=rtcp-fb:97 transport-cc\r\n"
    assert asking(f"{head}m={send}m={receive}") == f"{head}m={send}m={receive}{rows}"


def test_the_server_sees_the_rate_at_which_packets_come_here() -> None:
    log, arrivals, found = SentLog(), Arrivals(7), []
    for number in range(200):
        log.sent(1, 1_000, number * 10 * MS)
        arrivals.arrived(number, (number * 10 + 20) * MS)
        if number % 10 == 9:
            (feedback,) = [one for packet in arrivals.take() for one in parse(packet)]
            assert isinstance(feedback, TransportFeedback)
            found.append(log.reported(feedback))
    told = [(one.received, one.octets, one.span_us) for one in found[1:] if isinstance(one, Delivered)]
    assert told == [(10, 10_000, 100_000)] * 19
