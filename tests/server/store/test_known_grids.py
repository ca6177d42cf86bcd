"""Grids composed lately are shown again only while the store holds what they were made of."""

from __future__ import annotations

from server.store.known_grids import GRIDS, KEPT_S, KnownGrids


def test_a_grid_is_known_for_a_while_and_as_long_as_nothing_was_written() -> None:
    known, then, later = KnownGrids[str](), object(), object()
    known.remember("week", then, "grid", 100.0)
    assert known.find("week", then, 100.0) == "grid"
    assert known.find("week", then, 100.0 + KEPT_S) is None
    assert known.find("week", later, 100.0) is None
    assert known.find("other", then, 100.0) is None


def test_the_grid_that_was_asked_for_longest_ago_goes_first() -> None:
    known, revision = KnownGrids[int](), object()
    for n in range(GRIDS):
        known.remember(n, revision, n, 0.0)
    assert known.find(0, revision, 0.0) == 0
    known.remember(GRIDS, revision, GRIDS, 0.0)
    assert [known.find(n, revision, 0.0) for n in (0, 1, GRIDS)] == [0, None, GRIDS]
