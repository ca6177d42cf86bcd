"""The bench's own arithmetic, and that no row can go missing."""

from __future__ import annotations

import importlib
import math

import pytest

from bench.__main__ import GROUPS, _bar
from bench.harness import Row, median, percentile
from bench.load.scripts import captured, speech, steady


def test_a_bar_is_met_at_its_limit_and_never_without_a_value() -> None:
    most, least = Row("a", "ms", "<=", 1.0), Row("b", "ratio", ">=", 50.0)
    assert (most.meets(1.0), most.meets(1.01), most.meets(None), most.meets(math.nan)) == (True, False, False, False)
    assert (least.meets(50.0), least.meets(49.9)) == (True, False)


def test_a_group_that_failed_still_has_its_row_and_is_not_ok() -> None:
    bar = _bar(Row("a", "ms", "<=", 1.0), None)
    assert (bar["name"], bar["value"], bar["bar"], bar["repetitions"], bar["ok"]) == ("a", None, "<= 1", [], False)


def test_every_group_names_its_rows_and_no_name_twice() -> None:
    names = [row.name for group in GROUPS for row in importlib.import_module(f"bench.{group}").ROWS]
    assert len(names) == len(set(names)) == 17


def test_percentiles_are_nearest_rank() -> None:
    assert percentile(list(range(1, 101)), 0.95) == 95
    assert percentile([7.0], 0.99) == 7.0
    assert math.isnan(median([]))


def test_scripts_have_the_rates_they_are_named_for() -> None:
    assert steady(1200, burst=10, packets_per_second=260).packets_per_second == pytest.approx(260)
    assert speech().packets_per_second == 50
    counts, sizes, at_ns = captured("f").flat()
    assert len(counts) == len(at_ns) > 100
    assert sum(counts) == len(sizes)
    assert at_ns == sorted(at_ns)
    assert max(sizes) <= 1200
