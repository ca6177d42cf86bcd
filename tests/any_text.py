"""Text of any kind, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=["Cs"])
"""Whatever UTF-8 can say. `st.text()` means the same, but takes three seconds to find out which these are."""


def any_text(*, min_size: int = 0, max_size: int) -> st.SearchStrategy[str]:
    """A text of so many characters."""
    return st.text(CHARACTERS, min_size=min_size, max_size=max_size)
