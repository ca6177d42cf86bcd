"""What a browser sends on the data channel: put together from its pieces, told of, and bounded whatever comes."""

from __future__ import annotations

import random

import pytest
from aiortc import rtcsctptransport as theirs
from hypothesis import given
from hypothesis import strategies as st

from server.media import sctp_chunks as chunks
from server.media.sctp import Association
from server.media.sctp_chunks import Data
from server.media.sctp_intake import HELD_BYTES, MOST_AHEAD, MOST_PIECES, MOST_TOLD_TWICE, Intake, Message
from tests.server.media.test_sctp_datagrams import PORT, Browser

FIRST = 0xFFFFFFF0
"""So that the numbers wrap."""


def pieces(message: bytes, tsn: int, size: int) -> list[Data]:
    cut = [message[at : at + size] for at in range(0, len(message), size)]
    return [
        Data(chunks.wire(tsn + at), 0, chunks.TEXT, at == 0, at == len(cut) - 1, True, piece)
        for at, piece in enumerate(cut)
    ]


def receipt(intake: Intake) -> theirs.SackChunk:
    """As aiortc reads it."""
    _, _, _, (told,) = theirs.parse_packet(chunks.packet(PORT, 1, [intake.receipt()]))
    assert isinstance(told, theirs.SackChunk)
    return told


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4)), min_size=1, max_size=12), st.randoms())
def test_in_whatever_order_and_however_often_pieces_come_each_message_is_handed_out_once(
    shapes: list[tuple[int, int]], chance: random.Random
) -> None:
    sent, tsn = [], FIRST
    messages = [bytes([65 + at]) * length for at, (length, _) in enumerate(shapes)]
    for message, (_, size) in zip(messages, shapes, strict=True):
        sent += pieces(message, tsn, size)
        tsn += -(-len(message) // size)
    order = [*sent, *chance.choices(sent, k=5)]
    chance.shuffle(order)
    intake = Intake(FIRST)
    came = [message.payload for data in order if (message := intake.take(data)) is not None]
    assert sorted(came) == sorted(messages)
    assert intake.held == (0, 0)
    told = receipt(intake)
    assert (told.cumulative_tsn, told.gaps) == (chunks.wire(tsn - 1), [])


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.randoms())
def test_the_receipt_tells_exactly_what_came(came: list[bool], chance: random.Random) -> None:
    intake, order = Intake(FIRST), [at for at, here in enumerate(came) if here]
    chance.shuffle(order)
    for at in order:
        assert intake.take(pieces(b"x", FIRST + at, 9)[0]) == Message(chunks.TEXT, b"x")
    told = receipt(intake)
    upto = chunks.near(told.cumulative_tsn, FIRST) - FIRST
    blocks = {upto + at for first, last in told.gaps for at in range(first, last + 1)}
    assert {*range(upto + 1), *blocks} == {at for at, here in enumerate(came) if here}
    intake.given_up(chunks.wire(FIRST + len(came) - 1))
    assert (receipt(intake).cumulative_tsn, receipt(intake).gaps) == (chunks.wire(FIRST + len(came) - 1), [])


def test_what_came_twice_is_told_once_and_only_so_much_of_it() -> None:
    intake, (data,) = Intake(7), pieces(b"x", 7, 9)
    intake.take(data)
    for _ in range(3 * MOST_TOLD_TWICE):
        assert intake.take(data) is None
    assert receipt(intake).duplicates == [7] * MOST_TOLD_TWICE
    assert receipt(intake).duplicates == []


def test_pieces_of_a_message_that_is_given_up_are_forgotten_and_later_ones_come_whole() -> None:
    intake, lost = Intake(1), pieces(b"abc", 1, 1)
    intake.take(lost[0])
    intake.take(lost[2])
    (later,) = pieces(b"later", 4, 9)
    assert intake.take(later) == Message(chunks.TEXT, b"later")
    intake.given_up(3)
    assert intake.held == (0, 0)
    assert receipt(intake).cumulative_tsn == 4
    intake.given_up(1)
    assert receipt(intake).cumulative_tsn == 4, "an older one that comes late changes nothing"


