"""Why a file cannot be put on the board. Pages turn the code into words."""

from __future__ import annotations

from typing import Literal, get_args

Fault = Literal["unknown_kind", "unreadable", "too_many_pixels", "too_heavy", "locked", "too_many_pages", "empty"]
"""unknown_kind: neither picture nor PDF, whatever its name says; unreadable: broken or cut short; too_heavy: it took
too much time or memory; locked: a PDF with a password."""
FAULTS: tuple[Fault, ...] = get_args(Fault)


class BadPicture(Exception):
    """The sender's fault; `code` is stable."""

    def __init__(self, code: Fault) -> None:
        super().__init__(code)
        self.code: Fault = code
