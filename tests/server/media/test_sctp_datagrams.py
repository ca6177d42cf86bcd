"""Our end of a data channel, packet by packet; aiortc's chunks are the other side."""

from __future__ import annotations

import pytest
from aiortc import rtcsctptransport as theirs
from hypothesis import given
from hypothesis import strategies as st

from server.media import sctp_chunks
from server.media.sctp import GIVEN_UP_AFTER_S, MOST_BLOCKS, MOST_ON_THE_WAY, PIECE_BYTES, Association

PORT, THEIR_TAG = 5000, 77


class Browser:
    """The other end: it opens the channel and tells what came."""

    def __init__(self, association: Association) -> None:
        self.association = association
        (answer,) = self.says(self.init(), tag=0)
        assert isinstance(answer, theirs.InitAckChunk)
        self.tag, self.first = answer.initiate_tag, answer.initial_tsn
        self.parameters = dict(answer.params)

    @staticmethod
    def init() -> theirs.InitChunk:
        chunk = theirs.InitChunk()
        chunk.initiate_tag, chunk.initial_tsn = THEIR_TAG, 1
        chunk.advertised_rwnd = chunk.outbound_streams = chunk.inbound_streams = 1024
        return chunk

    def opens(self) -> None:
        echo = theirs.CookieEchoChunk()
        echo.body = self.parameters[theirs.SCTP_STATE_COOKIE]
        assert [type(one) for one in self.says(echo)] == [theirs.CookieAckChunk]

    def says(self, chunk: theirs.Chunk, tag: int | None = None) -> list[theirs.Chunk]:
        """What follows from one chunk."""
        self.receipts = self.association.receive(
            theirs.serialize_packet(PORT, PORT, self.tag if tag is None else tag, chunk)
        )
        return self.hears()

    def hears(self) -> list[theirs.Chunk]:
        heard: list[theirs.Chunk] = []
        for packet in self.association.outgoing():
            _, _, tag, chunks = theirs.parse_packet(packet)
            assert tag == THEIR_TAG
            heard += chunks
        return heard

    def got(self, cumulative: int, *gaps: tuple[int, int]) -> list[int]:
        """Receipts for all up to first + cumulative, and for gaps of offsets beyond that."""
        sack = theirs.SackChunk()
        sack.cumulative_tsn, sack.advertised_rwnd, sack.gaps = self.first + cumulative & 0xFFFFFFFF, 1024, list(gaps)
        self.says(sack)
        return self.receipts


@pytest.fixture
def browser() -> Browser:
    other = Browser(Association(PORT))
    other.opens()
    return other


def test_a_browser_opens_the_channel_and_hears_that_late_data_is_given_up() -> None:
    association = Association(PORT)
    browser = Browser(association)
    assert theirs.SCTP_PRSCTP_SUPPORTED in browser.parameters
    assert not association.open
    browser.opens()
    assert association.open


def test_before_the_channel_is_open_nothing_is_sent() -> None:
    association = Association(PORT)
    assert association.send(b"x", 0.0) is None
    assert association.outgoing() == []


def test_a_message_leaves_at_once_as_unordered_binary_data(browser: Browser) -> None:
    assert browser.association.send(b"hello", 0.0) == 1
    (chunk,) = browser.hears()
    assert isinstance(chunk, theirs.DataChunk)
    assert (chunk.tsn, chunk.stream_id, chunk.flags, chunk.protocol, chunk.user_data) == (
        browser.first, 0, 0b111, 53, b"hello",
    )  # fmt: skip


def test_a_long_message_goes_in_pieces_and_counts_as_come_when_all_have_come(browser: Browser) -> None:
    assert browser.association.send(b"x" * (2 * PIECE_BYTES + 1), 0.0) == 1
    assert [one.flags for one in browser.hears() if isinstance(one, theirs.DataChunk)] == [0b110, 0b100, 0b101]
    assert browser.got(0, (2, 2)) == []
    assert browser.got(2) == [1]


def test_a_receipt_tells_which_messages_came_whatever_was_lost_between(browser: Browser) -> None:
    for at in range(4):
        browser.association.send(b"x", at / 10)
    assert browser.got(0, (2, 3)) == [1, 3, 4]
    assert browser.got(0, (2, 3)) == []
    assert browser.got(3) == [2]


def test_what_has_no_receipt_for_long_is_given_up_and_the_browser_hears_that_with_the_next_message(
    browser: Browser,
) -> None:
    browser.association.send(b"lost", 0.0)
    browser.hears()
    browser.association.send(b"next", GIVEN_UP_AFTER_S + 0.1)
    forward, chunk = browser.hears()
    assert isinstance(forward, theirs.ForwardTsnChunk)
    assert forward.cumulative_tsn == browser.first
    assert isinstance(chunk, theirs.DataChunk)
    assert browser.got(1) == [2]
    browser.association.send(b"third", GIVEN_UP_AFTER_S + 0.2)
    assert [type(one) for one in browser.hears()] == [theirs.DataChunk]


def test_only_so_much_is_on_the_way_at_a_time(browser: Browser) -> None:
    numbers = [browser.association.send(b"x", 0.0) for _ in range(MOST_ON_THE_WAY + 1)]
    assert numbers == [*range(1, MOST_ON_THE_WAY + 1), None]
    assert len(browser.hears()) == MOST_ON_THE_WAY


def test_a_sign_of_life_is_answered_and_an_abort_closes(browser: Browser) -> None:
    heartbeat = theirs.HeartbeatChunk()
    heartbeat.params.append((1, b"anything"))
    (answer,) = browser.says(heartbeat)
    assert isinstance(answer, theirs.HeartbeatAckChunk)
    assert answer.params == [(1, b"anything")]
    assert browser.says(theirs.AbortChunk()) == []
    assert not browser.association.open


def test_an_init_that_comes_again_gets_the_same_answer_and_a_wrong_cookie_none(browser: Browser) -> None:
    (again,) = browser.says(Browser.init(), tag=0)
    assert isinstance(again, theirs.InitAckChunk)
    assert (again.initiate_tag, again.initial_tsn) == (browser.tag, browser.first)
    echo = theirs.CookieEchoChunk()
    echo.body = b"another"
    assert browser.says(echo) == []


def test_many_chunks_of_a_kind_in_one_packet_get_one_answer(browser: Browser) -> None:
    beat = sctp_chunks.Chunk(sctp_chunks.HEARTBEAT, 0, b"beat")
    init = sctp_chunks.Chunk(sctp_chunks.INIT, 0, Browser.init().body)
    for tag, chunk, answer in ((browser.tag, beat, theirs.HeartbeatAckChunk), (0, init, theirs.InitAckChunk)):
        assert browser.association.receive(sctp_chunks.packet(PORT, tag, [chunk] * 50)) == []
        assert [type(one) for one in browser.hears()] == [answer]


def test_of_a_receipt_no_more_blocks_are_looked_at_than_what_is_on_the_way_has_gaps(browser: Browser) -> None:
    for _ in range(3):
        browser.association.send(b"x", 0.0)
    assert browser.got(0, *[(2, 2)] * MOST_BLOCKS, (1, 1)) == [1, 3]


@given(st.binary(max_size=80))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    association = Association(PORT)
    Browser(association).opens()
    assert association.receive(data) == []
    body = int.to_bytes(PORT, 2, "big") * 2 + data
    sctp_chunks.parsed(body)
    for kind in (sctp_chunks.INIT, sctp_chunks.SACK):
        sctp_chunks.read_init(data) if kind == sctp_chunks.INIT else sctp_chunks.read_sack(data)