@pytest.mark.parametrize("flags", [(False, False), (True, False), (False, True)])
def test_pieces_without_end_are_held_within_bounds(flags: tuple[bool, bool]) -> None:
    intake, begins_ends = Intake(0), flags
    for at in range(10 * MOST_PIECES):
        intake.take(Data(at, 0, 53, *begins_ends, True, bytes(1_100)))
        count, octets = intake.held
        assert count <= MOST_PIECES
        assert octets <= HELD_BYTES


def test_what_is_far_ahead_of_a_gap_is_not_taken() -> None:
    intake = Intake(0)
    for at in (MOST_AHEAD, 1 << 30, 0x7FFFFFFE):
        assert intake.take(pieces(b"x", at, 9)[0]) is None
    assert receipt(intake).gaps == []
    assert intake.take(pieces(b"x", MOST_AHEAD - 1, 9)[0]) is not None
    assert receipt(intake).gaps == [(MOST_AHEAD, MOST_AHEAD)]


def test_ordered_empty_and_foreign_pieces_are_told_of_and_left() -> None:
    intake = Intake(0)
    for at, data in enumerate([(1, True, b"x"), (0, False, b"x"), (0, True, b"")]):
        stream, unordered, payload = data
        assert intake.take(Data(at, stream, 53, True, True, unordered, payload)) is None
    assert receipt(intake).cumulative_tsn == 2


@given(st.lists(st.builds(
    Data, st.integers(0, 1 << 32 - 1), st.integers(0, 1), st.integers(0, 60), st.booleans(), st.booleans(),
    st.booleans(), st.binary(max_size=3),
), max_size=80))  # fmt: skip
def test_no_pieces_make_it_fail(came: list[Data]) -> None:
    intake = Intake(0)
    for data in came:
        intake.take(data)
        intake.given_up(data.tsn >> 1)
        receipt(intake)


def data_chunk(tsn: int, payload: bytes = b"hi", stream: int = 0) -> theirs.DataChunk:
    chunk = theirs.DataChunk(flags=0b111)
    chunk.tsn, chunk.stream_id, chunk.stream_seq, chunk.protocol, chunk.user_data = tsn, stream, 0, 51, payload
    return chunk


def test_a_message_is_answered_by_one_receipt_for_its_packet() -> None:
    association = Association(PORT)
    browser = Browser(association)
    assert browser.says(data_chunk(1)) == [], "not before the channel is open"
    browser.opens()
    (told,) = browser.says(data_chunk(1))
    assert isinstance(told, theirs.SackChunk)
    assert told.cumulative_tsn == 1
    body = [chunks.Chunk(0, 7, bytes(data_chunk(tsn, b"more"))[4:]) for tsn in (2, 4)]
    association.receive(chunks.packet(PORT, browser.tag, body))
    (told,) = browser.hears()
    assert isinstance(told, theirs.SackChunk)
    assert (told.cumulative_tsn, told.gaps) == (2, [(2, 2)])
    assert [one.payload for one in association.messages()] == [b"hi", b"more", b"more"]
    assert association.messages() == []


def test_a_stream_that_there_is_not_is_refused() -> None:
    association = Association(PORT)
    browser = Browser(association)
    browser.opens()
    told, error = browser.says(data_chunk(1, stream=9))
    assert isinstance(told, theirs.SackChunk)
    assert isinstance(error, theirs.ErrorChunk)
    assert error.params == [(1, b"\x00\x09\x00\x00")]
    assert association.messages() == []


def test_what_the_browser_gives_up_is_not_waited_for() -> None:
    browser = Browser(Association(PORT))
    browser.opens()
    forward = theirs.ForwardTsnChunk()
    forward.cumulative_tsn = 3
    (told,) = browser.says(forward)
    assert isinstance(told, theirs.SackChunk)
    assert told.cumulative_tsn == 3
