"""Whose an operation's id is (docs/protocol.md, P12). Pure."""

from __future__ import annotations

import re

SERIES_CHARACTERS = 16
_COUNTED = re.compile(rf"[0-9a-f]{{{SERIES_CHARACTERS}}}-[0-9]+")


def series(operation: str) -> str:
    """A page counts its operations behind a random part of its own; any other id is a series by itself."""
    return operation[:SERIES_CHARACTERS] if _COUNTED.fullmatch(operation) else operation
