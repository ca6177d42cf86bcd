"""A spoiled line of a lesson's log costs itself, not what comes after it."""

from __future__ import annotations

from pathlib import Path

from structlog.testing import capture_logs

from server.publishing.library import LOG, read_log
from signaling.log import encode_line
from signaling.messages import Ended, Logged, Started


def line(number: int, event: Started | Ended) -> Logged:
    return Logged(number=number, at=number * 1_000, by="", event=event)


def test_lines_after_a_spoiled_one_are_read_and_the_lost_are_counted(tmp_path: Path) -> None:
    folder = tmp_path / "lesson-1"
    folder.mkdir()
    good = [line(1, Started()), line(2, Started()), line(5, Ended(reason="lead"))]
    spoiled = [b'{"number":3,"at":3000,"event":{"type":"sta\n', b"\x00\xff\x00\n"]
    first, second, last = map(encode_line, good)
    (folder / LOG).write_bytes(first + second + b"".join(spoiled) + last + b'{"number":6,"at')
    with capture_logs() as told:
        assert list(read_log(folder / LOG)) == good
    assert [(one["event"], one["lesson"], one["lost"]) for one in told] == [("lesson log spoiled", "lesson-1", 2)]
    assert list(read_log(tmp_path / "nowhere")) == []
