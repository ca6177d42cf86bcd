"""The parsed declarations of recvmmsg that are checked in."""

from __future__ import annotations

from pathlib import Path

from server.media import recvmmsg


def test_the_generated_declarations_are_those_of_today(tmp_path: Path) -> None:
    recvmmsg.write(tmp_path / "made.py")
    told = "run `python -m server.media.recvmmsg`"
    assert recvmmsg.GENERATED.read_text() == (tmp_path / "made.py").read_text(), told
