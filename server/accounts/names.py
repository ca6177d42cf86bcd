"""The name somebody signs in with: one spelling, whatever was typed."""

from __future__ import annotations

import re
import unicodedata

_NAME = re.compile(r"[^\W_][\w.@-]{1,62}")


def sign_in_name(typed: str) -> str | None:
    """The name as it is kept: letters of any script, digits, `. _ - @`, 2 to 63 of them; None for anything else.

    Full-width and capital letters are the same name (NFKC, then case folded).
    """
    name = unicodedata.normalize("NFKC", typed).strip().casefold()
    return name if _NAME.fullmatch(name) else None
