"""The log as bytes: whole lines come back, torn ends are cut, numbers are never given twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.log import LINE_LIMIT_BYTES, LogReader, decode_line, encode_line
from signaling.messages import HandChanged, Left, Logged, Started, StrokeDrawn
from signaling.tail import Tail

EVENTS = st.one_of(
    st.builds(Started),
    st.builds(HandChanged, participant=st.just("room-1"), up=st.booleans()),
    st.builds(Left, participant=st.just("room-2"), reason=st.sampled_from(["left", "expired"])),
    st.builds(
        StrokeDrawn,
        id=st.from_regex(r"[A-Za-z0-9-]{8,40}", fullmatch=True),
        page=st.integers(1, 500),
        colour=st.from_regex(r"#[0-9a-f]{6}", fullmatch=True),
        width=st.integers(4, 800),
        points=st.lists(st.integers(-10_000, 20_000), min_size=3, max_size=30),
    ),
)


@st.composite
def logs(draw: st.DrawFn) -> list[Logged]:
    events = draw(st.lists(EVENTS, max_size=12))
    return [Logged(number=n, at=n * 10, by="staff-1", event=event) for n, event in enumerate(events, 1)]


def _pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(log=logs(), size=st.integers(1, 200))
def test_P50_a_log_reads_back_whole_in_pieces_of_any_size(log: list[Logged], size: int) -> None:
    data = b"".join(map(encode_line, log))
    reader = LogReader()
    assert list(reader.read(_pieces(data, size))) == log
    assert (reader.length, reader.damaged, reader.last) == (len(data), 0, len(log))


@given(log=logs(), data=st.data())
def test_P51_cut_at_any_byte_the_whole_lines_remain(log: list[Logged], data: st.DataObject) -> None:
    lines = [encode_line(logged) for logged in log]
    cut = data.draw(st.integers(0, sum(map(len, lines))))
    reader = LogReader()
    kept = list(reader.read([b"".join(lines)[:cut]]))
    assert kept == log[: len(kept)]
    assert reader.length == sum(map(len, lines[: len(kept)])) <= cut
    assert reader.damaged == 0
    assert len(kept) == len(log) or reader.length + len(lines[len(kept)]) > cut


@given(log=logs().filter(lambda log: len(log) > 2), junk=st.binary(min_size=1, max_size=80), data=st.data())
def test_P52_a_spoiled_line_in_the_middle_loses_only_itself(
    log: list[Logged], junk: bytes, data: st.DataObject
) -> None:
    lines = [encode_line(logged) for logged in log]
    at = data.draw(st.integers(0, len(log) - 2))
    lines[at] = b"\x00" + junk.replace(b"\n", b"\x00") + b"\n"
    reader = LogReader()
    assert list(reader.read([b"".join(lines)])) == log[:at] + log[at + 1 :]
    assert (reader.damaged, reader.last, reader.length) == (1, len(log), len(b"".join(lines)))


@given(log=logs(), junk=st.binary(max_size=300))
def test_P51_junk_after_the_log_is_cut(log: list[Logged], junk: bytes) -> None:
    data = b"".join(map(encode_line, log))
    reader = LogReader()
    assert list(reader.read([data, b"\xff" + junk])) == log
    assert (reader.length, reader.last) == (len(data), len(log))


def test_P52_a_line_with_a_number_that_was_given_is_not_read() -> None:
    one, two = (Logged(number=n, at=0, by="staff-1", event=Started()) for n in (1, 2))
    reader = LogReader()
    assert list(reader.read([encode_line(one), encode_line(one), encode_line(two)])) == [one, two]
    assert reader.damaged == 1


def test_P52_a_run_without_newlines_does_not_fill_the_memory() -> None:
    one, two = (Logged(number=n, at=0, by="staff-1", event=Started()) for n in (1, 2))
    run = [b"\x00" * 65_536] * (3 * LINE_LIMIT_BYTES // 65_536)
    reader = LogReader()
    assert list(reader.read([encode_line(one), *run, b"\n", encode_line(two)])) == [one, two]
    assert reader.length == len(encode_line(one)) + 3 * LINE_LIMIT_BYTES + 1 + len(encode_line(two))


def test_P50_a_line_is_the_message_that_is_sent() -> None:
    started = Logged(number=7, at=1200, by="staff-1", event=Started())
    line = b'{"type":"event","number":7,"at":1200,"by":"staff-1","event":{"type":"started"}}\n'
    assert encode_line(started) == line
    assert decode_line(line) == started
    assert decode_line(b"[" * 100_000) is None


def test_P52_over_a_spoiled_line_a_snapshot_goes_instead_of_events() -> None:
    tail = Tail()
    for number in (1, 2, 4, 5):
        tail.add(Logged(number=number, at=0, by="staff-1", event=Started()))
    assert tail.after(1) is None
    assert tail.after(2) is None
    assert [logged.number for logged in tail.after(3) or []] == [4, 5]
    assert tail.after(5) == []
    assert tail.after(6) is None
