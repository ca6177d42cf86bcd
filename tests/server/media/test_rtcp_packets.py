"""RTCP as written by us and read by aiortc, and the other way round."""

from __future__ import annotations

from aiortc import rtp as theirs
from hypothesis import given
from hypothesis import strategies as st

from server.media import rtcp

WORD = st.integers(0, 0xFFFFFFFF)


@given(st.binary(max_size=120))
def test_no_bytes_make_the_parser_fail(data: bytes) -> None:
    rtcp.parse(data)
    for kind in (200, 201, 202, 205, 206):
        for first in (0x80, 0x81, 0x8F, 0x9F, 0xA1):
            rtcp.parse(bytes((first, kind)) + (len(data) // 4).to_bytes(2, "big") + data)


@given(WORD, st.integers(0, (1 << 64) - 1), WORD, WORD, WORD, st.binary(min_size=1, max_size=40))
def test_sender_reports_and_names_are_read_by_others(
    ssrc: int, ntp: int, stamp: int, packets: int, octets: int, name: bytes
) -> None:
    report = rtcp.SenderReport(ssrc, ntp, stamp, packets, octets)
    written = rtcp.sender_report(report) + rtcp.cname(ssrc, name)
    first, second = theirs.RtcpPacket.parse(written)
    assert (first.ssrc, first.sender_info.ntp_timestamp, first.sender_info.rtp_timestamp) == (ssrc, ntp, stamp)
    assert second.chunks[0].items == [(1, name)]
    assert rtcp.parse(written) == [report]


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=60, unique=True), st.integers(0, 0xFFFF))
def test_nacks_name_exactly_what_was_lost(ahead: list[int], start: int) -> None:
    lost = [start + n & 0xFFFF for n in sorted(ahead)]
    written = rtcp.nack(1, 7, lost)
    assert rtcp.parse(written) == [rtcp.Nack(7, lost)]
    (read,) = theirs.RtcpPacket.parse(written)
    assert sorted(n & 0xFFFF for n in read.lost) == sorted(lost)


def test_a_nack_is_taken_up_to_200_numbers() -> None:
    (read,) = rtcp.parse(rtcp.nack(1, 7, range(0, 5000)))
    assert isinstance(read, rtcp.Nack)
    assert read.lost == list(range(200))


@given(st.integers(0, 1 << 34), st.lists(WORD, max_size=20))
def test_estimates_are_read_by_others(bitrate: int, ssrcs: list[int]) -> None:
    (read,) = theirs.RtcpPacket.parse(rtcp.estimate(1, bitrate, ssrcs))
    told, named = theirs.unpack_remb_fci(read.fci)
    assert named == ssrcs
    assert bitrate * (1 - 1 / (1 << 17)) <= told <= bitrate
    assert rtcp.parse(bytes(read)) == [rtcp.Estimate(told)]


@given(
    st.lists(
        st.tuples(WORD, st.integers(0, 255), st.integers(-0x800000, 0x7FFFFF), WORD, WORD, WORD, WORD), max_size=31
    )
)
def test_report_blocks_go_there_and_back(rows: list[tuple[int, int, int, int, int, int, int]]) -> None:
    blocks = [rtcp.ReportBlock(*row) for row in rows]
    written = rtcp.receiver_report(9, blocks)
    assert rtcp.parse(written) == blocks
    (read,) = theirs.RtcpPacket.parse(written)
    assert [(one.ssrc, one.packets_lost) for one in read.reports] == [(one.ssrc, one.lost) for one in blocks]


def test_plis_and_firs_ask_for_a_keyframe() -> None:
    assert rtcp.parse(rtcp.picture_loss(1, 7)) == [rtcp.KeyframeWanted(7)]
    fir = theirs.RtcpPsfbPacket(fmt=4, ssrc=1, media_ssrc=0, fci=(7).to_bytes(4, "big") + bytes(4))
    assert rtcp.parse(bytes(fir)) == [rtcp.KeyframeWanted(7)]


def test_what_follows_a_malformed_packet_is_left_alone() -> None:
    good = rtcp.picture_loss(1, 7)
    assert rtcp.parse(good + b"\x80\xce\xff\xff" + good) == [rtcp.KeyframeWanted(7)]
    assert rtcp.parse(good + bytes(20) + good) == [rtcp.KeyframeWanted(7)]


def test_unknown_packets_are_skipped() -> None:
    bye, twcc = b"\x81\xcb\x00\x01" + bytes(4), b"\x8f\xcd\x00\x02" + bytes(8)
    assert rtcp.parse(bye + twcc + rtcp.picture_loss(1, 7)) == [rtcp.KeyframeWanted(7)]
