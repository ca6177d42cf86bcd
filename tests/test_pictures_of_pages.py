"""The documents show every picture there is, and none that is missing."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_picture_is_shown_somewhere_and_every_shown_one_is_there() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    shown = {name for one in documents for name in re.findall(r"pictures/([\w.-]+\.(?:png|svg))", one.read_text())}
    assert shown == {path.name for path in (ROOT / "docs/pictures").iterdir()}


def test_every_page_has_a_picture() -> None:
    pages = {path.name for path in (ROOT / "web/src/pages").iterdir() if path.is_dir()}
    pictures = {path.name.partition("-")[0].removesuffix(".png") for path in (ROOT / "docs/pictures").glob("*.png")}
    assert pages <= pictures
