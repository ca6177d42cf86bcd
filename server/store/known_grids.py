"""Grids composed lately, in bounded memory: who looks at a week again, or after a colleague, need not wait for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

KEPT_S: Final = 5.0
"""What another process changes in the database is noticed this late; what this one changes, at once."""
GRIDS: Final = 12
"""The largest, six weeks of a county, takes some ten megabytes."""


class KnownGrids(Generic[T]):
    """Grids by who looks at what. Time is monotonic, in seconds, and an argument."""

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, tuple[object, float, T]] = OrderedDict()

    def find(self, key: Hashable, revision: object, now_s: float) -> T | None:
        """The grid, if it was composed lately and from what the store holds still."""
        found = self._found.get(key)
        if found is None or found[0] is not revision or now_s - found[1] >= KEPT_S:
            return None
        self._found.move_to_end(key)
        return found[2]

    def remember(self, key: Hashable, revision: object, grid: T, now_s: float) -> None:
        """Keeps a grid. revision: the store's before it was read, so that a change meanwhile makes it stale."""
        self._found[key] = (revision, now_s, grid)
        self._found.move_to_end(key)
        if len(self._found) > GRIDS:
            self._found.popitem(last=False)
